"""How fast a parcel is sealed and opened, beside the digest and the cipher alone over the same bytes, in one run.

    python -m benchmarks.seals [--share 10] [--json]

200 MB from memory, the best of some rounds in which all take turns. Opening verifies before it gives: it decrypts and digests twice, and
its limit is still one time each. Memory is that of a process that seals a parcel of 500 MB into a file and opens it again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, algorithms, modes

from transports.sealing import cms
from transports.sealing.certificates import OwnKey, make_private_key, self_signed
from transports.sealing.cms.suite import Hasher
from transports.sealing.sm2 import Sm3

MIB = 1 << 20
ROUNDS = 5
BYTES, PARCEL_BYTES = 200 * MIB, 500 * MIB
MEMORY_MIB = 100
AT = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """A suite, what it is made of, and how much of that speed sealing must keep."""

    suite: str
    block: BlockCipherAlgorithm
    mode: Callable[[], modes.Mode]
    digest: Callable[[], Hasher]
    aim: float

    @cached_property
    def own(self) -> OwnKey:
        """One key for both sides: it is used once a parcel."""
        private = make_private_key(cms.suite_of(self.suite).family.makes)
        day = timedelta(days=1)
        return OwnKey(private, self_signed(private, "bench", encrypts=True, not_before=AT - day, not_after=AT + day))

    def seal(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Sealed for its own maker."""
        return cms.seal(blocks, suite=self.suite, signer=self.own, recipients=[self.own.certificate], at=AT)

    def open(self, source: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
        """Opened by its own maker."""
        return cms.open_verified(source, suite=self.suite, decrypt=[self.own], signers=[self.own.certificate], at=AT)

    def limit(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Digest and cipher alone."""
        hasher, encryptor = self.digest(), Cipher(self.block, self.mode()).encryptor()
        for block in blocks:
            hasher.update(block)
            yield encryptor.update(block)


CASES = (
    Case("cms-aes256gcm", algorithms.AES(bytes(32)), lambda: modes.GCM(bytes(12)), hashlib.sha256, 0.6),
    Case("cms-aes256cbc", algorithms.AES(bytes(32)), lambda: modes.CBC(bytes(16)), hashlib.sha256, 0.6),
    Case("sm2-sm4gcm-sm3", algorithms.SM4(bytes(16)), lambda: modes.GCM(bytes(12)), Sm3, 0.8),
    Case("sm2-sm4cbc-sm3", algorithms.SM4(bytes(16)), lambda: modes.CBC(bytes(16)), Sm3, 0.8),
)


def main() -> None:
    options = argparse.ArgumentParser(description="Seal and open parcels.")
    options.add_argument("--share", type=int, default=1, help="so many times less")
    options.add_argument("--json", action="store_true")
    options.add_argument("--child", nargs=2, help=argparse.SUPPRESS)  # number of the case, bytes
    asked = options.parse_args()
    if asked.child:
        print(peak_mib(CASES[int(asked.child[0])], int(asked.child[1])))
        return
    report = {case.suite: measure(number, case, asked.share) for number, case in enumerate(CASES)}
    print(json.dumps(report, indent=1) if asked.json else table(report))
    if told := missed(report):
        raise SystemExit("\n".join(told))


def measure(number: int, case: Case, share: int) -> dict[str, Any]:
    """Megabytes a second of all three, the share of the limit, and the memory of a large parcel."""
    block, count = os.urandom(MIB), max(1, BYTES // share // MIB)
    parcel = list(case.seal([block] * count))
    acts: dict[str, Callable[[], Iterator[bytes]]] = {
        "limit": lambda: case.limit([block] * count),
        "seal": lambda: case.seal([block] * count),
        "open": lambda: case.open(lambda: iter(parcel)),
    }
    rounds = [{name: _seconds(act) for name, act in acts.items()} for _ in range(ROUNDS)]
    best = {name: min(each[name] for each in rounds) for name in acts}
    command = [sys.executable, "-m", "benchmarks.seals", "--child", str(number), str(PARCEL_BYTES // share)]
    memory = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    speeds = {f"{name}_mb_s": round(count * MIB / 1e6 / seconds) for name, seconds in best.items()}
    return {**speeds, "share": round(best["limit"] / best["seal"], 2), "aim": case.aim, "peak_mib": int(memory)}


def _seconds(act: Callable[[], Iterator[bytes]]) -> float:
    begun = time.perf_counter()
    for _ in act():
        pass
    return time.perf_counter() - begun


def peak_mib(case: Case, size: int) -> int:
    """Of this process, after it sealed ``size`` bytes into a file and opened it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "parcel.p7m"
        with file.open("wb") as parcel:
            parcel.writelines(case.seal(bytes(MIB) for _ in range(size // MIB)))
        assert size // MIB * MIB == sum(map(len, case.open(lambda: _blocks(file))))
    peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())  # getrusage counts what the parent had, too
    assert peak
    return int(peak[1]) // 1024


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as parcel:
        while block := parcel.read(MIB):
            yield block


def table(report: dict[str, dict[str, Any]]) -> str:
    """One line a suite."""
    lines = [f"{'MB/s':<16}{'limit':>8}{'seal':>8}{'open':>8}{'share':>8}{'aim':>6}{'peak MiB':>10}"]
    for suite, said in report.items():
        speeds = "".join(f"{said[f'{name}_mb_s']:>8}" for name in ("limit", "seal", "open"))
        lines.append(f"{suite:<16}{speeds}{said['share']:>8}{said['aim']:>6}{said['peak_mib']:>10}")
    return "\n".join(lines)


def missed(report: dict[str, dict[str, Any]]) -> list[str]:
    """What is slower, or takes more memory, than it should."""
    slow = [
        f"{suite}: {said['share']} of its limit, {said['aim']} wanted"
        for suite, said in report.items()
        if said["share"] < said["aim"]
    ]
    large = [
        f"{suite}: {said['peak_mib']} MiB, {MEMORY_MIB} allowed"
        for suite, said in report.items()
        if said["peak_mib"] > MEMORY_MIB
    ]
    return slow + large


if __name__ == "__main__":
    main()
