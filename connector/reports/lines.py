"""What holds of each line of a household: its batch, its current outcome, and whether anything is still awaited.

A member may stand in several rosters (asked again for what was missing): of the lines at one bank the newest that was answered counts.
What an appeal corrected is laid over it in corrected.py.
"""

import bisect
import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from bank_profiles.errors import BadProfile
from connector.answers.missing import ASK_AGAIN
from connector.ledger import answers, stops
from connector.ledger.concluding import NEVER_SENT_MAX
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import State
from connector.moments import moment, parse
from connector.parts import STOPPED, Parts
from reconciliation import vectors
from reconciliation.coverage import LineAnswer
from reconciliation.exchange import OUTCOME_WORD

AWAITED = frozenset({"not_answered", "pending"})
_STANDINGS = {State.REJECTED: "rejected", State.IN_DOUBT: "in_doubt", State.HELD: "held", State.SEALED: "not_sent"}


@dataclasses.dataclass(frozen=True)
class Source:
    """Where rows of a line are: of some accounts only, or all but them, where ``accounts`` names any."""

    batch: int
    at: int  # position in the batch, 0-based
    edition: int
    accounts: frozenset[str] | None = dataclasses.field(default=None, repr=False)
    inside: bool = True


@dataclasses.dataclass(frozen=True)
class Line:
    """What holds of a line, whether anything is still awaited, where its rows are, and what it stands on."""

    answer: LineAnswer
    settled: bool
    place: int  # of the member in the household
    sources: tuple[Source, ...] = ()
    batch: AnyRow | None = None  # none: it never went to this bank
    at: int = 0
    note: Mapping[str, Any] | None = None  # why it never goes there: {code, zh, en}


