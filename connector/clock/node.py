"""One node: it fires its ticks, serves the lanes of the banks side by side, says that it is there, and ends where it stands.

APScheduler only fires, on every node alike; who runs what is decided in the ledger (ticks.py), so that a node may come, go or die at
any time. A line of a bank that hangs keeps its thread and no other's; an urgent line does not wait for a free place.
"""

import dataclasses
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector.clock import ticks
from connector.clock.agenda import Duty, agenda
from connector.clock.duties import Due, Rhythms, due, schedule
from connector.clock.ticks import Daily
from connector.ledger import lanes
from connector.ledger import ticks as kept
from connector.ledger.errors import LedgerError
from connector.ledger.ledger import Ledger
from connector.ledger.rows import Tx
from connector.parts import Parts
from connector.steps import abreast, runner
from connector.steps.giving_way import GAVE_WAY
from connector.steps.runner import is_road
from transports.errors import TransportError

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

DISTRIBUTION = "bank-inquiry-connector"
LOOKS_EVERY_S, LIVES_EVERY_S = 1, 3
# Python lets a thread reckon for 5 ms before another may go on. Each statement of a transaction would wait for that, with the ledger's only
# writer in hand, so threads take turns sooner.
TURNS_S = 0.0005
PAUSE_S, PAUSE_MAX_S = 5.0, 60.0  # before what came to nothing is begun again
ENDS_WITHIN_S = 120.0  # how long a node that was told to stop waits for its lanes; what is cut off is finished by the next one
_NOTHING_DONE = frozenset({"retry", "stopped", "held by another", "lane-lost", "unscanned", "closed", "left", "waits", "unknown"})
Tell = Callable[[Mapping[str, Any]], None]


@dataclasses.dataclass(frozen=True)
class Orders:
    """How a node was told to work: its name, the banks it serves (none: all), how many lines side by side, whom it tells."""

    name: str
    banks: Collection[str] = ()
    at_once: int = abreast.AT_ONCE
    tell: Tell = lambda event: None  # noqa: ARG005
    stopping: threading.Event = dataclasses.field(default_factory=threading.Event)  # set by whoever wants it to end


logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that is still at work when the next one comes is no news


