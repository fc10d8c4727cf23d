"""One received file → rows of records. Fast where it is good, line by line where something is wrong, and nothing before its totals hold.

blocks → first line · blocks of lines · last line → rows
                      └ fast.py, or cut smaller and smaller and then reference.py
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from bank_profiles.codecs import codec_for
from bank_profiles.codecs.codec import BadLine
from bank_profiles.codecs.encoding import BOMS, is_rather_utf8
from bank_profiles.codecs.lines import Cutting, LineTooLong, Piece, count_lines
from bank_profiles.engine.explain import Explainer
from bank_profiles.engine.fast import Taken, read_block
from bank_profiles.engine.reference import ReferenceReader, read_cells
from bank_profiles.engine.totals import Tally, compare
from bank_profiles.errors import LISTED_PER_CODE_MAX, DataPlace, Problem, RowProblem, UnreadableFile
from bank_profiles.layout import FileLayout, RecordLayout
from bank_profiles.values.cells import read_cell
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    Int64s = pa.Array[Any]

SLOW_BYTES = 32 << 10  # a hundred lines or so: too few for vectors to pay
_PARTS = 8  # a block with something wrong in it is cut into so many, and each tried again
_MANY_BAD = 0.05  # above this share of parked rows one cause is behind them, and a few examples show it


class Rows(NamedTuple):
    """Rows of one record kind out of one file; ``lines`` are their line numbers in the file as received, 1-based."""

    kind: str
    file: str
    table: pa.Table
    lines: Int64s


class FileReading:
    """One file being read. ``facts``, ``problems``, ``parked``, ``parked_lines`` and ``warnings`` are complete when ``rows`` has come to its end."""

    def __init__(self, layout: FileLayout, file: str, *, expected: Mapping[str, str] | None = None, masked: bool = True) -> None:
        """``expected``: what the file must be about, if known (``batch_no``)."""
        self.layout, self.file = layout, file
        self.facts: dict[str, Any] = {}
        self.warnings: list[Problem] = []
        self.parked: Counter[str] = Counter()  # problems of rows, by code
        self.parked_lines: set[str] = set()  # every line_ref some row of which was parked
        self.received = 0
        self._expected, self._masked = expected or {}, masked
        self._explainer = Explainer(file, masked)
        self._codec = codec_for(layout)
        self._slow = ReferenceReader(self._codec, layout, self._explainer)
        self._tally = Tally(layout)
        self._said: list[tuple[RecordLayout, dict[str, Any], int]] = []
        self._kept: list[RowProblem] = []

    @property
    def problems(self) -> list[RowProblem]:
        """Those of parked rows; when many rows are bad, the first few of each code (``parked`` has all counts)."""
        return self._kept

    def rows(self, blocks: Iterable[bytes]) -> Iterator[Rows]:
        """Raises UnreadableFile, at the latest at the end: nothing may be stored before it."""
        head, tail = self.layout.head, self.layout.tail
        cutting = Cutting(head is not None, tail is not None, BOMS[self.layout.encoding])
        try:
            for piece in cutting.pieces(blocks):
                yield from self._piece(piece)
        except LineTooLong as endless:
            raise self._refused([self._explainer.line_too_long(endless.line, self.layout.rule)]) from None
        self.warnings += [self._explainer.oddity(code) for code in cutting.oddities]
        self._finish(cutting.lines)

    # ---- pieces ----

    def _piece(self, piece: Piece) -> Iterator[Rows]:
        if is_rather_utf8(piece.data, self.layout.encoding):
            raise self._refused([self._explainer.wrong_encoding(self.layout.encoding, piece.line, None, self.layout.rule)])
        record = {"first": self.layout.head, "last": self.layout.tail}.get(piece.where)
        if record is not None and self._is_of(record, piece):
            self._say(record, piece)
        else:
            yield from self._body(piece.data, piece.line)

    def _body(self, block: bytes, line: int) -> Iterator[Rows]:
        """The fast reader for the whole, or for as large a part as has nothing wrong in it; the reference for the rest."""
        taken = read_block(self._codec, self.layout, block, line, self.facts) if len(block) > SLOW_BYTES else None
        if taken is not None:
            yield from self._rows(taken)
        elif len(block) > SLOW_BYTES and len(parts := _parts(block)) > 1:
            for part in parts:
                yield from self._body(part, line)
                line += count_lines(part)
        else:
            yield from self._rows(self._slow.read_block(block, line, self.facts))

    def _rows(self, taken: list[Taken]) -> Iterator[Rows]:
        for part in taken:
            self.received += part.rows
            self._tally.add(part.record, part.rows, part.sums)
        self._park()
        if self._slow.refusals:
            raise self._refused(self._slow.refusals)
        for part in taken:
            if part.table is not None and part.table.num_rows:
                yield Rows(part.record.kind or "", self.file, part.table, pa.array(part.lines, pa.int64()))

    def _park(self) -> None:
        for problem in self._slow.problems:
            self.parked[problem.code] += 1
            if isinstance(problem, RowProblem) and problem.line_ref is not None:
                self.parked_lines.add(problem.line_ref)
            few = self.parked.total() <= self.received * _MANY_BAD
            if isinstance(problem, RowProblem) and (few or self.parked[problem.code] <= LISTED_PER_CODE_MAX):
                self._kept.append(problem)
        self._slow.problems.clear()

    # ---- header and trailer ----

    def _is_of(self, record: RecordLayout, piece: Piece) -> bool:
        """Is the first or last line the header or trailer? One that need not be there may be an ordinary line instead."""
        if record.occurs != "optional":
            return True
        try:
            cells = self._codec.cells(_only_line(piece), record)
        except (BadLine, UnicodeDecodeError):
            return False
        return not any(bad.code == "wrong-constant" for _, _, bad in read_cells(record, cells)[1])

    def _say(self, record: RecordLayout, piece: Piece) -> None:
        try:
            cells = self._codec.cells(_only_line(piece), record)
        except UnicodeDecodeError as wrong:
            place = (piece.line, wrong.start + 1, self.layout.rule)
            raise self._refused([self._explainer.wrong_encoding(self.layout.encoding, *place)]) from None
        except BadLine as bad:
            problem = self._explainer.line(bad, piece.line, record.rule)
            raise self._refused([problem if bad.refuses_file else self._explainer.missing_record(record, piece.line)]) from None
        said, bad_cells = read_cells(record, cells)
        if any(bad.code == "wrong-constant" for _, _, bad in bad_cells):
            raise self._refused([self._explainer.missing_record(record, piece.line)])
        if bad_cells:
            raise self._refused([self._explainer.cell(field, raw, bad, piece.line) for field, raw, bad in bad_cells])
        self._check_batch(record, cells, piece.line)
        self.facts |= {target: value for target, value in said.items() if value is not None}
        self._said.append((record, self._totals_said(record, cells), piece.line))

    def _totals_said(self, record: RecordLayout, cells: Sequence[str | BadValue]) -> dict[str, Any]:
        """What the totals of a header or trailer say, by the bank's own column name."""
        return {field.name: read_cell(field, str(cells[field.number - 1])) for field in record.fields if field.total}

    def _check_batch(self, record: RecordLayout, cells: Sequence[str | BadValue], line: int) -> None:
        for field in record.fields:
            if field.batch_of_inquiry:
                batch_no = read_cell(field, str(cells[field.number - 1]))
                if batch_no != self._expected.get("batch_no", batch_no):
                    raise self._refused([self._explainer.other_batch(field, line)])
                self.facts["batch_no"] = batch_no

    # ---- the end ----

    def _finish(self, lines: int) -> None:
        refusals: list[Problem] = []
        for record in self.layout.records:
            found = self._tally.rows[record.name] + sum(said is record for said, _, _ in self._said)
            if found < _LEAST[record.occurs] or found > _MOST[record.occurs]:
                refusals.append(self._explainer.missing_record(record, lines or None))
        for record, totals, line in self._said:
            refusals += self._differences(record, totals, line)
        if refusals:
            raise self._refused(refusals)

    def _differences(self, record: RecordLayout, totals: Mapping[str, Any], line: int) -> Iterator[Problem]:
        for field in record.fields:
            if field.name in totals and (differs := compare(self._tally, field, totals[field.name], masked=self._masked)):
                place = DataPlace(self.file, line, field.number, field.name)
                yield Problem(
                    code=differs.code,
                    place=place,
                    what=differs.what,
                    expected=differs.expected,
                    hint=differs.hint,
                    rule=field.rule,
                )

    def _refused(self, problems: Sequence[Problem]) -> UnreadableFile:
        return UnreadableFile([*self._kept, *problems])


_LEAST = {"one": 1, "at_least_one": 1, "optional": 0, "any": 0}
_MOST = {"one": 1, "optional": 1, "at_least_one": sys.maxsize, "any": sys.maxsize}


def _only_line(piece: Piece) -> bytes:
    return piece.data.removesuffix(b"\n").removesuffix(b"\r")


def _parts(block: bytes) -> list[bytes]:
    """The block cut into a few parts of whole lines."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == 0x0A) + 1
    cuts = [0, *(int(part[-1]) for part in np.array_split(ends, _PARTS) if len(part))]
    return [block[start:stop] for start, stop in itertools.pairwise(cuts)]
