"""The journey of an invented city: banks opened and joined, a sheet taken in, asked, answered, reported; the days pass by a clock of its own."""

import dataclasses
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from connector.assembly import Deployment, lanes_executor
from connector.bankside.invented import City, invent
from connector.bankside.invented_scans import draw
from connector.bankside.joining import exchange_keys, write_connection
from connector.bankside.opening import Plan
from connector.bankside.simulate import Simulation
from connector.demo import cast, summary
from connector.demo.courier import Courier
from connector.founding import NATIONAL, Founding, found
from connector.intake import door
from connector.intake.scans import attach_folder
from connector.ledger import answers, people
from connector.reports import standing
from connector.status import survey
from connector.steps import runner

CENTRE, REGION, CLERK, COLLEAGUE, ADMIN = "demo-centre", "880101", "demo-clerk", "demo-colleague", "demo-admin"
MARK = ".demo"  # a folder that holds it is ours to make anew
ANSWERS_WITHIN_S = 60.0
LOOK_EVERY_S = 0.2
DAYS_PASS = timedelta(days=30)  # every deadline is over by then, and the late bank has answered

Tell = Callable[[str, str, int, int], None]  # zh, en, done, total
Step = Callable[[str], dict[str, int]]  # its name → what it did


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What the demo shows: the summary (``demo/1``) and one household's report."""

    summary: dict[str, Any]
    report: dict[str, Any]
    refused: dict[str, list[int]]


class NotOurs(Exception):
    """The folder holds something that is not a demo; nothing in it was touched."""

    code = "folder-in-use"

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.en = f"{folder} holds something that is not a demo; choose another with --dir"
        self.zh = f"{folder} 中已有其他内容，未作更改；请用 --dir 另选目录"


class Clock:
    """The machine's clock, and the days the demo does not wait for. Everybody in the city goes by it, the banks too."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._passed = now, timedelta(0)

    def __call__(self) -> datetime:
        return self._now() + self._passed

    def let_pass(self, time: timedelta) -> None:
        """So much later, at once."""
        self._passed += time


def run(folder: Path, households: int, banks: int, now: Callable[[], datetime], tell: Tell) -> Outcome:
    """The journey of a city of invented people. Raises NotOurs."""
    started, clock = time.monotonic(), Clock(now)
    _make_room(folder)
    tell("准备城市、密钥和银行", "making the city, keys and banks", 0, banks)
    city = invent(folder / "city", households=households, banks=banks)
    home = folder / "centre"
    found(Founding(home, CENTRE, "示例核对中心", REGION, ADMIN, rates=city.rates, suite=NATIONAL), clock())
    plans, opened = cast.plans(city), []
    for done, plan in enumerate(plans, 1):
        opened.append(exchange_keys(folder / "banks" / plan.code, home, plan, clock()).bank)
        tell("准备城市、密钥和银行", "making the city, keys and banks", done, banks)
    with Simulation(opened, clock) as simulation:
        for bank in simulation.banks.values():
            write_connection(home, bank.folder / "bank.yaml", bank.where)
        journey = _Journey(Deployment.open(home, clock), simulation, plans, clock, tell)
        return journey.made(city, folder / "discs", started)


def _make_room(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise NotOurs(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    (folder / MARK).touch()


@dataclasses.dataclass(frozen=True)
class _Journey:
    """One city's way through the steps."""

    deployment: Deployment
    simulation: Simulation
    plans: list[Plan]
    clock: Clock
    tell: Tell

    def made(self, city: City, discs: Path, started: float) -> Outcome:
        """From the sheet to the last edition of every report."""
        parts = self.deployment.parts
        day = parts.day(self.clock())
        with parts.ledger.begin() as tx:
            for name, role in ((CLERK, "operator"), (COLLEAGUE, "approver")):
                people.add(tx, at=self.clock(), name=name, roles=[role], centre=CENTRE, region=REGION, by=ADMIN)
        rows = door.read_rows(city.requests.read_bytes(), parts)
        taken = door.take_in(parts, rows, CLERK, self.clock())
        households = taken.households["new"]
        self.tell("受理申请表", "households taken in", taken.rows, taken.rows)
        scans = attach_folder(parts, draw(city.requests, city.folder / "scans"), rows, CLERK, self.clock()).attached
        self.tell("授权书扫描件", "scans of authorizations", scans, scans)
        with _stepper(self.deployment, self.clock) as step:
            self._ask(step, discs)
            self._await(step, self._playing("answers", "miscounts"))
            self.clock.let_pass(DAYS_PASS)
            first = step("conclude").get("reports", 0)
            self.tell("家庭报告", "household reports", first, households)
            self._await(step, self._playing("late"))
            later = step("conclude").get("reports", 0)
        made = summary.Made(day, taken, scans, first, later, round(time.monotonic() - started, 1))
        told = summary.of(parts, self.simulation, self.plans, made)
        return Outcome(told, _one_report(self.deployment, self.clock()), dict(taken.refused))

    def _playing(self, *behaviours: str) -> frozenset[str]:
        return frozenset(plan.code for plan in self.plans if plan.behaviours[0] in behaviours)

    def _ask(self, step: Step, discs: Path) -> None:
        """By every road; then once more, which looks for what was lost sight of. What goes by media, the courier carries."""
        step("gather")
        step("dispatch")
        step("dispatch")
        courier = Courier(self.deployment, discs, CLERK, COLLEAGUE)
        for bank in (each for each in self.simulation.banks.values() if each.road == "media"):
            self.tell("两人携光盘往返", "two persons carry the disc", 0, 1)
            courier.carry(self.deployment.parts.banks.working[bank.code], bank)
            courier.give_back()
            self.tell("两人携光盘往返", "two persons carry the disc", 1, 1)

    def _await(self, step: Step, speaking: Collection[str]) -> None:
        """Collect and settle until these banks have spoken."""
        until = time.monotonic() + ANSWERS_WITHIN_S
        while time.monotonic() < until:
            step("collect")
            step("settle")
            banks = survey(self.deployment.parts)["banks"]
            self.tell("银行反馈", "lines answered", sum(b["answered"] for b in banks), sum(b["lines"] for b in banks))
            if all(set(b["states"]) <= {"ANSWERED", "HELD"} for b in banks if b["code"] in speaking):
                return
            time.sleep(LOOK_EVERY_S)


@contextmanager
def _stepper(deployment: Deployment, clock: Clock) -> Iterator[Step]:
    with lanes_executor() as executor:

        def step(name: str) -> dict[str, int]:
            return runner.run(name, deployment.parts, clock(), executor).counts

        yield step


def _one_report(deployment: Deployment, now: datetime) -> dict[str, Any]:
    """The first household of the sheet: it holds something of every kind. As things stand, where its report was not made yet."""
    with deployment.ledger.read() as tx:
        first = answers.inquiries(tx, CENTRE)[0]
    return standing.kept(deployment.parts, first) or {**next(standing.draw(deployment.parts, [first], now)[1]), "version": 0}
