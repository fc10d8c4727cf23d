"""A real OpenSSH server of our own: a free loopback port, its own host keys, one key that may log in, sftp and nothing else.

``with RealSshd(folder) as server:`` keeps keys, settings and log in ``folder`` and serves ``server.root``. Run by root the
account is jailed there, so that "/in" in a profile is ``server.root / "in"``; otherwise use ``server.path("/in")``.
"""

import contextlib
import os
import pwd
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

_START_DEADLINE_S = 10.0


def program() -> str | None:
    """The server's program, or None where OpenSSH is not installed."""
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class RealSshd:
    """One server. ``options``: more lines of sshd_config. ``sftp``: switches of internal-sftp, e.g. ("-R",) for read-only.

    ``file_bytes_max``: no file may grow beyond it, as on a disk or quota that is full (RLIMIT_FSIZE of every session).
    """

    def __init__(
        self,
        folder: Path,
        *,
        host_keys: Sequence[str] = ("ed25519",),
        folders: Sequence[str] = ("in", "out", "out/done"),
        options: Sequence[str] = (),
        sftp: Sequence[str] = (),
        file_bytes_max: int | None = None,
    ) -> None:
        self.folder = folder
        self.host_key_types = tuple(host_keys)
        self.folders, self.options, self.sftp, self.file_bytes_max = folders, tuple(options), tuple(sftp), file_bytes_max
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.jailed = os.getuid() == 0
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    # ---- what a client needs ---------------------------------------------------------------------------------------------

    @property
    def host_key_pin(self) -> str:
        """The fingerprint of the first host key, as a connection pins it."""
        return self.pins[self.host_key_types[0]]

    @property
    def pins(self) -> dict[str, str]:
        """Fingerprint by type of host key."""
        return {kind: _fingerprint(self.folder / f"host_{kind}.pub") for kind in self.host_key_types}

    @property
    def client_key_pem(self) -> str:
        """The private key that may log in."""
        return (self.folder / "client").read_text()

    def path(self, path: str) -> str:
        """A path of a profile, as this server's clients must write it."""
        return path if self.jailed else f"{self.root}/{path.strip('/')}"

    # ---- life ------------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        found = program()
        if found is None:
            raise FileNotFoundError("OpenSSH's sshd is not installed here")
        self._sshd = found
        self.folder.mkdir(parents=True, exist_ok=True)
        self.root = Path(tempfile.mkdtemp(prefix="sftp-", dir=_jail_parent() if self.jailed else self.folder))
        self.root.chmod(0o755)
        for name in self.folders:
            (self.root / name).mkdir(parents=True, exist_ok=True)
        for kind in self.host_key_types:
            make_key(self.folder / f"host_{kind}", kind)
        if not (self.folder / "client").exists():
            make_key(self.folder / "client", "ed25519")
        shutil.copy(self.folder / "client.pub", self.folder / "authorized_keys")
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def start(self) -> None:
        """Serve, on the same port as before if there was one."""
        self.port = self.port or _free_port()
        (self.folder / "sshd_config").write_text("\n".join(self._settings()) + "\n")
        command = [self._sshd, "-D", "-e", "-f", str(self.folder / "sshd_config")]
        with (self.folder / "sshd.log").open("ab") as log:
            # Python ignores SIGXFSZ; passing that on makes a write beyond the limit fail with EFBIG instead of ending the session.
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, restore_signals=False)
        if self.file_bytes_max is not None:
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (self.file_bytes_max, self.file_bytes_max))
        self._wait_until_it_listens()

    def stop(self) -> None:
        """End the server and every session of it at once."""
        if self._process is None:
            return
        for pid in [*_descendants(self._process.pid), self._process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens at its port meanwhile."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def log(self) -> str:
        """What the server wrote about its clients."""
        return (self.folder / "sshd.log").read_text(errors="replace")

    def _settings(self) -> list[str]:
        if self.jailed:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd insists on it when root runs it
        start = "/" if self.jailed else str(self.root)
        return [
            *self.options,  # the first value of a keyword counts
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            *(f"HostKey {self.folder}/host_{kind}" for kind in self.host_key_types),
            f"AuthorizedKeysFile {self.folder}/authorized_keys",
            f"PidFile {self.folder}/sshd.pid",
            "AuthenticationMethods publickey",
            "PermitRootLogin prohibit-password",
            "StrictModes no",  # the keys lie under a temporary folder
            "UseDNS no",
            "MaxStartups 100",
            "MaxSessions 100",
            "LogLevel VERBOSE",
            *(["PerSourcePenalties no"] if _version() >= (9, 8) else []),
            "Subsystem sftp internal-sftp",
            "DisableForwarding yes",
            f"ForceCommand internal-sftp -d {start} {' '.join(self.sftp)}",
            *([f"ChrootDirectory {self.root}"] if self.jailed else []),
        ]

    def _wait_until_it_listens(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_DEADLINE_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.01)
        raise RuntimeError(f"sshd did not start: {self.log()}")


def make_key(path: Path, kind: str, bits: int | None = None) -> None:
    """A fresh pair at ``path`` and ``path.pub``, in OpenSSH's format; replaces one that is there."""
    for old in (path, path.with_suffix(".pub")):
        old.unlink(missing_ok=True)
    size = ["-b", str(bits)] if bits else ["-b", "3072"] if kind == "rsa" else []
    # A comment, because paramiko 5.1 cannot read half of the ECDSA keys that have none (it mistakes missing padding).
    subprocess.run(["ssh-keygen", "-q", "-t", kind, *size, "-N", "", "-C", "tests", "-f", str(path)], check=True)


def _fingerprint(public: Path) -> str:
    shown = subprocess.run(["ssh-keygen", "-lf", str(public)], check=True, capture_output=True, text=True).stdout
    return shown.split()[1]


def _version() -> tuple[int, int]:
    shown = subprocess.run(["ssh", "-V"], check=True, capture_output=True, text=True).stderr
    found = re.search(r"OpenSSH_(\d+)\.(\d+)", shown)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _jail_parent() -> Path:
    """A folder sshd takes for a jail: every folder above it is root's and nobody else may write there."""
    for folder in (Path("/var/lib"), Path("/run"), Path.home()):
        if all(above.stat().st_uid == 0 and not above.stat().st_mode & 0o022 for above in (folder, *folder.parents)):
            return folder
    raise RuntimeError("no folder is fit for a jail")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _descendants(pid: int) -> list[int]:
    children: list[int] = []
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            children += [*_descendants(int(child)), int(child)]
    return children
