"""The month itself: a centre, its banks, its persons, and a clock that goes from hour to hour; the product's own clock does the work.

Every hour the banks look, ``Node.round`` does whatever is due, and the persons at the centre do what they would: mend what was rejected,
ask again, withdraw papers, take lists in, decide as two.
"""

import shutil
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.yaml_file import write_yaml
from connector.appeals import asking, receiving
from connector.appeals import deciding as appealing
from connector.assembly import Deployment
from connector.authorization import State as Paper
from connector.bankside.desk import SIMULATED, Desk
from connector.bankside.joining import exchange_keys
from connector.bankside.opening import Plan
from connector.clock.agenda import agenda
from connector.clock.forecast import forecast
from connector.clock.node import Node, Orders
from connector.clock.ticks import Daily
from connector.deciding import acts, again, recalling, remaking
from connector.intake import door, papers
from connector.ledger import answers, appeals, banks, rosters
from connector.ledger.errors import LedgerError
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import State
from connector.register import deaths, taking
from connector.register.columns import REGISTER_COLUMNS
from tests.month import people
from tests.month.banks import MonthBank
from tests.month.script import Script
from tests.staffed import found_with
from transports import crashpoint

ZONE = ZoneInfo("Asia/Shanghai")
STAFF = {"wang": "operator", "sun": "approver"}
HOURS = (8, 9, 11, 13, 15, 17, 19)
PROFILES = Path(__file__).parent / "profiles"
CAPS = (3, 4, 6)  # files a day, in turn
FORECAST_DAY = 3


