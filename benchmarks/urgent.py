"""How long an urgent household waits while a monthly round is under way: accepted → first report, at line banks that answer after 2 s.

    python -m benchmarks.urgent [--households 100] [--banks 4] [--round-lines 20000] [--when answered] [--json]

A whole deployment; the banks stand in a process of their own behind real dedicated lines, half of them over TCP (the answer comes in the
call), half over HTTPS (it is asked for). The clock is ``connector worker``, as anybody runs it. URGENT_SAMPLES=FILE has it sampled.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from sqlalchemy import func, select

from config.yaml_file import write_yaml
from connector import demo
from connector.assembly import Deployment, clock
from connector.bankside.invented import invent
from connector.bankside.joining import exchange_keys, write_connection
from connector.bankside.opening import Plan
from connector.bankside.simulate import Simulation
from connector.founding import Founding, found
from connector.intake import door
from connector.intake.sheet import TITLES
from connector.ledger import people
from connector.ledger.ledger import Ledger
from connector.ledger.tables import batch, edition, inquiry, report, roster
from connector.moments import parse

AIM_P95_S = 30.0
BANK_ANSWERS_AFTER = timedelta(seconds=2)
LINES_A_FILE = 100  # a line bank takes small messages: the round is hundreds of questions, each waited for
PROFILES = tuple(Path(__file__).resolve().parent / "profiles" / name / "2026.1.yaml" for name in ("urgent-tcp", "urgent-https"))
LOOK_EVERY_S, GIVES_UP_S = 0.2, 600.0
DESK_LOOKS_EVERY_S = (
    1.0  # a bank that is asked for its answers looks so often for questions; more would be the machine of the banks at work
)
WHEN = (
    "answered",
    "sealed",
)  # when the urgent sheet comes: once every bank has answered of the round, or while it is still being cut


def main() -> None:
    options = argparse.ArgumentParser(description="Ask 100 urgent households while a monthly round runs, and without it.")
    options.add_argument("--households", type=int, default=100)
    options.add_argument("--banks", type=int, default=4)
    options.add_argument("--round-lines", type=int, default=20_000, help="persons × banks")
    options.add_argument("--when", choices=WHEN, action="append")
    options.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    options.add_argument("--processes", type=int, default=0, help="for heavy steps (service.yaml: heavy)")
    options.add_argument("--no-floor", action="store_true")
    options.add_argument("--json", action="store_true")
    options.add_argument("--half", choices=("banks",), help=argparse.SUPPRESS)  # in the child
    options.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.half:
        serve_banks(asked.folder)
        return
    report = measure(asked)
    print(json.dumps(report, indent=1) if asked.json else table(report), flush=True)


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    """Every run in a deployment of its own."""
    runs: dict[str, Any] = {}
    for when in [*(asked.when or WHEN), *([] if asked.no_floor else ["alone"])]:
        with _database(postgresql=asked.postgresql) as database, tempfile.TemporaryDirectory() as folder:  # made-up people only
            runs[when] = run(Path(folder), asked, when, database)
    keys = ("households", "banks", "round_lines", "processes")
    return {
        "schema": "benchmark-urgent/1",
        "aim_p95_s": AIM_P95_S,
        "database": "PostgreSQL" if asked.postgresql else "SQLite",
        **{key: getattr(asked, key) for key in keys},
        "runs": runs,
    }


@contextmanager
def _database(*, postgresql: bool) -> Iterator[str]:
    if not postgresql:
        yield "sqlite:///ledger.db"
        return
    from tests.real_postgres import RealPostgres

    with RealPostgres() as server:
        yield server.fresh()


def table(report: dict[str, Any]) -> str:
    lines = [
        f"{report['households']} urgent households at {report['banks']} line banks, a round of {report['round_lines']:,} lines,"
        f" {report['database']}; accepted → report, seconds"
    ]
    for name, run in report["runs"].items():
        told = f"{name:9} p50 {run['p50_s']:5.1f}  p95 {run['p95_s']:5.1f}  max {run['max_s']:5.1f}"
        aim = "" if name == "alone" else f"  (aim: p95 ≤ {report['aim_p95_s']:.0f})"
        lines.append(
            f"{told}{aim}  round answered {run['round_before']:,} → {run['round_after']:,} of {run['round_lines']:,} lines"
        )
    return "\n".join(lines)


# ---- one run ------------------------------------------------------------------------------------------------------------------------


def run(folder: Path, asked: argparse.Namespace, when: str, database: str) -> dict[str, Any]:
    """Prepare, let the round come under way, take the urgent sheet in, wait for the last report."""
    alone = when == "alone"
    home = prepare(folder, asked.households, asked.banks, 0 if alone else asked.round_lines // asked.banks, database)
    if asked.processes:
        _amend(home / "service.yaml", heavy={"processes": asked.processes})
    with running([sys.executable, "-m", "benchmarks.urgent", "--half", "banks", "--folder", str(folder)]):
        deployment = Deployment.open(home)
        with running(worker(home, folder / "worker.log")):
            if alone:
                time.sleep(3)
            else:
                take_in(deployment, folder / "round.csv")
                _until(lambda: _under_way(deployment.ledger, asked.banks, when))
            before = _round(deployment.ledger)
            take_in(deployment, folder / "urgent.csv")
            seen = _reports(deployment.ledger, asked.households)
            after = _round(deployment.ledger)
    return figures(seen) | {"round_lines": after[0], "round_before": before[1], "round_after": after[1]}


def figures(waits: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """``waits``: of each household, seconds until its report was to be had, and by the report's own date (when its pass began)."""
    had, dated = (sorted(each) for each in zip(*waits, strict=True))
    cuts = statistics.quantiles(had, n=100, method="inclusive")
    by_date = statistics.quantiles(dated, n=100, method="inclusive")
    figures = {"p50_s": cuts[49], "p95_s": cuts[94], "max_s": had[-1], "dated_p50_s": by_date[49], "dated_p95_s": by_date[94]}
    return {name: round(value, 2) for name, value in figures.items()}


