"""``make fuzz``: atheris searches for an input that one of our doors does not survive. Each door has its CPU time, 5 s and 256 MiB an input.

python -m tests.fuzz                     every door, 600 CPU-seconds each, as many at once as there are cores
python -m tests.fuzz xml --seconds 60    one door
"""

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.hostile import DOORS

SECONDS = 600
INPUT_BYTES_MAX = 1 << 16
INPUT_SECONDS_MAX = 5
GROWTH_MIB_MAX = 256  # above what the program itself takes


def search(door: str, corpus: Path) -> None:
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
        search(asked.doors[0], asked.corpus)
        return 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = [
            door for door, good in pool.map(lambda door: (door, _searched(door, asked.seconds)), asked.doors or DOORS) if not good
        ]
    print("found something:" if failed else "nothing found", *failed)
    return 1 if failed else 0


def _searched(door: str, seconds: int) -> bool:
    """One door in its own process until that had its processor time; what atheris says of it goes to the screen when it ends."""
    with tempfile.TemporaryDirectory() as corpus, tempfile.TemporaryFile("w+") as said:
        command = [sys.executable, "-m", "tests.fuzz", door, "--corpus", corpus]
        searching = subprocess.Popen(command, stdout=said, stderr=said, cwd=Path(__file__).parent.parent)
        while searching.poll() is None:
            time.sleep(1)
            if _processor_seconds(searching.pid) >= seconds:
                searching.send_signal(signal.SIGUSR1)  # libFuzzer ends in order
        said.seek(0)
        text = said.read()
        runs = next((line.split()[-1] for line in text.splitlines() if "number_of_executed_units" in line), "?")
        print(f"{door}: {runs} inputs, {'good' if searching.returncode == 0 else 'BROKEN'}", flush=True)
        for found in sorted(Path(corpus).glob("found-*")):
            print(f"  {found.name}: {found.read_bytes()[:200]!r}", flush=True)
        if searching.returncode:
            print(text[-3000:], flush=True)
        return searching.returncode == 0


def _processor_seconds(process: int) -> float:
    """What a process took of the processor; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    raise SystemExit(main())