class Node:
    """A running clock. ``parts`` gives the deployment as it is now; ``now`` is the only clock."""

    def __init__(self, parts: Callable[[], Parts], now: Callable[[], datetime], orders: Orders) -> None:
        self._parts, self._now, self._orders = parts, now, orders
        self._ledger: Ledger = parts().ledger
        self._stopping = orders.stopping
        self._guard = threading.Lock()
        self._at_work: dict[str, float] = {}  # line → when its thread began, by the machine's own counter
        self._pauses: dict[tuple[str, str], tuple[float, float]] = {}  # (step, institution) → until when, how long
        self._rhythms = Rhythms()

    # ---------------------------------------------------------------- what it does
    def duty(self, each: Duty, *, anyway: bool = False) -> Mapping[str, int] | None:
        """Run a duty of the agenda where its tick is ours (``anyway``: without a tick); what it did."""
        parts, now = self.parts(), self._now()
        if not each.waits(parts, now):
            return None
        if anyway:
            return self._whole(each, parts, now)
        slot = each.schedule.slot(now, parts.zone)
        return ticks.run(self._ledger, each.name, slot, self._orders.name, self._now, lambda at: self._whole(each, parts, at))

    def _whole(self, each: Duty, parts: Parts, now: datetime) -> Mapping[str, int]:
        counts, why = runner.whole(each.name, parts, each.run, now)
        self._tell("duty", each.name, None, counts, why)
        return counts

    def look(self) -> int:
        """Take up what is due at the banks, each line in a thread of its own; how many lines were taken up."""
        if self._stopping.is_set():
            return 0
        found = self._due()
        begun = 0
        for line, what in found.items():
            with self._guard:
                if line in self._at_work or not self._has_room(line, urgent=what.urgent):
                    continue
                self._at_work[line] = time.monotonic()
            begun += 1
            threading.Thread(
                target=self._guarded, args=(lambda line=line, what=what: self._serve(line, what),), name=line, daemon=True
            ).start()
        return begun

    def round(self) -> int:
        """Everything that is due now, one after the other in this thread; how many things came of it. For a clock that is not the machine's."""
        did = 0
        for each in agenda():
            if not isinstance(each.schedule, Daily):
                counts = self.duty(each, anyway=True) or {}
                did += _done(counts) if each.name in runner.WHOLE else 0
        for what in self._due().values():
            for step, institution, at in what.work:
                did += _done(self._step(step, institution, at) or {})
        return did

    def _due(self) -> dict[str, Due]:
        parts, now = self.parts(), self._now()
        with self._ledger.read() as tx:
            found = due(tx, parts, self._rhythms, now, mine=self._orders.name)
        wanted = self._orders.banks
        for what in found.values():
            what.work = [
                each for each in what.work if (not wanted or each[1] in wanted) and not self._pauses_at(each[0], each[1])
            ]
        return {line: what for line, what in found.items() if what.work}

    def _serve(self, line: str, what: Due) -> None:
        try:
            for step, institution, at in what.work:
                if self._stopping.is_set():
                    return
                self._step(step, institution, at)
        finally:
            with self._guard:
                self._at_work.pop(line, None)
        self.look()  # what follows from it need not wait for the next second

    def _step(self, step: str, institution: str, at: datetime) -> Mapping[str, int] | None:
        parts = self.parts()
        bank = parts.banks.working.get(institution)
        if bank is None:
            return None

        def work(now: datetime) -> Mapping[str, int]:
            counts, why = runner.at_bank(step, parts, bank, now)
            self._tell("pass", step, institution, counts, why)
            return counts

        counts = ticks.run(self._ledger, schedule(step, institution), at, self._orders.name, self._now, work)
        self._note_pause(step, institution, counts or {})
        return counts

    # ---------------------------------------------------------------- how it holds back
    def _has_room(self, line: str, *, urgent: bool) -> bool:
        """Among the roads, or among the lanes beside them: whoever waits at a road takes no place from who writes or reads.

        A line that hangs is not counted: it may keep its thread for ever, and nobody waits for it.
        """
        alike = [began for each, began in self._at_work.items() if is_road(each) == is_road(line)]
        alive = sum(time.monotonic() - began < abreast.LANE_S for began in alike)
        return alive < self._orders.at_once * (2 if urgent else 1)

    def _pauses_at(self, step: str, institution: str) -> bool:
        until, _ = self._pauses.get((step, institution), (0.0, 0.0))
        return self._monotonic() < until

    def _note_pause(self, step: str, institution: str, counts: Mapping[str, int]) -> None:
        """What did nothing although something waits is begun again after a growing pause."""
        if _done(counts) or GAVE_WAY in counts or "held by another" in counts or not counts:
            self._pauses.pop((step, institution), None)
            return
        _, before = self._pauses.get((step, institution), (0.0, 0.0))
        length = min(PAUSE_MAX_S, 2 * before or PAUSE_S)
        self._pauses[step, institution] = self._monotonic() + length, length

    def _monotonic(self) -> float:
        return self._now().timestamp()

    # ---------------------------------------------------------------- its life
    def parts(self) -> Parts:
        """The deployment as it is now, for steps that give way."""
        return dataclasses.replace(self._parts(), gives_way=self._stopping.is_set)

    def live(self) -> None:
        """Say that it is there, and how far the machine's clock is from the database's."""
        with self._ledger.begin() as tx:
            now, theirs = self._now(), kept.clock_of(tx)
            kept.seen(tx, self._orders.name, now, None if theirs is None else round((now - theirs).total_seconds(), 1))

    @contextmanager
    def running(self) -> Iterator[None]:
        """The clock runs within the block. At its end what is under way comes to the end of its current parcel."""
        sys.setswitchinterval(TURNS_S)
        scheduler = self._scheduler()
        with self._ledger.begin() as tx:
            kept.arrive(tx, self._orders.name, release(), self._now())
        self.live()
        scheduler.start()
        try:
            yield
        finally:
            self._stopping.set()
            scheduler.shutdown(wait=True)
            self._wait_for_lanes()
            with self._ledger.begin() as tx:
                kept.leave(tx, self._orders.name, self._now())

    @property
    def name(self) -> str:
        """By which the other nodes know it."""
        return self._orders.name

    @property
    def at_work(self) -> list[str]:
        """The lines being served."""
        with self._guard:
            return sorted(self._at_work)

    def stop(self) -> None:
        """No pass is begun any more, and the ones under way end after their current parcel."""
        self._stopping.set()

    def _wait_for_lanes(self) -> None:
        until = time.monotonic() + ENDS_WITHIN_S
        while self.at_work and time.monotonic() < until:
            time.sleep(0.05)

    def _scheduler(self) -> "BackgroundScheduler":
        from apscheduler.executors.pool import ThreadPoolExecutor  # where a clock runs; status, which asks of nodes, needs none
        from apscheduler.schedulers.background import BackgroundScheduler
        from apscheduler.triggers.interval import IntervalTrigger

        duties = agenda()
        settings = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        made = BackgroundScheduler(
            timezone=self._parts().zone, job_defaults=settings, executors={"default": ThreadPoolExecutor(len(duties) + 2)}
        )
        for each in duties:
            made.add_job(
                self._guarded, _trigger(each), args=[lambda each=each: self.duty(each)], id=each.name, next_run_time=self._now()
            )
        made.add_job(self._guarded, IntervalTrigger(seconds=LOOKS_EVERY_S), args=[self.look], id="at the banks")
        made.add_job(self._guarded, IntervalTrigger(seconds=LIVES_EVERY_S), args=[self.live], id="sign of life")
        return made

    def _guarded(self, work: Callable[[], object]) -> None:
        """What the clock stumbles over is told and tried again at the next tick: a database that is away, a fault of ours."""
        try:
            work()
        except (LedgerError, TransportError) as trouble:
            self._orders.tell({"event": "trouble", "code": trouble.code, "zh": trouble.zh, "en": trouble.en})
        except Exception as bug:
            frame = traceback.extract_tb(bug.__traceback__)[-1]
            what = f"{type(bug).__name__}, {Path(frame.filename).name}:{frame.lineno}"
            said = {"zh": f"程序内部错误（{what}），下一刻再试", "en": f"our fault ({what}); tried again at the next tick"}
            self._orders.tell({"event": "trouble", "code": "our-fault", **said})

    def _tell(
        self, event: str, step: str, institution: str | None, counts: Mapping[str, int], why: Mapping[str, Any] | None
    ) -> None:
        if any(counts.values()) or why:
            said = {"event": event, "step": step, "institution": institution, "counts": dict(counts)}
            self._orders.tell({**said, "problem": why["code"] if why else None, "why": why})


