"""All that is known of some households, opened for as long as their reports are being written.

Households of one roster lie side by side, so a batch's vector and a segment are opened once for many of them.
"""

import bisect
import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.errors import BadProfile
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

NEVER_SENT_MAX = timedelta(days=7)  # a bank whose connection stays broken does not keep a household from its report
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
    read_to: int  # the newest answer that was there to be read


class Reader:
    """Opens dossiers in one read transaction; keeps what neighbours share."""

    def __init__(self, tx: Tx, parts: Parts, now: datetime) -> None:
        self._tx, self._parts, self._now = tx, parts, now
        self._rosters: dict[int, _Rostered] = {}
        self._segments = lru_cache(SEGMENTS_OPEN_MAX)(self._named_segments)
        self._answers = lru_cache(None)(self._classes)
        self._segment = lru_cache(SEGMENTS_OPEN_MAX)(self._open_segment)

    def read(self, inquiries: Sequence[AnyRow], *, settled_only: bool = False) -> Dossiers:
        """The dossiers of these inquiries, no household_key twice among them; perhaps only of those nothing is awaited for."""
        cases: list[Case] = []
        settled: set[str] = set()
        tables: dict[str, list[pa.Table]] = {kind: [_empty(kind)] for kind in _SCHEMAS}
        for inquiry in inquiries:
            rows = answers.members_of(self._tx, inquiry.id)
            household = self._household(inquiry, rows)
            lines = [line for row, person in zip(rows, household.members, strict=True) for line in self._lines(row, person)]
            over = all(line.settled for line in lines)
            if settled_only and not over:
                continue
            settled |= {household.household_key} if over else set()
            cases.append(Case(household, [line.answer for line in lines]))
            for line in lines:
                self._open_rows(household.household_key, line, tables)
        holdings, movements = (pa.concat_tables(tables[kind]) for kind in _SCHEMAS)
        return Dossiers(tuple(cases), frozenset(settled), holdings, movements, answers.newest_serial(self._tx))

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
    def _lines(self, row: AnyRow, person: Person) -> list["_Line"]:
        """One a bank of the roster: what holds of it, or that it was never sent."""
        if row.roster is None:
            return []
        asked = self._asked(row.roster)
        found = [self._line(person.person_key, one, row.position, asked.made_at) for one in asked.at(row.position)]
        return found + self._never_sent(row, person.person_key, asked, {line.answer.institution for line in found})

    def _line(self, person_key: str, asked: "_Asked", position: int, made_at: datetime) -> "_Line":
        batch, at = asked.batch, position - asked.batch.first
        edition = asked.editions.get(int(asked.vector.edition[at]))
        answer = LineAnswer(
            institution=batch.institution,
            institution_name=self._name(batch.institution),
            person_key=person_key,
            outcome=OUTCOME_WORD[asked.vector.outcome[at]],
            received_at=parse(edition.received_at) if edition else None,
            late=bool(edition and edition.late),
            edition=edition.number if edition else None,
            batch=f"{batch.number}#{at + 1}",
            answers=self._answers(batch.institution, batch.edition),
        )
        overdue = batch.due_at is not None and batch.due_at < moment(self._now)
        too_long = batch.sent_at is None and made_at + NEVER_SENT_MAX < self._now  # not sent, or nobody knows
        over = batch.state in {State.EXPIRED, State.REJECTED} or overdue or too_long
        return _Line(answer, over or answer.outcome not in _AWAITED, batch.id, at)

    def _never_sent(self, row: AnyRow, person_key: str, asked: "_Rostered", sent: set[str]) -> list["_Line"]:
        """Banks of the roster this line has not gone to: noted why, or still waiting to be cut, but not for ever."""
        waiting = [bank for bank in asked.institutions if bank not in sent]
        if not waiting:
            return []
        noted = {note.institution for note in answers.unasked_at(self._tx, row.roster, row.position)}
        too_long = asked.made_at + NEVER_SENT_MAX < self._now
        return [
            _Line(
                LineAnswer(bank, self._name(bank), person_key, "not_answered", answers=self._answers(bank)),
                too_long or bank in noted,
            )
            for bank in waiting
        ]

    def _name(self, institution: str) -> str:
        bank = self._parts.banks.working.get(institution)
        return bank.name if bank else institution

    def _classes(self, institution: str, edition: str | None = None) -> frozenset[str] | None:
        """What a bank can answer: in the edition it was asked in, else in today's; None while its profile cannot be read."""
        bank = self._parts.banks.working.get(institution)
        if bank is None:
            return None
        try:
            profile = bank.edition(edition) if edition else bank.profile_on(self._parts.day(self._now))
        except BadProfile:
            return None
        return frozenset(profile.answers)

    def _asked(self, roster: int) -> "_Rostered":
        if roster not in self._rosters:
            made = answers.roster_row(self._tx, roster)
            by_bank: dict[str, list[_Asked]] = {}
            for batch in answers.batches_of(self._tx, roster):
                by_bank.setdefault(batch.institution, []).append(self._unpack(batch))
            self._rosters[roster] = _Rostered(tuple(made.institutions), parse(made.made_at), by_bank)
        return self._rosters[roster]

    def _unpack(self, batch: AnyRow) -> "_Asked":
        editions = {e.number: e for e in answers.editions(self._tx, batch.id)}
        return _Asked(batch, vectors.unpack_current(batch.vector, batch.lines), editions)

    # ------------------------------------------------------------ rows
    def _open_rows(self, household_key: str, line: "_Line", tables: dict[str, list[pa.Table]]) -> None:
        """The rows behind a line whose accounts count."""
        answer = line.answer
        if answer.outcome not in COUNTED or line.batch is None or answer.edition is None:
            return
        whose = (household_key, answer.institution, answer.person_key)
        for row in self._segments(line.batch, answer.edition):
            if row.kind in tables and row.first <= line.at <= row.last:
                table = self._segment(row)
                tables[row.kind].append(_marked(table.filter(pc.equal(table["position"], pa.scalar(line.at, pa.int32()))), whose))

    def _named_segments(self, batch: int, edition: int) -> Sequence[AnyRow]:
        return answers.segments(self._tx, batch, edition)

    def _open_segment(self, row: AnyRow) -> pa.Table:
        return segments.read(self._tx, self._parts.vault, self._parts.objects, row)


