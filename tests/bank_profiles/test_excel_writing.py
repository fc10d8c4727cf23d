"""What we write into a workbook is what a reader gets: every text a text, every amount exact, the same bytes each time."""

import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from bank_profiles.codecs.excel.codec import ExcelCodec
from bank_profiles.engine import reading
from bank_profiles.engine.writing import FileWriting
from bank_profiles.errors import UnreadableFile, UnwritableRoster
from bank_profiles.layouts.making import layout
from reconciliation.exchange import HOLDING, INQUIRY, MOVEMENT, OUTCOME
from tests.bank_profiles.generated import NUMBER
from tests.bank_profiles.workbooks import BATCH, PROFILE, answer, read, workbook

FACTS = {
    "batch_no": BATCH,
    "as_of": date(2026, 1, 4),
    "window_from": date(2025, 7, 4),
    "window_to": date(2026, 1, 4),
    "scope": "deposit,wealth",
}
PERSON = {"line_ref": "000001", "name": "张三", "id_type": "resident_id", "id_no": "110101199003070011"}
HOLDER = {
    "line_ref": "000001",
    "account_no": "0017",
    "product": "demand_deposit",
    "currency": "CNY",
    "balance_minor": 1234500,
    "opened_on": date(2015, 6, 1),
}


def _written(side: Any, key: str, **rows: list[dict[str, Any]]) -> bytes:
    schemas = {"inquiry": INQUIRY, "outcome": OUTCOME, "holding": HOLDING, "movement": MOVEMENT}
    tables = {kind: [pa.Table.from_pylist(found, schema=schemas[kind])] for kind, found in rows.items()}
    return b"".join(FileWriting(layout(PROFILE, side, key), "f.xlsx", FACTS).blocks(tables))


def _asked(*people: dict[str, Any]) -> bytes:
    return _written("inquiry", "ask", inquiry=[PERSON | person for person in people or ({},)])


def _answered(*holders: dict[str, Any]) -> bytes:
    found = {"line_ref": "000001", "outcome": "found"}
    return _written("response", "book", outcome=[found], holding=[HOLDER | holder for holder in holders or ({},)])


def _sheets(data: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def test_an_inquiry_has_its_cover_and_its_list_on_their_sheets() -> None:
    sheets = _sheets(_asked({}, {"line_ref": "000002", "name": "李四"}))

    assert [
        ["批次号", "基准日", "起始日", "截止日", "查询范围", "人数"],
        [BATCH, "2026-01-04", "2025-07-04", "2026年1月4日", "存款、理财", "2"],
    ] == sheets["说明"]
    assert ["查询名单", "", "", ""] == sheets["查询名单"][0]
    assert [
        ["序号", "姓名", "证件类型", "证件号码"],
        ["000001", "张三", "身份证", "110101199003070011"],
        ["000002", "李四", "身份证", "110101199003070011"],
    ] == sheets["查询名单"][1:]


def test_an_answer_has_its_labels_its_amounts_as_numbers_and_its_total() -> None:
    sheets = _sheets(_answered({}, {"balance_minor": -100}))

    assert [["批次号:", BATCH], ["共1笔", ""], ["", ""], ["序号", "结果"]] == [row[:2] for row in sheets["查询结果"][:4]]
    assert [1.2345, -0.0001, 1.2344] == [row[3] for row in sheets["账户信息"][2:]]
    assert "合计" == sheets["账户信息"][-1][0]


def test_the_same_rows_are_the_same_bytes() -> None:
    assert _asked() == _asked()
    with zipfile.ZipFile(io.BytesIO(_asked())) as package:
        assert {(1980, 1, 1, 0, 0, 0)} == {entry.date_time for entry in package.infolist()}


@pytest.mark.parametrize(
    "name", ["=1+1", "+86", "-1", "@SUM(A1)", "http://a.example", "000012", "1e5", "TRUE", "2026-01-01", "#REF!"]
)
def test_fault_c21_b10_every_text_is_a_text_cell_that_no_program_takes_for_more(name: str) -> None:
    data = _asked({"name": name})

    assert name == _sheets(data)["查询名单"][2][1]
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        sheet = ElementTree.fromstring(package.read("xl/worksheets/sheet2.xml"))
        assert not [part for part in package.namelist() if "rels" in part and "sheet" in part]
    cells = [cell for cell in sheet.iter() if cell.tag.endswith("}c") and "s" in cell.attrib and len(cell)]
    assert {"s"} == {cell.attrib["t"] for cell in cells}
    assert not [part for part in sheet.iter() if part.tag.endswith(("}f", "}hyperlink"))]


@pytest.mark.parametrize("name", ["a\nb", "\x00", "a\tb", "长" * 61])
def test_a_text_no_cell_holds_is_refused_and_never_changed(name: str) -> None:
    with pytest.raises(UnwritableRoster):
        _asked({"name": name})


def test_an_amount_with_more_digits_than_a_workbook_keeps_is_written_as_a_text() -> None:
    data = _answered({"balance_minor": 99_999_999_999_999_900})

    assert [99999999999.9999] * 2 == [row[3] for row in _sheets(data)["账户信息"][2:]]
    assert 99_999_999_999_999_900 == read(data).rows["holding"][0]["balance_minor"]


_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff\x7f"), min_size=1, max_size=12).filter(
    lambda text: text == text.strip(" \t\u3000\u00a0") and text not in ("", "不详", "/")
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "account_no": NUMBER,
                "branch": st.none() | _TEXT,
                "balance_minor": st.integers(-(10**11), 10**11).map(lambda wan: wan * 100),
                "opened_on": st.none() | st.dates(date(1900, 3, 1), date(9999, 12, 31)),
                "product": st.sampled_from(["demand_deposit", "time_deposit"]),
            }
        ),
        min_size=1,
        max_size=12,
    )
)
def test_what_was_written_is_read_again(rows: list[dict[str, Any]]) -> None:
    found = read(_answered(*rows))

    wanted = [HOLDER | row for row in rows]
    assert [[row[name] for name in HOLDER] for row in wanted] == [[row[name] for name in HOLDER] for row in found.rows["holding"]]
    assert [row["branch"] for row in wanted] == [row["branch"] for row in found.rows["holding"]]


