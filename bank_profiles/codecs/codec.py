"""What a codec does: cuts a file into cells of text by a layout, and puts cells together again. It knows no types and no totals.

Every codec cuts twice: ``walk`` row by row in plain Python (the legal meaning), ``cut`` a piece into columns of text (the same for a
piece that is plainly good, or None: then it is walked). The engine makes values of the texts, hands down what is carried, checks
totals and words errors, alike for all formats (engine/).

    bytes → pieces → cut | walk → columns | cells of text → engine
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bank_profiles.errors import DataPlace, Text
from bank_profiles.layouts.layout import Field, RecordLayout
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    Texts = pa.Array[Any]  # strings, or strings behind a dictionary where a field repeats

Ints = npt.NDArray[np.int64]


# ---- reading ------------------------------------------------------------------------------------------------------------------------


class Piece(Protocol):
    """Some whole records as received, in order. What is inside is the codec's own affair."""

    @property
    def size(self) -> int: ...  # bytes, roughly: small pieces are walked, vectors would not pay


@dataclass(frozen=True)
class Cut:
    """The rows of one record within a piece.

    ``columns[i]``: the texts of field i, not yet trimmed; null where nothing stands there at all; None where the field is not read.
    ``lines``: where each row stands, for people: line, sheet row, line of the element; 1-based, of the file as received.
    ``order``: growing numbers that put the rows of all records of the file in order, a row before those inside it; None: ``lines``.
    """

    record: RecordLayout
    columns: Sequence[Texts | None]
    lines: Ints
    order: Ints | None = None


@dataclass(frozen=True)
class Item:
    """One row in plain Python. ``record`` is None for a row of no kind the profile knows; ``bad``: it cannot be cut into cells.

    ``cells``: one a field, not yet trimmed; None where nothing stands there at all.
    """

    record: RecordLayout | None
    line: int
    cells: Sequence[str | BadValue | None] = ()
    bad: BadLine | UnicodeDecodeError | None = None


class Codec(Protocol):
    """One file of one format, being read or being written; made new for each file.

    ``oddities``: what was forgiven so far (explain.py words them). ``last_line``: the number of the last line seen.
    """

    @property
    def oddities(self) -> list[str]: ...

    @property
    def last_line(self) -> int: ...

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[Any]:
        """The file as it flows, in bounded memory. Raises BadFile where it is no file of this format at all."""

    def cut(self, piece: Any) -> Sequence[Cut] | None:
        """A piece as columns, records without rows left out; None where some row is not plainly good."""

    def walk(self, piece: Any) -> Iterator[Item]:
        """The same row by row, in file order: a row before those inside it."""

    def parts(self, piece: Any) -> Sequence[Any]:
        """The piece as a few smaller ones, so that one bad row does not make many slow; itself where it cannot be smaller."""

    def place(self, file: str, line: int, record: RecordLayout | None, field: Field | None) -> DataPlace:
        """The address of a row or cell for a message."""

    def digest(self, name: str) -> str:
        """sm3, sha256 or md5 over all bytes before the last record, in hex; of formats that have no lines, empty."""

    # ---- writing ----

    def compose(self, sheaves: Sequence[Sheaf]) -> bytes | None:
        """The next bytes of the file; None where some text does not fit (``fit`` says which and why). Head and tail come alone.

        Raises BadLine where rows do not fit together: more groups than a record has room for.
        """

    def end(self) -> bytes:
        """What stands behind the last row."""

    def fit(self, field: Field, text: str) -> None:
        """Raises BadValue where a text cannot be written into this field; nothing is ever cut short or replaced."""


@runtime_checkable
class MakesLines(Protocol):
    """A codec that writes lines the engine does not know of: continuations. ``made``: how many of each record since the last look."""

    made: Counter[str]


@runtime_checkable
class GivesBack(Protocol):
    """A codec that reads some texts otherwise than they were given to it: padded, stored, as numbers of a sheet."""

    def given_back(self, field: Field, texts: Texts) -> Texts:
        """The texts as they will be read, not yet trimmed; as they are where one does not fit, for then nothing is written."""


@dataclass(frozen=True)
class Sheaf:
    """Rows of one record on their way out.

    ``columns``: one a field; null where nothing is to be said (formats with lines write their first "missing" text instead).
    ``order``: the place of each row among all rows of the portion, a row before those inside it. ``parents``: the index of the row
    it is inside of, in that record's sheaf of the same portion; None for the outermost.
    """

    record: RecordLayout
    columns: Sequence[Texts]
    order: Ints
    parents: Ints | None = None


class BadLine(Exception):
    """A row that cannot be cut into the cells of its record."""

    def __init__(self, code: str, what: Text, expected: Text, hint: Text | None, *, refuses_file: bool = False) -> None:
        super().__init__(code)
        self.code, self.what, self.expected, self.hint, self.refuses_file = code, what, expected, hint, refuses_file


class BadFile(BadLine):
    """No file of its format at all, from ``line`` on: nothing of it counts.

    ``found``: words of the file that are not the profile's; ``{found}`` in the texts is filled in, masked.
    """

    def __init__(
        self,
        code: str,
        what: Text,
        expected: Text,
        hint: Text,
        line: int | None = None,
        byte: int | None = None,
        *,
        found: Sequence[str] = (),
    ) -> None:
        super().__init__(code, what, expected, hint, refuses_file=True)
        self.line, self.byte, self.found = line, byte, found