@dataclasses.dataclass(frozen=True)
class _Line:
    """What holds of a line, whether anything is still awaited, and where its rows are."""

    answer: LineAnswer
    settled: bool
    batch: int | None = None
    at: int = 0


@dataclasses.dataclass(frozen=True)
class _Asked:
    batch: AnyRow
    vector: vectors.CurrentVector
    editions: dict[int, AnyRow]


@dataclasses.dataclass(frozen=True)
class _Rostered:
    """A roster with its batches, by bank and in order of position."""

    institutions: tuple[str, ...]
    made_at: datetime
    batches: dict[str, list[_Asked]]

    def at(self, position: int) -> list[_Asked]:
        """The batches, one a bank, that hold a position."""
        found = []
        for asked in self.batches.values():
            place = bisect.bisect_right(asked, position, key=lambda one: one.batch.first) - 1
            if place >= 0 and position < asked[place].batch.first + asked[place].batch.lines:
                found.append(asked[place])
        return found


def _marked(table: pa.Table, whose: tuple[str, str, str]) -> pa.Table:
    table = table.drop_columns(["position"])
    for name, value in zip(_WHOSE, whose, strict=True):
        table = table.append_column(name, pa.array([value] * len(table), pa.string()))
    return table


def _empty(kind: str) -> pa.Table:
    return _marked(_SCHEMAS[kind].append(pa.field("position", pa.int32())).empty_table(), ("", "", ""))
