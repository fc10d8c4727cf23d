"""Packages of made-up rows for a profile: every word it can say, extremes, what is missing; several accounts a line, movements, none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from bank_profiles.engine.sharing import Giver, spelt_outcomes, telling
from bank_profiles.filenames import tokens
from bank_profiles.language.formats.fixed import FixedRecord
from bank_profiles.language.formats.trees import HERE, TreeRecord
from bank_profiles.language.profile import Profile
from bank_profiles.language.words import SideName
from bank_profiles.layouts.layout import FileLayout
from bank_profiles.layouts.making import layout
from bank_profiles.proving.candidates import MOST_ROWS, Seat, amounts, candidates, seats
from bank_profiles.translation import PackageFacts
from bank_profiles.values.amounts import Money
from bank_profiles.values.targets import REQUIRED, column_of, targets
from reconciliation.exchange import RECORDS

Row = dict[str, Any]
Rows = dict[str, list[Row]]

KINDS: dict[SideName, tuple[str, ...]] = {
    "inquiry": ("inquiry",),
    "response": ("outcome", "holding", "movement"),
    "receipt": ("receipt",),
}
_ANY = "x"  # stands for any text in a name
_LINES_A_PACKAGE = 4  # where a package says once for all its lines what they ask
_DECLARED = {"declared_accounts": "holding", "declared_movements": "movement"}
_FACTS = PackageFacts("902307450222", "202601050000001", date(2026, 1, 5), 3, datetime(2026, 1, 5, 1, 30, tzinfo=UTC))


@dataclass(frozen=True)
class MadeUp:
    """One package: the rows to be written, and those that must be read."""

    facts: PackageFacts
    rows: Rows
    expected: Rows

    def tables(self) -> dict[str, list[pa.Table]]:
        return {kind: [pa.Table.from_pylist(rows, schema=RECORDS[kind])] for kind, rows in self.rows.items()}


def facts_for(profile: Profile, side: SideName) -> PackageFacts:
    """What a package is about, the bank's number as long as the names have room for it."""
    names = [profile.side(side).package.name, *(spec.name for spec in profile.side(side).files.values())]
    widths = {
        (piece.kind, int(piece.detail))
        for name in names
        for piece in tokens(name)
        if piece.kind in ("bank", "batch") and piece.detail.isdigit()
    }
    wide = dict(widths)
    bank = (_FACTS.bank * 3)[: wide["bank"]] if "bank" in wide else _FACTS.bank
    batch_no = (_FACTS.batch_no * 3)[: wide["batch"]] if "batch" in wide else _FACTS.batch_no
    return replace(_FACTS, bank=bank, batch_no=batch_no)


def writable(profile: Profile, side: SideName) -> Profile:
    """The profile with names that we can write too: any text becomes one."""
    of = profile.side(side)
    package = of.package.model_copy(update={"name": of.package.name.replace("*", _ANY)})
    files = {key: spec.model_copy(update={"name": spec.name.replace("*", _ANY)}) for key, spec in of.files.items()}
    return profile.model_copy(update={side: of.model_copy(update={"package": package, "files": files})})


def made_up(profile: Profile, side: SideName) -> list[MadeUp]:
    """The packages of one side."""
    layouts = [layout(profile, side, key) for key in profile.side(side).files]
    making = _MAKING[side](profile, layouts)
    facts = facts_for(profile, side)
    return [MadeUp(facts, rows, making.expected(rows)) for rows in making.packages()]


