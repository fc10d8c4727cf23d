"""How fast the language is read and written, beside a bare limit and a naive reader, in one run.

    python -m benchmarks.language [--rows 1000000] [--json]

Each variant runs in a process of its own, so that its peak memory is its own. Times are the best of three rounds of ``--repeat`` runs
over the same file, which the operating system holds in memory; making up the rows is not counted.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from bank_profiles.catalogue import Catalogue
from bank_profiles.engine.reading import FileReading
from bank_profiles.engine.writing import FileWriting
from bank_profiles.language.formats.delimited import Delimited
from bank_profiles.language.formats.fixed import Fixed
from bank_profiles.language.profile import Profile
from bank_profiles.laying_out import layout
from bank_profiles.layout import FileLayout
from bank_profiles.translation import PackageFacts
from benchmarks import limits, naive
from benchmarks.holdings import holdings

PROFILES = {"hxcb": "detail", "gdyz": "reply"}  # profile → its file with the accounts
ROUNDS = 3
AIM = {"times_limit_max": 2.0, "times_naive_min": 4.0, "peak_mib_max": 400}
DAY = date(2026, 1, 5)
FACTS = PackageFacts("902307450222", "202601050000001", DAY, 1, datetime(2026, 1, 5, 1, 0, tzinfo=UTC))
READ_BYTES = 1 << 20  # as the package gives it


def main() -> None:
    options = argparse.ArgumentParser(description="Read and write a million account lines.")
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--repeat", type=int, default=2)
    options.add_argument("--json", action="store_true")
    options.add_argument("--variant", help=argparse.SUPPRESS)  # in the child: profile/variant
    options.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.variant:
        print(json.dumps(run(*asked.variant.split("/"), asked.file, asked.rows, asked.repeat)))
        return
    with tempfile.TemporaryDirectory() as folder:  # made-up people only
        results = {name: measure(name, Path(folder) / f"{name}.txt", asked.rows, asked.repeat) for name in PROFILES}
    report = {"schema": "benchmark-language/1", "rows": asked.rows, "aim": AIM, "profiles": results}
    print(json.dumps(report, indent=1) if asked.json else table(report))


# ---- the parent: one child a variant ------------------------------------------------------------------------------------------------


def measure(profile: str, file: Path, rows: int, repeat: int) -> dict[str, Any]:
    """All variants of one profile, and how they compare. Limit and read take turns, so that neither gets the quieter minute."""
    results = {"write": _child(f"{profile}/write", file, rows, 1)}
    for _ in range(ROUNDS):
        for variant in ("limit", "read"):
            results[variant] = _better(results.get(variant), _child(f"{profile}/{variant}", file, rows, repeat))
    results["naive"] = _child(f"{profile}/naive", file, rows, 1)
    read = results["read"]["seconds"]
    return {
        "file_bytes": file.stat().st_size,
        "variants": results,
        "times_limit": round(read / results["limit"]["seconds"], 2),
        "times_naive": round(results["naive"]["seconds"] / read, 1),
    }


def _better(one: dict[str, Any] | None, other: dict[str, Any]) -> dict[str, Any]:
    """The shorter time; the higher peak."""
    return other if one is None else {name: (min if name == "seconds" else max)(one[name], other[name]) for name in other}


def _child(variant: str, file: Path, rows: int, repeat: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.language", "--variant", variant, "--file", str(file)]
    command += ["--rows", str(rows), "--repeat", str(repeat)]
    result: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return result


def table(report: dict[str, Any]) -> str:
    lines = [f"{report['rows']:,} account lines", f"{'':16}{'seconds':>9}{'rows/s':>12}{'MB/s':>8}{'peak MiB':>10}"]
    for name, result in report["profiles"].items():
        for variant, measured in result["variants"].items():
            rate, speed = report["rows"] / measured["seconds"], result["file_bytes"] / 1e6 / measured["seconds"]
            lines.append(
                f"{name + ' ' + variant:16}{measured['seconds']:9.2f}{rate:12,.0f}{speed:8.0f}{measured['peak_mib']:10.0f}"
            )
        lines.append(f"  read is {result['times_limit']} × the limit, and {result['times_naive']} × faster than naive")
    aim = report["aim"]
    lines.append(f"aim: ≤ {aim['times_limit_max']} × the limit, ≥ {aim['times_naive_min']} × naive, ≤ {aim['peak_mib_max']} MiB")
    return "\n".join(lines)


# ---- the child ----------------------------------------------------------------------------------------------------------------------


def run(profile_id: str, variant: str, file: Path, rows: int, repeat: int) -> dict[str, Any]:
    """One variant, the best of some runs. ``write`` leaves the file the others read."""
    profile = Catalogue.load().pick(profile_id, DAY)
    plan = layout(profile, "response", PROFILES[profile_id])
    work: Callable[[], float] = {
        "write": lambda: _write(plan, file, rows),
        "limit": lambda: _timed(lambda: _limit(plan, file), rows),
        "read": lambda: _timed(lambda: _read(plan, file), rows),
        "naive": lambda: _timed(lambda: _naive(plan, profile, file), rows),
    }[variant]
    seconds = min(work() for _ in range(repeat))
    return {"seconds": round(seconds, 3), "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}


def _timed(read: Callable[[], int], rows: int) -> float:
    start = time.perf_counter()
    found = read()
    seconds = time.perf_counter() - start
    if found != rows:
        raise SystemExit(f"{found} rows instead of {rows}")
    return seconds


def _write(plan: FileLayout, file: Path, rows: int) -> float:
    """The time of writing alone: the clock stands still while rows are made up and while blocks go to the file."""
    made = _Clock(holdings(rows))
    start, saving = time.perf_counter(), 0.0
    with file.open("wb") as target:
        for block in FileWriting(plan, file.name, FACTS.for_records()).blocks({"holding": made}):
            before = time.perf_counter()
            target.write(block)
            saving += time.perf_counter() - before
    return time.perf_counter() - start - saving - made.seconds


class _Clock:
    """Passes tables on and sums the time their making took."""

    def __init__(self, tables: Iterator[pa.Table]) -> None:
        self._tables, self.seconds = tables, 0.0

    def __iter__(self) -> Iterator[pa.Table]:
        while True:
            start = time.perf_counter()
            table = next(self._tables, None)
            self.seconds += time.perf_counter() - start
            if table is None:
                return
            yield table


def _read(plan: FileLayout, file: Path) -> int:
    reading = FileReading(plan, file.name, expected={"batch_no": FACTS.batch_no})
    rows = sum(piece.table.num_rows for piece in reading.rows(_blocks(file)))
    return rows - len(reading.problems)


def _limit(plan: FileLayout, file: Path) -> int:
    if isinstance(plan.spec, Delimited):
        return limits.split_delimited(plan, plan.spec.separator, _blocks(file))
    assert isinstance(plan.spec, Fixed)
    return limits.split_fixed(plan, "account", plan.spec.record_bytes, _blocks(file))


def _naive(plan: FileLayout, profile: Profile, file: Path) -> int:
    read = naive.read_delimited if isinstance(plan.spec, Delimited) else naive.read_fixed
    return sum(1 for _ in read(profile, _blocks(file), FACTS.batch_no))


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while block := source.read(READ_BYTES):
            yield block


if __name__ == "__main__":
    main()
