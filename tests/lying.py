"""The lies that are planted in answers: each changes an answer told truly, and says what it breaks; tests/lies.py tries them."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any

from bank_profiles.translation import PackageFacts
from reconciliation.exchange import RECORDS

Row = dict[str, Any]
LINES = 10
FACTS = PackageFacts("902307450222", "202601050000001", date(2026, 1, 5), 3, datetime(2026, 1, 5, 1, 30, tzinfo=UTC))


@dataclass
class Told:
    """An answer as rows, its files as text once they are written, and what it calls itself."""

    outcome: list[Row]
    holding: list[Row]
    movement: list[Row]
    files: dict[str, list[str]] = field(default_factory=dict)
    facts: PackageFacts = FACTS

    def said(self, ref: str) -> Row:
        """The outcome of a line."""
        return next(row for row in self.outcome if row["line_ref"] == ref)

    def accounts(self, ref: str) -> list[Row]:
        return [row for row in self.holding if row["line_ref"] == ref]

    def flows(self, ref: str) -> list[Row]:
        return [row for row in self.movement if row["line_ref"] == ref]

    def found(self) -> list[str]:
        """The lines with two accounts and more."""
        return [row["line_ref"] for row in self.outcome if len(self.accounts(row["line_ref"])) > 1]

    def declare(self, ref: str) -> None:
        """The bank's own counts and sum, made to agree with what it sends."""
        row, accounts = self.said(ref), self.accounts(ref)
        row |= {"declared_accounts": len(accounts), "declared_movements": len(self.flows(ref))}
        row["declared_balance_minor"] = sum(account["balance_minor"] for account in accounts if account["currency"] == "CNY")

    def take_away(self, account: Row) -> None:
        """An account with its movements."""
        self.holding.remove(account)
        self.movement = [row for row in self.movement if row["account_no"] != account["account_no"]]


def truth(chance: random.Random) -> Told:
    """Ten lines: six with two or three accounts and their movements, the others without any."""
    told = Told([], [], [])
    for number in range(1, LINES + 1):
        ref, found = f"{number:06d}", number <= 6
        row = dict.fromkeys(RECORDS["outcome"].names) | {
            "line_ref": ref,
            "outcome": "found" if found else "no_record",
            "currency": "CNY",
        }
        told.outcome.append(row)
        for place in range(chance.choice((2, 3)) if found else 0):
            account = dict.fromkeys(RECORDS["holding"].names) | {
                "line_ref": ref,
                "holder_name": f"示例{number}",
                "product": "demand_deposit",
            }
            account |= {
                "account_no": f"62{number:04d}{place:02d}{chance.randrange(10**8):08d}",
                "currency": "CNY",
                "status": "active",
            }
            told.holding.append(account | {"balance_minor": chance.randrange(1, 10**7), "opened_on": date(2020, 3, 1 + place)})
            for step in range(2):
                flow = dict.fromkeys(RECORDS["movement"].names) | {"line_ref": ref, "account_no": account["account_no"]}
                flow |= {
                    "booked_on": date(2025, 11, 3 + step),
                    "booked_time": time(9, step),
                    "direction": "in",
                    "currency": "CNY",
                }
                told.movement.append(
                    flow | {"amount_minor": chance.randrange(1, 10**6), "balance_after_minor": chance.randrange(10**7)}
                )
        told.declare(ref)
    return told


# ---------------------------------------------------------------- the lies
Plant = Callable[[Told, random.Random], str]  # changes the answer; the line it concerns, "" where it is the whole file


@dataclass(frozen=True)
class Lie:
    """``codes``: one of them must be told of it; none: it breaks nothing that is declared. ``late``: planted in the written files."""

    zh: str
    en: str
    plant: Plant
    codes: tuple[str, ...] = ()
    late: bool = False
    why: tuple[str, str] = ("", "")  # of one that nothing can notice: what would show it (zh, en)


def _some(told: Told, chance: random.Random) -> str:
    return chance.choice(told.found())


def _account(told: Told, chance: random.Random) -> tuple[str, Row]:
    ref = _some(told, chance)
    return ref, chance.choice(told.accounts(ref))


def _flow(told: Told, chance: random.Random) -> tuple[str, Row]:
    ref = _some(told, chance)
    return ref, chance.choice(told.flows(ref))


def without_account(*, declared: Sequence[str], keep_flows: bool = False) -> Plant:
    """An account left out; ``declared``: what of the bank's own words is made to agree."""

    def plant(told: Told, chance: random.Random) -> str:
        ref, account = _account(told, chance)
        before = dict(told.said(ref))
        flows = list(told.movement)
        told.take_away(account)
        if keep_flows:
            told.movement = flows
        told.declare(ref)
        told.said(ref).update({name: before[name] for name in before if name.startswith("declared_") and name not in declared})
        return ref

    return plant