class _Making:
    """What both sides have in common: the values of every field, and rows that go through them all."""

    def __init__(self, profile: Profile, layouts: Sequence[FileLayout]) -> None:
        self.profile, self.layouts = profile, layouts
        self._known: dict[tuple[str, str, str], list[Any]] = {}

    def values(self, kind: str, target: str, currency: str = "") -> list[Any]:
        """What the field can hold; empty where the profile has no place for it."""
        key = (kind, target, currency)
        if key not in self._known:
            found = seats(self.layouts, kind, target)
            if not found or (targets(kind)[target] == "money" and not currency):
                self._known[key] = []
            elif targets(kind)[target] == "money":
                self._known[key] = amounts(kind, target, found, currency)
            else:
                self._known[key] = candidates(kind, target, found)
        return self._known[key]

    def always(self, kind: str) -> list[dict[str, str]]:
        """What the profile says of all rows; where it tells records apart by it, what each of them says."""
        givers = [Giver(each.key, r.name, r.spec) for each in self.layouts for r in each.records if r.kind == kind]
        if telling(givers):
            return [dict(giver.record.always) for giver in givers]
        return [{name: word for giver in givers for name, word in giver.record.always.items()}]

    def currencies(self, kind: str) -> list[str]:
        """Those in which the amounts that must be there can be said; an entry may have it from its account."""
        fixed = list(dict.fromkeys(always["currency"] for always in self.always(kind) if "currency" in always))
        if kind == "movement" and not fixed and not seats(self.layouts, kind, "currency"):
            return self.currencies("holding")
        known = fixed or [word for word in self.values(kind, "currency") if word]
        money = [
            target for target in REQUIRED.get(kind, ()) if targets(kind)[target] == "money" and seats(self.layouts, kind, target)
        ]
        return [word for word in known if all(self.values(kind, target, word) for target in money)]

    def rows(self, kind: str, count: int = 0) -> list[Row]:
        """Rows that go through all values of all fields, each field at its own step."""
        currencies = self.currencies(kind)
        names = [target for target in targets(kind) if target != "currency"]
        money = [target for target in names if targets(kind)[target] == "money"]
        sizes = [len(self.values(kind, target)) for target in names if target not in money]
        sizes += [len(self.values(kind, target, currency)) for target in money for currency in currencies]
        wanted = count or min(max([*sizes, len(currencies), 1]), MOST_ROWS)
        return [
            self._row(kind, names, number, currencies[number % len(currencies)] if currencies else None)
            for number in range(wanted)
        ]

    def _row(self, kind: str, names: Sequence[str], number: int, currency: str | None) -> Row:
        row: Row = dict.fromkeys(RECORDS[kind].names)
        constants = self.always(kind)
        row |= constants[number % len(constants)]
        if currency is not None and row["currency"] is None:
            row["currency"] = currency
        for step, target in enumerate(names):
            is_money = targets(kind)[target] == "money"
            values = self.values(kind, target, row["currency"] or "") if is_money else self.values(kind, target)
            if values:
                row[column_of(kind, target)] = values[(number + step) % len(values)]
        return row


