"""All that is known of some households, opened for as long as their reports are being written.

Households of one roster lie side by side, so a batch's vector and a segment are opened once for many of them.
"""

import dataclasses
import functools
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from connector import segments
from connector.ledger import answers, appeals
from connector.ledger.rows import AnyRow, Tx
from connector.parts import Parts
from connector.persons import opened, place_of_inquiry
from connector.reports.corrected import lay_over
from connector.reports.lines import Line, Lines, Source
from reconciliation.assets import HOLDING, MOVEMENT
from reconciliation.coverage import COUNTED
from reconciliation.household import Household, Person

if TYPE_CHECKING:
    from reconciliation.report import Case

SEGMENTS_OPEN_MAX = 64  # a few MB of opened rows at a time
_SCHEMAS = {"holding": HOLDING, "movement": MOVEMENT}
_WHOSE = ("household_key", "institution", "person_key")


@dataclasses.dataclass(frozen=True)
class Dossiers:
    """Households with what holds of each line, and which of them are settled; rows carry household_key, institution, person_key."""

    cases: "tuple[Case, ...]"
    lines: tuple[tuple[Line, ...], ...]  # of each case, in its order: what each answer stands on
    settled: frozenset[str]  # household keys of which no line is awaited any more
    holdings: pa.Table
    movements: pa.Table
    read_to: int  # the newest answer that was there to be read


class Reader:
    """Opens dossiers in one read transaction; keeps what neighbours share."""

    def __init__(self, tx: Tx, parts: Parts, now: datetime) -> None:
        self._tx, self._parts, self._now = tx, parts, now
        self.lines = Lines(tx, parts, now)
        self._segments = lru_cache(SEGMENTS_OPEN_MAX)(self._named_segments)
        self._segment = lru_cache(SEGMENTS_OPEN_MAX)(self._open_segment)

    def read(self, inquiries: Sequence[AnyRow], *, settled_only: bool = False) -> Dossiers:
        """The dossiers of these inquiries, no household_key twice among them; perhaps only of those nothing is awaited for."""
        from reconciliation.report import Case  # with its library of tables, for which most verbs need not wait

        cases: list[Case] = []
        all_lines: list[tuple[Line, ...]] = []
        settled: set[str] = set()
        tables: dict[str, list[pa.Table]] = {kind: [_empty(kind)] for kind in _SCHEMAS}
        corrections = appeals.corrections(self._tx, [inquiry.id for inquiry in inquiries])
        for inquiry in inquiries:
            rows = [list(places) for _, places in groupby(answers.members_of(self._tx, inquiry.id), key=lambda row: row.place)]
            household = self._household(inquiry, [places[0] for places in rows])
            lines = self._lines(corrections.get(inquiry.id, ()), rows, household.members)
            over = all(line.settled for line in lines)
            if settled_only and not over:
                continue
            settled |= {household.household_key} if over else set()
            cases.append(Case(household, [line.answer for line in lines]))
            all_lines.append(tuple(lines))
            for line in lines:
                self._open_rows(household.household_key, line, tables)
        holdings, movements = (pa.concat_tables(tables[kind]) for kind in _SCHEMAS)
        serial = answers.newest_serial(self._tx)
        return Dossiers(tuple(cases), tuple(all_lines), frozenset(settled), holdings, movements, serial)

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

    def _lines(self, corrections: Sequence[AnyRow], rows: Sequence[Sequence[AnyRow]], persons: Sequence[Person]) -> list[Line]:
        """Every line of a household, with what appeals corrected of it."""
        first = [line for at, person in zip(rows, persons, strict=True) for line in self.lines.of(at, person.person_key)]
        return lay_over(self._tx, self._parts, self.lines, corrections, first)

    # ------------------------------------------------------------ rows
    def _open_rows(self, household_key: str, line: Line, tables: dict[str, list[pa.Table]]) -> None:
        """The rows behind a line whose accounts count."""
        answer = line.answer
        if answer.outcome not in COUNTED:
            return
        whose = (household_key, answer.institution, answer.person_key)
        for source in line.sources:
            for row in self._segments(source.batch, source.edition):
                if row.kind in tables and row.first <= source.at <= row.last:
                    table = self._segment(row)
                    here = table.filter(pc.equal(table["position"], pa.scalar(source.at, pa.int32())))
                    tables[row.kind].append(_marked(_of_accounts(here, source), whose))

    def _named_segments(self, batch: int, edition: int) -> Sequence[AnyRow]:
        return answers.segments(self._tx, batch, edition)

    def _open_segment(self, row: AnyRow) -> pa.Table:
        return segments.read(self._tx, self._parts.vault, self._parts.objects, row)


def _of_accounts(table: pa.Table, source: Source) -> pa.Table:
    """The rows of the accounts a source is limited to; an account goes with the main account it belongs to."""
    if source.accounts is None:
        return table
    named = pa.array(sorted(source.accounts), pa.string())
    own = [table[name] for name in ("account_no", "parent_account_no") if name in table.column_names]
    inside = functools.reduce(pc.or_, [pc.is_in(numbers.cast(pa.string()), value_set=named) for numbers in own])
    return table.filter(inside if source.inside else pc.invert(inside))


def _marked(table: pa.Table, whose: tuple[str, str, str]) -> pa.Table:
    table = table.drop_columns(["position"])
    for name, value in zip(_WHOSE, whose, strict=True):
        table = table.append_column(name, pa.array([value] * len(table), pa.string()))
    return table


def _empty(kind: str) -> pa.Table:
    return _marked(_SCHEMAS[kind].append(pa.field("position", pa.int32())).empty_table(), ("", "", ""))
