"""An SFTP server over one bank's folder: its own port and host key, one client key, plain SFTP version 3 as banks run it.

A rename fails when the new name is taken, posix-rename and links are not offered, fsync is. For demonstrations, tests and conformance
runs; a bank in earnest runs its own server.
"""

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ParamSpec

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED, OPEN_SUCCEEDED
from paramiko.sftp import CMD_EXTENDED, CMD_VERSION, SFTP_BAD_MESSAGE, SFTP_FAILURE, SFTP_OK, SFTP_OP_UNSUPPORTED

from connector.bankside.enclosure import Enclosure, canonical

CONNECTIONS_MAX = 16  # one centre needs two; the rest is for whoever knocks
LOGIN_SECONDS_MAX = 15.0
READ_BYTES_MAX = 256 * 1024  # given at once, whatever was asked for: a client takes less for less
_FSYNC = "fsync@openssh.com"
_VERSION = 3
_LOG = "bankside.sftp"
_CIPHERS = ("aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr")
_MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")

P = ParamSpec("P")
logging.getLogger(_LOG).addHandler(logging.NullHandler())
logging.getLogger(_LOG).propagate = False  # paramiko writes a stack trace for every line that breaks


def make_ssh_key(path: Path) -> str:
    """A new private key (ECDSA P-256, PEM) at ``path`` unless there is one. Returns its public line, ``ecdsa-… AAAA…``."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        with path.open("w", encoding="ascii") as file:
            paramiko.ECDSAKey.generate().write_private_key(file)
    return public_line(path)


def public_line(path: Path) -> str:
    """The public half of the private key in a file, as in ``authorized_keys``."""
    key = paramiko.PKey.from_path(path)
    return f"{key.get_name()} {key.get_base64()}"


class SftpServer:
    """One bank's server. ``with SftpServer(...) as server:`` listens at ``server.address`` and stops cleanly.

    ``folders`` are the names at the top the client sees. ``user`` logs in with the key of ``client_line`` and with nothing else.
    ``room_bytes``: what may still be written before the disk is full (None: as the machine has).
    """

    def __init__(
        self,
        root: Path,
        *,
        host_key: Path,
        user: str,
        client_line: str,
        folders: Sequence[str] = ("in", "out"),
        host: str = "127.0.0.1",
        port: int = 0,
        room_bytes: int | None = None,
    ) -> None:
        self._host_key = paramiko.PKey.from_path(host_key)
        self._login = _Login(user, client_line)
        self._disk = _Disk(Enclosure(root, folders), room_bytes)
        self._wanted = (host, port)
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._lines: set[paramiko.Transport] = set()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port it listens at; known once it was started."""
        if self._listener is None:
            raise RuntimeError("the server was not started")
        host, port = self._listener.getsockname()[:2]
        return str(host), int(port)

    @property
    def pin(self) -> str:
        """The fingerprint of the host key, as a connection pins it: ``SHA256:…``."""
        return self._host_key.fingerprint

    def start(self) -> None:
        """Listen and serve in threads of its own."""
        self._listener = socket.create_server(self._wanted, backlog=CONNECTIONS_MAX)
        self._thread = threading.Thread(target=self._accept, name="sftp-server", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the door and every line; returns when the accepting thread is gone."""
        if self._listener is not None and self._thread is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept(); close() alone does not
            self._listener.close()
            self._thread.join()
        for line in list(self._lines):
            line.close()
        self._lines.clear()

    def __enter__(self) -> "SftpServer":
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _accept(self) -> None:
        while self._listener is not None:
            try:
                knocking, _ = self._listener.accept()
            except OSError:
                return
            self._lines = {line for line in self._lines if line.is_active()}
            if len(self._lines) >= CONNECTIONS_MAX:
                knocking.close()
                continue
            with contextlib.suppress(paramiko.SSHException, OSError, EOFError):
                self._serve(knocking)

    def _serve(self, knocking: socket.socket) -> None:
        knocking.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = paramiko.Transport(knocking)
        line.set_log_channel(_LOG)
        line.auth_timeout = line.banner_timeout = LOGIN_SECONDS_MAX
        options = line.get_security_options()
        options.ciphers, options.digests = _CIPHERS, _MACS
        line.add_server_key(self._host_key)
        line.set_subsystem_handler("sftp", _Subsystem, _Verbs, self._disk)
        self._lines.add(line)
        line.start_server(event=threading.Event(), server=self._login)  # with an event it returns at once
        knock = threading.Timer(LOGIN_SECONDS_MAX, _show_out, [line])
        knock.daemon = True
        knock.start()


def _show_out(line: paramiko.Transport) -> None:
    """Who did not log in by now makes room for others."""
    if not line.is_authenticated():
        line.close()


class _Login(paramiko.ServerInterface):
    """One user, one key, one kind of channel."""

    def __init__(self, user: str, client_line: str) -> None:
        name, text = client_line.split()[:2]
        self._user, self._key = user, (name, text)

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        known = username == self._user and (key.get_name(), key.get_base64()) == self._key
        return AUTH_SUCCESSFUL if known else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


class _Disk:
    """The folder, and how much room is left on it."""

    def __init__(self, folder: Enclosure, room_bytes: int | None) -> None:
        self.folder = folder
        self._room = room_bytes
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """May ``size`` more bytes be written?"""
        with self._lock:
            if self._room is None:
                return True
            self._room -= size
            return self._room >= 0


def _answering(act: Callable[P, Any]) -> Callable[P, Any]:
    """What the operating system refuses is a status for the client, never a stack trace."""

    def answered(*args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            found = act(*args, **kwargs)
        except OSError as refused:
            return paramiko.SFTPServer.convert_errno(refused.errno or 0)
        return SFTP_OK if found is None else found

    return answered


class _Verbs(paramiko.SFTPServerInterface):
    """The verbs of the protocol over an enclosure. Links, and changing what is not ours to change, are not offered."""

    def __init__(self, server: paramiko.ServerInterface, disk: _Disk) -> None:
        super().__init__(server)
        self._disk = disk
        self._folder = disk.folder

    def canonicalize(self, path: str) -> str:
        return canonical(path)

    @_answering
    def list_folder(self, path: str) -> Any:
        listed = []
        for name in self._folder.names(path):
            with contextlib.suppress(FileNotFoundError):  # swept while we looked
                listed.append(_attributes(self._folder.stat(f"{path}/{name}"), name))
        return listed

    @_answering
    def stat(self, path: str) -> Any:
        return _attributes(self._folder.stat(path))

    lstat = stat

    @_answering
    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> Any:  # noqa: ARG002
        return _OpenFile(self._folder.open(path, flags), flags, self._disk)

    @_answering
    def remove(self, path: str) -> Any:
        self._folder.remove(path)

    @_answering
    def rename(self, oldpath: str, newpath: str) -> Any:
        self._folder.rename(oldpath, newpath)

    @_answering
    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> Any:  # noqa: ARG002
        self._folder.mkdir(path)

    @_answering
    def rmdir(self, path: str) -> Any:
        self._folder.rmdir(path)


class _OpenFile(paramiko.SFTPHandle):
    """One open file by its descriptor."""

    def __init__(self, descriptor: int, flags: int, disk: _Disk) -> None:
        super().__init__(flags)
        self._descriptor, self._disk = descriptor, disk

    def close(self) -> None:
        with contextlib.suppress(OSError):  # closed by the client, then once more at the end of the session
            os.close(self._descriptor)
        self._descriptor = -1

    @_answering
    def read(self, offset: int, length: int) -> Any:
        return os.pread(self._descriptor, min(length, READ_BYTES_MAX), offset)

    @_answering
    def write(self, offset: int, data: Any) -> Any:
        if not self._disk.take(len(data)):
            return SFTP_FAILURE
        while data:
            written = os.pwrite(self._descriptor, data, offset)
            offset, data = offset + written, data[written:]
        return SFTP_OK

    @_answering
    def stat(self) -> Any:
        return _attributes(os.fstat(self._descriptor))

    @_answering
    def sync(self) -> Any:
        os.fsync(self._descriptor)


class _Subsystem(paramiko.SFTPServer):
    """paramiko's server with the one extension of OpenSSH it lacks."""

    def _process(self, t: int, request_number: int, msg: paramiko.Message) -> None:
        if t != CMD_EXTENDED:
            super()._process(t, request_number, msg)  # type: ignore[misc]
            return
        status = SFTP_OP_UNSUPPORTED
        if msg.get_text() == _FSYNC:
            handle = self.file_table.get(msg.get_binary())
            status = handle.sync() if isinstance(handle, _OpenFile) else SFTP_BAD_MESSAGE
        self._send_status(request_number, status)  # type: ignore[attr-defined]

    def _send_server_version(self) -> int:
        self._read_packet()  # type: ignore[attr-defined]  # the client's greeting; version 3 is the oldest any client speaks
        greeting = paramiko.Message()
        greeting.add_int(_VERSION)
        greeting.add_string(_FSYNC)
        greeting.add_string("1")
        self._send_packet(CMD_VERSION, greeting)  # type: ignore[attr-defined]
        return _VERSION


def _attributes(found: os.stat_result, name: str | None = None) -> paramiko.SFTPAttributes:
    """As the protocol carries them. A name that is not UTF-8 travels as the bytes it is on the disk."""
    undecodable = name is not None and any("\ud800" <= character <= "\udfff" for character in name)
    return paramiko.SFTPAttributes.from_stat(found, os.fsencode(name) if undecodable and name else name)  # type: ignore[arg-type]
