"""Parcels in parts and answers in pages: cut to what one message carries, and joined only where every page follows the last."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from transports.errors import Refused
from transports.tcp import words
from transports.tcp.header import Header
from transports.tcp.messages import Message
from transports.words import say


def cut(blocks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of ``size``, the last one shorter; one empty piece where there is nothing."""
    held, said = bytearray(), False
    for block in blocks:
        held += block
        while len(held) > size:  # the last piece is told from the others only when something comes after it
            yield bytes(held[:size])
            del held[:size]
            said = True
    if held or not said:
        yield bytes(held)


def is_last(header: Header, message: Message) -> bool:
    """Is this the last page, or part? By the total where the header tells it, else by its flag."""
    if header.has("pages"):
        return message.page == message.pages
    return not message.more


def marked(message: Message, *, last: bool) -> Message:
    """The message, saying whether it is the last of its kind; how many there are is told by the last one."""
    return replace(message, more=int(not last), pages=message.page if last else 0)


class Joined:
    """The bytes of an answer, page by page. ``size`` and ``digest`` (SHA-256, hex) are known at its end."""

    def __init__(self, header: Header, bytes_max: int) -> None:
        self._header = header
        self._bytes_max = bytes_max
        self._running = hashlib.sha256()
        self._page = 0
        self.size = 0

    @property
    def digest(self) -> str:
        """SHA-256 of what came so far, in lower-case hex."""
        return self._running.hexdigest()

    def read(self, first: Message, next_page: Callable[[int], Message]) -> Iterator[bytes]:
        """The body of each page. Raises Refused too-large, Garbled pages-broken, and what ``next_page`` raises."""
        page = first
        while True:
            self._take(page)
            last = is_last(self._header, page)
            if last:
                self._check(page)
            if page.body:
                yield page.body
            if last:
                return
            page = next_page(self._page + 1)

    def _take(self, page: Message) -> None:
        self._page += 1
        self.size += len(page.body)
        if max(self.size, page.size) > self._bytes_max:
            raise say(Refused, words.TOO_BIG)
        if page.page != self._page:
            raise words.garbled(words.PAGES)
        self._running.update(page.body)

    def _check(self, last: Message) -> None:
        """What the last page tells of the whole must be what came."""
        if (last.size and last.size != self.size) or (last.digest and last.digest.lower() != self.digest):
            raise words.garbled(words.PAGES)
