"""Delimited files by every switch of the language: both readers agree on good and damaged files; what is written is read again."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from functools import cache

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.codecs import codec_for
from bank_profiles.codecs.codec import BadFile, BadLine
from bank_profiles.codecs.lines.cutting import BLOCK_BYTES, Cutting, Piece
from bank_profiles.codecs.lines.splitting import split_cells
from bank_profiles.engine import reading
from bank_profiles.engine.reading import FileReading
from bank_profiles.engine.writing import FileWriting
from bank_profiles.errors import UnreadableFile
from bank_profiles.layouts.layout import FileLayout
from reconciliation.exchange import RECORDS
from tests.contracts.codec_contract import ROW, cut, file_layout, sheaf, walked

TITLES = ("序号", "户名", "账号", "余额")


@cache
def made(words: str = "", records: str = ROW, separator: str = ",", encoding: str = "utf-8") -> FileLayout:
    return file_layout(f'format: delimited\nseparator: "{separator}"\n{words}\nrecords:{records}', encoding)


def rows(layout: FileLayout, data: bytes, *, fast: bool = False) -> list[tuple[str | None, ...]]:
    """The cells of all good rows that give something, by both readers (where the fast one takes them)."""
    codec, found = codec_for(layout), []
    for piece in codec.pieces([data]):
        by_columns = cut(codec, piece)
        slow = walked(codec, piece)
        assert by_columns is None or slow == by_columns
        assert by_columns is not None or not fast
        found += [cells for name, _, cells in slow if name == "row"]
    return found


def problems(layout: FileLayout, data: bytes) -> list[tuple[str, int | None]]:
    """Code and line of everything that is wrong with a file."""
    file = FileReading(layout, "f.csv")
    try:
        list(file.rows([data]))
    except UnreadableFile as refused:
        return [(problem.code, getattr(problem.place, "line", None)) for problem in refused.problems]
    return [(problem.code, problem.place.line) for problem in file.problems]


# ---- quotes -------------------------------------------------------------------------------------------------------------------------

_SIGNS = st.text(st.sampled_from(["a", '"', ",", "张", " ", "|"]), max_size=5)


@given(st.lists(st.lists(_SIGNS, min_size=3, max_size=3), min_size=1, max_size=4))
def test_cells_are_those_that_csv_reads_where_csv_wrote_them(table: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(table)

    assert table == [split_cells(line, ",", '"') for line in out.getvalue().split("\n")[:-1]]


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('a"b",c', ['a"b"', "c"]),  # a quote inside a cell that has none around it
        ('"a"\t,"b" ', ["a\t", "b "]),  # padding behind a quote
        ('"a,b","c""d"', ["a,b", 'c"d']),
        ('"",""""', ["", '"']),
        (' "a"', [' "a"']),  # a cell that does not begin with it
    ],
)
def test_a_quote_counts_at_the_beginning_of_a_cell(line: str, cells: list[str]) -> None:
    assert cells == split_cells(line, ",", '"')


@pytest.mark.parametrize(("line", "code"), [('a,"b,c', "quote-open"), ('"a"b,c', "text-behind-quote")])
def test_a_quote_that_is_not_closed_or_closed_too_early_is_named(line: str, code: str) -> None:
    with pytest.raises(BadLine) as bad:
        split_cells(line, ",", '"')

    assert code == bad.value.code


def test_a_row_with_an_open_quote_is_set_aside_and_no_other() -> None:
    layout = made("quote: '\"'")
    data = '000001,"甲",1,1\n000002,"乙,2,2\n000003,丙,3,3\n'.encode()

    assert [("000001", "甲", "1", "1"), (), ("000003", "丙", "3", "3")] == rows(layout, data)
    assert [("quote-open", 2)] == problems(layout, data)


# ---- the shape of lines -------------------------------------------------------------------------------------------------------------


def test_what_every_switch_forgives_and_what_it_does_not() -> None:
    good = ("000001", "甲", "1", "1")
    cases: list[tuple[str, str, list[tuple[str, int | None]]]] = [
        ("ends_with_separator: true", "000001,甲,1,1,\n", []),
        ("ends_with_separator: true", "000001,甲,1,1\n", [("column-count", 1)]),
        ("", "000001,甲,1,1,\n", [("column-count", 1)]),
        ("", "000001,甲,1,1\n\n000001,甲,1,1\n", [("column-count", 2)]),
        ("blank_lines: skip", "\n000001,甲,1,1\n \t\n000001,甲,1,1\n", []),
        ('comments: "#"', "#a\n000001,甲,1,1\n#b\n#c", []),
        ("skip_first: 2", "任意\n,,\n000001,甲,1,1\n", []),
        ("line_end: cr", "000001,甲,1,1\r000001,甲,1,1\r", []),
        ("", "000001,甲,1,1\r\n000001,甲,1,1\n\x1a", []),
        ("", "\x01000001,甲,1,1\n\x03", []),
    ]
    for words, text, wrong in cases:
        layout = made(words)
        assert wrong == problems(layout, text.encode()), (words, text)
        assert {good} == set(rows(layout, text.encode())) - {()} or wrong == [("column-count", 1)], (words, text)


