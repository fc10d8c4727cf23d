"""A real clamd of our own: a socket in a folder of its own, and a database of one signature, EICAR's test string, written here.

``with RealClamd() as clamd: clamd.scanner.scan(…)``. No virus database is needed, fetched or read.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.scripted_scanner import EICAR
from transports.scanner import NotScanned, Scanner

NAME = "Eicar-Test-Signature"
_START_DEADLINE_S = 30.0


def program() -> str | None:
    """The daemon's program, or None where ClamAV is not installed."""
    return shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class RealClamd:
    """One daemon. ``options``: more lines of clamd.conf."""

    def __init__(self, options: Sequence[str] = ()) -> None:
        self.options = tuple(options)

    @property
    def scanner(self) -> Scanner:
        """Its client."""
        return Scanner(self.folder / "socket")

    def __enter__(self) -> Self:
        found = program()
        if found is None:
            raise FileNotFoundError("ClamAV's clamd is not installed here")
        self.folder = Path(tempfile.mkdtemp(prefix="clamd-", dir="/tmp"))  # a socket's path may be 107 bytes long
        (self.folder / "signatures").mkdir()
        (self.folder / "signatures" / "eicar.ndb").write_text(f"{NAME}:0:*:{EICAR.hex()}\n")
        (self.folder / "clamd.conf").write_text("\n".join(self._settings()) + "\n")
        with (self.folder / "log").open("ab") as log:
            command = [found, "--config-file", str(self.folder / "clamd.conf")]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait_until_it_answers()
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """Dead at once."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _settings(self) -> list[str]:
        return [
            f"LocalSocket {self.folder}/socket",
            f"DatabaseDirectory {self.folder}/signatures",
            f"TemporaryDirectory {self.folder}",
            f"User {pwd.getpwuid(os.getuid()).pw_name}",
            "Foreground yes",
            *self.options,
        ]

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _START_DEADLINE_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if self.scanner.scan([b"nothing"]) is None:
                    return
            except NotScanned:
                time.sleep(0.05)
        raise RuntimeError(f"clamd did not start: {(self.folder / 'log').read_text(errors='replace')}")
