"""The whole month: ``python -m tests.month [--banks 200] [--lines 2000] [--days 30]``; ends 1 where something is not as it must be."""

import argparse
import json
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from tests.month.verdict import verdict
from tests.month.world import World


def main() -> int:
    options = argparse.ArgumentParser(description="A month of many banks on a clock that is not the machine's.")
    options.add_argument("--banks", type=int, default=200)
    options.add_argument("--lines", type=int, default=2_000, help="persons asked of every bank on every working day")
    options.add_argument("--round", type=int, default=2_000, help="persons of a monthly round beside them, on the first day")
    options.add_argument("--first", type=date.fromisoformat, default=date(2026, 9, 1))
    options.add_argument("--days", type=int, default=30)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:  # invented persons only
        world = World(
            Path(folder),
            banks=asked.banks,
            lines=asked.lines,
            first=asked.first,
            days=asked.days,
            seed=asked.seed,
            round_lines=asked.round,
        )
        for day in world.run():
            sys.stderr.write(f"{day} {time.monotonic() - began:7.0f} s {dict(sorted(world.happened.items()))}\n")
        found = verdict(world)
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(
        json.dumps(
            {
                "schema": "month/1",
                "seconds": round(time.monotonic() - began),
                "peak_mib": peak,
                "lines": dict(found.lines),
                "batches": {str(state): count for state, count in found.batches.items()},
                "acts": dict(found.acts),
                "happened": world.happened,
                "forecast": found.forecast,
                "differences": found.differences[:100],
            },
            ensure_ascii=False,
            indent=1,
        )
    )
    return 1 if found.differences else 0


if __name__ == "__main__":
    sys.exit(main())