def test_columns_missing_at_the_right_are_not_there_at_all() -> None:
    layout = made("short_rows: pad")

    assert [("000001", "甲", None, None)] == rows(layout, "000001,甲\n".encode())
    assert [("missing-value", 1)] * 2 == problems(layout, "000001,甲\n".encode())


def test_lines_keep_their_numbers_where_others_are_skipped() -> None:
    layout = made('skip_first: 1\nblank_lines: skip\ncomments: "#"')
    data = "x\n\n000001,甲,1,1\n#\n#\n000002,乙\n".encode()

    assert [("column-count", 6)] == problems(layout, data)


@pytest.mark.parametrize("separator", ["||", "|@|", "^|", "::"])
def test_a_text_that_ends_like_the_separator_begins_is_refused(separator: str) -> None:
    layout, codec = made(separator=separator), codec_for(made(separator=separator))
    row = next(record for record in layout.records)
    overlapping = [separator[:k] for k in range(1, len(separator)) if separator.startswith(separator[k:])]

    for text in [separator, *overlapping]:
        assert codec_for(layout).compose([sheaf(row, [("000001", f"a{text}", "1", "1")])]) is None
    written = codec.compose([sheaf(row, [("000001", "a^:b", "1", "1")])])
    assert [("000001", "a^:b", "1", "1")] == rows(layout, written or b"")


# ---- every switch at once -----------------------------------------------------------------------------------------------------------

_CELL = st.text(st.sampled_from(["a", "1", '"', ",", "|", "张", "亅", " ", "#"]), max_size=4)
_DAMAGE = st.sampled_from(
    [b"", b"\n", b"\r", b'"', b",", b"\t", b"\x00", b"\x81", b"\n\n", b'",', b'""', b"#", " ".encode("gb18030")]
)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_both_readers_agree_by_every_switch(data: st.DataObject) -> None:
    quote = data.draw(st.booleans(), "quote")
    ends, titled = data.draw(st.booleans(), "ends_with_separator"), data.draw(st.booleans(), "titled")
    words = {
        "quote": "'\"'" if quote else None,
        "ends_with_separator": "true" if ends else None,
        "short_rows": data.draw(st.sampled_from([None, "pad"])),
        "blank_lines": data.draw(st.sampled_from([None, "skip"])),
        "comments": data.draw(st.sampled_from([None, '"#"'])),
        "title_row": data.draw(st.sampled_from(["1", "found"])) if titled else None,
        "stop_at": data.draw(st.sampled_from([None, "blank_row", "{column: 账号, says: 合计}"])) if titled else None,
    }
    separator = data.draw(st.sampled_from([",", "|", "||", "\\t"]))
    layout = made("\n".join(f"{word}: {said}" for word, said in words.items() if said), separator=separator, encoding="gb18030")
    text = _text(data, separator.replace("\\t", "\t"), quote=quote, ends=ends, titled=titled).encode("gb18030")
    place = data.draw(st.integers(0, len(text)))
    damaged = text[:place] + data.draw(_DAMAGE) + text[place + data.draw(st.integers(0, 2)) :]
    try:
        rows(layout, damaged)
    except BadFile:
        assert titled  # its titles are gone


def _text(data: st.DataObject, separator: str, *, quote: bool, ends: bool, titled: bool) -> str:
    lines = [[*TITLES]] if titled else []
    for _ in range(data.draw(st.integers(1, 4))):
        cells = data.draw(st.lists(_CELL, min_size=4, max_size=4))
        lines.append(['"' + cell.replace('"', '""') + '"' if quote and data.draw(st.booleans()) else cell for cell in cells])
    return "".join(separator.join(cells) + (separator if ends else "") + "\n" for cells in lines)


# ---- pieces -------------------------------------------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(
    lines=st.lists(st.sampled_from([b"a", b"", b" ", b"#x", b"bb"]), max_size=12),
    size=st.integers(1, 7),
    skip=st.integers(0, 3),
    last=st.booleans(),
)
def test_skipped_lines_leave_the_others_their_numbers_however_blocks_are_cut(
    lines: list[bytes], size: int, skip: int, last: bool
) -> None:
    data = b"".join(line + b"\n" for line in lines)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("bank_profiles.codecs.lines.cutting.BLOCK_BYTES", size)
        cutting = Cutting(first=False, last=last, skip_first=skip, blank_lines=True, comments=b"#")
        pieces = list(cutting.pieces(data[at : at + size] for at in range(0, len(data), size)))
    expected = [
        (number, line)
        for number, line in enumerate(lines, start=1)
        if number > skip and line.strip() and not line.startswith(b"#")
    ]

    assert expected == [pair for piece in pieces if piece.where != "skipped" for pair in _numbered(piece)]


def _numbered(piece: Piece) -> Sequence[tuple[int, bytes]]:
    return list(zip(piece.numbered.tolist(), piece.data.split(b"\n")[:-1], strict=True))


