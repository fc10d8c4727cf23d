"""What a profile says of its seals is what is agreed: a suite by its name, or a block of words; and no word beside those."""

from pathlib import Path
from typing import get_args

import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.errors import BadProfile
from bank_profiles.language.profile import Profile
from bank_profiles.language.seal import SmSeal, SuiteName
from connector.roads import SUITES
from connector.roads.agreed_seals import agreed_seal
from transports.sealing.cms.suite import Agreed

PROFILE = Path(__file__).resolve().parents[1] / "bank_profiles" / "profiles" / "lined.yaml"
SAID = "seal: cms-aes256gcm"


def profile(folder: Path, seal: str) -> Profile:
    text = PROFILE.read_text("utf-8")
    assert SAID in text
    place = folder / "lined.yaml"
    place.write_text(text.replace(SAID, f"seal: {seal}"), "utf-8")
    return load_profile(place)


def test_every_suite_of_the_language_is_made() -> None:
    assert set(SUITES) == set(get_args(SuiteName))


def test_a_block_without_words_is_the_suite_by_its_name() -> None:
    for suite in ("sm2-sm4gcm-sm3", "sm2-sm4cbc-sm3"):
        assert agreed_seal(suite) == Agreed(suite) == agreed_seal(SmSeal(suite=suite))


def test_every_word_of_the_block_is_agreed(tmp_path: Path) -> None:
    said = profile(
        tmp_path,
        "{suite: sm2-sm4gcm-sm3, types: pkcs7, recipient: key_id, order: c1c2c3, form: bare, gcm_oid: 10,"
        " user_id: 核对中心, attributes: optional}",
    )
    expected = Agreed("sm2-sm4gcm-sm3", "pkcs7", "key_id", "c1c2c3", "bare", 10, "核对中心", "optional")
    assert expected == agreed_seal(said.channel.seal)


@pytest.mark.parametrize(
    "seal",
    [
        "rot13",
        "{suite: cms-aes256gcm}",
        "{types: gm}",
        "{suite: sm2-sm4gcm-sm3, order: c3c1c2}",
        "{suite: sm2-sm4gcm-sm3, gcm_oid: 9}",
        "{suite: sm2-sm4gcm-sm3, user_id: ''}",
        "{suite: sm2-sm4gcm-sm3, colour: red}",
        "[sm2-sm4gcm-sm3]",
    ],
)
def test_anything_else_is_told_with_its_line(tmp_path: Path, seal: str) -> None:
    line = PROFILE.read_text("utf-8").splitlines().index(f"  {SAID}") + 1
    with pytest.raises(BadProfile) as refused:
        profile(tmp_path, seal)
    assert line in {getattr(problem.place, "line", None) for problem in refused.value.problems}
