"""How fast parcels go over SFTP, beside OpenSSH's own ``sftp -b`` against the same server on this machine, in one run.

    python -m benchmarks.roads [--share 10] [--json]

One file of 200 MB and 2,000 files of 20 KB, put and fetched one after the other on one line, as ``dispatch`` and ``collect`` do. Ours
does on the way what a road must: it looks first, writes under a temporary name, has it synced, looks again and renames; ``sftp -b`` only
copies, ``sftp -f -b`` has it synced too. Seconds are those of the clock on the wall, the best of some rounds in which all take turns; beside
them the seconds of the processor that the calling side took. What is fetched is written into files by all. Memory is that of a process
that puts, then fetches, a parcel of 500 MB, over TCP and HTTPS too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import lines
from tests.real_sshd import RealSshd
from transports.address import Address
from transports.manners import Manners, Ready
from transports.retrying import Retrying
from transports.sftp import Sftp, SftpSettings
from transports.transport import Delivery

MIB = 1 << 20
ROUNDS = 5
COLUMNS = ("sftp -b", "sftp -f -b", "ours", "ours, read back")
BLOCK = 256 * 1024
LARGE_BYTES, MANY, SMALL_BYTES, PARCEL_BYTES = 200_000_000, 2_000, 20_000, 500_000_000
AIMS = {"put large": 0.6, "get large": 0.6, "put small": 0.5, "get small": 0.3}
MEMORY_MIB = 200
Spent = dict[str, Any]  # seconds, processor; ours also peak_mib


@dataclass(frozen=True)
class Load:
    """So many files of so many bytes."""

    name: str
    files: int
    size: int


def main() -> None:
    options = argparse.ArgumentParser(description="Put and fetch over SFTP.")
    options.add_argument("--share", type=int, default=1, help="so many times less")
    options.add_argument("--json", action="store_true")
    options.add_argument("--child", help=argparse.SUPPRESS)  # what to do, as JSON
    asked = options.parse_args()
    if asked.child:
        print(json.dumps(child(json.loads(asked.child))))
        return
    report = measure(asked.share)
    print(json.dumps(report, indent=1) if asked.json else table(report))
    if told := missed(report):
        raise SystemExit("\n".join(told))


# ---- the parent ---------------------------------------------------------------------------------------------------------------------


def measure(share: int) -> dict[str, Any]:
    """All loads both ways, and the memory of a large parcel."""
    loads = [Load("large", 1, LARGE_BYTES // share), Load("small", MANY // share, SMALL_BYTES)]
    with tempfile.TemporaryDirectory() as folder, RealSshd(Path(folder) / "sshd", folders=("in", "out", "out/done")) as server:
        home = Path(folder)
        result = {f"{way} {load.name}": _compared(server, home, load, way) for load in loads for way in ("put", "get")}
        memory = {way: _ours(server, home, Load("parcel", 1, PARCEL_BYTES // share), way, "size") for way in ("put", "get")}
    peaks = {"sftp": max(each["peak_mib"] for each in memory.values())}
    peaks |= {kind: lines.peak_mib(kind, PARCEL_BYTES // share) for kind in lines.KINDS}
    return {"schema": "benchmark-roads/1", "loads": result, "memory_mib": peaks}


def _compared(server: RealSshd, home: Path, load: Load, way: str) -> dict[str, Any]:
    who: dict[str, Callable[[], Spent]] = {
        "sftp -b": lambda: _theirs(server, home, load, way),
        "ours": lambda: _ours(server, home, load, way, "size"),
    }
    if way == "put":
        who["sftp -f -b"] = lambda: _theirs(server, home, load, way, "-f")
        who["ours, read back"] = lambda: _ours(server, home, load, way, "readback")
    rounds: dict[str, list[Spent]] = {name: [] for name in who}
    for _ in range(ROUNDS):
        for name, run in who.items():
            rounds[name].append(run())
    seconds = {name: min(each["seconds"] for each in spent) for name, spent in rounds.items()}
    processor = {name: min(each["processor"] for each in spent) for name, spent in rounds.items()}
    synced = {"of_synced": round(seconds["sftp -f -b"] / seconds["ours"], 2)} if way == "put" else {}
    ratio = {"of_sftp": round(seconds["sftp -b"] / seconds["ours"], 2)} | synced
    return {"files": load.files, "bytes": load.size, "seconds": seconds, "processor": processor} | ratio


def _theirs(server: RealSshd, home: Path, load: Load, way: str, *options: str) -> Spent:
    local = _files(home / "local", load)
    remote = _cleared(server, load, way)
    got = _emptied(home / "got")
    verb = (
        [f"put {each} {remote}/{each.name}" for each in local]
        if way == "put"
        else [f"get {remote}/{each.name} {got}/{each.name}" for each in local]
    )
    (home / "batch").write_text("\n".join(verb) + "\n")
    known = home / "known_hosts"
    known.write_text(f"[127.0.0.1]:{server.port} {(server.folder / 'host_ed25519.pub').read_text()}")
    command = [
        "sftp", "-q", *options, "-b", str(home / "batch"), "-P", str(server.port), "-i", str(server.folder / "client"),
        "-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes", f"{server.user}@127.0.0.1",
    ]  # fmt: skip
    before, start = _processor(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return {"seconds": time.perf_counter() - start, "processor": _processor(resource.RUSAGE_CHILDREN) - before}


def _processor(whose: int) -> float:
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


def _ours(server: RealSshd, home: Path, load: Load, way: str, verify: str) -> Spent:
    local = _files(home / "local", load)
    _cleared(server, load, way)
    said = {
        "port": server.port, "user": server.user, "key": server.client_key_pem, "pin": server.host_key_pin, "way": way,
        "verify": verify, "got": str(_emptied(home / "got")), "send": server.path("in"), "take": server.path("out"), "files": [str(each) for each in local],
    }  # fmt: skip
    command = [sys.executable, "-m", "benchmarks.roads", "--child", json.dumps(said)]
    result: Spent = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return result


def _files(folder: Path, load: Load) -> list[Path]:
    """The files of a load on this disk, each with bytes of its own."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{load.name}_{load.size}_{number}.p7m" for number in range(load.files)]
    for path in paths:
        if not path.exists():
            with path.open("wb") as file:
                for start in range(0, load.size, MIB):
                    file.write(os.urandom(min(MIB, load.size - start)))
    return paths


