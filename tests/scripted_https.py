"""A TLS server that says byte for byte what a test wants: every fault of a bank's HTTPS server starts here."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Self

from tests.ports import Port, hang_up
from transports.tls import TlsSettings, server_context

Script = Callable[["Talk"], None]


class Talk:
    """One accepted line: what came, and what to say."""

    def __init__(self, line: ssl.SSLSocket) -> None:
        self.line = line
        self.head = b""
        self.body = b""

    def hear_head(self) -> None:
        while b"\r\n\r\n" not in self.head:
            data = self.line.recv(65536)
            if not data:
                raise EOFError
            self.head += data
        self.head, _, self.body = self.head.partition(b"\r\n\r\n")

    def hear(self) -> None:
        """The whole request; its body is let come where it asks."""
        self.hear_head()
        if b"100-continue" in self.head.lower():
            self.line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(self.body) < self.length:
            data = self.line.recv(65536)
            if not data:
                raise EOFError
            self.body += data

    @property
    def length(self) -> int:
        for line in self.head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                return int(line.partition(b":")[2])
        return 0

    def header(self, name: str) -> str:
        for line in self.head.split(b"\r\n"):
            if line.lower().startswith(name.lower().encode() + b":"):
                return line.partition(b":")[2].strip().decode()
        return ""

    def say(self, status: int, *headers: str, body: bytes = b"", length: int | None = None) -> None:
        lines = [f"HTTP/1.1 {status} Word", *headers, f"Content-Length: {len(body) if length is None else length}"]
        self.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def raw(self, data: bytes) -> None:
        self.line.sendall(data)

    def reset(self) -> None:
        """Break the line off without a goodbye."""
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.line.close()


def says(status: int, *headers: str, body: bytes = b"") -> Script:
    """Hears the request out and says this."""

    def script(talk: Talk) -> None:
        talk.hear()
        talk.say(status, *headers, body=body)

    return script


class ScriptedHttps:
    """``with ScriptedHttps(tls, script) as bank:`` runs ``script`` on every line; ``heads`` are the requests that came."""

    def __init__(self, tls: TlsSettings, script: Script, *, change: Callable[[ssl.SSLContext], None] | None = None) -> None:
        self._context = server_context(tls)
        if change is not None:
            change(self._context)
        self._script = script
        self.talks: list[Talk] = []
        self._threads: list[threading.Thread] = []
        self.shaken = 0
        self.ended = threading.Event()

    @property
    def heads(self) -> list[bytes]:
        return [talk.head for talk in self.talks]

    @property
    def bodies(self) -> list[bytes]:
        return [talk.body for talk in self.talks]

    def __enter__(self) -> Self:
        self._port = Port(self._take)
        self.port = self._port.number
        return self

    def __exit__(self, *exc: object) -> None:
        self.ended.set()
        self._port.close()
        for talk in self.talks:
            hang_up(talk.line)
        for thread in self._threads:
            thread.join()

    def _take(self, line: socket.socket) -> None:
        thread = threading.Thread(target=self._talk, args=(line,), name="test-talk", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _talk(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            raw.settimeout(10)
            line = self._shake(raw)
            self.shaken += 1
            talk = Talk(line)
            self.talks.append(talk)
            try:
                self._script(talk)
            finally:
                with contextlib.suppress(OSError):
                    line.close()

    def _shake(self, raw: socket.socket) -> ssl.SSLSocket:
        with raw.dup() as kept:
            try:
                return self._context.wrap_socket(raw, server_side=True)
            except ssl.SSLError:
                kept.shutdown(socket.SHUT_WR)  # the alert is heard only if the line is not broken off behind it
                kept.settimeout(2)
                while kept.recv(65536):
                    pass
                raise

    def slowly(self, talk: Talk, pieces: Iterable[bytes], pause_s: float = 0.1) -> None:
        for piece in pieces:
            talk.raw(piece)
            if self.ended.wait(pause_s):
                return
