"""Hash totals: the digits of a column added up as numbers, one cell at a time and whole columns. Nothing else has a sum.

A cell that means "missing" adds nothing. What holds a letter, a sign or more digits than any number has makes the total meaningless:
it is said of its row, and the file is refused (``total-unreadable``) or not written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.engine.taken import Flags, Ints
from bank_profiles.errors import Text
from bank_profiles.layouts.cells import SPACES, present, present_column
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout, Total
from bank_profiles.values.arrays import ints
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    Column = pa.Array[Any]
Cell = str | BadValue | None

DIGITS_MAX = 18  # more do not fit into 64 bits
NOT_DIGITS = BadValue(
    "not-a-number",
    Text(
        "a total adds up the digits of this column, and “{value}” is something else", "合计按本列数字累加，而“{value}”不全是数字"
    ),
    Text(f"digits only, at most {DIGITS_MAX}", f"仅数字，不超过 {DIGITS_MAX} 位"),
    Text(
        "if only some characters of it are added up, say which:   take: [from, how many]",
        "若只累加其中几位，请写   take: [起始, 位数]",
    ),
)


def hashed(total: Total, field: Field, cell: Cell) -> int | None:
    """What one cell adds; None where it is not digits."""
    if isinstance(cell, BadValue):
        return None
    text = None if cell is None else present(field, cell)
    if text is None:
        return 0
    digits = text.strip(SPACES)
    if total.take:
        digits = digits[total.take[0] - 1 :][: total.take[1]]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= DIGITS_MAX else None


def hashed_column(total: Total, field: Field, texts: Column) -> Ints | None:
    """The same of a whole column; None where some cell is not digits."""
    digits: Any = pc.utf8_trim(present_column(field, texts), SPACES)
    if total.take:
        digits = pc.utf8_slice_codeunits(digits, total.take[0] - 1, sum(total.take) - 1)
    if pc.all(pc.match_substring_regex(digits, rf"^[0-9]{{1,{DIGITS_MAX}}}$")).as_py() is False:
        return None
    return ints(digits.cast(pa.int64()))


def not_digits(
    layout: FileLayout, record: RecordLayout, columns: Sequence[Column], silent: Flags | None
) -> Iterator[tuple[Field, int]]:
    """Of rows about to be written: every cell that a total adds up and cannot, by its field and the number of its row.

    ``silent``: rows that stand for an outcome, and add nothing.
    """
    for total in layout.totals:
        if total.kind != "hash" or total.records != (record.name,):
            continue
        field = record.fields[total.column]
        if hashed_column(total, field, columns[total.column]) is not None:
            continue
        marks = [(columns[index].to_pylist(), text) for index, text in total.where]
        for number, cell in enumerate(columns[total.column].to_pylist()):
            counts = (silent is None or not silent[number]) and all(texts[number] == text for texts, text in marks)
            if counts and hashed(total, field, cell) is None:
                yield field, number
