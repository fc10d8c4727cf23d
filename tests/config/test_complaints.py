"""What is wrong with a settings file is said in the language spoken, by place, without the value."""

from pathlib import Path

import pytest

from config.connection import read_connection
from config.yaml_file import BadSettings

GOOD = Path(__file__).resolve().parents[2] / "config" / "examples" / "connection.yaml"


def wrong(tmp_path: Path, old: str, new: str) -> BadSettings:
    text = GOOD.read_text("utf-8")
    assert old in text
    path = tmp_path / "bank.yaml"
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(BadSettings) as refused:
        read_connection(path)
    return refused.value


@pytest.mark.parametrize(
    ("old", "new", "zh", "en"),
    [
        ("profile: ", "profil: ", "profile：缺少此项", "profile: is missing"),
        ("profile: ", "profil: ", "profil：没有这个设置项，请核对拼写", "profil: is not a setting known here"),
        ("secret:us/sign", "us/sign", "keys › our_sign 须为引用", "keys › our_sign must be a reference"),
        ("SHA256:", "MD5:", "pins.0.pin：须为银行函件所给的指纹", "pins.0.pin: must be a fingerprint SHA256:…"),
    ],
)
def test_the_commonest_complaints_are_said_in_both_languages(tmp_path: Path, old: str, new: str, zh: str, en: str) -> None:
    refused = wrong(tmp_path, old, new)

    assert (True, True) == (zh in refused.zh, en in refused.en), (refused.zh, refused.en)
    assert "Field required" not in refused.zh + refused.en


def test_a_connection_without_pins_says_why_it_does_not_load(tmp_path: Path) -> None:
    refused = wrong(tmp_path, "pins:", "pins: []\nlimits: {}\ncontact: ''\n#")

    assert ("missing-key", True) == (refused.code, "连接缺少“pins”" in refused.zh)