def release() -> str:
    """The program's release, as it is installed; a checkout that is not installed has none."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "–"


def _done(counts: Mapping[str, int]) -> int:
    return sum(number for word, number in counts.items() if word not in _NOTHING_DONE)


def _trigger(duty: Duty) -> Any:
    from apscheduler.triggers.cron import CronTrigger
    from apscheduler.triggers.interval import IntervalTrigger

    if isinstance(duty.schedule, Daily):
        return CronTrigger(hour=duty.schedule.at.hour, minute=duty.schedule.at.minute)
    return IntervalTrigger(seconds=duty.schedule.length.total_seconds())


@contextmanager
def named(ledger: Ledger, folder: Path, wanted: str) -> Iterator[str]:
    """The name of a node, held for its life: the one wanted, or with a number where that one is at work.

    Raises LedgerError (one-node) on SQLite, where a deployment has one node only.
    """
    with ExitStack() as held:
        if ledger.on_sqlite and held.enter_context(lanes.hold(ledger, "node:one", folder)) is None:
            raise LedgerError(
                "this deployment's ledger is on SQLite, which has one node, and that one is running (connector status names it); for more,"
                " move it to PostgreSQL, or leave the clock out here (serve --no-clock)",
                "本部署的台账在 SQLite 上，只能有一个节点，且已在运行（见 connector status）；需要多个节点请改用 PostgreSQL，"
                "或在此不运行时钟（serve --no-clock）",
                code="one-node",
            )
        for number in range(1, 1000):
            name = wanted if number == 1 else f"{wanted}-{number}"
            if held.enter_context(lanes.hold(ledger, kept.lock_of(name), folder)) is not None:
                yield name
                return
    raise LedgerError(
        f"no free name after {wanted}; give one with --name", f"{wanted} 之后已无可用名称；请用 --name 指定", code="node-name"
    )


SILENT_TOLD = timedelta(seconds=60)  # a node not seen for so long is told by status
DRIFT_S = 5.0  # domain rule 97


def told(tx: Tx, parts: Parts, now: datetime) -> list[dict[str, Any]]:
    """Nodes that fell silent without a goodbye, and machines whose clock is not the database's."""
    found: list[dict[str, Any]] = []
    for row in kept.nodes(tx):
        if row.stopped_at is not None:
            continue
        seen = datetime.fromisoformat(row.seen_at).astimezone(parts.zone)
        if seen + SILENT_TOLD < now:
            found.append(
                {
                    "code": "node-silent",
                    "node": row.name,
                    "zh": f"节点 {row.name} 自 {seen:%m-%d %H:%M:%S} 起没有消息；如有其他节点，其工作已被接手。请重新启动它，"
                    f"不再使用的：connector worker --forget {row.name}",
                    "en": f"node {row.name} has not been heard of since {seen:%m-%d %H:%M:%S}; its work is taken over where there is another"
                    f" node. Start it again, or forget it: connector worker --forget {row.name}",
                    "alarm": True,
                }
            )
        if row.drift_s is not None and abs(row.drift_s) > DRIFT_S:
            found.append(
                {
                    "code": "clock-drift",
                    "node": row.name,
                    "zh": f"节点 {row.name} 的机器时钟与数据库相差 {row.drift_s:+.1f} 秒；期限与时段按机器时钟计算。请校时",
                    "en": f"the clock of node {row.name}'s machine is {row.drift_s:+.1f} s from the database's; deadlines and windows go by"
                    " it. Set it right",
                    "alarm": True,
                }
            )
    return found
