"""Who hears of a fault, and when: each way a road may end is played into the real steps, and ``status`` is read as a person would.

That a fault ends so is proved by the runner of its table; here a road that ends so stands behind a real deployment.
"""

import dataclasses
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest

from connector.alarms import LASTS
from connector.assembly import Deployment
from connector.bank import Bank, Banks, Way
from connector.bankside.invented import invent
from connector.ledger.ledger import Ledger
from connector.parts import Parts
from connector.status import survey
from connector.steps import runner
from connector.turned_away import WORDS
from tests.faults.table import AT_THE_BANK, PUTS, read_table
from tests.road_town import Founded, RoadTown
from tests.roads import Mounted
from transports.errors import Refused, TransportError, Unreachable
from transports.transport import Blocks, Delivery, Presence, Put, Remote

ERRORS: dict[str, type[TransportError]] = {"Unreachable": Unreachable, "Refused": Refused}
STEPS = {"put": "dispatch", "look": "dispatch", "list": "collect", "get": "collect", "acknowledge": "collect"}
ACTS = {**{act: act for act in STEPS}, "post": "put", "word": "put", "poll": "list", "fetch": "get"}  # place of a table → act
AT_OUR_DOOR = {"call-back": frozenset(WORDS)}  # who calls us: tests/connector/test_turned_away.py looks
EN, ZH = "The road ended so; ask the peer.", "通道如此结束；请与对方核实。"
ANSWER = b"sealed answer"


@dataclasses.dataclass(frozen=True)
class End:
    """One way an act of a road ends, as at least one row of a table says. ``opening``: the line itself could not be had."""

    ends: str
    code: str
    kind: str
    alarm: bool
    where: str
    opening: bool = False

    def __str__(self) -> str:
        return "-".join([self.where, "opening" if self.opening else "", self.ends, self.code]).replace("--", "-")


def ends() -> list[End]:
    """Every distinct one; what stops a put and a listing alike, and surely did nothing, may stop the opening of the line."""
    rows = [row for road in ("sftp", "https", "tcp") for row in read_table(road) if not row.not_run and row.code]
    found = {End(row.ends, row.code, row.kind, row.alarm, ACTS[where]) for row in rows for where in row.where if where in ACTS}
    opening = {dataclasses.replace(end, opening=True) for end in found if end.ends != "in_doubt" and end.where in ("put", "list")}
    return sorted(found | opening, key=str)


class Ending:
    """A road of which one act ends as it is told, and every other as if nothing were wrong."""

    strange: Sequence[tuple[str, str]] = ()

    def __init__(self, end: End | None) -> None:
        self._end = end
        if end is not None and end.opening:
            raise self._error(end)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None: ...

    def close(self) -> None: ...

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        if self._end is None or self._end.where == "look":
            return Put(Delivery.IN_DOUBT, "doubtful", "The line broke before; we look.", "线路先前中断，将先核查。")
        assert self._end.kind == PUTS[Delivery(self._end.ends)]
        return Put(Delivery(self._end.ends), self._end.code, EN, ZH)

    def look(self, name: str, size: int, digest: str) -> Presence:
        self._ends("look")
        return Presence.ABSENT

    def list(self, awaited: Sequence[str] = ()) -> list[Remote]:
        self._ends("list")
        return [Remote("answer.p7m", len(ANSWER), 0)]

    def get(self, name: str) -> Iterator[bytes]:
        self._ends("get")
        yield ANSWER

    def acknowledge(self, name: str) -> None:
        self._ends("acknowledge")

    def _ends(self, where: str) -> None:
        if self._end is not None and self._end.where == where:
            raise self._error(self._end)

    @staticmethod
    def _error(end: End) -> TransportError:
        return ERRORS[end.kind](EN, ZH, code=end.code)


@dataclasses.dataclass(frozen=True)
class Scene:
    """A deployment whose parcels wait to be sent; each scene has a ledger of its own, as it was before anything went wrong."""

    parts: Parts
    bank: Bank
    now: datetime
    executor: ThreadPoolExecutor

    def passes(self, step: str, end: End | None, now: datetime) -> None:
        """One pass of the real step over a road that ends so."""
        way = Way("sftp", lambda: Ending(end), leaves_files=True)
        bank = dataclasses.replace(self.bank, ways=lambda _day: (way,))
        parts = dataclasses.replace(self.parts, banks=Banks({bank.code: bank}))
        runner.run(step, parts, now, self.executor)

    def problem(self, code: str, now: datetime) -> dict[str, Any]:
        """What ``status`` says of the bank under a code, exactly once."""
        (bank,) = [each for each in survey(self.parts, now)["banks"] if each["code"] == self.bank.code]
        (why,) = [each for each in bank["problems"] if each["code"] == code]
        return dict(why)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, datetime]]:
    folder = tmp_path_factory.mktemp("alarms")
    invent(folder / "city", households=2, banks=4)
    with Founded(folder / "founded", folder / "city") as founded, RoadTown(folder / "town", founded, Mounted()) as town:
        town.passes("gather", at_once=1)
        yield town.deployment(), town.at


@pytest.fixture
def scene(founded: tuple[Deployment, datetime], tmp_path: Path) -> Iterator[Scene]:
    deployment, now = founded
    with sqlite3.connect(deployment.parts.folder / "ledger.db") as theirs, sqlite3.connect(tmp_path / "ledger.db") as ours:
        theirs.backup(ours)
    parts = dataclasses.replace(deployment.parts, ledger=Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}"))
    with ThreadPoolExecutor(1) as executor:
        yield Scene(parts, next(iter(parts.banks.working.values())), now + timedelta(hours=1), executor)


@pytest.mark.parametrize("end", ends(), ids=str)
def test_a_fault_alarms_at_once_or_when_it_lasts_as_its_row_says(end: End, scene: Scene) -> None:
    step, now = STEPS[end.where], scene.now
    if end.where == "look":
        scene.passes(step, None, now - timedelta(minutes=15))
    scene.passes(step, end, now)
    at_once = scene.problem(end.code, now + timedelta(seconds=59))

    assert (end.alarm, EN, ZH) == (at_once["alarm"], at_once["en"], at_once["zh"])
    assert at_once["about"]
    scene.passes(step, end, now + LASTS + timedelta(minutes=1))
    assert scene.problem(end.code, now + LASTS + timedelta(minutes=2))["alarm"]


def test_no_alarm_of_a_line_is_left_to_nobody() -> None:
    """What alarms at a place that is no act of ours is looked at where it happens."""
    rows = [row for road in ("sftp", "https", "tcp") for row in read_table(road) if row.alarm]
    left = {(row.id, where) for row in rows for where in row.where if where not in {*ACTS, *AT_OUR_DOOR, *AT_THE_BANK}}

    assert set() == left
    assert {row.code for row in rows if "call-back" in row.where} <= AT_OUR_DOOR["call-back"]
