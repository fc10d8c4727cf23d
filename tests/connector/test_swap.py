"""Swap a disk would keep in clear is named: neither memory that is compressed, nor what stands on dm-crypt."""

import os
from pathlib import Path

import pytest

from connector.swap import in_clear

HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


@pytest.fixture
def area(tmp_path: Path) -> Path:
    """A swap file."""
    path = tmp_path / "swapfile"
    path.touch()
    return path


def told(tmp_path: Path, area: Path, **uuids: str) -> list[str]:
    """What is in clear, where the device below the swap file stands on devices of these dm names."""
    devices, number = tmp_path / "block", area.stat().st_dev
    device = devices / f"{os.major(number)}:{os.minor(number)}"
    for name, uuid in uuids.items():
        place = device if name == "itself" else device / "slaves" / name
        (place / "dm").mkdir(parents=True)
        (place / "dm" / "uuid").write_text(uuid)
    (tmp_path / "swaps").write_text(f"{HEAD}{area}\tfile\t\t1048572\t0\t-2\n")
    return in_clear(tmp_path / "swaps", devices)


def test_c12_a_plain_area_is_named(tmp_path: Path, area: Path) -> None:
    assert [str(area)] == told(tmp_path, area)


@pytest.mark.parametrize(
    ("below", "safe"),
    [
        ({"itself": "CRYPT-LUKS2-0f"}, True),
        ({"itself": "LVM-0f", "dm-0": "CRYPT-LUKS2-0f"}, True),
        ({"itself": "LVM-0f", "dm-0": "CRYPT-PLAIN-swap", "dm-1": "LVM-0f"}, False),
        ({"itself": "LVM-0f"}, False),
    ],
)
def test_c12_what_stands_on_nothing_but_dm_crypt_is_not(tmp_path: Path, area: Path, below: dict[str, str], safe: bool) -> None:
    assert safe is (told(tmp_path, area, **below) == [])


def test_c12_compressed_memory_and_no_swap_are_not(tmp_path: Path) -> None:
    (tmp_path / "swaps").write_text(f"{HEAD}/dev/zram0\tpartition\t8388604\t0\t100\n")

    assert [] == in_clear(tmp_path / "swaps")
    assert [] == in_clear(tmp_path / "no such file")
