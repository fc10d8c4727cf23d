"""What every codec promises; each format's tests inherit this class and give it the YAML of one file.

The rows of the file have these columns, in this order: 序号 (line_ref), 户名 (holder_name), 账号 (account_no), 余额 (balance). What is
cut and what is walked is compared trimmed, as the engine takes it.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bank_profiles.checks.second_look import check
from bank_profiles.codecs import Codec, codec_for
from bank_profiles.codecs.codec import BadFile, Cut, Item, Sheaf
from bank_profiles.language.yaml_text import load
from bank_profiles.layouts.cells import trimmed
from bank_profiles.layouts.layout import FileLayout, RecordLayout
from bank_profiles.layouts.making import layout
from bank_profiles.values.converters import BadValue

Row = tuple[str | None, ...]
TEXTS = [("000001", "张三", "6217", "1"), ("000002", "亅倈億", "0017", "22"), ("000003", "𠮷 A", "9", "333")]
DAMAGES = [
    b"\x00", b"\x1a", b"\r", b"\n", b"\x7f", b"\t", b"\x81", b"|", b",", b'"', b'""', b"<", b"{", b"000001", b" ", "中".encode("gb18030"),
]  # fmt: skip

ROW = """
  row:
    gives: holding
    implies: found
    always: {product: demand_deposit, currency: CNY}
    fields:
      序号: line_ref
      户名: holder_name
      账号: account_no
      余额: balance
"""
ROWS = "\nrecords:" + ROW
ASKING = """
schema: bank-profile/1
profile: contract
version: 2026.1
effective: {from: 2026-01-01}
source: 测试
grade: invented
answers: [deposit]
channel: {kind: sftp, send_dir: /in, take_dir: /out, ready: {kind: flag_file}, seal: cms-aes256gcm}
inquiry:
  defaults: {encoding: utf-8}
  package: {name: "ask_{batch}.txt"}
  files:
    ask:
      name: ask_{batch}.txt
      format: delimited
      separator: "|"
"""  # a profile up to the records of its inquiry
_PROFILE = (
    ASKING
    + """\
      records: {person: {gives: inquiry, fields: {序号: line_ref, 姓名: name, 种类: {to: id_type, map: id_type}, 号码: id_no}}}
response:
  defaults: {encoding: %s, unit: minor}
  package: {name: "book_{batch}.txt"}
  files:
    book:
      name: book_{batch}.txt
