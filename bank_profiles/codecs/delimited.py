"""Lines of columns with a separator between them. No quoting, so the separator stands in no text.

Decoding comes first, splitting second: 116 common characters of GB18030 hold the byte of "|" as their second one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import csv

from bank_profiles.codecs.codec import BadLine, Cut
from bank_profiles.codecs.texts import bytes_of, glued, must_be_text, one_end_a_row, only_line_ends
from bank_profiles.codecs.encoding import decode, encode, from_utf8, has_bom, to_utf8
from bank_profiles.codecs.lines import count_lines
from bank_profiles.errors import Text
from bank_profiles.layout import Field, RecordLayout
from bank_profiles.values.cells import trimmed
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    from bank_profiles.codecs.texts import Texts

_REPEATED = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class DelimitedFormat:
    separator: str
    encoding: str

    # ---- line by line ----

    def record_of(self, line: bytes, records: Sequence[RecordLayout]) -> RecordLayout | None:
        return self._told(decode(line, self.encoding).split(self.separator), records)

    def _told(self, texts: Sequence[str], records: Sequence[RecordLayout]) -> RecordLayout | None:
        for record in records:
            if all(i < len(texts) and trimmed(record.fields[i], texts[i]) == says for i, says in record.when.items()):
                return record
        return None

    def cells(self, line: bytes, record: RecordLayout) -> Sequence[str | BadValue]:
        texts = decode(line, self.encoding).split(self.separator)
        if len(texts) != len(record.fields):
            raise self._column_count(len(texts), len(record.fields))
        return texts

    def _column_count(self, found: int, expected: int) -> BadLine:
        mark = self.separator
        return BadLine(
            "column-count",
            Text(f"{found} columns, the profile has {expected}", f"{found} 列，画像为 {expected} 列"),
            Text(f"{expected} columns, “{mark}” between them", f"{expected} 列，以“{mark}”分隔"),
            Text(f"a “{mark}” inside a text? The bank must replace it", f"文字中含“{mark}”？请银行替换"),
        )

    # ---- whole blocks ----

    def cut(self, block: bytes, records: Sequence[RecordLayout]) -> list[Cut] | None:
        tab = b"\t" if self.separator == "\t" else b""
        utf8 = to_utf8(block, self.encoding) if only_line_ends(block, allowed=tab) else None
        if utf8 is None or has_bom(utf8):
            return None
        if len(records) == 1:
            columns = self._split(utf8, records[0])
            return None if columns is None else [Cut(records[0], columns, np.arange(count_lines(block), dtype=np.int64))]
        return self._cut_apart(utf8.decode(), records)

    def _cut_apart(self, text: str, records: Sequence[RecordLayout]) -> list[Cut] | None:
        """Lines of several records among each other: told apart first, then split kind by kind."""
        reach = max(max(record.when, default=0) for record in records) + 1
        rows: dict[str, list[int]] = {}
        lines = text.split("\n")[:-1]
        for number, line in enumerate(lines):
            record = self._told(line.rstrip("\r").split(self.separator, reach), records)
            if record is None:
                return None
            rows.setdefault(record.name, []).append(number)
        cuts = []
        for record in records:
            if numbers := rows.get(record.name):
                columns = self._split("".join(lines[n] + "\n" for n in numbers).encode(), record)
                if columns is None:
                    return None
                cuts.append(Cut(record, columns, np.array(numbers, np.int64)))
        return cuts

    def _split(self, utf8: bytes, record: RecordLayout) -> list[Texts | None] | None:
        names = [str(field.number) for field in record.fields]
        read = {str(f.number): _REPEATED if f.repeats else pa.string() for f in record.fields if f.is_read}
        try:
            table = csv.read_csv(
                pa.BufferReader(utf8),  # type: ignore[arg-type]
                csv.ReadOptions(use_threads=False, block_size=len(utf8) + 1, column_names=names),
                csv.ParseOptions(
                    delimiter=self.separator, quote_char=False, double_quote=False, escape_char=False, ignore_empty_lines=False
                ),
                csv.ConvertOptions(check_utf8=False, column_types=read, include_columns=list(read), strings_can_be_null=False),
            )
        except pa.ArrowInvalid:  # some line has another number of columns
            return None
        return [table.column(name).combine_chunks() if name in read else None for name in names]

    # ---- writing ----

    def join(self, fields: Sequence[Field], columns: Sequence[Texts], line_end: bytes) -> bytes | None:
        ended = glued([columns[-1], line_end.decode()], "")
        utf8 = bytes_of(glued([*columns[:-1], ended], self.separator))
        rows, tab = len(ended), b"\t" if self.separator == "\t" else b""
        separators = utf8.count(self.separator.encode()) == rows * (len(fields) - 1)
        clean = separators and not has_bom(utf8) and one_end_a_row(utf8, rows, line_end, allowed=tab)
        return from_utf8(utf8, self.encoding) if clean else None

    def fit(self, field: Field, text: str) -> None:  # noqa: ARG002 - the rule is the same for every column
        if self.separator in text:
            mark = self.separator
            what = Text(f"the value holds “{mark}”, which separates the columns", f"值中含分隔符“{mark}”")
            raise BadValue("separator-in-value", what, Text(f"a value without “{mark}”", f"不含“{mark}”的值"))
        must_be_text(text)
        encode(text, self.encoding)