# ---- both readers -------------------------------------------------------------------------------------------------------------------

_CELL = st.one_of(
    st.none(), _TEXT, st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**16), 10**16), st.booleans(),
    st.dates(date(1901, 1, 1)), st.sampled_from(["000001", "活期", "定期", "2015-06-01", "合计", " 合 计", "小计", "1.5", "\t", "a\tb", 1.5, 0.1, 1e-7]),
)  # fmt: skip
_GOOD = st.tuples(
    st.just("000001"),
    _TEXT,
    st.just("活期"),
    st.decimals(-99, 99, places=4).map(float),
    st.sampled_from(["2015-06-01", date(2015, 6, 1)]),
)


def _outcome(data: bytes, slow: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow)
    try:
        found = read(data)
    except UnreadableFile as refused:
        return "refused", [problem.en for problem in refused.problems]
    return found.rows, found.lines, [problem.en for problem in found.reading.problems]


@settings(max_examples=120, deadline=None)
@given(st.lists(st.one_of(_GOOD, _GOOD, st.lists(_CELL, max_size=6).map(tuple)), max_size=14), st.booleans())
def test_both_readers_agree_on_every_sheet_good_or_damaged(rows: list[tuple[Any, ...]], whole: bool) -> None:
    total = sum((Decimal(str(row[3])) for row in rows if len(row) > 3 and type(row[3]) in (int, float)), Decimal())
    data = answer([*rows], total=float(min(total, Decimal(10) ** 300)) if whole else 0.5)
    with pytest.MonkeyPatch.context() as patch:
        assert _outcome(data, 1 << 40, patch) == _outcome(data, 0, patch)


@pytest.mark.parametrize("cell", ["1.5", 1.5, "", None, 0.1 + 0.2])
def test_a_good_sheet_is_read_by_columns(cell: Any) -> None:
    codec = ExcelCodec(layout(PROFILE, "response", "book"))
    row = ("000001", "0017\t", "活期", cell, date(2015, 6, 1))
    body = [piece for piece in codec.pieces([answer([row] * 3, total=1.5)]) if piece.alone is None]

    assert [1, 3] == [len(piece.rows) for piece in body]
    assert all(codec.cut(piece) is not None for piece in body)


def test_both_readers_agree_on_a_sheet_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook({"查询结果": [], "账户信息": []})

    assert _outcome(data, 0, monkeypatch) == _outcome(data, 1 << 40, monkeypatch)