class _Inquiries(_Making):
    """What we ask."""

    def packages(self) -> Iterator[Rows]:
        once = self.profile.inquiry.one_per_file
        rows = self.rows("inquiry")
        for target in once:
            values = [value for value in _once_values(self, target) if value is not None]
            for number, row in enumerate(rows):
                row[target] = values[number // _LINES_A_PACKAGE % len(values)] if values else None
        size = min(_LINES_A_PACKAGE if once else len(rows), self.profile.service.limits.lines_max)
        for start in range(0, len(rows), max(size, 1)):
            yield {"inquiry": rows[start : start + size]}

    def expected(self, rows: Rows) -> Rows:
        """Lines are numbered when they are written."""
        return {"inquiry": [row | {"line_ref": f"{number:06d}"} for number, row in enumerate(rows["inquiry"], 1)]}


def _once_values(making: _Making, target: str) -> list[Any]:
    """The values of what a header says once for the file."""
    found = _seats_of_header(making.layouts, target)
    return candidates("inquiry", target, found) if found else []


def _seats_of_header(layouts: Sequence[FileLayout], target: str) -> list[Seat]:
    records = ((each, record) for each in layouts for record in each.records if record.kind is None)
    return [
        Seat(each, record, field)
        for each, record in records
        for field in record.columns
        if field.target == target and not field.made
    ]


class _Answers(_Making):
    """What a bank answers."""

    def packages(self) -> Iterator[Rows]:
        lines = self._lines()
        if self.profile.service.limits.lines_max > len(lines) and not self._one_line():
            yield self._package(lines)
            return
        for line in lines:
            yield self._package([line])

    def _one_line(self) -> bool:
        """Is an answer about one line only?"""
        records = [record for each in self.layouts for record in each.records if record.kind == "outcome"]
        return any(
            record.occurs == "one" or (isinstance(record.spec, TreeRecord) and record.spec.each == HERE and record.inside is None)
            for record in records
        )

    def _lines(self) -> list[Row]:
        """One line for every outcome; three of them have accounts: many, one, none."""
        words = self.values("outcome", "outcome") or ["found"]
        if self._implied():
            words = list(dict.fromkeys(["found", *self._spelt()]))
        said = [*words, *(["found"] * 2 if "found" in words else [])]
        rows = self.rows("outcome", len(said))
        return [
            row | {"outcome": word, "line_ref": f"{number:06d}"}
            for number, (row, word) in enumerate(zip(rows, said, strict=True), 1)
        ]

    def _package(self, lines: list[Row]) -> Rows:
        found = [line["line_ref"] for line in lines if line["outcome"] == "found"]
        holdings = self._holdings(found)
        movements = self._movements(holdings)
        for line in lines:
            for target, kind in _DECLARED.items():
                if self.values("outcome", target):
                    of_kind = holdings if kind == "holding" else movements
                    line[target] = sum(row["line_ref"] == line["line_ref"] for row in of_kind)
        with_rows = {row["line_ref"] for row in [*holdings, *movements]}
        if self._implied():  # a line without a row of its own would not be answered
            lines = [line for line in lines if line["outcome"] != "found" or line["line_ref"] in with_rows]
        return {"outcome": lines, "holding": holdings, "movement": movements}

    def _implied(self) -> bool:
        """Does no record give outcomes?"""
        return not any(record.kind == "outcome" for each in self.layouts for record in each.records)

    def _spelt(self) -> list[str]:
        """The outcomes that a text of some row stands for."""
        return [word for each in self.layouts for record in each.records for word in spelt_outcomes(record.spec)]

    def _holdings(self, found: Sequence[str]) -> list[Row]:
        if not found or not self._gives("holding"):
            return []
        room = self._room("holding")
        rows = self.rows("holding")[: room * len(found)]
        for number, row in enumerate(rows):
            row["line_ref"] = found[1] if len(found) > 1 and number == len(rows) - 1 else found[0]
            if room < MOST_ROWS:
                row["line_ref"] = found[number // room]
            row["account_no"] = self._number(number)
        return rows

    def _room(self, kind: str) -> int:
        """How many stand in one record at most, where they are groups within it."""
        specs = (record.spec for each in self.layouts for record in each.records if record.kind == kind)
        return min((spec.repeat.times for spec in specs if isinstance(spec, FixedRecord) and spec.repeat), default=MOST_ROWS)

    def _number(self, number: int) -> str:
        """Every account has its own, zeros in front, as long as the column is."""
        found = seats(self.layouts, "holding", "account_no")
        made = (f"{number:0{width}d}" for width in (19, 12, 8, 6, 4))
        return next((f"00{text[2:]}" for text in made if all(seat.takes(text) for seat in found)), str(number))

    def _movements(self, holdings: Sequence[Row]) -> list[Row]:
        """Two on an account, and on the last ones none."""
        if not holdings or not self._gives("movement"):
            return []
        made: list[Row] = []
        for number, row in enumerate(self.rows("movement")):
            account = holdings[number // 2 % max(len(holdings) - 2, 1)]
            if sum(other["account_no"] == account["account_no"] for other in made) >= self._room("movement"):
                continue
            currency = account["currency"]
            if not currency:
                continue
            money = {
                name: self.values("movement", name, currency) for name, kind in targets("movement").items() if kind == "money"
            }
            if not money["amount"]:
                continue
            row |= {"line_ref": account["line_ref"], "account_no": account["account_no"], "currency": currency}
            row |= {column_of("movement", name): values[number % len(values)] for name, values in money.items() if values}
            made.append(row)
        return made

    def _gives(self, kind: str) -> bool:
        return any(record.kind == kind for each in self.layouts for record in each.records)

    def expected(self, rows: Rows) -> Rows:
        """Of a coarse unit its step; accounts that are themselves the answer."""
        balances = [seat.converter for seat in seats(self.layouts, "holding", "balance") if isinstance(seat.converter, Money)]
        holdings = [
            row | {"resolution_minor": balances[0].resolution(row["currency"]) if balances else None} for row in rows["holding"]
        ]
        return rows | {"holding": holdings}


class _Receipts(_Making):
    """What a bank says of packages it was sent."""

    def packages(self) -> Iterator[Rows]:
        for row in self.rows("receipt"):
            yield {"receipt": [row]}

    def expected(self, rows: Rows) -> Rows:
        """As they were given."""
        return rows


_MAKING: dict[SideName, type[_Inquiries | _Answers | _Receipts]] = {
    "inquiry": _Inquiries,
    "response": _Answers,
    "receipt": _Receipts,
}


def comparable(profile: Profile, side: SideName, rows: Mapping[str, Sequence[Row]]) -> Rows:
    """Rows in an order of their own. Of an inquiry the position only; what an account implies, or two files both say, once."""
    records = [record for spec in profile.side(side).files.values() for record in spec.records.values()]
    implied = any(record.implies for record in records)
    made: Rows = {}
    for kind in KINDS[side]:
        of_kind = [dict(row) for row in rows.get(kind, ())]
        if side == "inquiry":
            of_kind = [row | {"line_ref": row["line_ref"][-6:], "batch_no": None} for row in of_kind]
        if kind == "outcome" and implied:
            of_kind = [row for row in of_kind if row["outcome"] != "found"]
        if sum(record.gives == kind for record in records) > 1:
            of_kind = list({repr(row): row for row in of_kind}.values())
        made[kind] = sorted(of_kind, key=lambda row: (row.get("line_ref") or "", str(row.get("account_no")), repr(row)))
    return made


def unwritable(profile: Profile, side: SideName) -> list[str]:
    """Columns made of others that nothing turns round: rows of such a file can be read only."""
    layouts = [layout(profile, side, key) for key in profile.side(side).files]
    made = ((record, field) for each in layouts for record in each.records for field in record.derived if field.made is not None)
    return [
        f"{record.name} › {field.name}"
        for record, field in made
        if field.target in REQUIRED.get(record.kind or "", ())
        and not any(source.turned for source in record.fields if source.name in field.spelt.sources or source.name == field.name)
    ]
