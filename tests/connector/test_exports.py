"""Promises of exports.py: a workbook one can check against the report, in which nothing can become a formula."""

import io
import json
import tempfile
import zipfile
from typing import Any

import openpyxl
import pytest

from connector.reports.exports import household_workbook

HEAD = "R:11010519491231002X"
REPORT: dict[str, Any] = {
    "schema": "report/1",
    "household_key": "H000001#A",
    "programme": "低保",
    "region": "321283",
    "application_date": "2026-11-15",
    "as_of": "2026-11-20",
    "window_start": "2026-05-20",
    "policy": "R-2026-03",
    "made_at": "2026-12-01T09:00:00+00:00",
    "complete": False,
    "not_answered": [
        {"institution": "903", "name": "河西城市商业银行", "lines": [{"person_key": HEAD, "outcome": "not_answered"}]},
    ],
    "incomplete": [{"code": "lines-not-answered", "count": 1, "zh": "1 行未反馈", "en": "1 lines not answered"}],
    "asked": {"institutions": 3, "institutions_not_answered": 1, "lines": 3, "lines_not_answered": 1},
    "answered_incompletely": [
        {"institution": "902", "name": "云栖市商业银行", "lines": [{"person_key": HEAD, "outcome": "partial"}]},
    ],
    "answers": [
        {
            "institution": code,
            "name": name,
            "person_key": HEAD,
            "outcome": outcome,
            "received_at": None,
            "late": late,
            "edition": 1,
        }
        | {"batch": "20261121-0001#1"}
        for code, name, outcome, late in [
            ("901", "=江海国有银行", "no_record", True),
            ("902", "云栖市商业银行", "partial", False),
            ("903", "河西城市商业银行", "not_answered", False),
        ]
    ],
    "authorizations_over": [
        {"authorization_no": "SQ1", "state": "revoked", "at": "2026-11-25T01:00:00.000000+00:00", "persons": [HEAD]}
        | {"zh": "授权已于 2026-11-25 撤回（SQ1）", "en": "the authorization was withdrawn on 2026-11-25 (SQ1)"}
    ],
    "persons": [
        {"person_key": HEAD, "name": "王𫖯", "relation": "户主", "id_type": "resident_id", "scope": ["deposit"]}
        | {"assets": {"deposit": {"JPY": {"accounts": 1, "original_minor": 1234, "cny_fen": 5740}}}},
    ],
    "total_cny_fen": 12345678,
    "persons_counted": 1,
    "per_capita_cny_fen": 12345678,
    "declared_cny_fen": None,
    "undeclared_cny_fen": None,
    "ceiling": {"multiplier": "24", "monthly_standard": "780.00", "policy_region": "default", "cny_fen": 1872000}
    | {"comparison": "above"},
    "accounts": {},
    "outflow_outside": {"count": 2, "cny_fen": 100},
    "exempt_benefit_credits_cny_fen": 0,
    "own_transfers_netted": {"count": 0, "cny_fen": 0},
    "rates": {"source": "rates.csv", "date": "2026-11-20", "cny_per_unit": {"JPY": "0.046515"}},
    "as_of_spread": {"from": "2026-11-18", "to": "2026-11-20", "days": 2},
    "holdings": [
        {"institution": "902", "account_no": number, "person_key": HEAD, "parent_account_no": None, "product": "demand_deposit"}
        | {"product_name": "活期", "currency": currency, "status": "active", "opened_on": "2020-01-01", "closed_on": None}
        | {
            "as_of": "2026-11-20",
            "handling": "counted",
            "balance_minor": minor,
            "cny_fen": 5740,
            "rate": None,
            "marks": ["frozen"],
        }
        for number, currency, minor in [
            ("0012345678901234567", "JPY", 1234),
            ("=1+1", "KWD", -5),
            ("7", "CNY", 12345678901234567),
            ("8", "CNY", None),
        ]
    ],
    "movements": [
        {"institution": "902", "account_no": "0012345678901234567", "person_key": HEAD, "currency": "JPY", "direction": "out"}
        | {"count": 2, "amount_minor": 99, "cny_fen": 461},
    ],
}


def opened(*, complete: bool = False, **options: Any) -> Any:
    return workbook(household_workbook({**REPORT, "complete": complete}, **options))


