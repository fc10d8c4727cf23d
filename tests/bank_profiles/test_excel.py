"""A workbook is read as it stands: columns by title, cells as what they are, and nothing a sheet has lost is guessed back."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from bank_profiles.codecs.excel import package as excel_package
from bank_profiles.engine import reading
from bank_profiles.errors import Problem, UnreadableFile
from tests.bank_profiles.workbooks import ANSWERS, TITLES, Formula, answer, read, rewritten, workbook

ACCOUNT = ("000001", "6217000010001234567", "活期", 1.2345, "2015-06-01")


@pytest.fixture(params=["fast", "reference"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(reading, "SLOW_BYTES", {"fast": 0, "reference": 1 << 40}[request.param])
    return str(request.param)


def _account(**changed: Any) -> tuple[Any, ...]:
    places = {"account_no": 1, "product": 2, "balance": 3, "opened_on": 4}
    cells = list(ACCOUNT)
    for name, cell in changed.items():
        cells[places[name]] = cell
    return tuple(cells)


def _holding(*rows: Sequence[Any], **how: Any) -> dict[str, Any]:
    (row,) = read(answer(rows or [ACCOUNT], **({"total": rows[0][3] if rows else 1.2345} | how))).rows["holding"]
    return row


def _parked(*rows: Sequence[Any]) -> list[Problem]:
    """Of accounts whose amounts are good."""
    return list(read(answer(rows, total=1.2345 * len(rows))).reading.problems)


def _refused(data: bytes, key: str = "book") -> Problem:
    with pytest.raises(UnreadableFile) as refused:
        read(data, key)
    return refused.value.problems[0]


# ---- the table ----------------------------------------------------------------------------------------------------------------------


def test_a_sheet_is_read_under_its_merged_title_and_its_total_holds() -> None:
    found = read(answer([ACCOUNT, _account(balance="0.0001")], total=1.2346))

    first, second = found.rows["holding"]
    assert ("000001", "6217000010001234567", "demand_deposit", "CNY") == tuple(
        first[name] for name in ("line_ref", "account_no", "product", "currency")
    )
    assert (1234500, 100) == (first["balance_minor"], second["balance_minor"])
    assert 100 == first["resolution_minor"]  # four decimals of 万元 are exact to 1 元
    assert date(2015, 6, 1) == first["opened_on"]
    assert [3, 4] == found.lines["holding"]
    assert "found" == found.rows["outcome"][0]["outcome"]


def test_a_total_that_differs_refuses_the_file_and_names_its_cell() -> None:
    problem = _refused(answer([ACCOUNT], total=1.2346))

    assert "total-differs" == problem.code
    assert "反馈.xlsx ▸ 账户信息!D4" == problem.place.text("en")


def test_a_row_of_totals_that_is_lost_refuses_the_file() -> None:
    assert "missing-record" == _refused(answer([ACCOUNT])).code


def test_a_count_before_the_table_is_held_to() -> None:
    data = workbook(
        {
            "查询结果": [ANSWERS[0], ["共2笔"], *ANSWERS[2:]],
            "账户信息": [["账户信息表"], TITLES, ACCOUNT, ["合计", None, None, 1.2345]],
        }
    )

    problem = _refused(data)
    assert ("total-differs", "反馈.xlsx ▸ 查询结果!A2") == (problem.code, problem.place.text("en"))


def test_columns_are_found_by_any_of_their_titles_in_any_order() -> None:
    titles = ("余 额\n(万元)", "开户日", "账号", " 业务种类\t", "序号")
    rows = [["", None, None, None, "合计"]]
    data = workbook(
        {
            "查询结果": ANSWERS,
            "账户信息": [["账户信息表"], titles, [1.2345, "20150601", "0017", "活期", "000001"], [1.2345, *rows[0][1:]]],
        }
    )

    (row,) = read(data).rows["holding"]
    assert ("0017", 1234500, date(2015, 6, 1)) == (row["account_no"], row["balance_minor"], row["opened_on"])


def test_empty_rows_are_no_rows_and_what_stands_behind_the_stop_is_not_read() -> None:
    more = [[None] * 5, ["制表人：某", None, None, "not a number"]]
    found = read(answer([ACCOUNT, [None] * 5, ["  "], ACCOUNT], total=2.469, more=more))

    assert [3, 6] == found.lines["holding"]


def test_a_blank_row_stops_a_table_where_the_profile_says_so() -> None:
    rows = [*ANSWERS, [None, None], ["说明：", "以上仅供参考"]]
    data = workbook({"查询结果": rows, "账户信息": [["账户信息表"], TITLES, ACCOUNT, ["合　计", None, None, 1.2345]]})

    assert 1 == len(read(data).rows["outcome"])


def test_a_column_that_may_be_missing_is_null() -> None:
    assert None is _holding()["branch"]
    assert "城东支行" == _holding((*ACCOUNT, "城东支行"), titles=(*TITLES, "备注"))["branch"]


@pytest.mark.parametrize(
    ("titles", "code", "said"),
    [
        (("序号", "账（卡）号", "业务种类", "馀额（万元）", "开户日"), "column-missing", "also: [馀额(万元)]"),
        (("序号", "账（卡）号", "业务种类", "余额（万元）"), "column-missing", "开户日"),
        ((*TITLES, "利率"), "column-unknown", "利率: skip"),
        ((*TITLES, "账（卡）号"), "column-unknown", "账(卡)号"),
        (("甲", "乙"), "column-missing", "title_row"),
    ],
)
def test_fault_c07_a_column_that_is_missing_or_unknown_refuses_the_file(titles: tuple[str, ...], code: str, said: str) -> None:
    data = workbook({"查询结果": ANSWERS, "账户信息": [["账户信息表"], titles, ACCOUNT]})
    problem = _refused(data)

    assert code == problem.code
    assert said in problem.en
    assert said in problem.zh


def test_a_missing_sheet_is_told_with_those_that_are_there() -> None:
    problem = _refused(workbook({"查询结果": ANSWERS, "账户明细": [["序号"]]}))

    assert "sheet-missing" == problem.code
    assert "账户明细" in problem.en


def test_a_cell_without_a_title_parks_its_row_alone() -> None:
    answers = [*ANSWERS[:2], ["序号", "结果", ""], ["000001", "有", "?"]]
    data = workbook({"查询结果": answers, "账户信息": [["账户信息表"], TITLES, ACCOUNT, ["合计", None, None, 1.2345]]})

    (problem,) = read(data).reading.problems
    assert ("cell-without-title", "反馈.xlsx ▸ 查询结果!4") == (problem.code, problem.place.text("en"))


# ---- rows of several kinds, titles that are twice -------------------------------------------------------------------------------------

FLOW = ["类型", "序号", "账号", "日期", "收支", "金额", "金额", "摘要", "利率"]
ENTRY = ["明细", "000001", "0017", "2026-01-04 12:30:45", "收", 28.5, "100.00", "工资", "?"]
SUM = ["小计", None, None, None, None, 28.5]


def test_rows_are_told_by_their_marks_and_two_columns_of_one_title_by_their_number() -> None:
    (row,) = read(workbook({"流水": [FLOW, ENTRY, SUM]}), "flow").rows["movement"]

    assert (2850, 10000) == (row["amount_minor"], row["balance_after_minor"])
    assert (date(2026, 1, 4), time(12, 30, 45)) == (row["booked_on"], row["booked_time"])


def test_a_row_of_no_kind_refuses_the_file() -> None:
    assert "unknown-record" == _refused(workbook({"流水": [FLOW, ENTRY, ["其他"], SUM]}), "flow").code


# ---- cells --------------------------------------------------------------------------------------------------------------------------


def test_an_account_in_a_number_cell_is_parked_with_its_place() -> None:
    (problem,) = _parked(ACCOUNT, _account(account_no=6217000010001234567))

    assert "number-cell" == problem.code
    assert "反馈.xlsx ▸ 账户信息!B4: error number-cell" in problem.en
    assert "反馈.xlsx ▸ 账户信息!B4：错误 number-cell" in problem.zh
    assert "6217" not in problem.en + problem.zh


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        (12345.0, 12345000000),
        (0.1 + 0.2, 300000),
        (1e-4, 100),
        (0, 0),
        (-0.0, 0),
        (-1.5, -1500000),
        ("1.2345", 1234500),
        (99999999999.9999, 99999999999999900),
    ],
)
def test_a_number_is_its_shortest_decimals(cell: Any, minor: int) -> None:
    assert minor == _holding(_account(balance=cell))["balance_minor"]


@pytest.mark.parametrize("cell", [1e15, -1e16, 1e300])
def test_a_number_with_more_digits_than_a_workbook_keeps_is_refused(cell: float) -> None:
    problem = next(each for each in read(answer([_account(product=cell)], total=1.2345)).reading.problems)

    assert "number-cell" == problem.code


def test_a_number_finer_than_promised_is_not_rounded() -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(answer([_account(balance=1.23456)], total=1.23456))

    assert "not-money" in [problem.code for problem in refused.value.problems]


MORNING = datetime(2015, 6, 1, 8, 30)  # noqa: DTZ001  a cell knows no zone


@pytest.mark.parametrize("cell", [date(2015, 6, 1), MORNING, "2015-06-01", "2015年6月1日", "20150601", 20150601])
def test_a_date_is_a_cell_of_a_date_or_a_text_as_agreed(cell: Any) -> None:
    assert date(2015, 6, 1) == _holding(_account(opened_on=cell))["opened_on"]


@pytest.mark.parametrize("cell", [42156.5, "1 June 2015", timedelta(hours=30), time(8, 30), True])
def test_what_is_no_date_is_parked(cell: Any) -> None:
    (problem,) = _parked(_account(opened_on=cell))

    assert problem.code in ("date-format", "impossible-date")
    assert problem.place.text("en").endswith("账户信息!E3")


def test_a_moment_in_one_cell_fills_two_columns() -> None:
    entry = [*ENTRY[:3], MORNING, *ENTRY[4:]]
    (row,) = read(workbook({"流水": [FLOW, entry, SUM]}), "flow").rows["movement"]

    assert (date(2015, 6, 1), time(8, 30)) == (row["booked_on"], row["booked_time"])


def test_the_value_kept_beside_a_formula_is_read_and_the_formula_never_computed() -> None:
    assert 77700000 == _holding(_account(balance=Formula("=1+1", 77.7)), total=77.7)["balance_minor"]


def test_a_formula_that_failed_is_parked_with_its_place() -> None:
    problems = _parked(ACCOUNT, _account(opened_on=Formula("=1/0", "#DIV/0!")))

    assert [("error-cell", "反馈.xlsx ▸ 账户信息!E4")] == [(each.code, each.place.text("en")) for each in problems]


@pytest.mark.parametrize("value", [b"", b"<v></v>", b"<v/>"], ids=["none", "empty", "closed"])
@pytest.mark.parametrize("block", [1 << 18, 1 << 8], ids=["one block", "cut in the middle"])
def test_a_formula_without_a_stored_value_is_told_as_one(monkeypatch: pytest.MonkeyPatch, value: bytes, block: int) -> None:
    monkeypatch.setattr(excel_package, "BLOCK_BYTES", block)
    data = answer([ACCOUNT, _account(opened_on=Formula("=TODAY()", 777))], total=1.2345 * 2)
    (problem,) = read(rewritten(data, b"<v>777</v>", value)).reading.problems

    assert ("formula-without-value", "反馈.xlsx ▸ 账户信息!E4") == (problem.code, problem.place.text("en"))
    assert ("a formula stands here without a stored value", "此处是公式，未存储其值") == problem.what


def test_a_formula_whose_value_is_an_empty_text_has_one() -> None:
    data = answer([(*ACCOUNT, Formula('=""', 777))], titles=(*TITLES, "备注"), total=1.2345)
    said = rewritten(rewritten(data, b"<v>777</v>", b"<v></v>"), b'<c r="F3">', b'<c r="F3" t="str">')

    assert [None] == [row["branch"] for row in read(said).rows["holding"]]


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_fault_c21_b10_a_text_that_looks_like_a_formula_is_a_text(text: str) -> None:
    assert text == _holding((*ACCOUNT, text), titles=(*TITLES, "备注"))["branch"]


def test_a_tab_behind_a_text_is_padding_and_a_control_character_inside_is_parked() -> None:
    assert "0017" == _holding(_account(account_no="0017\t"))["account_no"]
    (problem,) = _parked(_account(account_no="00\x0b17"))
    assert "control-character" == problem.code
