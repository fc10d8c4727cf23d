"""How fast households come in and an answer is settled, beside a bare reader and a bare split of the same bytes, in one run.

    python -m benchmarks.service [--households 4000] [--json]

A whole deployment on SQLite with one bank; the bank's answer is made before the clock runs. Each half runs in a process of its own, so
that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import csv
import functools
import io
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from bank_profiles.language.profile import Profile
from bank_profiles.layouts.making import layout
from bank_profiles.packing.steps import unpack
from benchmarks import limits
from connector import demo
from connector.assembly import Deployment, clock, lanes_executor
from connector.bankside.desk import Desk
from connector.bankside.invented import invent
from connector.bankside.joining import exchange_keys, write_connection
from connector.bankside.opening import Plan
from connector.bankside.respond import respond
from connector.bankside.simulate import Door
from connector.founding import Founding, found
from connector.intake import door
from connector.ledger import answers, people, rosters
from connector.lifecycle import Move
from connector.steps import runner

HALVES = ("intake", "settle")
BANKS = 4
NOBODY = "SHA256:" + "A" * 43


def main() -> None:
    options = argparse.ArgumentParser(description="Take households in and settle one bank's answer.")
    options.add_argument("--households", type=int, default=4_000)
    options.add_argument("--json", action="store_true")
    options.add_argument("--half", choices=("prepare", *HALVES), help=argparse.SUPPRESS)  # in the child
    options.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.half == "prepare":
        print(json.dumps(prepare(asked.folder, asked.households)))
        return
    if asked.half:
        print(json.dumps({"intake": run_intake, "settle": run_settle}[asked.half](asked.folder)))
        return
    with tempfile.TemporaryDirectory() as folder:  # made-up people only
        _child("prepare", Path(folder), asked.households)  # apart too: a child's peak would begin with its parent's
        results = {half: _child(half, Path(folder), asked.households) for half in HALVES}
    report = {"schema": "benchmark-service/1", "households": asked.households, **results}
    print(json.dumps(report, indent=1) if asked.json else table(report))


def _child(half: str, folder: Path, households: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.service", "--half", half, "--folder", str(folder)]
    command += ["--households", str(households)]
    result: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return result


def table(report: dict[str, Any]) -> str:
    intake, settle = report["intake"], report["settle"]
    return "\n".join(
        [
            f"{report['households']:,} households",
            f"intake  {intake['rows']:,} rows in {intake['seconds']:.2f} s: {intake['rows'] / intake['seconds']:,.0f} rows/s,"
            f" {intake['times_limit']} × csv.DictReader over the same sheet, peak {intake['peak_mib']} MiB",
            f"settle  {settle['lines']:,} lines, {settle['rows']:,} rows in {settle['seconds']:.2f} s:"
            f" {settle['rows'] / settle['seconds']:,.0f} rows/s, {settle['times_limit']} × a bare split of the same files,"
            f" peak {settle['peak_mib']} MiB",
        ]
    )


# ---- the parent: a deployment and one bank ------------------------------------------------------------------------------------------


def prepare(folder: Path, households: int) -> dict[str, Any]:
    """A city, a deployment founded, one bank connected; the sheet once more as csv."""
    city = invent(folder / "city", households=households, banks=BANKS)
    _as_csv(city.requests, folder / "requests.csv")
    home = folder / "centre"
    now = clock()
    found(Founding(home, demo.CENTRE, "centre", demo.REGION, demo.ADMIN, rates=city.rates), now)
    bank = city.institutions[0]
    plan = Plan(bank.code, bank.name, "hxcb", city.folder, kind=bank.kind)
    handed = exchange_keys(folder / "banks" / bank.code, home, plan, now)
    write_connection(home, handed.bank, Door("127.0.0.1", 22, NOBODY))  # parcels are carried by hand here
    with Deployment.open(home).ledger.begin() as tx:
        people.add(tx, at=now, name=demo.CLERK, roles=["operator"], centre=demo.CENTRE, region=demo.REGION, by=demo.ADMIN)
    return {}


def _as_csv(workbook: Path, target: Path) -> None:
    sheet = load_workbook(workbook, read_only=True).active
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(sheet.iter_rows(values_only=True))  # type: ignore[union-attr]


# ---- the children -------------------------------------------------------------------------------------------------------------------


def run_intake(folder: Path) -> dict[str, Any]:
    """Read, judge, seal and write a sheet; the limit only reads its cells."""
    content = (folder / "requests.csv").read_bytes()
    limit = _seconds(lambda: sum(1 for _ in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))))
    parts = Deployment.open(folder / "centre").parts
    started = time.perf_counter()
    taken = door.take_in(parts, door.read_rows(content, parts), demo.CLERK, clock())
    seconds = time.perf_counter() - started
    return {"rows": taken.rows, "seconds": seconds, "times_limit": round(seconds / limit, 1), "peak_mib": _peak()}


def run_settle(folder: Path) -> dict[str, Any]:
    """Open, verify, read, match, seal and name one bank's answers; the limit only decodes and splits the same files."""
    parts = Deployment.open(folder / "centre").parts
    bank = next(iter(parts.banks.working.values()))
    with lanes_executor() as executor:
        runner.run("gather", parts, clock(), executor)
    lines, limit = _answer(folder, parts, bank)
    started = time.perf_counter()
    with lanes_executor() as executor:
        result = runner.run("settle", parts, clock(), executor)
    seconds = time.perf_counter() - started
    if set(result.counts) != {"opened"}:
        raise SystemExit(f"settle ended with {result.counts}")
    with parts.ledger.read() as tx:
        rows = answers.segment_rows(tx)
    return {"lines": lines, "rows": rows, "seconds": seconds, "times_limit": round(seconds / limit, 1), "peak_mib": _peak()}


def _answer(folder: Path, parts: Any, bank: Any) -> tuple[int, float]:
    """Carry the parcels by hand, let the bank answer, lay the answers into the ledger as arrived; (lines, the limit's seconds)."""
    desk = Desk.open(folder / "banks" / bank.code / "bank.yaml")
    profile = desk.profile(clock())
    desk.make_folders(profile)
    with parts.ledger.read() as tx:
        batches = rosters.batches(tx, bank.code)
    send, take = (desk.root / part.lstrip("/") for part in (profile.channel.send_dir, profile.channel.take_dir))
    for row in batches:
        (send / row.parcel_name).write_bytes(b"".join(parts.objects.get(row.parcel_digest)))
        (send / f"{row.parcel_name}.ok").touch()
        with parts.ledger.begin() as tx:
            rosters.move(tx, row.id, Move.SEND, clock())
    respond(desk, clock())
    limit = 0.0
    for path in sorted(p for p in take.iterdir() if p.suffix == ".p7m"):
        digest, size = parts.objects.put([path.read_bytes()])
        with parts.ledger.begin() as tx:
            answers.add_inbound(tx, bank.code, path.name, size, digest, "arrived", clock())
        content = b"".join(bank.channel(profile).open(lambda path=path: iter([path.read_bytes()]), clock()))
        limit += _split(profile, path.name, content)
    shutil.rmtree(take)
    return sum(row.lines for row in batches), limit


def _split(profile: Profile, name: str, content: bytes) -> float:
    """Decode and split every file of a package of delimited files, and nothing else."""
    seconds = 0.0
    for key, member in zip(profile.response.files, unpack(profile.response.package, name, [content]), strict=False):
        plan, data = layout(profile, "response", key), list(member.blocks)
        seconds += _seconds(functools.partial(limits.split_delimited, plan, data))
    return seconds


def _seconds(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _peak() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
