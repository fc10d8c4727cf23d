"""A whole city on this machine: a deployment, real banks on real SFTP (some misbehave on purpose), the journey, the summary."""

import dataclasses
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from config.bankside import Behaviour
from connector.assembly import Deployment, lanes_executor
from connector.bankside.invented import City, invent
from connector.bankside.joining import exchange_keys, write_connection
from connector.bankside.opening import Plan
from connector.bankside.simulate import Simulation
from connector.founding import Founding, found
from connector.intake import door
from connector.ledger import answers, people
from connector.status import survey
from connector.steps import runner
from connector.steps.conclude import kept

CENTRE, REGION, CLERK, ADMIN = "demo-centre", "880101", "demo-clerk", "demo-admin"
PROFILES = ("hxcb", "gdyz")
MARK = ".demo"  # a folder that holds it is ours to make anew
ANSWERS_WITHIN_S = 120.0
LOOK_EVERY_S = 0.2

Tell = Callable[[str, str, int, int], None]  # zh, en, done, total


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


def run(folder: Path, households: int, banks: int, now: Callable[[], datetime], tell: Tell) -> Outcome:
    """The journey of a city of invented people. Raises NotOurs."""
    started = time.monotonic()
    _make_room(folder)
    tell("准备城市、密钥和银行", "making the city, keys and banks", 0, banks)
    city = invent(folder / "city", households=households, banks=banks)
    home = folder / "centre"
    found(Founding(home, CENTRE, "示例核对中心", REGION, ADMIN, rates=city.rates), now())
    plans = _plans(city)
    handed = {}
    for done, plan in enumerate(plans, 1):
        handed[plan.code] = exchange_keys(folder / "banks" / plan.code, home, plan, now())
        tell("准备城市、密钥和银行", "making the city, keys and banks", done, banks)
    with Simulation([each.bank for each in handed.values()], now) as simulation:
        for plan, institution in zip(plans, city.institutions, strict=True):
            bank = simulation.banks[plan.code]
            write_connection(home, plan, institution.kind, handed[plan.code].user, bank.address, bank.pin)
        return _journey(home, city, plans, now, tell, started)


def _plans(city: City) -> list[Plan]:
    """The banks answer, but for the last two: one stays silent, one lies in its trailer."""
    count = len(city.institutions)
    odd: dict[int, Behaviour] = {count - 3: "silent", count - 2: "miscounts"}
    return [
        Plan(each.code, each.name, PROFILES[number % 2], city.folder, (odd.get(number, "answers"),))
        for number, each in enumerate(city.institutions)
    ]


# ---------------------------------------------------------------- preparing
def _make_room(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise NotOurs(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    (folder / MARK).touch()


# ---------------------------------------------------------------- the journey
def _journey(home: Path, city: City, plans: list[Plan], now: Callable[[], datetime], tell: Tell, started: float) -> Outcome:
    deployment = Deployment.open(home, now)
    parts = deployment.parts
    with parts.ledger.begin() as tx:
        people.add(tx, at=now(), name=CLERK, roles=["operator"], centre=CENTRE, region=REGION, by=ADMIN)
    taken = door.take_in(parts, door.read_rows(city.requests.read_bytes(), parts), CLERK, now())
    tell("受理申请表", "households taken in", taken.rows, taken.rows)
    with _stepper(deployment) as step:
        step("gather", now())
        step("dispatch", now())
        _await_answers(deployment, plans, step, now, tell)
        # The demo does not wait two working days for the silent bank: it lets the deadline pass by its own clock.
        step("conclude", now() + timedelta(days=30))
    tell("家庭报告", "household reports", taken.households["new"], taken.households["new"])
    summary = _summary(survey(parts), plans, taken, round(time.monotonic() - started, 1))
    return Outcome(summary, _one_report(deployment), dict(taken.refused))


@contextmanager
def _stepper(deployment: Deployment) -> Iterator[Callable[[str, datetime], None]]:
    with lanes_executor() as executor:

        def step(name: str, at: datetime) -> None:
            runner.run(name, deployment.parts, at, executor)

        yield step


def _await_answers(
    deployment: Deployment, plans: list[Plan], step: Callable[[str, datetime], None], now: Callable[[], datetime], tell: Tell
) -> None:
    """Collect and settle until every bank that speaks has spoken."""
    speaking = {plan.code for plan in plans if plan.behaviours != ("silent",)}
    until = time.monotonic() + ANSWERS_WITHIN_S
    while time.monotonic() < until:
        step("collect", now())
        step("settle", now())
        banks = survey(deployment.parts)["banks"]
        tell("银行反馈", "lines answered", sum(b["answered"] for b in banks), sum(b["lines"] for b in banks))
        if speaking <= {b["code"] for b in banks if set(b["states"]) <= {"ANSWERED", "HELD"}}:
            return
        time.sleep(LOOK_EVERY_S)


# ---------------------------------------------------------------- what is shown
def _summary(found: dict[str, Any], plans: list[Plan], taken: door.Taken, seconds: float) -> dict[str, Any]:
    behaviours = {plan.code: plan.behaviours[0] for plan in plans}
    banks = [_bank(bank, behaviours[bank["code"]]) for bank in found["banks"]]
    return {
        "schema": "demo/1",
        "households": taken.households["new"],
        "persons": taken.accepted,
        "lines": sum(bank["lines"] for bank in banks),
        "answered": sum(bank["answered"] for bank in banks),
        "found": sum(bank["outcomes"].get("found", 0) for bank in found["banks"]),
        "refused_rows": sum(map(len, taken.refused.values())),
        "seconds": seconds,
        "banks": banks,
    }


def _bank(bank: dict[str, Any], behaviour: str) -> dict[str, Any]:
    states = list(bank["states"])
    return {
        "code": bank["code"],
        "name": bank["name"],
        "behaviour": behaviour,
        "lines": bank["lines"],
        "answered": bank["answered"],
        "response_rate": bank["response_rate"],
        "state": states[0] if len(states) == 1 else ", ".join(states),
        "problem": bank["problems"][0] if bank["problems"] else None,
    }


def _one_report(deployment: Deployment) -> dict[str, Any]:
    """The first household of the sheet: it holds something of every kind."""
    with deployment.ledger.read() as tx:
        first = answers.inquiries(tx, CENTRE)[0]
    return kept(deployment.parts, first) or {}
