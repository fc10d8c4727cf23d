"""Every refusal says in two languages what is true and what to do, and to a peer they all say the same."""

import re
from pathlib import Path

import pytest

from transports.sealing import refusals


@pytest.mark.parametrize("code", refusals.CODES)
def test_a_refusal_is_short_and_in_both_languages(code: str) -> None:
    refusal = refusals.refusal(code)
    assert code == refusal.code
    assert len(refusal.zh) <= 60
    assert re.search(r"[一-鿿]", refusal.zh)
    assert refusal.en.isascii()
    assert refusal.en.endswith(".")


def test_every_code_is_used_and_every_used_code_exists() -> None:
    folder = Path(refusals.__file__).parent
    files = [*folder.rglob("*.py"), folder.parent / "channel.py"]
    text = "".join(path.read_text("utf-8") for path in files if path.name != "refusals.py")
    used = set(re.findall(r'"((?:seal|suite|key|ring|alias|at-rest|audit|subject)-[a-z-]+)"', text))
    assert set(refusals.CODES) == used


def test_a15_a_peer_hears_one_sentence() -> None:
    assert 2 == len(refusals.OUTWARD)
    assert all(word not in refusals.OUTWARD[0].lower() for word in ("padding", "tag", "key", "digest"))