def _emptied(folder: Path) -> Path:
    """Where what is fetched is written."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    return folder


def _cleared(server: RealSshd, load: Load, way: str) -> str:
    """The server's folder: empty for a put, with the files for a fetch."""
    place = server.root / ("in" if way == "put" else "out")
    for path in place.iterdir():
        if path.is_file():
            path.unlink()
    if way == "get":
        for source in (server.folder.parent / "local").glob(f"{load.name}_{load.size}_*"):
            os.link(source, place / source.name)
    os.sync()
    return server.path(place.name)


# ---- the child: our side ------------------------------------------------------------------------------------------------------------


def child(said: dict[str, Any]) -> Spent:
    """Put or fetch every file on one line; the seconds from opening it to the last reply, and the peak of memory."""
    manners = Manners(said["send"], said["take"], ready=Ready("renamed"), verify=said["verify"], after_read="leave")
    files = [Path(each) for each in said["files"]]
    wanted = [(path, path.stat().st_size, _digest(path)) for path in files] if said["way"] == "put" else []
    before, start = _processor(resource.RUSAGE_SELF), time.perf_counter()
    settings = SftpSettings(Address("127.0.0.1", said["port"]), said["user"], said["key"], (said["pin"],), manners)
    with Retrying(Sftp(settings)) as road:  # as connector/roads opens it
        for path, size, digest in wanted:
            assert road.put(path.name, lambda path=path: _blocks(path), size, digest).delivery is Delivery.DELIVERED
        if said["way"] == "get":
            for remote in road.list():
                _write(Path(said["got"]) / remote.name, road.get(remote.name))
    seconds, processor = time.perf_counter() - start, _processor(resource.RUSAGE_SELF) - before
    return {
        "seconds": seconds,
        "processor": processor,
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _write(path: Path, blocks: Iterator[bytes]) -> None:
    """Into a file, as ``sftp -b`` does; the digest besides, which is what the name of an object in our store is made of."""
    running = hashlib.sha256()
    with path.open("wb") as file:
        for block in blocks:
            running.update(block)
            file.write(block)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---- what came out ------------------------------------------------------------------------------------------------------------------


def table(report: dict[str, Any]) -> str:
    """Seconds on the wall, with those of the calling side's processor behind a stroke, and ratios."""
    heads = [f"{who:>16}" for who in COLUMNS]
    rows = [f"{'':12}{'files':>6}{'bytes':>13}{''.join(heads)}{'ratio':>7}{'synced':>8}{'aim':>6}"]
    for name, result in report["loads"].items():
        spent = [f"{_spent(result, who):>16}" for who in COLUMNS]
        rows.append(
            f"{name:12}{result['files']:6,}{result['bytes']:13,}{''.join(spent)}"
            f"{result['of_sftp']:7.2f}{result.get('of_synced', ''):>8}{AIMS[name]:6}"
        )
    peaks = ", ".join(f"{road} {peak}" for road, peak in report["memory_mib"].items())
    rows.append(f"peak memory with a parcel of 500 MB, MiB: {peaks} (aim ≤ {MEMORY_MIB})")
    return "\n".join(rows)


def _spent(result: dict[str, Any], who: str) -> str:
    return f"{result['seconds'][who]:.2f} | {result['processor'][who]:.2f}" if who in result["seconds"] else ""


def missed(report: dict[str, Any]) -> list[str]:
    """The aims that are not reached, with the figures."""
    told = [
        f"aim missed: {name}: {result['of_sftp']}, aim ≥ {AIMS[name]}"
        for name, result in report["loads"].items()
        if result["of_sftp"] < AIMS[name]
    ]
    peaks = {road: peak for road, peak in report["memory_mib"].items() if peak > MEMORY_MIB}
    return told + [f"aim missed: memory over {road}: {peak} MiB, aim ≤ {MEMORY_MIB}" for road, peak in peaks.items()]


if __name__ == "__main__":
    main()
