"""An answer laid on its batch, held against what was answered before, and appended as one more edition; nothing is overwritten."""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from bank_profiles.errors import RowProblem
from connector import segments
from connector.answers.missing import ASK_AGAIN_CODES
from connector.answers.witness import Statement
from connector.ledger import answers, rosters
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import Move, State
from connector.moments import moment
from connector.parts import Parts, problem
from reconciliation import vectors
from reconciliation.content import ContentDigest
from reconciliation.exchange import OUTCOME_CODE

if TYPE_CHECKING:
    from reconciliation.matching import Matched

PROBLEMS_KEPT_MAX = 200  # parked rows named one by one; the rest are counted
_KINDS = ("holding", "movement")


_MORE = [
    OUTCOME_CODE[word] for word in ("not_answered", "pending", "technical_failure", "found", "partial")
]  # what may follow a partial answer


@dataclasses.dataclass(frozen=True)
class Read:
    """A package read to its end: nothing of it is kept before."""

    batch_no: str | None
    institution: str | None  # whose answer it says it is
    rows: Sequence[tuple[str, str, pa.Table]]  # file, kind, rows
    parked: int  # rows that could not be read
    parked_lines: frozenset[str]  # the lines they speak of
    problems: Sequence[RowProblem]  # some of them, in words
    witnessed: Statement | None = None  # who handed it in, where no key of the bank signed it
    package_no: int | None = None  # which package of an answer this is, from 1; none: the bank does not say
    packages: int | None = None  # how many there are
    revised: bool = False  # the bank marks that it takes the place of an earlier one (domain rule 41)
    before: tuple[int, int] = (0, 0)  # of the rows, those of parts that were read before: all, and parked

    def is_of_another(self, institution: str) -> bool:
        """Does it call itself another's than the one whose road and seal it came by? Zeros in front only fill up."""
        return self.institution is not None and self.institution.lstrip("0") != institution.lstrip("0")


@dataclasses.dataclass(frozen=True)
class Edition:
    """An answer laid on its batch: outcomes and findings, the rows placed (and those of nobody we asked for), its digest."""

    matched: "Matched"
    tables: dict[str, pa.Table]
    digest: str
    read: Read

    @property
    def not_asked(self) -> int:
        """How many rows are of nobody we asked for."""
        return sum(len(table) for table in self.matched.not_asked.values())


def lay(read: Read, batch: AnyRow) -> Edition:
    """By position; rows in order of it. ``digest`` is plain and must be keyed before it is kept."""
    from reconciliation.matching import Matcher  # with its library of tables, for which most verbs need not wait

    matcher, digest = Matcher(batch.lines, batch.number), ContentDigest()
    placed: dict[str, list[pa.Table]] = {}
    for file, kind, table in read.rows:
        digest.add(file, kind, table)
        placed.setdefault(kind, []).append(matcher.add(kind, table))
    matcher.park(pa.array(sorted(read.parked_lines), pa.string()))
    matched = matcher.finish()
    tables = {kind: pa.concat_tables(placed[kind]).sort_by("position") for kind in _KINDS if kind in placed}
    nowhere = {f"unasked.{kind}": _nowhere(table) for kind, table in matched.not_asked.items()}
    return Edition(matched, tables | nowhere, digest.hexdigest(), read)


def _nowhere(table: pa.Table) -> pa.Table:
    """Rows of nobody we asked for have no place; they are kept together, sealed, and no report reads them."""
    return table.append_column("position", pa.array(np.zeros(len(table), np.int32)))


# ---------------------------------------------------------------- against what was answered before
def contradicts(tx: Tx, parts: Parts, batch: AnyRow, edition: Edition) -> bool:
    """The file says of a settled line something else than before, or takes back what a partial answer gave.

    A bank that repeats what it said and adds to it does not contradict itself.
    """
    current = vectors.unpack_current(batch.vector, batch.lines)
    said = edition.matched.outcome
    settled = ~np.isin(current.outcome, ASK_AGAIN_CODES)
    again = settled & (said != OUTCOME_CODE["not_answered"])
    taken_back = (current.outcome == OUTCOME_CODE["partial"]) & ~np.isin(said, _MORE)
    if ((again & (said != current.outcome)) | taken_back).any():
        return True
    return bool(again.any()) and not _same_rows(tx, parts, batch, current, edition, np.flatnonzero(again))


