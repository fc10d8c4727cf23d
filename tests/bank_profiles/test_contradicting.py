"""A line that one file answers in two ways is told, in both readers, and nothing is chosen."""

from typing import Any

import pytest

from bank_profiles.engine import reading
from bank_profiles.engine.reading import FileReading
from tests.bank_profiles.generated import BATCH, layout_of


def _warned(*rows: str) -> list[tuple[str, str]]:
    data = "\n".join(["H|202601050000001", *rows, f"T|{len(rows)}", ""]).encode("gb18030")
    one = FileReading(layout_of("hxcb", "result"), "f.txt", expected=BATCH)
    taken = sum(part.table.num_rows for part in one.rows([data]))
    assert len(rows) == taken
    return [(warning.code, warning.what.en) for warning in one.warnings]


@pytest.fixture(params=["fast", "reference"], autouse=True)
def _by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", 0 if request.param == "fast" else 1 << 30)


FOUND, NONE = "D|{:06d}|00|成功|1|0", "D|{:06d}|01|无账户|0|0"


def test_two_different_answers_to_a_line_are_told_once_and_both_are_kept() -> None:
    rows = [FOUND.format(1), NONE.format(2), NONE.format(1), FOUND.format(7), NONE.format(7)]

    assert [("answers-differ", "2 lines answered in two ways: 000001 000007")] == _warned(*rows)


@pytest.mark.parametrize("rows", [[FOUND.format(1), FOUND.format(1)], [FOUND.format(1), NONE.format(2)], []])
def test_the_same_answer_twice_is_no_matter(rows: list[Any]) -> None:
    assert [] == _warned(*rows)
