"""Headers, trailers and remarks among the rows: read with them, at their pace, and nothing is taken from the wrong one."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.engine import reading
from bank_profiles.engine.reference import ReferenceReader
from bank_profiles.layouts.making import layout

PROFILE = load_profile(Path(__file__).parent / "profiles" / "heralds.yaml")
BOTH = pytest.mark.parametrize("slow_bytes", [0, 1 << 30], ids=["fast", "reference"])
DAYS = ("20260105", "20260106")


def read(key: str, text: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    file = reading.FileReading(layout(PROFILE, "response", key), "f.txt")
    rows = [row for part in file.rows([text.encode("gb18030")]) if part.kind == "holding" for row in part.table.to_pylist()]
    return rows, file.facts


def account(number: int) -> str:
    return f"D|{number:06d}|6217{number:012d}|100\n"


def with_heralds(rows: int) -> str:
    """A header here and there, a remark behind every row."""
    lines = "".join((f"H|B1|{DAYS[at > 0]}\n" if at % 1000 == 0 else "") + account(at) + "R|谢谢\n" for at in range(rows))
    return f"{lines}T|{rows}|{100 * rows}\n"


def walked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows that went through the slow reader, counted."""
    seen = []
    plain = ReferenceReader.read

    def counted(self: ReferenceReader, items: Iterable[Any]) -> Any:
        items = list(items)
        seen.append(len(items))
        return plain(self, items)

    monkeypatch.setattr(ReferenceReader, "read", counted)
    return seen


def test_rows_among_headers_and_remarks_stay_on_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = walked(monkeypatch)
    rows, facts = read("reply", with_heralds(3000))
    assert (3000, True) == (len(rows), sum(seen) < 10)
    assert {"batch_no": "B1", "day": date(2026, 1, 6)} == facts


@BOTH
def test_the_last_header_counts_for_what_the_file_says(slow_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    rows, facts = read("reply", with_heralds(1500))
    assert (1500, date(2026, 1, 6), "B1") == (len(rows), facts["day"], facts["batch_no"])


@BOTH
def test_a_row_takes_over_what_the_header_before_it_says(slow_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    first, second = (f"H|{day}\n" + "".join(account(at) for at in range(1500)) for day in DAYS)
    rows, _ = read("awaited", f"{first}{second}T|3000\n")
    assert [date(2026, 1, 5)] * 1500 + [date(2026, 1, 6)] * 1500 == [row["as_of"] for row in rows]
