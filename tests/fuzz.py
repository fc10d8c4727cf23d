"""``make fuzz``: atheris searches for an input that one of our doors does not survive. Each door has its CPU time, 5 s and 256 MiB an input.

python -m tests.fuzz                     every door, 600 CPU-seconds each, as many at once as there are cores
python -m tests.fuzz xml --seconds 60    one door
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.hostile import DOORS

SECONDS = 600
INPUT_BYTES_MAX = 1 << 16
INPUT_SECONDS_MAX = 5
GROWTH_MIB_MAX = 256  # above what the program itself takes


def search(door: str, seconds: int, corpus: Path) -> None:
    """Runs in a process of its own: atheris ends it."""
    import atheris

    with atheris.instrument_imports(include=["bank_profiles"]):
        from tests import hostile
    good = hostile.seeds(door)
    assert good, f"{door} has no good input to begin with"
    for number, seed in enumerate(good):
        (corpus / f"seed{number}").write_bytes(seed)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={INPUT_BYTES_MAX}",
        f"-timeout={INPUT_SECONDS_MAX}",
        f"-rss_limit_mb={base + GROWTH_MIB_MAX}",
        "-print_final_stats=1",
        f"-artifact_prefix={corpus}/found-",
    ]
    atheris.Setup([door, *options, str(corpus)], hostile.DOORS[door])
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("doors", nargs="*", default=[], choices=[*DOORS, []])
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.corpus is not None:
        search(asked.doors[0], asked.seconds, asked.corpus)
        return 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = [
            door for door, good in pool.map(lambda door: (door, _searched(door, asked.seconds)), asked.doors or DOORS) if not good
        ]
    print("found something:" if failed else "nothing found", *failed)
    return 1 if failed else 0


def _searched(door: str, seconds: int) -> bool:
    """One door in its own process; what atheris says of it goes to the screen when it ends."""
    with tempfile.TemporaryDirectory() as corpus:
        command = [sys.executable, "-m", "tests.fuzz", door, "--seconds", str(seconds), "--corpus", corpus]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent)
        runs = next((line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line), "?")
        print(f"{door}: {runs} inputs in {seconds} s, {'good' if done.returncode == 0 else 'BROKEN'}", flush=True)
        for found in sorted(Path(corpus).glob("found-*")):
            print(f"  {found.name}: {found.read_bytes()[:200]!r}", flush=True)
        if done.returncode:
            print(done.stderr[-3000:], flush=True)
        return done.returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
