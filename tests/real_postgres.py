"""A throw-away PostgreSQL of our own: a private cluster on a unix socket, gone with the test; no port, no password, no fsync."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg

_PR_SET_PDEATHSIG = 1
_START_DEADLINE_S = 30


def programs() -> Path | None:
    """The newest folder that holds ``initdb`` and ``postgres``, or none."""
    folders = [found.parent for found in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    folders += [Path(on_path).parent] if on_path else []
    return max(folders, key=lambda folder: folder.parent.name, default=None)


class RealPostgres:
    """``with RealPostgres() as pg: Ledger.open(pg.url)``; ``pg.fresh()`` gives one more, empty, database."""

    def __enter__(self) -> "RealPostgres":
        found = programs()
        if found is None:
            raise FileNotFoundError("PostgreSQL's initdb is not installed here")
        self._bin = found
        self._user = _unprivileged()
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path may be 107 bytes long
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        try:
            self._make()
            self._server = self._start()
            self._wait()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self.url = self._url("postgres")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.send_signal(signal.SIGQUIT)  # immediate: nothing here is worth a checkpoint
        self._server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fresh(self) -> str:
        """The address of a new, empty database."""
        name = f"test_{uuid.uuid4().hex}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def empty(self, tables: Iterable[str]) -> None:
        """Take every row out of tables of the first database, past all triggers, and count from 1 again: quicker than a new one."""
        with self.connect() as connection:
            connection.execute("SET session_replication_role = replica")
            for table in tables:
                connection.execute(f'DELETE FROM "{table}"')
            for (name,) in connection.execute("SELECT sequencename FROM pg_sequences").fetchall():
                connection.execute(f"ALTER SEQUENCE {name} RESTART")

    def connect(self) -> psycopg.Connection:
        """A connection to the first database, each statement by itself."""
        return psycopg.connect(self._conninfo("postgres"), autocommit=True)

    def kill(self) -> None:
        """What a power cut does to it; ``revive`` starts it again on the same files."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()

    def revive(self) -> None:
        """Start again after ``kill``."""
        self._server = self._start()
        self._wait()

    def _make(self) -> None:
        command = [str(self._bin / "initdb"), "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        done = subprocess.run(
            [*command, "--locale=C", "--no-sync"], capture_output=True, text=True, check=False, **self._as_user()
        )
        if done.returncode:
            raise RuntimeError(done.stderr)

    def _start(self) -> "subprocess.Popen[bytes]":
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",  # it survives a kill of its processes, not of the machine
            "full_page_writes": "off",
            "max_connections": "60",
            "shared_buffers": "32MB",
        }
        command = [str(self._bin / "postgres"), "-D", str(self.folder / "data")]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        log = (self.folder / "log").open("ab")
        with log:
            manner = {"start_new_session": True, "preexec_fn": _die_with_parent, **self._as_user()}
            return subprocess.Popen(command, stdout=log, stderr=log, **manner)

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_DEADLINE_S
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._server.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text(errors="replace")) from None
                time.sleep(0.02)

    def _as_user(self) -> dict[str, Any]:
        if not self._user:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": [], "cwd": self.folder}

    def _conninfo(self, database: str) -> str:
        return f"host={self.folder} user=postgres dbname={database}"

    def _url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"


def _unprivileged() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: as whom it runs then; none when we are nobody special ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("no unprivileged user to run PostgreSQL as")


def _die_with_parent() -> None:
    """A killed test run leaves no server behind (Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
