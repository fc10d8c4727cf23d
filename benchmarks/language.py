"""How fast files of every format are read and written, beside a bare limit and a naive reader, in one run.

    python -m benchmarks.language [case …] [--share 10] [--json]

Each variant runs in a process of its own, so that its peak memory is its own. Seconds are those of one processor, the best of some
rounds in which limit and read take turns; making up the rows is not counted.
"""

from __future__ import annotations

import argparse
import functools
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.cases import CASES, READ_BYTES, Case, Tables

ROUNDS = 4
REPEATS = 2  # in one process


def main() -> None:
    options = argparse.ArgumentParser(description="Read and write one large file of each format.")
    options.add_argument("cases", nargs="*", choices=[*CASES, []], help="all of them where none is named")
    options.add_argument("--share", type=int, default=1, help="a file so many times smaller")
    options.add_argument("--json", action="store_true")
    options.add_argument("--variant", help=argparse.SUPPRESS)  # in the child
    options.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.variant:
        print(json.dumps(run(CASES[asked.cases[0]], asked.variant, asked.file, asked.share)))
        return
    with tempfile.TemporaryDirectory() as folder:  # made-up people only
        results = {name: measure(CASES[name], Path(folder) / name, asked.share) for name in asked.cases or CASES}
    report = {"schema": "benchmark-language/2", "cases": results}
    print(json.dumps(report, indent=1) if asked.json else table(report))
    if told := missed(report):
        raise SystemExit("\n".join(told))


# ---- the parent: one child a variant ------------------------------------------------------------------------------------------------


def measure(case: Case, file: Path, share: int) -> dict[str, Any]:
    """All variants of one case, and how they compare. Limit and read take turns, so that neither gets the quieter minute."""
    results = {"write": _child(case, "write", file, share)}
    for _ in range(ROUNDS):
        for variant in (*case.limits, "read"):
            results[variant] = _better(results.get(variant), _child(case, variant, file, share))
    results["naive"] = _child(case, "naive", file, share)
    if results["naive"]["rows"] != results["read"]["rows"]:
        raise SystemExit(f"{case.name}: naive reads {results['naive']['rows']} rows, the product {results['read']['rows']}")
    size = file.stat().st_size
    file.unlink()
    read = results["read"]["seconds"]
    return {
        "rows": results["read"]["rows"],
        "file_bytes": size,
        "variants": results,
        "of_limit": {name: round(results[name]["seconds"] / read, 2) for name in case.limits},
        "aim": case.aim,
        "times_naive": round(results["naive"]["seconds"] / read, 1),
    }


def _better(one: dict[str, Any] | None, other: dict[str, Any]) -> dict[str, Any]:
    """The shorter time; the higher peak."""
    return other if one is None else {name: (min if name == "seconds" else max)(one[name], other[name]) for name in other}


def _child(case: Case, variant: str, file: Path, share: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.language", case.name, "--variant", variant]
    command += ["--file", str(file), "--share", str(share)]
    result: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return result


def table(report: dict[str, Any]) -> str:
    lines = [f"{'':18}{'seconds':>9}{'rows/s':>12}{'MB/s':>8}{'peak MiB':>10}"]
    for name, result in report["cases"].items():
        for variant, measured in result["variants"].items():
            rate, speed = result["rows"] / measured["seconds"], result["file_bytes"] / 1e6 / measured["seconds"]
            lines.append(
                f"{name + ' ' + variant:18}{measured['seconds']:9.2f}{rate:12,.0f}{speed:8.0f}{measured['peak_mib']:10.0f}"
            )
        ratios = ", ".join(f"{variant} ÷ read = {ratio:.2f}" for variant, ratio in result["of_limit"].items())
        aim = f" (aim {result['aim']})" if result["aim"] else ""
        lines.append(f"  {result['rows']:,} rows: {ratios}{aim}; naive ÷ read = {result['times_naive']}")
    return "\n".join(lines)


def missed(report: dict[str, Any]) -> list[str]:
    """The aims that are not reached, with the figures."""
    told = []
    for name, result in report["cases"].items():
        variant, ratio = next(iter(result["of_limit"].items()), ("", 0.0))  # the first limit is the one the aim is about
        if result["aim"] is not None and ratio < result["aim"]:
            told.append(f"aim missed: {name}: {variant} ÷ read = {ratio:.2f}, aim ≥ {result['aim']}")
    return told


# ---- the child ----------------------------------------------------------------------------------------------------------------------


def run(case: Case, variant: str, file: Path, share: int) -> dict[str, Any]:
    """One variant, the best of some runs. ``write`` leaves the file the others read."""
    if variant == "write":
        seconds, rows = _write(case, file, case.rows // share), 0
    else:
        work: dict[str, Callable[[Iterable[bytes]], int]] = {"read": case.read, "naive": case.read_naively}
        work |= {name: functools.partial(bare, case.plan) for name, bare in case.limits.items()}
        timed = [_timed(work[variant], file) for _ in range(1 if variant == "naive" else REPEATS)]
        seconds, rows = min(timed)
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return {"seconds": round(seconds, 3), "rows": rows, "peak_mib": peak}


def _timed(read: Callable[[Iterable[bytes]], int], file: Path) -> tuple[float, int]:
    start = time.process_time()
    rows = read(_blocks(file))
    return time.process_time() - start, rows


def _write(case: Case, file: Path, rows: int) -> float:
    """The time of writing alone: the clock stands still while rows are made up and while blocks go to the file."""
    clocks = {kind: _Clock(tables) for kind, tables in case.tables(rows).items()}
    tables: Tables = {kind: clock for kind, clock in clocks.items()}  # noqa: C416 - another type
    start, saving = time.process_time(), 0.0
    with file.open("wb") as target:
        for block in case.written(tables):
            before = time.process_time()
            target.write(block)
            saving += time.process_time() - before
    return time.process_time() - start - saving - sum(clock.seconds for clock in clocks.values())


class _Clock:
    """Passes tables on and sums the time their making took."""

    def __init__(self, tables: Iterable[pa.Table]) -> None:
        self._tables, self.seconds = iter(tables), 0.0

    def __iter__(self) -> Iterator[pa.Table]:
        while True:
            start = time.process_time()
            table = next(self._tables, None)
            self.seconds += time.process_time() - start
            if table is None:
                return
            yield table


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while block := source.read(READ_BYTES):
            yield block


if __name__ == "__main__":
    main()