class World:
    """A month of ``banks`` banks and ``lines`` persons asked of each of them a working day, from ``first`` on."""

    def __init__(
        self, folder: Path, *, banks: int, lines: int, first: date, days: int, seed: int = 1, round_lines: int = 0
    ) -> None:
        self.folder, self.lines, self.first, self.days, self.seed = folder, lines, first, days, seed
        self.round_lines = round_lines
        self.now = self.at(first - timedelta(1), 20)
        self.home = found_with(folder / "centre", STAFF, self.now)
        self.banks = self._open_banks(banks)
        self.deployment = Deployment.open(self.home, lambda: self.now)
        self.parts = self.deployment.parts
        self.node = self._node()
        self.persons = 0  # serials given so far
        self.happened: dict[str, int] = {}
        self.predicted: dict[str, Any] = {}
        self.open_then: dict[str, list[str]] = {}  # bank → numbers of the batches the forecast was about

    def _node(self) -> Node:
        return Node(lambda: self.parts, lambda: self.now, Orders("month", at_once=1))

    def at(self, day: date, hour: int) -> datetime:
        """An hour of the site's clock."""
        return datetime.combine(day, time(hour), ZONE)

    def _open_banks(self, count: int) -> dict[str, MonthBank]:
        """All with the keys of one: what differs is what they do."""
        for name in ("hxcb-receipts", "month"):
            source = (SIMULATED if name != "month" else PROFILES) / name
            for place in (self.home, self.folder):
                shutil.copytree(source, place / "profiles" / name)
        profile = self.folder / "profiles" / "month" / "2026.1.yaml"
        data = self.folder / "nothing"
        data.mkdir()
        handed = exchange_keys(self.folder / "bank", self.home, Plan("99000000", "bank", str(profile), data), self.now)
        model = Desk.open(handed.bank)
        found: dict[str, MonthBank] = {}
        for number in range(count):
            code = f"{99010000 + number}"
            root = self.folder / "exchange" / code
            found[code] = MonthBank(model, code, root, Script(self.seed, number))
            self._connect(code, number, root)
        return found

    def _connect(self, code: str, number: int, root: Path) -> None:
        said = {
            "institution": {"code": code, "name": f"银行{number}", "class": ("city_bank", "rural_bank", "broker")[number % 3]},
            "profile": "month",
            "folder": str(root),
            "keys": {
                "bank_encrypt": "cert:99000000/encrypt",
                "bank_sign": "cert:99000000/sign",
                "our_sign": "secret:us/sign",
                "our_decrypt": "secret:us/decrypt",
            },
        }
        write_yaml(self.home / "connections" / f"{code}.yaml", said)

    # ---------------------------------------------------------------- the days
    def run(self) -> Iterator[date]:
        """Every day of the month, and then as many as it takes until nobody owes anything; each is given back when it is over."""
        day, last = self.first, self.first + timedelta(self.days)
        while day < last or (self._unfinished() and day < last + timedelta(30)):
            self.now = self.at(day, 0)
            self._daily(day)
            if day < last and self.parts.calendar.is_workday(day):
                self._bring_in(day)
            for hour in HOURS if self.parts.calendar.is_workday(day) else HOURS[1::4]:
                self.now = self.at(day, hour)
                self._hour(day)
            if (day - self.first).days == FORECAST_DAY - 1:
                self._forecast()
            yield day
            day += timedelta(1)

    def _daily(self, day: date) -> None:
        for duty in agenda():
            if isinstance(duty.schedule, Daily):
                self.now = max(self.now, datetime.combine(day, duty.schedule.at, ZONE))
                self.node.duty(duty)

    def _bring_in(self, day: date) -> None:
        """The households of a day; on the first one, those of a round beside them."""
        self.now = self.at(day, 7)
        if day == self.first and self.round_lines:
            self._take_in(day, self.round_lines, "定期")
        self._take_in(day, self.lines, "新申请")

    def _take_in(self, day: date, persons: int, check_type: str) -> None:
        households = persons // people.MEMBERS
        content = people.sheet(self.persons, households, day, check_type=check_type)
        taken = door.take_in(self.parts, door.read_rows(content, self.parts), "wang", self.now)
        assert not taken.refused, "the sheet of a month has good rows only"
        self.persons += households * people.MEMBERS

    def _hour(self, day: date) -> None:
        for number, bank in enumerate(self.banks.values()):
            if bank.script.away and self.now.hour == HOURS[0]:
                (bank.go_away if (day.toordinal() + number) % 9 == 0 else bank.come_back)()
            bank.look(self.now)
        self._before_sending(day)
        if self.now.hour == HOURS[3] and day.toordinal() % 3 == 0:
            crashpoint.arm("O21:raise")  # a parcel is put, and nobody lives to note it
        try:
            self._rounds()
        except crashpoint.Crash:
            self._note("a node died after a parcel was put")
            self.node = self._node()
            self._rounds()
        finally:
            crashpoint.arm("")
        self._after(day)

    def _rounds(self) -> None:
        for _ in range(6):
            if not self.node.round():
                break

    # ---------------------------------------------------------------- the persons at the centre
    def _before_sending(self, day: date) -> None:
        """Papers withdrawn, a list of deaths, between intake and sending and after it."""
        newest = self.persons - self.lines
        if self.now.hour == HOURS[1] and self.parts.calendar.is_workday(day) and (day - self.first).days < self.days:
            self._withdraw(newest + 2 * (day.toordinal() % max(1, self.lines // 4)))
        if self.now.hour == HOURS[3] and day.weekday() == 2 and self.persons > 40:
            self._deaths(day, [newest + 11, max(0, newest - 30)])

        if self.now.hour == HOURS[2] and (day - self.first).days == 7:
            self._register(f"{day:%Y-%m}")

    def _register(self, month: str) -> None:
        """Twenty households receive aid; one does not any more."""
        titles = {field: column.title for field, column in REGISTER_COLUMNS.items() if field not in ("name", "id_type", "id_no")}
        content = people.register(0, min(20, self.lines // people.MEMBERS), month, titles)
        taken = taking.take(self.parts, taking.read(self.parts, content), month, "wang", self.now)
        assert not taken.refused, "the register of a month has good rows only"
        self._note("register taken")

    def _withdraw(self, serial: int) -> None:
        home = people.household_no(serial)
        papers.close(self.parts, f"SQ-{home}", home, Paper.REVOKED, "本人撤回", "wang", self.now)
        self._note("withdrawn")

    def _deaths(self, day: date, serials: Iterable[int]) -> None:
        rows = "".join(f"{people.name_of(s)},{people.number(s)},{day - timedelta(9)}\n" for s in serials)
        content = f"姓名,证件号码,死亡日期\n{rows}".encode()
        taken = deaths.take(self.parts, deaths.read(self.parts, content, self.now), "民政", "wang", self.now)
        self._note("reported dead", taken.found["stopped"])

    def _after(self, day: date) -> None:
        """Rejected packages are made anew, what is missing is asked again, what differs is released or left, some are held and recalled."""
        with self.parts.ledger.read() as tx:
            rejected = self._in_state(tx, State.REJECTED)
            expired = self._in_state(tx, State.EXPIRED)
            answered = [row for row in self._in_state(tx, State.ANSWERED) if row.counts.get("technical_failure")]
            held = self._in_state(tx, State.HELD)
            apart = [row for row in answers.inbounds(tx) if row.state == "quarantined" and row.batch is not None]
        for row in rejected:
            self._decided("remade", lambda tx, row=row: remaking.ask(tx, row.institution, row.number, without=(), **self._why()))
        if self.now.hour == HOURS[4] and self.parts.calendar.is_workday(day):
            self._appeal(day)
        if self.now.hour == HOURS[2]:
            for row in [*expired, *answered]:
                if row.id % 2 == 0:
                    self._ask_again(row)
        for row in apart:
            if (row.problem or {}).get("code") == "answer-differs" and row.id % 2 == 0:
                self._release_answer(row)
        for row in held:
            self._decided("released", lambda tx, row=row: acts.ask_release_batch(tx, row.institution, row.number, **self._why()))
        if self.now.hour == HOURS[0] and day.toordinal() % 5 == 0:
            self._hold_and_recall()

    def _appeal(self, day: date) -> None:
        """A household with a report disputes what one bank said; those that were asked again are decided."""
        with self.parts.ledger.read() as tx:
            concluded = [row for row in answers.inquiries(tx, self.parts.centre) if row.concluded_at and row.check_type != "申诉"]
            rechecked = [row.id for row in appeals.listing(tx, self.parts.centre, [appeals.RECHECKING])]
        for number in rechecked:
            for result in (appeals.UPHELD, appeals.CORRECTED):
                if self._decided(
                    f"appeal {result}", lambda tx, n=number, r=result: appealing.ask_decision(tx, self.parts, n, r, **self._why())
                ):
                    break
        if concluded:
            home = concluded[day.toordinal() % len(concluded)].household_key
            bank = list(self.banks)[day.toordinal() % len(self.banks)]
            try:
                row = receiving.receive(self.parts, receiving.Claim(home, (bank,), day, "不是本人账户"), by="wang", now=self.now)
                asking.ask(self.parts, row.id, by="wang", now=self.now)
            except LedgerError:
                return  # its bank had nothing that could be disputed
            self._note("appeal asked")

    def _hold_and_recall(self) -> None:
        with self.parts.ledger.read() as tx:
            sealed = self._in_state(tx, State.SEALED)
        for row, act in zip(sealed, ("hold", "recall"), strict=False):
            with self.parts.ledger.begin() as tx:
                if act == "hold":
                    recalling.hold(tx, row.institution, row.number, **self._why())
                else:
                    recalling.recall(tx, row.institution, row.number, lines_too=False, **self._why())
            self._note(f"{act} of what was not sent")

    def _ask_again(self, row: AnyRow) -> None:
        self._decided(
            "asked again",
            lambda tx: again.ask(tx, row.institution, row.number, only=(), at_once=False, **self._why())[0],
        )

    def _release_answer(self, row: AnyRow) -> None:
        def asked(tx: Tx) -> int:
            return acts.ask_release_answer(tx, row.id, **self._why())

        if self._decided("differing answer released", asked):
            with self.parts.ledger.read() as tx:
                package = self._package(rosters.find_batch(tx, row.batch))
            if package.other is not None:
                package.said = package.other

    def _decided(self, what: str, ask: Any) -> bool:
        """Asked by one, agreed by another; False where the ledger says that it is not open (any more)."""
        try:
            with self.parts.ledger.begin() as tx:
                request = ask(tx)
            with self.parts.ledger.begin() as tx:
                acts.decide(tx, request, agree=True, by="sun", now=self.now, due_at=acts.banks_own(self.parts, tx))
        except LedgerError:
            return False
        self._note(what)
        return True

    def _why(self) -> dict[str, Any]:
        return {"reason": "月内处置", "by": "wang", "now": self.now}

    def _note(self, what: str, times: int = 1) -> None:
        self.happened[what] = self.happened.get(what, 0) + times

    # ---------------------------------------------------------------- looking
    def _in_state(self, tx: Tx, state: State) -> list[AnyRow]:
        return [row for row in rosters.batches(tx) if row.state == state]

    def _package(self, row: AnyRow) -> Any:
        return self.banks[row.institution].packages.get(row.number)

    def _unfinished(self) -> bool:
        """Does a bank still have something to say, or the ledger something to send or to wait for?"""
        if any(bank.owes for bank in self.banks.values()):
            return True
        with self.parts.ledger.read() as tx:
            open_states = {State.SEALED, State.SENT, State.ACCEPTED, State.IN_DOUBT}
            waiting = any(row.state in open_states for row in rosters.batches(tx))
            return waiting or any(rosters.uncut(tx, code) for code in self.banks)

    def _forecast(self) -> None:
        self.predicted = forecast(self.parts, self.now)
        with self.parts.ledger.read() as tx:
            self.open_then = {
                code: [row.number for row in rosters.batches(tx, code) if row.state in (State.SEALED, State.SENT, State.ACCEPTED)]
                for code in self.banks
            }

    def problems(self) -> dict[str, Any]:
        """What stops a step anywhere, as status would tell."""
        with self.parts.ledger.read() as tx:
            return banks.problems(tx)
