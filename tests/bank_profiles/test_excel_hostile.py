"""Whatever calls itself a workbook: it is told what it is, and never grows: at most 256 MiB and 5 seconds."""

import io
import os
import resource
import struct
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.catalogue import load_profile
from bank_profiles.codecs.excel.columns import letters, number
from bank_profiles.engine.reading import FileReading
from bank_profiles.errors import UnreadableFile
from bank_profiles.layouts.making import layout
from tests.bank_profiles.workbooks import answer, read, workbook

OLD = load_profile(Path(__file__).parent / "samples" / "cn-bank-exports" / "ccb.yaml")
GOOD = answer([("000001", "6217", "活期", 1.5, "2015-06-01")], total=1.5)
SHEET = "xl/worksheets/sheet1.xml"
ROOT = "<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>{}</sheetData></worksheet>"
MIB = 1 << 20


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    before, began = _peak(), time.process_time()
    yield
    assert _peak() - before < 256
    assert time.process_time() - began < 5


def _code(data: bytes) -> str:
    with pytest.raises(UnreadableFile) as refused:
        read(data)
    return refused.value.problems[0].code


def _repacked(**parts: str | bytes) -> bytes:
    """The good workbook with other parts; a part's name has "/" and "." as "__" and "_dot_"."""
    stream = io.BytesIO()
    wanted = {name.replace("__", "/").replace("_dot_", "."): part for name, part in parts.items()}
    with zipfile.ZipFile(io.BytesIO(GOOD)) as good, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in good.namelist():
            made.writestr(entry, wanted.pop(entry, None) or good.read(entry))
        for name, part in wanted.items():
            made.writestr(name, part)
    return stream.getvalue()


def _sheet(rows: str) -> bytes:
    return _repacked(xl__worksheets__sheet1_dot_xml=ROOT.format(rows))


def _read_old(data: bytes) -> int:
    """The rows of a changed workbook of the old kind."""
    return sum(rows.table.num_rows for rows in FileReading(layout(OLD, "response", "flow"), "a.xls").rows([data]))


# ---- what it is ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("序号\t账号\n1\t2\n".encode("gb18030"), "text with tabs"),
        ("序号,账号\n".encode(), "this is text, not"),
        (b"\xef\xbb\xbf<html><table></table></html>", "a web page"),
        (b"<?xml version='1.0'?><Workbook/>", "XML text"),
        (b"%PDF-1.7", "a PDF"),
        (b"{}", "JSON"),
        (b"\x00\x01\x02", "another kind"),
    ],
)
def test_b4_a_file_that_is_no_workbook_is_told_what_it_is(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(data)

    (problem,) = refused.value.problems
    assert "wrong-format" == problem.code
    assert says in problem.en
    assert ("format: delimited" in problem.zh) == ("text" in says and "XML" not in says)


@pytest.mark.parametrize(
    ("part", "kind"), [("xl/workbook.bin", "xlsb"), ("content.xml", "ods"), ("word/document.xml", "docx"), ("a", "zip")]
)
def test_b4_a_package_of_another_kind_is_told_what_it_is(part: str, kind: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr(part, b"x")
    with pytest.raises(UnreadableFile, match=kind):
        read(stream.getvalue())


# ---- cut and changed ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [0.01, 0.3, 0.7, 0.99])
def test_b2_a_workbook_that_was_cut_is_refused(kept: float) -> None:
    assert "excel-broken" == _code(GOOD[: int(len(GOOD) * kept)])


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.9])
def test_b2_an_old_workbook_that_was_cut_never_opens_to_another(samples: Path, kept: float) -> None:
    whole = next((samples / "samples/cn-bank-exports/ccb").iterdir()).read_bytes()

    assert _code(whole[: int(len(whole) * kept)]) in ("excel-broken", "wrong-format", "sheet-missing")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255), st.integers(0, 40))