def test_a_large_file_is_cut_by_columns_and_its_rows_are_found_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of several blocks with preamble, padding of quotes, and a mark behind it."""
    layout = made("quote: '\"'\ntitle_row: found\nstop_at: {column: 账号, says: 合计}")
    line = '000001,"甲, 乙",62170001,100\n'
    count = 3 * BLOCK_BYTES // len(line.encode())
    data = ("某行导出\n" + ",".join(TITLES) + "\n" + line * count + ",,合　计,\n脚注\n").encode()
    monkeypatch.setattr(reading, "SLOW_BYTES", 1 << 10)
    codec, found = codec_for(layout), 0
    for piece in codec.pieces([data[at : at + (1 << 20)] for at in range(0, len(data), 1 << 20)]):
        cuts = codec.cut(piece)
        assert cuts is not None
        found += sum(len(each.lines) for each in cuts)

    assert count == found


# ---- more than a row in a line, or less ---------------------------------------------------------------------------------------------

GROUPED = """
  account:
    gives: holding
    implies: found
    when: {类型: A}
    always: {line_ref: 000001, product: demand_deposit, currency: CNY}
    fields:
      类型: skip
      账号: account_no
      余额: balance
      备注: product_name
  row:
    gives: movement
    inside: account
    carry: [account_no]
    repeat: {times: rest}
    always: {line_ref: 000001, direction: in, currency: CNY}
    fields:
      金额: amount
      日期: booked_on
  more:
    continues: account
    glue: " "
    when: {类型: C}
    fields:
      类型: skip
      备注: product_name
"""


def test_groups_of_columns_are_rows_and_lines_that_go_on_belong_to_the_row_before() -> None:
    layout = made('ends_with: "/"', GROUPED)
    data = "A,1,5,甲,10,2026-01-05,20,2026-01-06/\nA,2,6,乙/\nC,丙/\nC,丁/ \nA,3,7,,,,30,2026-01-07/\n".encode()
    codec = codec_for(layout)
    found = [(name, line, row) for piece in codec.pieces([data]) for name, line, row in walked(codec, piece)]

    assert [
        ("account", 1, ("A", "1", "5", "甲")),
        ("row", 1, ("10", "2026-01-05")),
        ("row", 1, ("20", "2026-01-06")),
        ("account", 2, ("A", "2", "6", "乙 丙 丁")),
        ("account", 5, ("A", "3", "7", "")),
        ("row", 5, ("30", "2026-01-07")),
    ] == [each for each in found if each[0] != "more"]


def test_rows_with_groups_are_read_as_they_were_written() -> None:
    layout = made('ends_with: "/"', GROUPED)
    common = {"line_ref": "000001", "currency": "CNY"}
    holdings = [common | {"account_no": f"{i}", "product": "demand_deposit", "balance_minor": i} for i in (1, 2)]
    entry = common | {"direction": "in", "booked_on": date(2026, 1, 5)}
    movements = [entry | {"account_no": f"{i % 2 + 1}", "amount_minor": i} for i in range(5)]
    tables = {
        kind: [pa.Table.from_pylist(rows, schema=RECORDS[kind])]
        for kind, rows in {"holding": holdings, "movement": movements}.items()
    }
    data = b"".join(FileWriting(layout, "f.csv", {}).blocks(tables))
    found = [
        row for each in FileReading(layout, "f.csv").rows([data]) if each.kind == "movement" for row in each.table.to_pylist()
    ]

    assert b"A,1,1,,0,2026-01-05,2,2026-01-05,4,2026-01-05/\nA,2,2,,1,2026-01-05,3,2026-01-05/\n" == data
    assert sorted(row["amount_minor"] for row in found) == [0, 1, 2, 3, 4]
    assert {(row["account_no"], row["amount_minor"] % 2 + 1) for row in found} == {("1", 1), ("2", 2)}


def test_a_group_that_is_not_whole_is_set_aside_with_its_row() -> None:
    assert [("column-count", 1)] == problems(made("", GROUPED), "A,1,5,甲,10,2026-01-05,20\n".encode())


def _told(words: str, text: str) -> tuple[str, str]:
    """What is said of the only thing wrong, and what to do, in English; the Chinese names the same sign."""
    file = FileReading(made(words), "f.csv")
    refused = ()
    try:
        list(file.rows([text.encode()]))
    except UnreadableFile as bad:
        refused = bad.problems
    (problem,) = refused or file.problems
    assert problem.hint is not None
    assert ('"' in problem.hint.en) == ('"' in problem.hint.zh)
    return problem.what.en, problem.hint.en


def test_a_separator_too_many_asks_for_quotes_where_the_file_has_them() -> None:
    assert 'a “,” inside a text? The bank must put that cell in "' == _told("quote: '\"'", "000001,甲,1,1,1\n")[1]
    assert "a “,” inside a text? The bank must replace it" == _told("", "000001,甲,1,1,1\n")[1]


def test_a_last_line_without_end_and_too_few_columns_is_a_file_that_was_cut() -> None:
    what, hint = _told("", "000001,甲,1,1\n000002,乙")

    assert "the file was cut: no line end, 2 columns, the profile has 4" == what
    assert "fetch it again, then ask the bank. The whole file is refused" == hint
    assert "2 columns, the profile has 4" == _told("", "000001,甲,1,1\n000002,乙\n")[0]
