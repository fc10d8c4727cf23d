"""Names on the road are labels: checked by an allow-list, told masked."""

import pytest

from transports import names
from transports.errors import Refused


@pytest.mark.parametrize(
    "name",
    ["a", "CX_902_20261121_0001.zip.p7m", "查询名单.zip.p7m", "\U00020bb7.txt", "x" * 255, "长" * 85, "a.b-c_d", "9", "〇.txt"],
)
def test_a_plain_name_passes(name: str) -> None:
    assert name == names.check(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "name-empty"),
        ("a/b", "name-separator"),
        ("/etc/passwd", "name-separator"),
        ("..\\x", "name-separator"),
        ("a\0b", "name-control"),
        ("a\nb", "name-control"),
        ("a\x7fb", "name-control"),
        ("a\u200bb", "name-control"),
        ("a\u202ecod.exe", "name-control"),
        ("\ufeffa", "name-control"),
        (b"\xd5\xc5.zip".decode("utf-8", "surrogateescape"), "name-undecodable"),
        ("..", "name-parent"),
        ("a..b", "name-parent"),
        (".ssh", "name-leading"),
        ("-rf", "name-leading"),
        ("x" * 256, "name-too-long"),
        ("长" * 86, "name-too-long"),
        ("x" * 4096, "name-too-long"),
        ("a b", "name-character"),
        ("a;b", "name-character"),
        ("a$(b)", "name-character"),
        ("Ａ.zip", "name-character"),
        ("\uf900.zip", "name-character"),
        ("a.zip.tmp", "name-temporary"),
        ("a.zip.TMP-0a1b2c3d", "name-temporary"),
        ("a.zip.filepart", "name-temporary"),
    ],
)
def test_b1_every_other_name_is_refused_with_its_reason(name: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        names.check(name)

    assert reason == refused.value.code
    assert reason in names.REASONS


def test_a_refusal_shows_nothing_of_the_name() -> None:
    with pytest.raises(Refused) as refused:
        names.check("张三 110101199003070011.txt")

    for text in (refused.value.en, refused.value.zh, str(refused.value)):
        assert "张三" not in text
        assert "1101" not in text


def test_two_masked_names_can_be_told_apart() -> None:
    assert names.mask("a b") != names.mask("a c")
