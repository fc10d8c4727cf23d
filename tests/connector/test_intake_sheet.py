"""A sheet is read the same from every kind of file, and one that cannot be read says where and stores nothing."""

import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connector.intake import sheet as module
from connector.intake.errors import SheetError
from connector.intake.sheet import OPTIONAL, TITLES, read_sheet
from tests.connector.desk import row, sheet

RARE = "𫖯㛃䶮"  # four bytes each in GB18030


def workbook(*lines: list[Any], name: str = "核对申请", before: str | None = None) -> bytes:
    book = openpyxl.Workbook()
    active = book.active
    assert active is not None
    active.title = before or name
    page = book.create_sheet(name) if before else active
    for line in lines:
        page.append(line)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def repacked(parts: dict[str, bytes]) -> bytes:
    """A workbook of ours, some of its parts others."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(["a"]))) as before, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as after:
        for name in {*before.namelist(), *parts}:
            after.writestr(name, parts[name] if name in parts else before.read(name))
    return buffer.getvalue()


def refused(content: bytes) -> SheetError:
    with pytest.raises(SheetError) as stopped:
        read_sheet(content)
    return stopped.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_rule_031_every_encoding_gives_the_same_cells(encoding: str) -> None:
    given = [row(name=f"王{RARE}"), row(serial=2, name="买买提·艾力")]

    read = read_sheet(sheet(*given, encoding=encoding))

    assert read.columns == {field: [r[field] for r in given] for field in TITLES}
    assert read.rows == [2, 3]


def test_the_three_files_of_the_city_hold_the_same_rows(samples: Path) -> None:
    names = ("requests.csv", "requests.gb18030.csv", "requests.xlsx")
    utf8, gb18030, xlsx = (read_sheet((samples / "city/seed1" / name).read_bytes()) for name in names)

    assert utf8.columns == gb18030.columns
    assert utf8.rows == gb18030.rows == xlsx.rows
    assert {f: [c.strip() for c in cells] for f, cells in utf8.columns.items()} == {
        f: [c.strip() for c in cells] for f, cells in xlsx.columns.items()
    }


def test_columns_are_found_by_title_in_any_order_and_others_are_ignored() -> None:
    fields = sorted(TITLES)
    content = sheet(row(), fields=fields).decode("utf-8-sig")
    header, line, _ = content.split("\r\n")

    read = read_sheet(f"备注,{header}\r\nx,{line}\r\n".encode())

    assert {field: cells[0] for field, cells in read.columns.items()} == row()
    assert (read.ignored, read.places[fields[0]]) == (1, "B")


def test_titles_are_compared_in_normal_form() -> None:
    content = sheet(row(declared="100")).decode("utf-8-sig").replace("申报金融资产合计（元）", " 申报金融资产合计(元)\u3000")

    assert read_sheet(content.encode()).columns["declared"] == ["100"]


def test_optional_columns_may_be_absent() -> None:
    fields = [field for field in TITLES if field not in OPTIONAL]

    assert read_sheet(sheet(row(), fields=fields)).columns["declared"] == [""]


def test_a_missing_column_is_named() -> None:
    stopped = refused(sheet(row(), fields=[field for field in TITLES if field not in ("id_no", "scope")]))

    assert stopped.code == "column-missing"
    assert "证件号码、授权范围" in stopped.zh
    assert "证件号码、授权范围" in stopped.en


def test_a_column_that_stands_twice_is_named() -> None:
    stopped = refused(sheet(row(), fields=[*TITLES, "name"]))

    assert (stopped.code, "姓名" in stopped.zh, "U" in stopped.zh) == ("column-twice", True, True)


def test_a_sheet_without_its_header_repeats_no_cell_of_it() -> None:
    content = sheet(row(name="不可说")).partition(b"\r\n")[2]

    stopped = refused(content)

    assert "不可说" not in stopped.zh + stopped.en
    assert row()["id_no"] not in stopped.zh + stopped.en


def test_bytes_of_another_encoding_are_named_by_row_and_byte() -> None:
    stopped = refused(sheet(row(), row(serial=2), encoding="utf-8") + b"H9,\xff\xfe\r\n")

    assert (stopped.code, "utf-8" in stopped.en, "row 4" in stopped.en) == ("wrong-encoding", True, True)


@pytest.mark.parametrize(
    "content",
    [
        "家庭编号,救助项目\r\n".encode("utf-16"),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"PK\x03\x04 not a package",
        b"%PDF-1.7\x00",
    ],
)
def test_what_is_no_sheet_is_said_to_be_none(content: bytes) -> None:
    assert refused(content).code == "not-a-sheet"


@pytest.mark.parametrize("content", [b"", b"\r\n", b"a,b\r\n1,2\r\n", *("户号,称呼\r\n".encode(e) for e in ("utf-8", "gb18030"))])
def test_a_file_that_reads_well_but_has_none_of_our_titles_misses_columns(content: bytes) -> None:
    stopped = refused(content)

    assert (stopped.code, "家庭编号" in stopped.zh) == ("column-missing", True)


def test_a_first_line_in_no_encoding_of_ours_is_said_to_be_so() -> None:
    assert refused(b"\xff\xff,\x80\r\n").code == "wrong-encoding"


def test_a_row_longer_than_the_header_is_refused_by_number() -> None:
    stopped = refused(sheet(row()) + b"a," * 25 + b"b\r\n")

    assert (stopped.code, "3" in stopped.en) == ("row-too-long", True)


def test_quotes_that_do_not_close_are_refused() -> None:
    assert refused(sheet(row()) + b'"open').code == "quotes-broken"


def test_short_and_empty_rows_are_blank_cells_and_keep_their_numbers() -> None:
    read = read_sheet(sheet(row()) + b"\r\n,,,\r\nH2,\r\n")

    assert read.rows == [2, 5]
    assert (read.columns["household_no"], read.columns["scope"]) == (["H1", "H2"], ["全部", ""])


def test_a_cell_with_comma_quote_and_line_break_is_one_cell() -> None:
    cell = '约"三",万\n元'

    assert read_sheet(sheet(row(declared=cell))).columns["declared"] == [cell]


def test_excel_dates_and_numbers_are_read_as_the_csv_spells_them() -> None:
    fields = list(TITLES)
    values: dict[str, Any] = row() | {
        "application_date": date(2026, 11, 15),
        "as_of": datetime(2026, 11, 20, 9, 30),  # noqa: DTZ001 -- a cell has no zone
        "region": 321283,
        "declared": 80123.45,
    }

    read = read_sheet(workbook(list(TITLES.values()), [values[f] for f in fields]))

    found = {f: read.columns[f][0] for f in ("application_date", "as_of", "region", "declared")}
    assert found == {"application_date": "2026-11-15", "as_of": "2026-11-20", "region": "321283", "declared": "80123.45"}


def test_a_number_that_lost_its_last_digits_in_excel_is_not_completed() -> None:
    values: dict[str, Any] = row() | {"id_no": 321283198501010010}

    read = read_sheet(workbook(list(TITLES.values()), list(values.values())))

    assert not read.columns["id_no"][0].isdigit()


def test_fault_c21_a_formula_is_never_computed() -> None:
    values: dict[str, Any] = row() | {"name": '=HYPERLINK("http://example.com","x")', "relation": "=1+1"}

    read = read_sheet(workbook(list(TITLES.values()), list(values.values())))

    assert (read.columns["name"], read.columns["relation"]) == ([""], [""])  # no value was kept beside it


def test_the_sheet_of_our_name_is_read_before_the_first_one() -> None:
    assert len(read_sheet(workbook(list(TITLES.values()), list(row().values()), before="说明"))) == 1
    assert len(read_sheet(workbook(list(TITLES.values()), list(row().values()), name="Sheet1"))) == 1


def test_every_limit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS_MAX", 3)
    assert "3 rows" in refused(sheet(row(), row(serial=2), row(serial=3))).en

    monkeypatch.setattr(module, "BYTES_MAX", 2**20)
    assert "1 MiB" in refused(b"x" * (2**20 + 1)).en

    assert "200 columns" in refused(sheet(row()).replace(b"\r\n", b"," * 300 + b"\r\n", 1)).en


def test_an_unpacked_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNPACKED_MAX", 2**20)

    assert "1 MiB" in refused(repacked({"xl/media/a.xml": b"0" * 2**21})).en


def test_b2_a_long_text_that_every_cell_shows_is_refused_before_it_is_laid_out() -> None:
    shared = f"<sst><si><t>{'长' * 32_000}</t></si></sst>"
    rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 40_000))
    page = f"<worksheet><sheetData>{rows}</sheetData></worksheet>"

    content = repacked({"xl/worksheets/sheet1.xml": page.encode(), "xl/sharedStrings.xml": shared.encode()})
    assert "sheet-too-large" == refused(content).code


@pytest.mark.parametrize("place", ["XFD1048576", "AH900000", "XFD2"])
def test_b2_two_cells_far_apart_do_not_end_the_process(place: str) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(list(TITLES.values()))
    page[place] = "x"
    buffer = io.BytesIO()
    book.save(buffer)

    assert refused(buffer.getvalue()).code == "sheet-too-large"


def test_b2_a_look_without_content_far_away_is_no_matter() -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(list(TITLES.values()))
    page["XFD900000"].number_format = "0.00"
    buffer = io.BytesIO()
    book.save(buffer)

    assert len(read_sheet(buffer.getvalue())) == 0


def test_b4_another_kind_of_workbook_is_not_opened() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", "<office:document-content/>")

    assert refused(buffer.getvalue()).code == "not-a-sheet"
    assert refused(repacked({"content.xml": b"<office:document-content/>", "xl/workbook.xml": b""})).code == "not-a-sheet"