def _same_rows(tx: Tx, parts: Parts, batch: AnyRow, current: vectors.CurrentVector, edition: Edition, at: Any) -> bool:
    """Whether the rows of these positions are those that were kept."""
    before: dict[str, list[pa.Table]] = {kind: [] for kind in _KINDS}
    for number in np.unique(current.edition[at]).tolist():
        mine = at[current.edition[at] == number]
        for row in answers.segments(tx, batch.id, number):
            if row.kind in before:
                before[row.kind].append(_of(segments.read(tx, parts.vault, parts.objects, row), mine))
    return all(_equal(before[kind], [_of(edition.tables[kind], at)] if kind in edition.tables else []) for kind in _KINDS)


def _of(table: pa.Table, positions: Any) -> pa.Table:
    return table.filter(pa.array(np.isin(table["position"].to_numpy(), positions)))


def _equal(one: Iterable[pa.Table], other: Iterable[pa.Table]) -> bool:
    """The same rows in whatever order."""
    left, right = ([table for table in tables if len(table)] for tables in (one, other))
    if not left or not right:
        return not left and not right
    return bool(_in_order(left).equals(_in_order(right)))


def _in_order(tables: Sequence[pa.Table]) -> pa.Table:
    whole = pa.concat_tables(tables)
    return whole.sort_by([(name, "ascending") for name in whole.column_names]).combine_chunks()


# ---------------------------------------------------------------- one more
def append(
    tx: Tx, row: AnyRow, batch: AnyRow, edition: Edition, number: int, now: datetime, *, whole: bool = True
) -> dict[str, Any]:
    """The edition, the vector that follows from it and the batch's move, in the transaction that names the segments.

    ``whole``: no part of the answer is missing. Whether a batch was answered late is settled by its first complete answer: a revision
    does not make it late, and does not mend it (domain rules 40, 41).
    """
    matched = edition.matched
    late = bool(batch.due_at and row.arrived_at > batch.due_at) or batch.state == State.EXPIRED
    answers.add_edition(
        tx,
        batch.id,
        number,
        _counted(edition),
        centre=batch.centre,
        region=batch.region,
        inbound=row.id,
        received_at=row.arrived_at,
        late=late,
        outcomes=vectors.pack_outcomes(matched.outcome),
        content_digest=edition.digest,
        counts=matched.counts(),
        problems=_problems(edition),
        handed_in=edition.read.witnessed.handed_in if edition.read.witnessed else None,
    )
    current = vectors.fold(vectors.unpack_current(batch.vector, batch.lines), matched.outcome, number)
    values: dict[str, Any] = {"vector": vectors.pack_current(current), "counts": current.counts(), "answered_at": moment(now)}
    if batch.complete_at is None:
        values["late"] = late
        if whole and not np.isin(current.outcome, ASK_AGAIN_CODES).any():
            values["complete_at"] = row.arrived_at
    rosters.move(tx, batch.id, Move.ANSWER, now, problem=None, answered_serial=answers.newest_serial(tx) + 1, **values)
    why = left_over(edition)
    answers.set_inbound(tx, row.id, state="rows-parked" if why else "opened", batch=batch.id, problem=why)
    return {"edition": number, "counts": current.counts(), "parked": edition.read.parked, "late": late, "batch": batch.number}


def _counted(edition: Edition) -> dict[str, Any]:
    """What the figures count of an answer beside its outcomes: rows, rows nobody could read, lines with a declared count."""
    read = edition.read
    rows, (before, parked) = read.parked + sum(len(table) for _, _, table in read.rows), read.before
    return {"rows": rows - before, "parked": read.parked - parked, "declares": edition.matched.declared["holding"] >= 0}


def _problems(edition: Edition) -> list[dict[str, object]]:
    """What is wrong with single lines, named one by one up to a limit; masked where they come from."""
    findings = edition.matched.findings.slice(0, PROBLEMS_KEPT_MAX).to_pylist()
    return [*findings, *(p.as_json() for p in edition.read.problems[:PROBLEMS_KEPT_MAX])]


def left_over(edition: Edition) -> dict[str, str] | None:
    """What of a file that was read a person must look at: rows nobody could read, rows of nobody we asked about."""
    if edition.read.parked:
        first, parked = edition.read.problems[0], edition.read.parked
        return problem(
            "rows-parked",
            f"{parked} 行无法读入，已搁置，其余已入库；请更正画像或请银行更正后重发。首处：{first.zh}",
            f"{parked} rows could not be read and were parked, the others are kept. Correct the profile, or ask the bank to"
            f" correct and send again. First: {first.en}",
        )
    if unasked := edition.not_asked:
        return problem(
            "rows-not-asked",
            f"{unasked} 行所指的查询序号不在该批次内，已隔离封存，任何报告都不读取；请银行核对并说明",
            f"{unasked} rows name lines this batch does not have; they are sealed apart and no report reads them. Ask the bank why",
        )
    return None