def without_flow(*, honest_count: bool) -> Plant:
    def plant(told: Told, chance: random.Random) -> str:
        ref, flow = _flow(told, chance)
        told.movement.remove(flow)
        if honest_count:
            told.declare(ref)
        return ref

    return plant


def off(name: str) -> Plant:
    def plant(told: Told, chance: random.Random) -> str:
        ref = _some(told, chance)
        told.said(ref)[name] += chance.choice((1, 2, 5))
        return ref

    return plant


def changed(kind: str, values: Callable[[Row, random.Random], Row], *, declare: bool = False) -> Plant:
    def plant(told: Told, chance: random.Random) -> str:
        ref, row = (_account if kind == "holding" else _flow)(told, chance)
        row |= values(row, chance)
        if declare:
            told.declare(ref)
        return ref

    return plant


def twice(kind: str, *, declare: bool) -> Plant:
    def plant(told: Told, chance: random.Random) -> str:
        ref, row = (_account if kind == "holding" else _flow)(told, chance)
        getattr(told, kind).append(dict(row))
        if declare:
            told.declare(ref)
        return ref

    return plant


def to_another(*, whole: bool) -> Plant:
    """An account said of another person; ``whole``: two persons' answers exchanged in everything."""

    def plant(told: Told, chance: random.Random) -> str:
        one, other = chance.sample(told.found(), 2)
        if not whole:
            account = chance.choice(told.accounts(one))
            for row in [account, *(flow for flow in told.movement if flow["account_no"] == account["account_no"])]:
                row["line_ref"] = other
            return one
        swap = {one: other, other: one}
        for row in [*told.outcome, *told.holding, *told.movement]:
            row["line_ref"] = swap.get(row["line_ref"], row["line_ref"])
        return one

    return plant


def outcome(word: str, *, with_rows: bool) -> Plant:
    def plant(told: Told, chance: random.Random) -> str:
        ref = _some(told, chance)
        if not with_rows:
            told.holding = [row for row in told.holding if row["line_ref"] != ref]
            told.movement = [row for row in told.movement if row["line_ref"] != ref]
            told.declare(ref)
        told.said(ref)["outcome"] = word
        return ref

    return plant


def found_without_rows(told: Told, chance: random.Random) -> str:
    ref = _some(told, chance)
    told.holding = [row for row in told.holding if row["line_ref"] != ref]
    told.movement = [row for row in told.movement if row["line_ref"] != ref]
    return ref


def silent(*, with_rows: bool) -> Plant:
    def plant(told: Told, chance: random.Random) -> str:
        none = [row["line_ref"] for row in told.outcome if row["outcome"] == "no_record"]
        ref = _some(told, chance) if with_rows else chance.choice(none)
        told.outcome.remove(told.said(ref))
        return ref

    return plant


def two_outcomes(told: Told, chance: random.Random) -> str:
    ref = _some(told, chance)
    told.outcome.append(told.said(ref) | {"outcome": "no_record"})
    return ref


def stranger(told: Told, chance: random.Random) -> str:
    told.outcome.append(told.outcome[-1] | {"line_ref": f"{LINES + chance.randrange(1, 900):06d}"})
    return ""


def another(**facts: str) -> Plant:
    def plant(told: Told, chance: random.Random) -> str:
        told.facts = replace(FACTS, **facts)  # type: ignore[arg-type]
        return ""

    return plant


def in_text(change: Callable[[list[str], random.Random], None], which: str = "ZH") -> Plant:
    """Lines of a written file: header first, trailer last."""

    def plant(told: Told, chance: random.Random) -> str:
        change(next(lines for name, lines in told.files.items() if which in name), chance)
        return ""

    return plant


def lost_line(lines: list[str], chance: random.Random) -> None:
    del lines[chance.randrange(1, len(lines) - 1)]


def line_again(lines: list[str], chance: random.Random) -> None:
    at = chance.randrange(1, len(lines) - 1)
    lines.insert(at, lines[at])


def total_off(cell: int) -> Callable[[list[str], random.Random], None]:
    def change(lines: list[str], chance: random.Random) -> None:
        cells = lines[-1].split("|")
        cells[cell] = str(int(cells[cell]) + chance.choice((1, 7, 100)))
        lines[-1] = "|".join(cells)

    return change


def cell(place: int, value: str) -> Callable[[list[str], random.Random], None]:
    def change(lines: list[str], chance: random.Random) -> None:
        at = chance.randrange(1, len(lines) - 1)
        cells = lines[at].split("|")
        cells[place] = value
        lines[at] = "|".join(cells)

    return change
