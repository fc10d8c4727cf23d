"""All that is known of some households, opened for as long as their reports are being written.

Households of one roster lie side by side, so a batch's vector and a segment are opened once for many of them.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from connector import segments
from connector.ledger import answers
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import State
from connector.moments import parse
from connector.persons import opened
from connector.steps.parts import Parts
from reconciliation import vectors
from reconciliation.assets import HOLDING, MOVEMENT
from reconciliation.exchange import OUTCOME_WORD
from reconciliation.household import Household, Person

SEGMENTS_OPEN_MAX = 64  # a few MB of opened rows at a time
_WITH_ROWS = {"found", "partial"}
_SCHEMAS = {"holding": HOLDING, "movement": MOVEMENT}
_WHOSE = ("household_key", "institution", "person_key")


@dataclasses.dataclass(frozen=True)
class LineAnswer:
    """Where one person's question to one bank stands."""

    household_key: str
    institution: str
    person_key: str
    outcome: str
    state: str  # of the batch; "" when the line never went out
    settled: bool
    received_at: datetime | None
    late: bool
    note: dict[str, str] | None  # why it was not asked, or what a person must know


@dataclasses.dataclass(frozen=True)
class Dossiers:
    """Households with their lines, holdings and movements; rows carry household_key, institution and person_key."""

    households: tuple[Household, ...]
    lines: tuple[LineAnswer, ...]
    holdings: pa.Table
    movements: pa.Table


class Reader:
    """Opens dossiers in one read transaction; keeps what neighbours share."""

    def __init__(self, tx: Tx, parts: Parts) -> None:
        self._tx, self._parts = tx, parts
        self._rosters: dict[int, list[_Asked]] = {}
        self._segment = lru_cache(SEGMENTS_OPEN_MAX)(self._open_segment)

    def read(self, inquiries: Sequence[AnyRow]) -> Dossiers:
        """The dossiers of these inquiries, no household_key twice among them."""
        households: list[Household] = []
        lines: list[LineAnswer] = []
        tables: dict[str, list[pa.Table]] = {kind: [_empty(kind)] for kind in _SCHEMAS}
        for inquiry in inquiries:
            rows = answers.members_of(self._tx, inquiry.id)
            household = self._household(inquiry, rows)
            households.append(household)
            for row, person in zip(rows, household.members, strict=True):
                lines += self._lines(inquiry.household_key, row, person.person_key, tables)
        return Dossiers(tuple(households), tuple(lines), *(pa.concat_tables(tables[kind]) for kind in _SCHEMAS))

    def _household(self, inquiry: AnyRow, rows: Sequence[AnyRow]) -> Household:
        kept = orjson.loads(self._parts.vault.open(self._tx, inquiry.data_key, inquiry.sealed, "inquiry"))
        return Household(
            household_key=inquiry.household_key,
            programme=inquiry.programme,
            region=inquiry.region,
            application_date=inquiry.application_date,
            as_of=inquiry.as_of,
            window_from=inquiry.window_from,
            declared_cny_fen=kept.get("declared_cny_fen"),
            members=tuple(self._person(row) for row in rows),
            check_type=inquiry.check_type,
            centre=inquiry.centre,
        )

    def _person(self, row: AnyRow) -> Person:
        member = opened(self._tx, self._parts.vault, row)
        return Person(
            person_key=member.person.person_key,
            name=member.person.name,
            scope=member.signature.scope,
            relation=member.relation or None,
            id_type=member.person.id_type,
            authorization_no=member.signature.authorization_no,
        )

    # ------------------------------------------------------------ lines
    def _lines(self, household_key: str, row: AnyRow, person_key: str, tables: dict[str, list[pa.Table]]) -> list[LineAnswer]:
        found = []
        for asked in self._asked(row.roster):
            at = row.position - asked.batch.first
            if not 0 <= at < asked.batch.lines:
                continue
            outcome = OUTCOME_WORD[asked.vector.outcome[at]]
            edition = asked.editions.get(int(asked.vector.edition[at]))
            whose = (household_key, asked.batch.institution, person_key)
            if outcome in _WITH_ROWS and edition is not None:
                for kind, pieces in tables.items():
                    pieces += [_marked(piece, whose) for piece in self._rows(asked.batch.id, edition.number, kind, at)]
            found.append(_line(whose, outcome, asked.batch, edition))
        return found + self._never_sent(household_key, row, person_key, {line.institution for line in found})

    def _never_sent(self, household_key: str, row: AnyRow, person_key: str, sent: set[str]) -> list[LineAnswer]:
        """Banks of the roster that this line has not gone to: noted why, or still waiting to be cut."""
        notes = {n.institution: n.problem for n in answers.unasked_at(self._tx, row.roster, row.position)}
        banks = answers.institutions_of(self._tx, row.roster)
        return [
            LineAnswer(household_key, bank, person_key, "not_answered", "", bank in notes, None, False, notes.get(bank))
            for bank in banks
            if bank not in sent
        ]

    def _asked(self, roster: int | None) -> list["_Asked"]:
        if roster is None:
            return []
        if roster not in self._rosters:
            self._rosters[roster] = [self._unpack(batch) for batch in answers.batches_of(self._tx, roster)]
        return self._rosters[roster]

    def _unpack(self, batch: AnyRow) -> "_Asked":
        editions = {e.number: e for e in answers.editions(self._tx, batch.id)}
        return _Asked(batch, vectors.unpack_current(batch.vector, batch.lines), editions)

    # ------------------------------------------------------------ rows
    def _rows(self, batch: int, edition: int, kind: str, at: int) -> list[pa.Table]:
        pieces = []
        for row in answers.segments(self._tx, batch, edition, kind, at, at):
            table = self._segment(row)
            pieces.append(table.filter(pc.equal(table["position"], at)))
        return pieces

    def _open_segment(self, row: AnyRow) -> pa.Table:
        return segments.read(self._tx, self._parts.vault, self._parts.objects, row)


@dataclasses.dataclass(frozen=True)
class _Asked:
    batch: AnyRow
    vector: vectors.CurrentVector
    editions: dict[int, AnyRow]


_OPEN_OUTCOMES = {"not_answered", "pending"}


def _line(whose: tuple[str, str, str], outcome: str, batch: AnyRow, edition: AnyRow | None) -> LineAnswer:
    household_key, institution, person_key = whose
    over = batch.state in {State.EXPIRED, State.REJECTED}
    return LineAnswer(
        household_key,
        institution,
        person_key,
        outcome,
        batch.state,
        over or outcome not in _OPEN_OUTCOMES,
        parse(edition.received_at) if edition else None,
        bool(edition and edition.late),
        batch.problem,
    )


def _marked(table: pa.Table, whose: tuple[str, str, str]) -> pa.Table:
    table = table.drop_columns(["position"])
    for name, value in zip(_WHOSE, whose, strict=True):
        table = table.append_column(name, pa.array([value] * len(table), pa.string()))
    return table


def _empty(kind: str) -> pa.Table:
    return _marked(_SCHEMAS[kind].append(pa.field("position", pa.int32())).empty_table(), ("", "", ""))
