"""No small input grows: each of tests/bombs.py ends in our own words, within 5 s of the processor and 256 MiB above the start."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bombs import BOOKS, FILES, MIB_MAX, PARCELS, SECONDS_MAX

SLOW = 3  # times: other tests run beside these


@pytest.fixture(scope="module")
def ended() -> dict[str, tuple[float, int, str]]:
    """Name → seconds, MiB, how. All in one program of its own, each in a process of its own."""
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "tests.bombs"], cwd=root, capture_output=True, text=True, check=True, timeout=500
    )
    return {name: (seconds, mib, how) for name, seconds, mib, how in map(json.loads, done.stdout.splitlines())}


def _held(said: tuple[float, int, str]) -> None:
    seconds, mib, how = said
    assert how in ("read", "refused")
    assert seconds < SECONDS_MAX * SLOW
    assert mib < MIB_MAX


@pytest.mark.xdist_group("bombs")
@pytest.mark.parametrize("bomb", sorted(FILES))
def test_b2_b7_b8_no_answer_grows(bomb: str, ended: dict[str, tuple[float, int, str]]) -> None:
    _held(ended[bomb])


@pytest.mark.xdist_group("bombs")
@pytest.mark.parametrize("bomb", sorted(BOOKS))
def test_b2_no_workbook_grows(bomb: str, ended: dict[str, tuple[float, int, str]]) -> None:
    _held(ended[bomb])


@pytest.mark.xdist_group("bombs")
@pytest.mark.parametrize("bomb", sorted(PARCELS))
def test_b2_b11_no_parcel_name_or_profile_grows(bomb: str, ended: dict[str, tuple[float, int, str]]) -> None:
    _held(ended[bomb])
