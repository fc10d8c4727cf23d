"""Does memory stay flat however long a file is? 0.1, 1 and 5 million rows of each format that flows, each in a process of its own.

    python -m benchmarks.memory [case …] [--millions 0.1 1 5] [--json]

The file is never anywhere: one process writes it, block by block, into a pipe; another reads it, and only that one is measured. A
workbook does not flow: the format has its directory at its end, so a workbook is held whole (its bounds are in codecs/excel_limits.py).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from benchmarks.cases import CASES, READ_BYTES, Case

FLOWING = [name for name in CASES if name != "excel"]
MILLIONS = (0.1, 1.0, 5.0)
AIM = {"grows_max": 1.2, "peak_mib_max": 256}


def main() -> None:
    options = argparse.ArgumentParser(description="Read longer and longer files.")
    options.add_argument("cases", nargs="*", choices=[*FLOWING, []], help="all of them where none is named")
    options.add_argument("--millions", type=float, nargs="+", default=MILLIONS)
    options.add_argument("--json", action="store_true")
    options.add_argument("--part", choices=("make", "read"), help=argparse.SUPPRESS)  # in the children
    asked = options.parse_args()
    if asked.part == "make":
        make(CASES[asked.cases[0]], round(asked.millions[0] * 1e6))
    elif asked.part == "read":
        print(json.dumps(measure(CASES[asked.cases[0]], sys.stdin.buffer)))
    else:
        results = {name: [_children(name, millions) for millions in asked.millions] for name in asked.cases or FLOWING}
        report = {"schema": "benchmark-memory/1", "aim": AIM, "cases": results}
        print(json.dumps(report, indent=1) if asked.json else table(report))
        if told := missed(report):
            raise SystemExit("\n".join(told))


def _children(name: str, millions: float) -> dict[str, Any]:
    """One process writes into a pipe, the other reads from it."""
    command = [sys.executable, "-m", "benchmarks.memory", name, "--millions", str(millions), "--part"]
    with subprocess.Popen([*command, "make"], stdout=subprocess.PIPE) as maker:
        reader = subprocess.run([*command, "read"], stdin=maker.stdout, stdout=subprocess.PIPE, check=True)
    result: dict[str, Any] = json.loads(reader.stdout)
    return result


def table(report: dict[str, Any]) -> str:
    lines = [f"{'':10}{'rows':>12}{'MB':>9}{'start MiB':>11}{'peak MiB':>10}{'above':>7}"]
    for name, results in report["cases"].items():
        lines += [
            f"{name:10}{each['rows']:12,}{each['bytes'] / 1e6:9,.0f}{each['start_mib']:11,}{each['peak_mib']:10,}"
            f"{each['peak_mib'] - each['start_mib']:7,}"
            for each in results
        ]
        grows = results[-1]["peak_mib"] / results[0]["peak_mib"]
        lines.append(f"  the longest takes {grows:.2f} × the peak of the shortest (aim ≤ {report['aim']['grows_max']})")
    return "\n".join(lines)


def missed(report: dict[str, Any]) -> list[str]:
    """The aims that are not reached, with the figures."""
    told, aim = [], report["aim"]
    for name, results in report["cases"].items():
        grows = results[-1]["peak_mib"] / results[0]["peak_mib"]
        above = max(each["peak_mib"] - each["start_mib"] for each in results)
        if grows > aim["grows_max"]:
            told.append(f"aim missed: {name}: the longest takes {grows:.2f} × the peak of the shortest, aim ≤ {aim['grows_max']}")
        if above > aim["peak_mib_max"]:
            told.append(f"aim missed: {name}: {above} MiB above the start, aim ≤ {aim['peak_mib_max']} MiB")
    return told


# ---- the children -------------------------------------------------------------------------------------------------------------------


def make(case: Case, rows: int) -> None:
    for block in case.stream(rows):
        sys.stdout.buffer.write(block)


def measure(case: Case, source: BinaryIO) -> dict[str, int]:
    """The peak of reading, and what the process held before: Python, libraries, the profile."""
    size = 0

    def blocks() -> Iterator[bytes]:
        nonlocal size
        while block := source.read(READ_BYTES):
            size += len(block)
            yield block

    start = _mib(case)
    rows = case.read(blocks())
    return {"rows": rows, "bytes": size, "start_mib": start, "peak_mib": _mib(case)}


def _mib(case: Case) -> int:
    assert case.plan
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