def worker(home: Path, log: Path) -> list[str]:
    """The real command; under a sampler where the environment names a file for it."""
    samples = os.environ.get("URGENT_SAMPLES")
    sampled = ["benchmarks.sampling", samples, "connector"] if samples else ["connector"]
    line = " ".join([sys.executable, "-m", *sampled, "worker", "--json", "--dir", str(home)])
    return ["sh", "-c", f"exec {line} > {os.environ.get('URGENT_LOG', log)}"]


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours for the length of the block; one that says READY has said it when the block begins."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if "--half" in command and process.stdout is not None and process.stdout.readline() != READY:
            raise SystemExit("the banks did not come up")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def take_in(deployment: Deployment, sheet: Path) -> None:
    """As ``connector intake`` does."""
    parts = deployment.parts
    taken = door.take_in(parts, door.read_rows(sheet.read_bytes(), parts), demo.CLERK, clock())
    if taken.accepted != taken.rows:
        raise SystemExit(f"the sheet was not taken whole: {dict(taken.refused)}")


def _until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + GIVES_UP_S
    while not true():
        if time.monotonic() > ends:
            raise SystemExit(f"not within {GIVES_UP_S:.0f} s")
        time.sleep(LOOK_EVERY_S)


def _under_way(ledger: Ledger, banks: int, when: str) -> bool:
    of = batch if when == "sealed" else batch.join(edition, edition.c.batch == batch.c.id)
    with ledger.read() as tx:
        return int(tx.execute(select(func.count(batch.c.institution.distinct())).select_from(of)).scalar_one()) == banks


def _round(ledger: Ledger) -> tuple[int, int]:
    """Lines of the round: all that were cut, and those in answered batches."""
    ours = select(func.coalesce(func.sum(batch.c.lines), 0)).select_from(batch.join(roster, roster.c.id == batch.c.roster))
    with ledger.read() as tx:
        cut, answered = (
            int(tx.execute(query).scalar_one())
            for query in (ours.where(~roster.c.urgent), ours.where(~roster.c.urgent, batch.c.answered_at.is_not(None)))
        )
    return cut, answered


