"""Requests and replies of SFTP on a channel: what is asked leaves together when a reply is waited for; replies come in any order.

paramiko's own client sends every request by itself, reads every reply in two steps, and takes a reply that is cut short for a yes.
"""

import struct
from collections.abc import Iterable
from typing import Protocol

from paramiko import sftp as wire

from transports.sftp.words import ServerSaid

_TOGETHER = 32 * 1024  # bytes of requests that leave though no reply is waited for: about what a channel carries in one message
_AT_ONCE = 256 * 1024  # bytes taken from the channel in one go
_REPLY_BYTES_MAX = 1 << 24  # no server has reason to say more at once
_VERSION = 3


class Channel(Protocol):
    """What carries the bytes: a channel of paramiko's, or one end of a pair of sockets. Each waits no longer than its own timeout."""

    def send(self, data: bytes, /) -> int:
        """Hand over some of it; how much."""

    def recv(self, most: int, /) -> bytes:
        """What has come; nothing where the line has ended."""


class Reply:
    """One reply, read from its first word on. Raises SFTPError or struct.error for words that are not there."""

    def __init__(self, content: bytes) -> None:
        self.kind, self._content, self._at = content[0], content, 1

    def expect(self, kind: int) -> "Reply":
        """Itself, if it is of this kind. Raises ServerSaid for a status other than OK."""
        if self.kind == wire.CMD_STATUS and (status := self.number()) != wire.SFTP_OK:
            raise ServerSaid(status)
        if self.kind != kind:
            raise wire.SFTPError(f"a reply of kind {self.kind}")
        return self

    def number(self) -> int:
        """Four bytes."""
        return self._unpacked(">I")

    def place(self) -> int:
        """Eight bytes: a size, a place in a file."""
        return self._unpacked(">Q")

    def text(self) -> bytes:
        """A string, its length before it."""
        size = self.number()
        found = self._content[self._at : self._at + size]
        if len(found) < size:
            raise wire.SFTPError("a reply that is cut short")
        self._at += size
        return found

    @property
    def more(self) -> bool:
        """Is there anything after what was read?"""
        return self._at < len(self._content)

    def _unpacked(self, form: str) -> int:
        (found,) = struct.unpack_from(form, self._content, self._at)
        self._at += struct.calcsize(form)
        return int(found)


class Conversation:
    """One session: ``ask`` gives a number, ``hear`` the reply to it. ``extensions``: what the server said it can do besides."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._last = 0
        self._awaited: set[int] = set()
        self._arrived: dict[int, Reply] = {}
        self._leaving: list[bytes] = []
        self._leaving_bytes = 0
        self._come = bytearray()
        self.extensions = self._greet()

    def _greet(self) -> frozenset[bytes]:
        self._leave(wire.CMD_INIT, number(_VERSION))
        self.send()
        hello = self._read().expect(wire.CMD_VERSION)
        hello.number()  # never above ours
        found = set()
        while hello.more:
            found.add(hello.text())
            hello.text()  # its value
        return frozenset(found)

    def ask(self, kind: int, *words: bytes) -> int:
        """A request of these words (``text``, ``number``, ``place``), which leaves with the next ones; its number."""
        self._last = (self._last + 1) & 0xFFFFFFFF
        self._awaited.add(self._last)
        self._leave(kind, number(self._last), *words)
        return self._last

    def hear(self, asked: int) -> Reply:
        """The reply to a request, waited for."""
        if self._leaving:
            self.send()
        while asked not in self._arrived:
            reply = self._read()
            answered = reply.number()
            if answered in self._awaited:  # else nobody waits for it any more
                self._arrived[answered] = reply
        self._awaited.discard(asked)
        return self._arrived.pop(asked)

    def say(self, kind: int, *words: bytes) -> Reply:
        """Ask and hear."""
        return self.hear(self.ask(kind, *words))

    def forget(self, asked: Iterable[int]) -> None:
        """Nobody waits for these replies any more."""
        for each in asked:
            self._awaited.discard(each)
            self._arrived.pop(each, None)

    # ---- bytes -----------------------------------------------------------------------------------------------------------------

    def _leave(self, kind: int, *words: bytes) -> None:
        size = 1 + sum(map(len, words))
        self._leaving += (struct.pack(">IB", size, kind), *words)
        self._leaving_bytes += size
        if self._leaving_bytes >= _TOGETHER:
            self.send()

    def send(self) -> None:
        """What was asked leaves now."""
        out, at = b"".join(self._leaving), 0
        self._leaving, self._leaving_bytes = [], 0
        while at < len(out):
            sent = self._channel.send(out[at : at + _TOGETHER])
            if sent <= 0:
                raise EOFError
            at += sent

    def _read(self) -> Reply:
        size = int.from_bytes(self._take(4))
        if not 0 < size < _REPLY_BYTES_MAX:
            raise wire.SFTPError("no reply has this size")
        return Reply(self._take(size))

    def _take(self, size: int) -> bytes:
        while len(self._come) < size:
            piece = self._channel.recv(_AT_ONCE)
            if not piece:
                raise EOFError
            self._come += piece
        with memoryview(self._come) as come:
            taken = bytes(come[:size])
        del self._come[:size]
        return taken


def number(value: int) -> bytes:
    """Four bytes."""
    return struct.pack(">I", value)


def place(value: int) -> bytes:
    """Eight bytes."""
    return struct.pack(">Q", value)


def text(content: bytes | str) -> bytes:
    """A string, its length before it."""
    raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    return struct.pack(">I", len(raw)) + raw