def workbook(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def texts(sheet: Any) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def column(sheet: Any, head: str) -> list[Any]:
    """The cells under a head."""
    [found] = [cell for row in sheet.iter_rows() for cell in row if str(cell.value).split("\n")[0] == head]
    return [sheet.cell(row, found.column) for row in range(found.row + 1, sheet.max_row + 1)]


def test_the_sheets_are_named_in_the_order_they_are_read() -> None:
    expected = ["概要", "资产明细", "未反馈", "变动汇总"]
    assert expected == opened().sheetnames


def test_rule_037_the_banks_that_did_not_answer_stand_before_every_figure() -> None:
    lines = texts(opened()["概要"])
    silent = next(place for place, text in enumerate(lines) if "河西城市商业银行" in text)
    total = next(place for place, text in enumerate(lines) if text.startswith("家庭金融资产合计"))

    assert "未反馈" in lines[silent]
    assert silent < total


def test_fault_c21_b10_nothing_becomes_a_formula_a_link_or_a_number_by_itself() -> None:
    with zipfile.ZipFile(io.BytesIO(household_workbook(REPORT, masked=False))) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]

    assert not any("<f>" in sheet or "hyperlink" in sheet for sheet in sheets)
    dangerous = column(opened(masked=False)["资产明细"], "账号")[1]
    assert ("=1+1", "s", True) == (dangerous.value, dangerous.data_type, dangerous.quotePrefix)


def test_account_numbers_keep_their_zeros_as_text() -> None:
    cell = column(opened(masked=False)["资产明细"], "账号")[0]

    assert ("0012345678901234567", "@") == (cell.value, cell.number_format)


def test_rule_071_numbers_are_masked_unless_asked_for() -> None:
    masked, clear = (json.dumps([texts(sheet) for sheet in opened(masked=choice)]) for choice in (True, False))

    assert "11010519491231002X" not in masked
    assert "0012345678901234567" not in masked
    assert "110105***********X" in masked
    assert "0012***********4567" in masked
    assert "11010519491231002X" in clear


def test_amounts_are_numbers_with_the_digits_of_their_currency() -> None:
    yen, dinar, huge, unknown = column(opened()["资产明细"], "余额")[:4]

    assert (1234, "#,##0") == (yen.value, yen.number_format)
    assert (-0.005, "#,##0.000") == (dinar.value, dinar.number_format)
    assert "123,456,789,012,345.67" == huge.value  # more digits than a spreadsheet number keeps
    assert unknown.value is None


def test_rule_062_the_comparison_states_which_is_higher_and_nothing_more() -> None:
    lines = texts(opened(complete=True)["概要"])

    assert "高于 Above 104,736.78" in lines
    assert not any(word in text for text in lines for word in ("符合", "合格", "eligible"))


def test_rule_037_a_comparison_over_what_came_so_far_says_so() -> None:
    assert "已反馈部分高于 What came so far is above 104,736.78" in texts(opened()["概要"])


def test_rule_009_a_withdrawn_authorization_stands_before_every_figure() -> None:
    lines = texts(opened()["概要"])
    withdrawn = next(place for place, text in enumerate(lines) if "撤回" in text)

    assert "▲ 王𫖯 授权已于 2026-11-25 撤回（SQ1）。 The authorization was withdrawn on 2026-11-25 (SQ1)." == lines[withdrawn]
    assert withdrawn < next(place for place, text in enumerate(lines) if text.startswith("家庭金融资产合计"))


def test_times_are_shown_in_local_time() -> None:
    assert "2026-12-01 17:00" in texts(opened()["概要"])


def test_rare_characters_come_through() -> None:
    assert "王𫖯" in texts(opened()["概要"])


def test_equal_reports_give_equal_bytes() -> None:
    assert household_workbook(REPORT) == household_workbook(json.loads(json.dumps(REPORT)))


def test_no_byte_of_a_report_touches_a_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file was opened")

    for name in ("mkstemp", "mkdtemp", "TemporaryFile", "NamedTemporaryFile"):
        monkeypatch.setattr(tempfile, name, refuse)

    assert household_workbook(REPORT).startswith(b"PK")
