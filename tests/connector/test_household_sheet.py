"""The page of a household sheet says what the door asks of it, and the sheet to copy is taken."""

from pathlib import Path

import pytest

from bank_profiles.errors import Lang
from connector.founding import EXAMPLES
from connector.intake.columns import COLUMNS, Cell
from connector.intake.errors import SheetError
from connector.intake.sheet import TITLES
from connector.ledger.ledger import Ledger
from docs.make_docs import ROOT, household_sheet
from tests.connector.desk import NOW, TestDesk, desk, row, sheet


@pytest.mark.parametrize(("lang", "page"), [("en", "household-sheet.md"), ("zh", "household-sheet.zh-CN.md")])
def test_the_page_is_written_from_the_columns(lang: Lang, page: str) -> None:
    assert household_sheet(lang) == (ROOT / "docs" / page).read_text("utf-8"), "run docs/make_docs.py"


def test_the_sheet_to_copy_is_taken_whole(ledger: Ledger, tmp_path: Path) -> None:
    taken = desk(ledger, tmp_path).take_in((EXAMPLES / "households.csv").read_bytes(), NOW)
    assert (2, 2, {}) == (taken.rows, taken.accepted, dict(taken.refused))


@pytest.mark.parametrize("field", COLUMNS)
def test_what_may_be_blank_or_missing_is_as_the_page_says(field: str, ledger: Ledger, tmp_path: Path) -> None:
    at = desk(ledger, tmp_path)
    cell = COLUMNS[field].cell
    blank = at.take_in(sheet(row(**{field: ""}))).accepted
    assert (cell is Cell.NO_COLUMN, cell is not Cell.FILLED) == (_may_be_missing(at, field), blank == 1)


def _may_be_missing(at: TestDesk, field: str) -> bool:
    try:
        at.rows(sheet(row(), fields=[each for each in TITLES if each != field]))
    except SheetError as refused:
        return refused.code != "column-missing"
    return True
