"""One connection: messages out, messages in, every wait with its end, and a frame's MAC checked before the frame is read."""

import dataclasses
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from transports import words as shared
from transports.errors import TransportError, Unreachable
from transports.tcp import words
from transports.tcp.framing import Reader
from transports.tcp.messages import Message
from transports.tcp.settings import LineSettings
from transports.tls import in_our_words

_BLOCK = 64 * 1024
Stamp = Callable[[], datetime]
_TIMES = {8: "%Y%m%d", 12: "%y%m%d%H%M%S", 14: "%Y%m%d%H%M%S", 17: "%Y%m%d%H%M%S%f"}


class Line:
    """Messages over an open socket. Deadlines are moments of ``time.monotonic``. Raises Unreachable, or Refused (Garbled)."""

    def __init__(self, sock: socket.socket, settings: LineSettings, stamp: Stamp | None = None) -> None:
        self._sock = sock
        self._settings = settings
        self._header = settings.dialect.header
        self._framing = settings.dialect.framing
        self._reader = Reader(self._framing, self._header.width)
        self._stamp = stamp

    def send(self, message: Message, until: float) -> None:
        """The whole message, handed to the network."""
        raw = memoryview(self._framing.encode(self._frame(message)))
        with _in_our_words():
            for start in range(0, len(raw), _BLOCK):
                self._wait(until, self._settings.deadlines.silence_s)
                self._sock.sendall(raw[start : start + _BLOCK])

    def receive(self, until: float, silence_s: float) -> Message | None:
        """The next message; None when the peer ended the line between two. ``silence_s``: the longest wait for one more piece."""
        while (frame := self._reader.frame()) is None:
            with _in_our_words():
                self._wait(until, silence_s)
                data = self._sock.recv(_BLOCK)
            if not data:
                if self._reader.held:
                    raise shared.say(Unreachable, shared.BROKEN)
                return None
            self._reader.feed(data)
        return self._header.read(self._proved(frame))

    def is_stale(self) -> bool:
        """Did the peer end the line, or say something nobody asked for, since the last answer?"""
        unread = self._reader.held or (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending())
        return bool(unread or select.select([self._sock], [], [], 0)[0])

    def close(self) -> None:
        """Let it go; a wait in another thread ends."""
        with suppress(OSError):  # gone already
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def _wait(self, until: float, silence_s: float) -> None:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(min(left, silence_s))

    def _frame(self, message: Message) -> bytes:
        width = self._header.width_of("time")
        if width and self._stamp:
            message = dataclasses.replace(message, time=self._stamp().strftime(_TIMES[width])[:width])
        if self._header.has("bank"):
            message = dataclasses.replace(message, bank=self._settings.bank)
        head = self._header.write(message)
        if self._settings.mac is None:
            return head + message.body
        at = self._header.mac_at()
        before, after = head[: at.start], head[at.stop :] + message.body
        return before + self._settings.mac.of(before, after, at.stop - at.start) + after

    def _proved(self, frame: bytes) -> bytes:
        if self._settings.mac is not None:
            at = self._header.mac_at()
            if not self._settings.mac.holds(frame[: at.start], frame[at], frame[at.stop :]):
                raise words.garbled(words.BAD_MAC)
        return frame


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except TransportError:
        raise
    except Exception as error:
        known = in_our_words(error)
        if known is None:
            raise
        raise known from error