def _reports(ledger: Ledger, households: int) -> list[tuple[float, float]]:
    """See ``figures``. A report is dated by when its pass began, so that it is there is looked for besides."""
    first = select(inquiry.c.id, inquiry.c.received_at, func.min(report.c.made_at).label("made_at"))
    query = (
        first.join(report, report.c.inquiry == inquiry.c.id).where(inquiry.c.urgent).group_by(inquiry.c.id, inquiry.c.received_at)
    )
    waits: dict[int, tuple[float, float]] = {}

    def all_there() -> bool:
        with ledger.read() as tx:
            rows = tx.execute(query).all()
        now = clock()
        for row in rows:
            received = parse(row.received_at)
            waits.setdefault(row.id, (_seconds(received, now), _seconds(received, parse(row.made_at))))
        return len(waits) == households

    _until(all_there)
    return list(waits.values())


def _seconds(begins: datetime, ends: datetime) -> float:
    return (ends - begins).total_seconds()


# ---- a deployment, its banks and two sheets -----------------------------------------------------------------------------------------


def prepare(folder: Path, households: int, banks: int, persons: int, database: str) -> Path:
    """A city, a deployment founded, its banks joined; round.csv with so many persons, urgent.csv; the deployment's folder."""
    now = clock()
    city = invent(folder / "city", households=households + persons // 2, banks=banks, as_of=now.date() - timedelta(days=1))
    _write_sheets(city.requests, folder, households, persons)
    home = folder / "centre"
    found(Founding(home, demo.CENTRE, "centre", demo.REGION, demo.ADMIN, rates=city.rates, database=database), now)
    paths = []
    for bank, profile in zip(city.institutions, itertools.cycle(PROFILES), strict=False):
        plan = Plan(
            bank.code,
            bank.name,
            str(profile),
            city.folder,
            behaviours=("late",),
            kind=bank.kind,
            late_after=BANK_ANSWERS_AFTER,
        )
        paths.append(str(exchange_keys(folder / "banks" / bank.code, home, plan, now).bank))
    (folder / "banks.json").write_text(json.dumps(paths), "utf-8")
    with Deployment.open(home).ledger.begin() as tx:
        people.add(tx, at=now, name=demo.CLERK, roles=["operator"], centre=demo.CENTRE, region=demo.REGION, by=demo.ADMIN)
    return home


def _write_sheets(requests: Path, folder: Path, households: int, persons: int) -> None:
    """The first households are urgent; those that follow are the round's."""
    sheet = load_workbook(requests, read_only=True).active
    titles, *rows = sheet.iter_rows(values_only=True)  # type: ignore[union-attr]
    number, kind = (titles.index(TITLES[name]) for name in ("household_no", "check_type"))
    homes = [list(home) for _, home in itertools.groupby(rows, key=lambda row: row[number])]
    before = itertools.accumulate(map(len, homes[households:]), initial=0)
    regular = [home for home, so_far in zip(homes[households:], before, strict=False) if so_far < persons]
    for name, word, chosen in (("urgent", "举报", homes[:households]), ("round", "定期", regular)):
        lines: Iterable[Sequence[Any]] = ([*row[:kind], word, *row[kind + 1 :]] for home in chosen for row in home)
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([titles, *lines])


def _amend(path: Path, **said: Any) -> None:
    import yaml

    write_yaml(path, {**yaml.safe_load(path.read_text("utf-8")), **said})


# ---- the banks' process -------------------------------------------------------------------------------------------------------------

READY = b"ready\n"


def serve_banks(folder: Path) -> None:
    """Every bank at its line; their connections are written for the centre, open at all hours."""
    paths = [Path(each) for each in json.loads((folder / "banks.json").read_text("utf-8"))]
    with Simulation(paths, clock, look_every_s=DESK_LOOKS_EVERY_S) as simulation:
        for bank in simulation.banks.values():
            write_connection(folder / "centre", bank.folder / "bank.yaml", bank.where)
            said = folder / "centre" / "connections" / f"{bank.code}.yaml"
            _amend(said, hours="always", limits={"lines_max": LINES_A_FILE})
        sys.stdout.buffer.write(READY)
        sys.stdout.flush()
        signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    main()