%s
maps: {id_type: {codes: {1: resident_id}}}
service: {calendar: every_day, reply_within: 2 days, limits: {lines_max: 1000}}
"""
)


def file_layout(file: str, encoding: str = "gb18030") -> FileLayout:
    """The layout of one response file from its YAML (the keys below its name)."""
    indented = "\n".join("      " + line for line in file.strip("\n").split("\n"))
    text = _PROFILE.lstrip("\n") % (encoding, indented)
    profile, problems = check(load(text.encode(), "contract.yaml"), "contract.yaml")
    assert profile is not None, problems
    assert [] == [problem for problem in problems if problem.severity == "error"]
    return layout(profile, "response", "book")


def sheaf(record: RecordLayout, rows: Sequence[Sequence[str | None]]) -> Sheaf:
    columns = [pa.array([row[index] for row in rows], pa.string()) for index in range(len(record.fields))]
    return Sheaf(record, columns, np.arange(len(rows)))


def walked(codec: Codec, piece: object) -> list[tuple[str | None, int, Row]]:
    """Record, line and trimmed cells of every row; of a row that is not plainly good, no cells."""
    return [(item.record and item.record.name, item.line, _row(item)) for item in codec.walk(piece)]


def _row(item: Item) -> Row:
    if item.bad is not None or item.record is None or any(isinstance(cell, BadValue) for cell in item.cells):
        return ()
    cells = zip(item.record.fields, item.cells, strict=True)
    return tuple(trimmed(f, cell) if f.is_read and isinstance(cell, str) else None for f, cell in cells)


def cut(codec: Codec, piece: object) -> list[tuple[str | None, int, Row]] | None:
    """The same by columns, in the order of the lines; None where the codec gives the piece back."""
    cuts = codec.cut(piece)
    if cuts is None:
        return None
    rows = [(order, (each.record.name, line, row)) for each in cuts for order, line, row in _rows(each)]
    return [row for _, row in sorted(rows, key=lambda each: each[0])]


def _rows(each: Cut) -> list[tuple[int, int, Row]]:
    columns: list[list[str | None]] = []
    for field, texts in zip(each.record.fields, each.columns, strict=True):
        cells = [None] * len(each.lines) if texts is None or not field.is_read else texts.to_pylist()
        columns.append([trimmed(field, cell) if cell is not None else None for cell in cells])
    order = each.lines if each.order is None else each.order
    return list(zip(order.tolist(), each.lines.tolist(), zip(*columns, strict=True), strict=True))


_LAYOUTS: dict[tuple[str, str], FileLayout] = {}


class CodecContract:
    """Reads what it writes, by columns and row by row alike; gives a piece back where it is not sure; never changes a text."""

    file: str
    encoding = "gb18030"
    texts: Sequence[Row] = TEXTS

    @pytest.fixture
    def layout(self) -> FileLayout:
        return self.made()

    def made(self) -> FileLayout:
        key = (self.file, self.encoding)
        if key not in _LAYOUTS:
            _LAYOUTS[key] = file_layout(*key)
        return _LAYOUTS[key]

    # ---- what a format may do otherwise ----

    def before(self, layout: FileLayout) -> list[Sheaf]:
        """What must be written ahead of the rows: a sheaf for each portion."""
        return []

    def row(self, layout: FileLayout) -> RecordLayout:
        return next(record for record in layout.records if record.kind)

    # ---- helpers ----

    def written(self, layout: FileLayout, rows: Sequence[Row]) -> bytes:
        codec = codec_for(layout)
        portions = [*self.before(layout), sheaf(self.row(layout), rows)] if rows else self.before(layout)
        blocks = [codec.compose([portion]) for portion in portions]
        assert None not in blocks
        return b"".join(block for block in blocks if block is not None) + codec.end()

    def read(self, layout: FileLayout, data: bytes, *, by_columns: bool) -> list[Row] | None:
        codec = codec_for(layout)
        rows: list[Row] = []
        for piece in codec.pieces([data]):
            found = cut(codec, piece) if by_columns else None
            if found is None:
                found = walked(codec, piece)
            rows += [cells for name, _, cells in found if name == self.row(layout).name]
        return rows

    # ---- the promises ----

    def test_it_reads_what_it_wrote_by_columns_and_row_by_row(self, layout: FileLayout) -> None:
        data = self.written(layout, self.texts)

        assert self.texts == self.read(layout, data, by_columns=True)
        assert self.texts == self.read(layout, data, by_columns=False)

    def test_good_rows_are_cut_by_columns(self, layout: FileLayout) -> None:
        data, codec = self.written(layout, [*self.texts] * 2000), codec_for(layout)
        rows = [cut(codec, piece) for piece in codec.pieces([data])]

        assert 2000 * 3 - 1 <= sum(sum(name == self.row(layout).name for name, _, _ in found) for found in rows if found)

    def test_a_file_without_rows_is_one(self, layout: FileLayout) -> None:
        assert [] == self.read(layout, self.written(layout, []), by_columns=True)

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(at=st.floats(0, 1), damage=st.sampled_from(DAMAGES), lost=st.integers(0, 3))
    def test_columns_and_rows_agree_on_damaged_files(self, at: float, damage: bytes, lost: int) -> None:
        layout = self.made()
        data = self.written(layout, self.texts)
        place = int(at * len(data))
        codec, other = codec_for(layout), codec_for(layout)
        damaged = data[:place] + damage + data[place + lost :]
        try:
            for piece, twin in zip(codec.pieces([damaged]), other.pieces([damaged]), strict=True):
                by_columns = cut(codec, piece)
                assert by_columns is None or walked(other, twin) == by_columns
        except BadFile:
            pass  # no file of this format: told with its place

    @pytest.mark.parametrize("text", ["a\nb", "a\rb", "\x00", "\ufeff", "\ud800", "|", '"', "长" * 100])
    def test_a_text_that_does_not_fit_is_refused_not_changed(self, layout: FileLayout, text: str) -> None:
        row, codec = self.row(layout), codec_for(layout)
        try:
            codec.fit(row.fields[1], text)
        except BadValue:
            return
        rows = [("000001", text, "6217", "1")]
        assert rows == self.read(layout, self.written(layout, rows), by_columns=False)

    def test_parts_of_a_piece_are_the_piece(self, layout: FileLayout) -> None:
        data, codec, other = self.written(layout, [*self.texts] * 100), codec_for(layout), codec_for(layout)
        for piece, twin in zip(codec.pieces([data]), other.pieces([data]), strict=True):
            parts = [row for part in codec.parts(piece) for row in walked(codec, part)]
            assert walked(other, twin) == parts

    def test_an_address_names_file_line_and_column(self, layout: FileLayout) -> None:
        data, codec, row = self.written(layout, self.texts), codec_for(layout), self.row(layout)
        lines = [line for piece in codec.pieces([data]) for name, line, _ in walked(codec, piece) if name == row.name]
        place = codec.place("book.txt", lines[1], row, row.fields[2])

        assert ("book.txt", "账号") == (place.file, place.field)
        assert sorted(lines) == lines
