"""A journey killed again and again, and what must hold of it afterwards. ``python -m tests.kills --kills 200`` is the long campaign.

The centre's passes run in a process of their own, forked from a clean server so that a start costs nothing; it is killed with SIGKILL
at a random moment or at a named crash point, and started again, while the banks answer whatever reached them.
"""

import argparse
import hashlib
import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.town import Town, differences

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.walker", "holidays.countries"])  # all of it, at the first look at a calendar
PASS_MAX_S = 60.0
ORDER = ("gather", "dispatch", "collect", "settle", "conclude")
PASSES_TO_THE_END = 10


def one_pass(town: Town, *, label: str = "", kill_after_s: float | None = None, order: Sequence[str] = ORDER) -> bool:
    """One pass of the centre in its own process; whether it was killed."""
    from tests.walker import walk

    process = _SERVER.Process(target=walk, args=(str(town.dir), str(town.city), label, order))
    process.start()
    process.join(kill_after_s if kill_after_s is not None else PASS_MAX_S)
    if process.is_alive():
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    assert process.exitcode in {0, -signal.SIGKILL}, f"a pass ended with {process.exitcode}"
    return process.exitcode != 0


def kill_at_random(town: Town, kills: int, chance: random.Random) -> int:
    """Kill up to ``kills`` passes at random moments of a journey that is not over, then let it end; how many were killed."""
    done, usual = 0, 2.0
    while done < kills and not is_over(town):
        started = time.monotonic()
        killed = one_pass(town, kill_after_s=chance.uniform(0.05, usual), order=chance.sample(ORDER, len(ORDER)))
        done += killed
        usual = usual if killed else max(0.5, min(usual, (time.monotonic() - started) * 1.1))
        town.banks_respond()
    finish(town)
    return done


def finish(town: Town) -> None:
    """Let the journey end undisturbed."""
    for _ in range(PASSES_TO_THE_END):
        if is_over(town):
            return
        one_pass(town)
        town.banks_respond()


def is_over(town: Town) -> bool:
    """Every inquiry has its report."""
    with town.ledger().read() as tx:
        from connector.ledger import figures

        progress = figures.inquiries(tx)
    return progress["concluded"] > 0 and not progress["waiting"] and not progress["asking"]


def broken_promises(town: Town) -> list[str]:
    """What does not hold of the end of a journey: nothing sent twice under another name, nothing applied twice, nothing lost."""
    with town.ledger().read() as tx:
        from connector.ledger import answers, audit, rosters

        batches = rosters.batches(tx)
        editions = {b.number: len(answers.editions(tx, b.id)) for b in batches}
        reports = Counter(r.version for i in answers.inquiries(tx, "C1") if (r := answers.latest_report(tx, i.id)))
        newest = audit.newest(tx, 1)
    found = [f"batch {b.number} is {b.state}" for b in batches if b.state != "ANSWERED"]
    found += [f"batch {number} has {count} editions" for number, count in editions.items() if count != 1]
    found += [f"{count} reports of version {version}" for version, count in reports.items() if version != 1]
    found += [] if newest else ["no audit"]
    for code in town.servers:
        found += _seen_twice(town, code)
    return found


def _seen_twice(town: Town, code: str) -> list[str]:
    """A bank keeps every inquiry it took. What came again after a crash came under the same name with the same bytes."""
    taken = [p for p in (town.servers[code].root / "done").iterdir() if not p.name.endswith(".ok")]
    with town.ledger().read() as tx:
        from connector.ledger import rosters

        known = {b.parcel_name: b.parcel_digest for b in rosters.batches(tx, code)}
    bytes_of: dict[str, set[str]] = {}
    for path in taken:
        bytes_of.setdefault(_base(path.name, known), set()).add(hashlib.sha256(path.read_bytes()).hexdigest())
    return [f"{code} took {name} as {len(found)} files" for name, found in bytes_of.items() if found != {known.get(name)}]


def _base(name: str, known: Iterable[str]) -> str:
    """A parcel that came again under its own name is archived with a number behind it."""
    return next((k for k in known if name.startswith(k)), name)


def main() -> None:
    """The campaign: one seed1 journey after another, killed again and again until there were N kills; each held against the truth."""
    options = argparse.ArgumentParser()
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--samples", type=Path, default=Path(os.environ.get("SAMPLES", "../shared")))
    said = options.parse_args()
    city = (said.samples / "city" / "seed1").resolve()
    chance = random.Random(said.seed)
    done, journeys, found, started = 0, 0, list[str](), time.monotonic()
    while done < said.kills:
        with tempfile.TemporaryDirectory() as folder, Town(Path(folder), city, lines_max=50) as town:
            done += kill_at_random(town, said.kills - done, chance)
            found += broken_promises(town) + differences(town, city)
        journeys += 1
        print(f"{done} kills in {journeys} journeys, {time.monotonic() - started:.0f} s", flush=True)
    print(f"{done} kills in {journeys} journeys of 216 households at 8 banks: {found or 'every promise holds'}")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