def test_b2_no_change_of_a_byte_brings_out_a_foreign_error(at: int, change: int, cut: int) -> None:
    changed = bytearray(GOOD)
    changed[at] ^= change
    del changed[at : at + cut // 20]
    with suppress(UnreadableFile):
        read(bytes(changed))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_b2_no_change_of_an_old_workbook_brings_out_a_foreign_error(samples: Path, data: st.DataObject) -> None:
    changed = bytearray(next((samples / "samples/cn-bank-exports/ccb").iterdir()).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(8, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with suppress(UnreadableFile):
        _read_old(bytes(changed))


# ---- grown --------------------------------------------------------------------------------------------------------------------------


def test_b2_two_cells_far_apart_are_refused() -> None:
    far = "<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"

    assert "sheet-too-large" == _code(_sheet(far))
    assert "sheet-too-large" == _code(_sheet(far.replace("'", '"')))
    assert "sheet-too-large" == _code(_sheet(far.replace(" r=", "\tr =\n")))


def test_a_cell_may_say_where_it_is_behind_its_format() -> None:
    rows = "".join(f'<row r="{row}"><c s="1" r="A{row}"><v>1</v></c></row>' for row in range(1, 2000))

    assert "column-missing" == _code(_sheet(rows + '<row r="2000"><c s="1" r="AAA2000"><v>1</v></c></row>'))


@pytest.mark.parametrize("end", ["/>", "></c>"])
def test_b2_a_format_far_away_is_no_matter_and_a_value_there_is(end: str) -> None:
    near = '<row r="1"><c r="A1"><v>1</v></c></row>'
    far = f'<row r="900000" spans="1:1"><c r="XFD900000" s="1"{end}</row>'

    assert "column-missing" == _code(_sheet(near + far))
    assert "sheet-too-large" == _code(_sheet(near + far.replace(end, "><v>1</v></c>")))
    assert "sheet-too-large" == _code(_sheet(near + far.replace("</row>", "<c><v>1</v></c></row>")))  # beside the empty one


def test_b2_a_value_cannot_hide_behind_an_empty_cell_in_an_attribute() -> None:
    near = '<row r="1"><c r="A1"><v>1</v></c></row>'
    hidden = """<row r="900000"><c x='<c r="A1" y="' r='XFD900000' z="/>"><v>1</v></c></row>"""

    assert "sheet-too-large" == _code(_sheet(near + hidden))


def test_b2_a_package_of_two_kinds_is_not_opened_as_the_one_nobody_looked_at() -> None:
    assert "wrong-format" == _code(_repacked(xl__workbook_dot_xml="x", content_dot_xml="<office:document-content/>"))


def test_b2_a_row_beyond_any_sheet_is_refused() -> None:
    assert _code(_sheet('<row r="99999999"><c r="XFD99999999"><v>1</v></c></row>')) in ("excel-broken", "sheet-too-large")


@pytest.mark.parametrize("quote", ['"', "'"])
def test_b2_a_row_that_begins_like_the_one_before_is_looked_at_to_its_end(quote: str) -> None:
    """Places are read eight bytes at a time, and equal ones once: a longer number must not hide behind a shorter one."""
    near = "".join(f"<c r={quote}{place}{quote}><v>1</v></c>" for place in ("A1234567", "A12345678", "A123456789"))

    assert "excel-broken" == _code(_sheet(f"<row>{near}</row>"))
    assert _code(_sheet('<row r="1"><c r="ZZZZZZZ1"><v>1</v></c></row>')) in ("excel-broken", "sheet-too-large")


def test_b2_cells_that_do_not_say_where_they_are_count_too() -> None:
    wide = '<row r="1048570">' + "<c><v>1</v></c>" * 16000 + '</row><row r="1"><c r="A1"><v>1</v></c></row>'

    assert "sheet-too-large" == _code(_sheet(wide))
    assert "sheet-too-large" == _code(_sheet(wide + '<x r="A1"/>' * 16000))  # places of something else
    assert "sheet-too-large" == _code(_sheet(wide.replace("<c>", """<c s="1" x=' r="A1"'>""")))


def test_b2_one_long_text_shown_everywhere_is_refused() -> None:
    shared = "<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><si><t>{}</t></si></sst>".format(
        "长" * 32_000
    )
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 40_000))

    data = _repacked(xl__worksheets__sheet1_dot_xml=ROOT.format(cells), xl__sharedStrings_dot_xml=shared)
    assert "file-too-large" == _code(data)


def test_b2_a_bomb_is_refused_by_its_ratio_and_by_what_it_says_of_itself() -> None:
    bomb = _repacked(xl__media__a_dot_xml=b" " * (200 * MIB))
    assert "file-too-large" == _code(bomb)

    lying = bytearray(bomb)
    at = lying.rfind(b"xl/media/a.xml") - 46
    lying[at + 24 : at + 28] = struct.pack("<I", 100)  # its size in the directory
    assert "excel-broken" == _code(bytes(lying))


def test_b7_no_document_type_and_no_depth_ends_the_process() -> None:
    assert "excel-broken" == _code(_repacked(xl__worksheets__sheet1_dot_xml="<!DOCTYPE a [<!ENTITY b 'c'>]>" + ROOT.format("")))
    deep = "<a>" * 300_000 + "</a>" * 300_000
    assert _code(_repacked(xl__worksheets__sheet1_dot_xml=ROOT.format(deep))) in (
        "column-missing",
        "excel-broken",
        "file-too-large",
    )


def test_b2_an_old_workbook_of_two_cells_far_apart_is_refused(samples: Path) -> None:
    data = bytearray(next((samples / "samples/cn-bank-exports/ccb").iterdir()).read_bytes())
    at = data.find(struct.pack("<HHH", 0x00FD, 10, 6))  # a cell of row 7 that shows a shared text
    data[at + 4 : at + 8] = struct.pack("<HH", 65535, 255)

    with pytest.raises(UnreadableFile, match="sheet-too-large"):
        _read_old(bytes(data))


def test_b2_random_bytes_behind_a_good_beginning_are_refused() -> None:
    for start in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        for size in (0, 20, 600, 5000):
            assert "excel-broken" == _code(start + os.urandom(size))


# ---- passwords ----------------------------------------------------------------------------------------------------------------------


def test_a_workbook_with_a_password_is_told_so() -> None:
    assert "excel-encrypted" == _code(_ole("EncryptedPackage"))


def _ole(stream: str) -> bytes:
    """The smallest OLE file with one stream."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<I", header, 44, 1)
    struct.pack_into("<IIIIIII", header, 48, 1, 0, 0, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFE, *[0xFFFFFFFF] * 125)
    entries = b""
    for name, kind, first in (("Root Entry", 5, 0xFFFFFFFE), (stream, 2, 2)):
        text = name.encode("utf-16-le")
        entries += text.ljust(64, b"\0") + struct.pack("<HBB", len(text) + 2, kind, 1) + b"\xff" * 12 + bytes(36)
        entries += struct.pack("<IQ", first, 512 if kind == 2 else 0)
    return bytes(header) + table + entries.ljust(512, b"\0") + bytes(512)


def test_the_ordinary_workbook_beside_them_is_read() -> None:
    assert 1 == len(read(GOOD).rows["holding"])
    assert 1 == len(read(_repacked()).rows["holding"])
    assert "sheet-missing" == _code(workbook({"a": [["b"]]}))


def test_columns_have_the_letters_of_a_spreadsheet() -> None:
    columns = {0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"}

    assert list(columns.values()) == [letters(column) for column in columns]
    assert [column + 1 for column in columns] == [number(letters(column).encode()) for column in columns]