class Lines:
    """Finds the lines of members in one read transaction; keeps what neighbours share."""

    def __init__(self, tx: Tx, parts: Parts, now: datetime) -> None:
        self._tx, self._parts, self._now = tx, parts, now
        self._rosters: dict[int, _Rostered] = {}
        self._answers = lru_cache(None)(self._classes)

    def of(self, rows: Sequence[AnyRow], person_key: str) -> list[Line]:
        """The lines of one member, one a bank. ``rows``: the member with each of its places (``answers.members_of``)."""
        found: dict[str, list[Line]] = {}
        for row in rows:
            for line in self._at(row, person_key):
                found.setdefault(line.answer.institution, []).append(line)
        return [_counts(lines) for _, lines in sorted(found.items())]

    def name(self, institution: str) -> str:
        """The bank's name; its code where it is not connected any more."""
        bank = self._parts.banks.working.get(institution)
        return bank.name if bank else institution

    def answerable(self, institution: str, edition: str | None = None) -> frozenset[str] | None:
        """The asset classes a bank can answer: in the edition it was asked in, else in today's; None while its profile cannot be read."""
        return self._answers(institution, edition)

    def _classes(self, institution: str, edition: str | None) -> frozenset[str] | None:
        bank = self._parts.banks.working.get(institution)
        if bank is None:
            return None
        try:
            profile = bank.edition(edition) if edition else bank.profile_on(self._parts.day(self._now))
        except BadProfile:
            return None
        return frozenset(profile.answers)

    # ------------------------------------------------------------ one place of a roster
    def _at(self, row: AnyRow, person_key: str) -> list[Line]:
        if row.roster is None:
            return []
        asked = self._asked(row.roster)
        found = [self._line(row.place, person_key, one, row.position, asked.made_at) for one in asked.at(row.position)]
        return found + self._never_sent(row, person_key, asked, {line.answer.institution for line in found})

    def _line(self, place: int, person_key: str, asked: "_Asked", position: int, made_at: datetime) -> Line:
        batch, at = asked.batch, position - asked.batch.first
        edition = asked.editions.get(int(asked.vector.edition[at]))
        stopped = asked.stopped.get(at)
        outcome = (
            "not_answered" if stopped else OUTCOME_WORD[asked.vector.outcome[at]]
        )  # of a stopped line no report shows anything
        answer = LineAnswer(
            institution=batch.institution,
            institution_name=self.name(batch.institution),
            person_key=person_key,
            outcome=outcome,
            received_at=parse(edition.received_at) if edition and not stopped else None,
            late=bool(edition and edition.late and not stopped),
            edition=edition.number if edition and not stopped else None,
            batch=f"{batch.number}#{at + 1}",
            answers=self.answerable(batch.institution, batch.edition),
            standing=stopped or (_STANDINGS.get(State(batch.state)) if outcome in AWAITED else None),
            revised=not stopped and asked.is_revised(at),
            provisional=bool(batch.provisional),
        )
        overdue = batch.due_at is not None and batch.due_at < moment(self._now)
        too_long = batch.sent_at is None and made_at + NEVER_SENT_MAX < self._now  # not sent, or nobody knows
        over = batch.state in {State.EXPIRED, State.REJECTED} or overdue or too_long or bool(stopped)
        sources = (Source(batch.id, at, answer.edition),) if answer.edition is not None else ()
        return Line(answer, over or answer.outcome not in AWAITED, place, sources, batch, at)

    def _never_sent(self, row: AnyRow, person_key: str, asked: "_Rostered", sent: set[str]) -> list[Line]:
        """Banks of the roster this line has not gone to: noted why, or still waiting to be cut, but not for ever."""
        waiting = [bank for bank in asked.institutions if bank not in sent]
        if not waiting:
            return []
        noted = {note.institution: note.problem for note in answers.unasked_at(self._tx, row.roster, row.position)}
        too_long = asked.made_at + NEVER_SENT_MAX < self._now
        return [self._unsent(row.place, person_key, bank, noted.get(bank), too_long=too_long) for bank in waiting]

    def _unsent(self, place: int, person_key: str, bank: str, note: Mapping[str, Any] | None, *, too_long: bool) -> Line:
        standing = None if note is None else _STOPS.get(note["code"], "not_asked")
        answer = LineAnswer(
            bank, self.name(bank), person_key, "not_answered", answers=self.answerable(bank), standing=standing or "not_sent"
        )
        return Line(answer, too_long or note is not None, place, note=note)

    def _asked(self, roster: int) -> "_Rostered":
        if roster not in self._rosters:
            made = answers.roster_row(self._tx, roster)
            batches = answers.batches_of(self._tx, roster)
            stopped = stops.marked_of(self._tx, [batch.id for batch in batches])
            by_bank: dict[str, list[_Asked]] = {}
            for batch in batches:
                by_bank.setdefault(batch.institution, []).append(self._unpack(batch, stopped.get(batch.id, {})))
            self._rosters[roster] = _Rostered(tuple(made.institutions), parse(made.made_at), by_bank)
        return self._rosters[roster]

    def _unpack(self, batch: AnyRow, stopped: Mapping[int, str]) -> "_Asked":
        editions = {e.number: e for e in answers.editions(self._tx, batch.id)}
        return _Asked(batch, vectors.unpack_current(batch.vector, batch.lines), editions, stopped)


_STOPS = {said["code"]: why for why, said in STOPPED.items()}


def _counts(lines: Sequence[Line]) -> Line:
    """Of the lines at one bank the one that says most, of equals the newest; settled once it says all, or all of them are."""
    chosen = max(enumerate(lines), key=lambda each: (_says(each[1]), each[0]))[1]
    answer = dataclasses.replace(chosen.answer, again=chosen is not lines[0])
    settled = all(line.settled for line in lines) or (chosen.settled and _says(chosen) == _WHOLE)
    return dataclasses.replace(chosen, answer=answer, settled=settled)


_WHOLE = 3


def _says(line: Line) -> int:
    """How much a line says: a whole answer more than one in part, a failure or a promise hardly more than silence."""
    outcome = line.answer.outcome
    return _WHOLE if outcome not in ASK_AGAIN else {"partial": 2, "not_answered": 0}.get(outcome, 1)


@dataclasses.dataclass(frozen=True)
class _Asked:
    """A batch with what its lines came to, and which of them were stopped after they had gone."""

    batch: AnyRow
    vector: vectors.CurrentVector
    editions: Mapping[int, AnyRow]
    stopped: Mapping[int, str]

    def is_revised(self, at: int) -> bool:
        """Did an earlier edition answer this line too?"""
        settled_by = int(self.vector.edition[at])
        return any(
            OUTCOME_WORD[vectors.unpack_outcomes(e.outcomes, self.batch.lines)[at]] not in AWAITED
            for number, e in self.editions.items()
            if number < settled_by
        )


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
