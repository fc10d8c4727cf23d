"""The system's ssh as a line: started by list, never by a shell, to one checked address, one host key, one key of ours.

The only place of the house that starts a program (tests/test_house.py). Its input and output are one end of a pair of sockets;
our SFTP client speaks over the other. It reads no settings but these, sees no environment, asks nobody, forwards nothing.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import IO

from transports import words
from transports.crashpoint import crashpoint
from transports.errors import Refused, TransportError, Unreachable
from transports.openssh.settings import OldServerSettings
from transports.openssh.words import NO_PROGRAM, in_our_words
from transports.sftp.client import Client
from transports.sftp.line import cut_after
from transports.sftp.words import in_our_words as of_the_client

_ALIAS = "peer"  # the name the one known key stands under
_SAID_BYTES_MAX = 8192  # of its last words; what it says beyond is read and dropped


class Program:
    """One running ssh, and the SFTP client that speaks over it."""

    client: Client

    def __init__(self, ssh: str, settings: OldServerSettings, host: str) -> None:
        with contextlib.ExitStack() as unless_it_runs:
            self._folder = tempfile.TemporaryDirectory(prefix="ssh-")
            unless_it_runs.callback(self._folder.cleanup)
            self._ours, theirs = socket.socketpair()
            unless_it_runs.callback(self._ours.close)
            self._ours.settimeout(settings.deadlines.silence_s)
            with theirs:
                self._process = self._started([ssh, *_arguments(settings, host, Path(self._folder.name))], theirs)
            unless_it_runs.pop_all()
        assert self._process.stderr is not None
        self._said = b""
        self._listener = threading.Thread(target=self._listen, args=(self._process.stderr,), name="ssh-says", daemon=True)
        self._listener.start()

    @staticmethod
    def _started(command: list[str], theirs: socket.socket) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command,
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=subprocess.PIPE,
            env={"LC_ALL": "C"},
            cwd="/",
            start_new_session=True,  # no terminal to ask at, and no signal meant for us
        )

    def _listen(self, says: IO[bytes]) -> None:
        """All it says is taken off the pipe, its last words are kept: a pipe that is full would hold it up (a server's long banner)."""
        with says, contextlib.suppress(OSError, ValueError):
            while said := os.read(says.fileno(), _SAID_BYTES_MAX):
                self._said = (self._said + said)[-_SAID_BYTES_MAX:]

    def greet(self) -> None:
        """Speak the first word of SFTP: answered, the key was the pinned one and the login is done."""
        self.client = Client(self._ours)

    def last_words(self) -> str:
        """What it said where it ended by itself; nothing where it lives."""
        try:
            self._process.wait(1)  # it lets go of the pair a moment before it is gone
        except subprocess.TimeoutExpired:  # it lives
            return ""
        self._listener.join(1)
        return self._said.decode("utf-8", "replace")

    def hang_up(self) -> None:
        """End the program and the pair, whatever state they are in."""
        with contextlib.suppress(OSError):
            self._ours.shutdown(socket.SHUT_RDWR)
        self._process.kill()
        self._process.wait()
        self._listener.join(1)
        self._ours.close()
        self._folder.cleanup()


def open_line(settings: OldServerSettings) -> Program:
    """A logged-in line to the first allowed address that answers. Raises Unreachable or Refused."""
    ssh = shutil.which("ssh")
    if ssh is None:
        raise words.say(Refused, NO_PROGRAM)
    last: TransportError | None = None
    for host in settings.address.candidates():
        try:
            return _open(ssh, settings, host)
        except Unreachable as error:
            last = error
    assert last is not None
    raise last


def _open(ssh: str, settings: OldServerSettings, host: str) -> Program:
    late = threading.Event()
    try:
        program = Program(ssh, settings, host)
    except OSError as error:
        raise words.say(Refused, NO_PROGRAM) from error
    try:
        with cut_after(settings.deadlines.connect_s + settings.deadlines.login_s, program.hang_up, late):
            program.greet()
        crashpoint("O13")
        return program
    except BaseException as error:
        said = program.last_words()
        program.hang_up()
        if late.is_set():
            raise words.say(Unreachable, words.SILENT) from error
        ours = in_our_words(said) if said else of_the_client(error)
        if ours is None:
            raise
        raise ours from error


def _arguments(settings: OldServerSettings, host: str, folder: Path) -> list[str]:
    """The whole command line but the program: no file of the system's or the user's settings is read."""
    exception, deadlines = settings.exception, settings.deadlines
    (folder / "known_hosts").write_text(f"{_ALIAS} {exception.known_as}\n", "ascii")
    (folder / "key").symlink_to(settings.key.absolute())  # ssh gives meaning to "%" and "~" in a path
    options = {
        # who it is
        "HostKeyAlias": _ALIAS,
        "UserKnownHostsFile": f"{folder}/known_hosts",
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "CheckHostIP": "no",
        "VerifyHostKeyDNS": "no",
        # who we are
        "BatchMode": "yes",
        "PreferredAuthentications": "publickey",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "IdentityFile": f"{folder}/key",
        "PubkeyAcceptedAlgorithms": ",".join(exception.login_algorithms),
        # what is spoken
        "KexAlgorithms": ",".join(exception.kex),
        "HostKeyAlgorithms": ",".join(exception.host_key_algorithms),
        "Ciphers": ",".join(exception.ciphers),
        "MACs": ",".join(exception.macs),
        "Compression": "no",
        # nothing besides
        "ClearAllForwardings": "yes",
        "ForwardAgent": "no",
        "ForwardX11": "no",
        "PermitLocalCommand": "no",
        "ControlPath": "none",
        "EscapeChar": "none",
        "RequestTTY": "no",
        "LogLevel": "INFO",  # below it ssh does not say that no algorithm was agreed on
        # how long
        "ConnectionAttempts": "1",
        "ConnectTimeout": str(max(1, round(deadlines.connect_s))),
        "ServerAliveInterval": str(deadlines.keepalive_s),
        "ServerAliveCountMax": "3",
    }
    given = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return ["-F", "none", *given, "-p", str(settings.address.port), "-l", settings.user, "-s", "--", host, "sftp"]
