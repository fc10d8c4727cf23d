"""The parts of one parcel as the line brings them: in order, of one name and number, never more than was announced; read once."""

import time
from collections.abc import Iterator

from transports import words as shared
from transports.errors import Refused, TransportError, Unreachable
from transports.files import Failed
from transports.tcp import words
from transports.tcp.line import Line
from transports.tcp.messages import Message
from transports.tcp.pages import is_last
from transports.tcp.settings import ServerSettings


class Parts:
    """``blocks`` gives them to a Transport's put, ``drain`` hears what that left over."""

    def __init__(self, line: Line, settings: ServerSettings, first: Message) -> None:
        self._line = line
        self._settings = settings
        self._header = settings.dialect.header
        self._first: Message | None = first
        self._question = first
        self._page, self._came = 0, 0
        self._ended = False
        self._broken: TransportError | None = None
        self._bytes_max = first.size if self._header.has("size") else settings.file_bytes_max
        if first.size > settings.file_bytes_max:  # refused, and its rest is heard only so far as it is short
            self._bytes_max = max(settings.file_bytes_max, settings.dialect.body_bytes_max)
        self._until = time.monotonic() + settings.deadlines.transfer(self._bytes_max)

    def blocks(self) -> Iterator[bytes]:
        """The bytes of the parcel, each part as it comes. Raises Failed when the rest will not come, so that nothing is left."""
        if self._first is None:
            raise shared.say(Failed, words.TWICE)
        try:
            while not self._ended:
                yield self._next()
        except TransportError as error:
            raise Failed(error.en, error.zh, code=error.code) from error

    def drain(self) -> None:
        """Hear the rest of a parcel that is not wanted, so that our answer finds the line free. Raises what broke the line."""
        while not self._ended and not self._broken:
            self._next()
        if self._broken and self._broken.code != words.WITHDRAWN[0]:
            raise self._broken

    def _next(self) -> bytes:
        try:
            part, self._first = self._first or self._receive(), None
            self._expect(part)
        except TransportError as error:
            self._broken = error
            raise
        self._ended = is_last(self._header, part)
        return part.body

    def _receive(self) -> Message:
        part = self._line.receive(self._until, self._settings.deadlines.silence_s)
        if part is None:
            raise shared.say(Unreachable, shared.BROKEN)
        return part

    def _expect(self, part: Message) -> None:
        if part.page == 0:
            raise shared.say(Refused, words.WITHDRAWN)
        self._page += 1
        self._came += len(part.body)
        same = (part.code, part.sequence, part.name) == (self._question.code, self._question.sequence, self._question.name)
        if not same or part.page != self._page or self._came > self._bytes_max:
            raise words.garbled(words.PAGES)
