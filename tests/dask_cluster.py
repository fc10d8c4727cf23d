"""A Dask scheduler and its workers on this machine, each a process of its own, as `dask scheduler` and `dask worker` begin them."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import distributed

from tests.bucket_server import free_port
from tests.certificates import authority, leaf

READY_S = 90


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """Its address, once all its workers are there."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    with _begun(address, port, workers, ()):
        _until_there(address, workers, None)
        yield address


@contextmanager
def guarded_cluster(folder: Path) -> Iterator[tuple[str, dict[str, Path]]]:
    """One worker, over TLS of both sides; its address and the files: authority, certificate, key."""
    issuer = authority()
    files = {"authority": issuer.write(folder, "dask-ca")[0]}
    files["certificate"], files["key"] = leaf(issuer).write(folder, "dask")
    port = free_port()
    address = f"tls://127.0.0.1:{port}"
    more = ["--tls-ca-file", files["authority"], "--tls-cert", files["certificate"], "--tls-key", files["key"]]
    guarded = distributed.Security(
        require_encryption=True,
        tls_ca_file=str(files["authority"]),
        tls_client_cert=str(files["certificate"]),
        tls_client_key=str(files["key"]),
    )
    with _begun(address, port, 1, list(map(str, more))):
        _until_there(address, 1, guarded)
        yield address, files


@contextmanager
def _begun(address: str, port: int, workers: int, more: Sequence[str]) -> Iterator[None]:
    dask = [sys.executable, "-m", "dask"]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    common = ["--host", "127.0.0.1", "--no-dashboard", *more]
    scheme = ["--protocol", "tls"] if more else []
    lines = [[*dask, "scheduler", "--port", str(port), *common, *scheme]]
    lines += [[*dask, "worker", address, "--nworkers", "1", "--nthreads", "2", *common] for _ in range(workers)]
    running = [subprocess.Popen(line, **quiet) for line in lines]
    try:
        yield
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait(20)


def _until_there(address: str, workers: int, guarded: Any) -> None:
    until = time.monotonic() + READY_S
    with distributed.Client(address, security=guarded, set_as_default=False, timeout=READY_S) as client:
        client.wait_for_workers(workers, timeout=until - time.monotonic())
