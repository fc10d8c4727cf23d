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
from connector.moments import moment, parse
from connector.persons import opened, place_of_inquiry
from connector.steps.parts import Parts
from reconciliation import vectors
from reconciliation.assets import HOLDING, MOVEMENT
from reconciliation.coverage import COUNTED, LineAnswer
from reconciliation.exchange import OUTCOME_WORD
from reconciliation.household import Household, Person
from reconciliation.report import Case

SEGMENTS_OPEN_MAX = 64  # a few MB of opened rows at a time
_AWAITED = {"not_answered", "pending"}
_SCHEMAS = {"holding": HOLDING, "movement": MOVEMENT}
_WHOSE = ("household_key", "institution", "person_key")


@dataclasses.dataclass(frozen=True)
class Dossiers:
    """Households with what holds of each line, and which of them are settled; rows carry household_key, institution, person_key."""

    cases: tuple[Case, ...]
    settled: frozenset[str]  # household keys of which no line is awaited any more
    holdings: pa.Table
    movements: pa.Table


@dataclasses.dataclass(frozen=True)
class _Line:
    answer: LineAnswer
    settled: bool


class Reader:
    """Opens dossiers in one read transaction; keeps what neighbours share."""

    def __init__(self, tx: Tx, parts: Parts, now: datetime) -> None:
        self._tx, self._parts, self._now = tx, parts, now
        self._rosters: dict[int, list[_Asked]] = {}
        self._segment = lru_cache(SEGMENTS_OPEN_MAX)(self._open_segment)

    def read(self, inquiries: Sequence[AnyRow]) -> Dossiers:
        """The dossiers of these inquiries, no household_key twice among them."""
        cases: list[Case] = []
        settled: set[str] = set()
        tables: dict[str, list[pa.Table]] = {kind: [_empty(kind)] for kind in _SCHEMAS}
        for inquiry in inquiries:
            rows = answers.members_of(self._tx, inquiry.id)
            household = self._household(inquiry, rows)
            places = zip(rows, household.members, strict=True)
            lines = [line for row, person in places for line in self._lines(household, row, person.person_key, tables)]
            cases.append(Case(household, [line.answer for line in lines]))
            if all(line.settled for line in lines):
                settled.add(household.household_key)
        holdings, movements = (pa.concat_tables(tables[kind]) for kind in _SCHEMAS)
        return Dossiers(tuple(cases), frozenset(settled), holdings, movements)

    def _household(self, inquiry: AnyRow, rows: Sequence[AnyRow]) -> Household:
        where = place_of_inquiry(inquiry.intake, inquiry.household_key)
        kept = orjson.loads(self._parts.vault.open(self._tx, inquiry.data_key, inquiry.sealed, where))
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
    def _lines(self, household: Household, row: AnyRow, person_key: str, tables: dict[str, list[pa.Table]]) -> list[_Line]:
        found = []
        for asked in self._asked(row.roster):
            at = row.position - asked.batch.first
            if not 0 <= at < asked.batch.lines:
                continue
            outcome = OUTCOME_WORD[asked.vector.outcome[at]]
            edition = asked.editions.get(int(asked.vector.edition[at]))
            if outcome in COUNTED and edition is not None:
                whose = (household.household_key, asked.batch.institution, person_key)
                for kind, pieces in tables.items():
                    pieces += [_marked(piece, whose) for piece in self._rows(asked.batch.id, edition.number, kind, at)]
            found.append(self._line(person_key, outcome, asked.batch, edition, at))
        return found + self._never_sent(row, person_key, {line.answer.institution for line in found})

    def _line(self, person_key: str, outcome: str, batch: AnyRow, edition: AnyRow | None, at: int) -> _Line:
        answer = LineAnswer(
            institution=batch.institution,
            institution_name=self._name(batch.institution),
            person_key=person_key,
            outcome=outcome,
            received_at=parse(edition.received_at) if edition else None,
            late=bool(edition and edition.late),
            edition=edition.number if edition else None,
            batch=f"{batch.number}#{at + 1}",
        )
        overdue = batch.due_at is not None and batch.due_at < moment(self._now)
        over = batch.state in {State.EXPIRED, State.REJECTED} or (batch.state == State.HELD and overdue)
        return _Line(answer, over or outcome not in _AWAITED)

    def _never_sent(self, row: AnyRow, person_key: str, sent: set[str]) -> list[_Line]:
        """Banks of the roster this line has not gone to: noted why, or still waiting to be cut."""
        if row.roster is None:
            return []
        noted = {note.institution for note in answers.unasked_at(self._tx, row.roster, row.position)}
        waiting = [bank for bank in answers.institutions_of(self._tx, row.roster) if bank not in sent]
        return [_Line(LineAnswer(bank, self._name(bank), person_key, "not_answered"), bank in noted) for bank in waiting]

    def _name(self, institution: str) -> str:
        bank = self._parts.banks.working.get(institution)
        return bank.name if bank else institution

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
            pieces.append(table.filter(pc.equal(table["position"], pa.scalar(at, pa.int32()))))
        return pieces

    def _open_segment(self, row: AnyRow) -> pa.Table:
        return segments.read(self._tx, self._parts.vault, self._parts.objects, row)


@dataclasses.dataclass(frozen=True)
class _Asked:
    batch: AnyRow
    vector: vectors.CurrentVector
    editions: dict[int, AnyRow]


def _marked(table: pa.Table, whose: tuple[str, str, str]) -> pa.Table:
    table = table.drop_columns(["position"])
    for name, value in zip(_WHOSE, whose, strict=True):
        table = table.append_column(name, pa.array([value] * len(table), pa.string()))
    return table


def _empty(kind: str) -> pa.Table:
    return _marked(_SCHEMAS[kind].append(pa.field("position", pa.int32())).empty_table(), ("", "", ""))
