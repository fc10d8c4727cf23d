"""The refused rows come back in the shape they came in, with cell, reason and what to do; corrected, they go in."""

import csv
import io

import openpyxl
import pytest

from connector.intake.codes import REASONS
from connector.intake.judging import judge
from connector.intake.refused_sheet import ADDED, refused_csv, refused_xlsx
from connector.intake.rows import Rows, look
from connector.intake.sheet import TITLES, read_sheet
from tests.connector.desk import POLICY, row, sheet


def looked(*given: dict[str, str]) -> Rows:
    return look(read_sheet(sheet(*given)), POLICY)


def given_back(rows: Rows) -> tuple[list[list[str]], list[list[str]]]:
    """The lines of both kinds of file."""
    codes = judge(rows, POLICY).codes
    page = openpyxl.load_workbook(io.BytesIO(refused_xlsx(rows, codes))).active
    assert page is not None
    from_xlsx = [[cell or "" for cell in line] for line in page.iter_rows(values_only=True)]
    from_csv = list(csv.reader(io.StringIO(refused_csv(rows, codes).decode("utf-8-sig"), newline="")))
    return from_xlsx, from_csv


def test_only_the_refused_rows_come_back_in_the_same_shape() -> None:
    rows = looked(row("H1", 1), row("H2", 2, name=""), row("H2", 3))

    from_xlsx, from_csv = given_back(rows)

    assert from_xlsx == from_csv
    assert from_xlsx[0] == [*TITLES.values(), *ADDED]
    assert [line[: len(TITLES)] for line in from_xlsx[1:]] == [list(row("H2", 2, name="").values()), list(row("H2", 3).values())]


@pytest.mark.parametrize(
    ("changes", "cell"),
    [
        ({"name": ""}, "G2"),
        ({"valid_to": "待定"}, "M2"),
        ({"as_of": "2026-02-30"}, "F2"),
        ({"signed_on": ""}, "L2"),
        ({"sign_mode": "监护人"}, "O2"),
        ({"sign_mode": "监护人", "guardian_name": "某某"}, "P2"),
        ({"relation": "户" * 301}, "J2"),
    ],
)
def test_the_wrong_cell_is_named(changes: dict[str, str], cell: str) -> None:
    assert given_back(looked(row(**changes)))[0][1][len(TITLES)] == cell


def test_rule_098_reason_and_remedy_come_in_chinese_and_english_with_a_stable_code() -> None:
    line = given_back(looked(row(scope="古董")))[0][1]

    reason = REASONS["scope-invalid"]
    assert line[len(TITLES) + 1 :] == ["R216 scope-invalid", reason.zh, reason.en, reason.do_zh, reason.do_en]


def test_the_sheet_goes_in_once_corrected() -> None:
    rows = looked(row(programme="五保"))
    content = refused_xlsx(rows, judge(rows, POLICY).codes)

    again = look(read_sheet(content), POLICY)

    assert judge(again, POLICY).codes == ["programme-unknown"]
    assert (again.sheet.ignored, again.sheet.columns["id_no"]) == (len(ADDED), rows.sheet.columns["id_no"])


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_fault_c21_b10_nothing_that_comes_back_is_a_formula(start: str) -> None:
    cell = f'{start}HYPERLINK("http://example.com")'
    rows = looked(row(programme="五保", entrust_office=cell))
    codes = judge(rows, POLICY).codes

    page = openpyxl.load_workbook(io.BytesIO(refused_xlsx(rows, codes))).active
    assert page is not None
    assert {c.data_type for line in page.iter_rows() for c in line if c.value is not None} == {"s"}
    (_, line) = csv.reader(io.StringIO(refused_csv(rows, codes).decode("utf-8-sig"), newline=""))
    assert line[list(TITLES).index("entrust_office")].startswith("'")


def test_every_reason_is_short_has_a_number_and_both_languages() -> None:
    for slug, reason in REASONS.items():
        assert reason.slug == slug
        assert reason.field in TITLES
        assert reason.no[0] in "AR"
        assert reason.no[1:].isdigit()
        assert all(text and len(text) <= 60 for text in (reason.zh, reason.do_zh))
        assert all((reason.en, reason.do_en))
