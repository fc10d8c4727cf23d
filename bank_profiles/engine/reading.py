"""One received file → rows of records. Fast where it is good, row by row where something is wrong, and nothing before its totals hold.

blocks → codec's pieces → rows
                └ fast.py, or cut smaller and smaller and then reference.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs import codec_for
from bank_profiles.codecs.codec import BadFile, Piece
from bank_profiles.engine.causes import nearest
from bank_profiles.engine.contradicting import Contradicting
from bank_profiles.engine.differences import Difference, worded
from bank_profiles.engine.explain import Explainer
from bank_profiles.engine.fast import read_cuts
from bank_profiles.engine.keeping import Keeping
from bank_profiles.engine.nesting import Nesting
from bank_profiles.engine.parking import Parking
from bank_profiles.engine.reference import ReferenceReader
from bank_profiles.engine.taken import Ints, Taken
from bank_profiles.engine.totals import Tally
from bank_profiles.errors import Beyond, Problem, RowProblem, Text, UnreadableFile
from bank_profiles.layouts.layout import FileLayout, RecordLayout, Total
from reconciliation.exchange import OUTCOME

if TYPE_CHECKING:
    Int64s = pa.Array[Any]

SLOW_BYTES = 32 << 10  # a hundred lines or so: too few for vectors to pay
SHARE_FROM_ROWS = 20  # of fewer everybody sees it


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
        self.warnings: list[Problem] = []
        self._bodies = 0  # rows that are no headers or trailers
        self._batch_no, self._masked = (expected or {}).get("batch_no"), masked
        self._explainer = Explainer(file, masked)
        self._codec = codec_for(layout)
        self._nesting = Nesting(layout)
        self._parking = Parking(self._codec, self._explainer)
        self._slow = ReferenceReader(self._codec, layout, self._nesting, self._explainer, self._parking, self._batch_no)
        self._tally = Tally(layout)
        self._implied: set[str] = set()  # lines whose accounts are themselves the answer "found"
        self._keeping = Keeping(masked)
        self._contradicting = Contradicting()
        self._misplaced: list[Problem] = []  # records an outer row has too few or too many of
        self._differ: list[tuple[Difference, Problem]] = []  # totals that do not hold
        self._is_empty = True  # nothing but blanks came so far

    @property
    def facts(self) -> dict[str, Any]:
        """What headers and trailers say."""
        return self._slow.facts

    @property
    def problems(self) -> list[RowProblem]:
        """Those of parked rows; when many rows are bad, the first few of each code (``parked`` has all counts)."""
        return self._parking.named

    @property
    def beyond(self) -> dict[str, Beyond]:
        """Of parked rows, what ``problems`` does not name one by one."""
        return self._parking.beyond

    @property
    def parked(self) -> Counter[str]:
        """Problems of parked rows, by code."""
        return self._parking.counts

    @property
    def parked_rows(self) -> int:
        """How many rows were set aside; one may have several problems."""
        return self._parking.rows

    @property
    def parked_lines(self) -> set[str]:
        """Every line_ref some row of which was parked."""
        return self._parking.lines

    def rows(self, blocks: Iterable[bytes]) -> Iterator[Rows]:
        """Raises UnreadableFile, at the latest at the end: nothing may be stored before it."""
        try:
            for piece in self._codec.pieces(self._begun(blocks)):
                for rows in self._piece(piece):
                    if rows.kind == "outcome":
                        self._contradicting.add(rows.table)
                    yield rows
        except BadFile as bad:
            raise self._refused([self._explainer.file(bad, self.layout.rule_for(bad.code))]) from None
        self.warnings += [self._explainer.oddity(code) for code in self._codec.oddities]
        self.warnings += self._keeping.warnings(self.file)
        self.warnings += self._contradicting.warnings(self.layout, self.file)
        self._finish()
        self._share()

    def _begun(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self._is_empty = self._is_empty and not block.strip()
            yield block

    def _piece(self, piece: Piece) -> Iterator[Rows]:
        """The fast reader for the whole, or for as large a part as has nothing wrong in it; the reference for the rest."""
        if piece.size <= SLOW_BYTES:
            yield from self._rows(self._slow.read(self._codec.walk(piece)))
            return
        cuts = self._codec.cut(piece)
        taken = None if cuts is None else read_cuts(cuts, self.layout, self._nesting, self.facts, self._batch_no)
        if taken is not None:
            yield from self._rows(taken)
        elif len(parts := self._codec.parts(piece)) > 1:
            for part in parts:
                yield from self._piece(part)
        else:
            yield from self._rows(self._slow.read(self._codec.walk(piece)))

    def _rows(self, taken: Sequence[Taken]) -> Iterator[Rows]:
        for part in taken:
            self._bodies += part.rows if part.record.kind else 0
            self._tally.add(part)
        if self._slow.is_hopeless:
            raise self._refused(self._slow.refusals)
        counts = self._nesting.counts
        self._misplaced += self._lacking(self._tally.misplaced(counts))
        self._differ += self._differences(self._tally.closed(counts))
        if self._slow.refusals or self._misplaced or self._differ:
            return
        for part in taken:
            for kind, (table, lines) in part.tables.items():
                yield from self._implying(part, kind, table, lines)
                if table.num_rows:
                    self._keeping.add(part.record, table)
                    yield Rows(kind, self.file, table, pa.array(lines, pa.int64()))

    def _implying(self, part: Taken, kind: str, table: pa.Table, lines: Ints) -> Iterator[Rows]:
        """Where an account in the answer is the answer: one outcome a line, before its first account."""
        if part.record.spec.implies is None or kind != part.record.kind:
            return
        refs = table.column("line_ref").combine_chunks()
        first = pc.index_in(refs.unique(), refs)
        different = zip(refs.unique().to_pylist(), first.to_pylist(), strict=True)
        new = [(str(ref), int(lines[at])) for ref, at in different if ref not in self._implied]
        if not new:
            return
        self._implied.update(ref for ref, _ in new)
        rows = [{"line_ref": ref, "outcome": part.record.spec.implies} for ref, _ in new]
        yield Rows("outcome", self.file, pa.Table.from_pylist(rows, schema=OUTCOME), pa.array([n for _, n in new], pa.int64()))

    # ---- the end ----

    def _finish(self) -> None:
        """Raises UnreadableFile, with what is nearest to the cause: rows that refuse, else records that lack, else totals."""
        refusals = self._slow.refusals
        for record in [each for each in self._tally.missing() if each.name not in self._slow.told]:
            place = self._codec.place(self.file, self._codec.last_line, record, None)
            refusals.append(self._explainer.missing_record(record, place))
        counts = self._nesting.counts
        self._misplaced += self._lacking(self._tally.misplaced(counts, all_of_it=True))
        self._differ += self._differences(self._tally.closed(counts, all_of_it=True))
        self._differ += self._differences(self._tally.of_file(self._codec.last_line, self._codec.digest))
        if problems := refusals or self._misplaced or nearest(self.layout, self._differ):
            raise self._refused(problems)

    def _lacking(self, found: Iterable[tuple[RecordLayout, int]]) -> list[Problem]:
        """Records that an outer row has too few or too many of."""
        return [
            self._explainer.missing_inside(
                record, self._codec.place(self.file, line, self.layout.record(record.inside or ""), None)
            )
            for record, line in found
        ]

    def _differences(self, found: Iterable[Difference]) -> list[tuple[Difference, Problem]]:
        """Totals that do not hold: those that refuse the file; the others become warnings."""
        refusals: list[tuple[Difference, Problem]] = []
        for difference in found:
            total = difference.field.total
            warns = total is not None and total.warns and not difference.unreadable
            problem = self._explainer.difference(
                difference.field,
                self._codec.place(self.file, difference.line, difference.record, difference.field),
                worded(difference, masked=self._masked, rows=self._added_up(total)),
                warns=warns,
            )
            if warns:
                self.warnings.append(problem)
            else:
                refusals.append((difference, problem))
        return refusals

    def _added_up(self, total: Total | None) -> int | None:
        """How many rows of the whole file a total runs over."""
        return (
            sum(self._tally.rows[name] for name in total.records) if total and total.under is None and not total.where else None
        )

    def _refused(self, problems: Sequence[Problem]) -> UnreadableFile:
        if self._is_empty:  # and so it lacks whatever it should have
            return UnreadableFile([self._explainer.empty(self.layout.rule)])
        self._share()
        return UnreadableFile([*self._parking.named, *problems], self.beyond)

    def _share(self) -> None:
        """Is it one row or every one? The first problem of each kind says how many are like it."""
        for number, problem in enumerate(self._parking.named if self._bodies >= SHARE_FROM_ROWS else ()):
            if bad := self._parking.alike.pop((problem.code, problem.rule), 0):
                hint = problem.hint or Text("ask the bank to correct it", "请银行更正")
                share = Text(
                    f"{bad:,} of {self._bodies:,} rows {'is' if bad == 1 else 'are'} like this",
                    f"{self._bodies:,} 行中有 {bad:,} 行如此",
                )
                self._parking.named[number] = replace(problem, hint=Text(f"{share.en}: {hint.en}", f"{share.zh}：{hint.zh}"))
