"""The peak of memory of a process that puts, then fetches, a large parcel over a dedicated line (TCP, HTTPS); the server is another process."""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.certificates import tls_settings
from tests.contracts.transport_contract import clean
from tests.https_line import Bank, Town
from tests.transports.tcp.lines import Lines
from transports.address import Address
from transports.https import Deadlines as HttpsDeadlines
from transports.https import Https, HttpsSettings
from transports.tcp import HOUSE, Tcp, TcpSettings
from transports.tcp import Deadlines as TcpDeadlines
from transports.tls import TlsSettings
from transports.transport import Delivery, Transport

KINDS = ("tcp", "https")
NAME = "CX_902_20261121_0001.zip.p7m"
BLOCK = b"\xa5" * 250_000
PATIENT_S = 300.0


def peak_mib(kind: str, size: int) -> int:
    """Of the calling process, over both ways."""
    with tempfile.TemporaryDirectory() as folder, _served(kind, Path(folder)) as (root, said):
        peaks = [_child(said | {"kind": kind, "way": "put", "blocks": size // len(BLOCK)})]
        for path in (root / "in").iterdir():
            path.rename(root / "out" / path.name)
        peaks.append(_child(said | {"kind": kind, "way": "get", "blocks": 0}))
    return max(peaks)


@contextmanager
def _served(kind: str, folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Our server over a bank's folders, and what a caller must know."""
    if kind == "tcp":
        lines = Lines(folder, deadlines=TcpDeadlines(transfer_s=PATIENT_S))
        with lines.serve() as server:
            yield lines.root, _told(server.port, lines.client_tls())
        return
    (keys := folder / "keys").mkdir()
    town = Town(keys)
    with Bank(town, clean(folder / "bank"), deadlines=HttpsDeadlines(transfer_s=PATIENT_S)) as bank:
        yield bank.root, _told(bank.server.port, tls_settings(keys, town.ours, town.issuer, town.bank.pin, name="localhost"))


def _told(port: int, tls: TlsSettings) -> dict[str, Any]:
    files = {"certificate": str(tls.certificate), "key": str(tls.key)}
    return {"port": port, "authority": tls.authority, "pins": list(tls.pins), "name": tls.name} | files


def _child(said: dict[str, Any]) -> int:
    command = [sys.executable, "-m", "benchmarks.lines", json.dumps(said)]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


# ---- the child ----------------------------------------------------------------------------------------------------------------------


def _opened(said: dict[str, Any]) -> Transport:
    address = Address("127.0.0.1", said["port"])
    tls = TlsSettings(Path(said["certificate"]), Path(said["key"]), said["authority"], tuple(said["pins"]), said["name"])
    if said["kind"] == "tcp":
        return Tcp(TcpSettings(dialect=HOUSE, address=address, tls=tls, deadlines=TcpDeadlines(transfer_s=PATIENT_S)))
    return Https(HttpsSettings(address, tls, time.time, deadlines=HttpsDeadlines(transfer_s=PATIENT_S)))


def travel(said: dict[str, Any]) -> None:
    """One way."""
    with _opened(said) as road:
        if said["way"] == "get":
            for remote in road.list():
                for block in road.get(remote.name):
                    hashlib.sha256(block)
            return
        running = hashlib.sha256()
        for _ in range(said["blocks"]):
            running.update(BLOCK)
        put = road.put(NAME, lambda: iter([BLOCK] * said["blocks"]), len(BLOCK) * said["blocks"], running.hexdigest())
        assert put.delivery is Delivery.DELIVERED, put


if __name__ == "__main__":
    travel(json.loads(sys.argv[1]))
    print(round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
