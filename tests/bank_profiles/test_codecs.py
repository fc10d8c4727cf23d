"""Every format keeps the promises of every codec; what only the lines of a file can get wrong stands behind."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.codecs.codec import Sheaf
from bank_profiles.codecs.encoding import decode, encode, is_rather_utf8
from bank_profiles.codecs.lines.cutting import LINE_BYTES_MAX, Cutting, LineTooLong
from bank_profiles.layouts.layout import FileLayout
from tests.contracts.codec_contract import ROWS, CodecContract, sheaf

WIDE = """
    fields:
      序号: {at: 1, width: 6, to: line_ref}
      户名: {at: 7, width: 12, to: holder_name}
      账号: {at: 19, width: 6, to: account_no}
      余额: {at: 25, width: 8, to: balance}
"""


class TestDelimited(CodecContract):
    file = 'format: delimited\nseparator: "|"' + ROWS


class TestSeveralSigns(CodecContract):
    file = 'format: delimited\nseparator: "||"\nends_with_separator: true\nline_end: crlf' + ROWS


class TestQuoted(CodecContract):
    file = 'format: delimited\nseparator: ","\nquote: \'"\'\nshort_rows: pad\ncomments: "#"' + ROWS
    encoding = "utf-8"


class TestTitled(CodecContract):
    file = 'format: delimited\nseparator: ","\nquote: \'"\'\ntitle_row: 3\nskip_first: 1\nline_end: cr' + ROWS


class TestTitlesFound(CodecContract):
    file = 'format: delimited\nseparator: "\\t"\ntitle_row: found\nstop_at: {column: 账号, says: 合计}\nblank_lines: skip' + ROWS


class TestFixed(CodecContract):
    file = "format: fixed\nrecord_bytes: 32" + ROWS[: ROWS.index("\n    fields")] + WIDE


class TestSelfDescribing(CodecContract):
    file = """
format: self_describing
version: {field: 版本, reads: [20, 21], writes: 21}
records:
  header:
    place: first
    fields:
      标识: {const: OFDCFDAT}
      版本: {to: skip, width: 4}
      列: {columns: 3}
  row:
    gives: holding
    implies: found
    always: {product: fund, currency: CNY}
    fields:
      序号: {width: 6, to: line_ref}
      户名: {width: 20, widths: {21: 12}, to: holder_name}
      账号: {width: 6, to: account_no}
      余额: {width: 8, to: balance}
"""

    def before(self, layout: FileLayout) -> list[Sheaf]:
        return [sheaf(layout.records[0], [("OFDCFDAT", "", "")])]


class TestXml(CodecContract):
    file = "format: xml\nroot: Doc" + ROWS.replace("    gives", "    each: Row\n    gives")
    encoding = "utf-8"


class TestJson(CodecContract):
    file = "format: json" + ROWS.replace("    gives", "    each: rows\n    gives")
    encoding = "utf-8"


class TestExcel(CodecContract):
    file = "format: excel" + ROWS.replace("    gives", "    sheet: 账户\n    title_row: 1\n    gives")
    encoding = "utf-8"


# ---- encodings and lines ------------------------------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_every_character_survives_gb18030(text: str) -> None:
    moved = {
        0xE81E: 0x9FB4,
        0xE826: 0x9FB5,
        0xE82B: 0x9FB6,
        0xE82C: 0x9FB7,
        0xE832: 0x9FB8,
        0xE843: 0x9FB9,
        0xE854: 0x9FBA,
        0xE864: 0x9FBB,
    }

    assert text.translate(moved) == decode(encode(text, "gb18030"), "gb18030")


@pytest.mark.parametrize("text", ["小", "小小", "聪", "联通", "示例甲活期储蓄", "小|D|中"])
def test_chinese_in_gb18030_is_not_taken_for_utf8(text: str) -> None:
    assert (False, True) == (is_rather_utf8(text.encode("gb18030"), "gb18030"), is_rather_utf8(text.encode(), "gb18030"))


def _pieces(data: bytes, size: int, *, first: bool = True, last: bool = True) -> list[tuple[str, bytes, int]]:
    cutting = Cutting(first, last, b"\xef\xbb\xbf")
    blocks: Iterator[bytes] = (data[at : at + size] for at in range(0, len(data), size))
    return [(piece.where, piece.data, piece.line) for piece in cutting.pieces(blocks)]


@settings(max_examples=200)
@given(st.lists(st.sampled_from([b"a", b"bb", b"\r"]), min_size=3, max_size=12), st.integers(1, 9))
def test_first_body_and_last_are_the_file_again(lines: list[bytes], size: int) -> None:
    data = b"\n".join([*lines[:-1], b"z"]) + b"\n"
    pieces = _pieces(data, size)

    assert data == b"".join(piece for _, piece, _ in pieces)
    assert (["first", "last"], [1, len(lines)]) == ([pieces[0][0], pieces[-1][0]], [pieces[0][2], pieces[-1][2]])


def test_a_file_of_one_line_has_a_first_and_no_last() -> None:
    assert [("first", b"H\n", 1)] == _pieces(b"H", 1)


def test_a_megabyte_without_a_line_end_is_refused_and_not_gathered() -> None:
    with pytest.raises(LineTooLong):
        _pieces(b"x" * (LINE_BYTES_MAX * 5), 1 << 20)
