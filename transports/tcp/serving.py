"""One peer's line at our side: each question is checked, passed on to the Transport behind it, and answered in the same messages."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

from transports import names
from transports import words as shared
from transports.errors import Refused, TransportError, Unreachable
from transports.files import Failed
from transports.measured import measure, with_last
from transports.sealing.refusals import OUTWARD_CODE, is_of_a_seal
from transports.tcp import words
from transports.tcp.line import Line
from transports.tcp.listing import write_listing
from transports.tcp.messages import Meaning, Message
from transports.tcp.pages import cut, is_last, marked
from transports.tcp.parts import Parts
from transports.tcp.session import Numbers
from transports.tcp.settings import ServerSettings
from transports.tcp.words import Garbled
from transports.transport import Delivery, Put, Transport

Alone = Callable[[str], AbstractContextManager[None]]  # one parcel of a name at a time; raises Unreachable remote-busy
_OF_DELIVERY = {
    Delivery.DELIVERED: Meaning.OK,
    Delivery.REFUSED: Meaning.REFUSED,
    Delivery.RETRY: Meaning.RETRY,
    Delivery.IN_DOUBT: Meaning.IN_DOUBT,
}


def _outward(code: str) -> str:
    """What the caller is told; of a seal that did not hold, never why (security A15)."""
    return OUTWARD_CODE if is_of_a_seal(code) else code


class Serving:
    """The five verbs over one line. Ends when the peer ends the line, falls silent, or says what no peer of ours says."""

    def __init__(self, settings: ServerSettings, line: Line, transport: Transport, numbers: Numbers | None, alone: Alone) -> None:
        self._settings = settings
        self._dialect = settings.dialect
        self._header = settings.dialect.header
        self._line = line
        self._transport = transport
        self._numbers = numbers
        self._alone = alone
        self._open: tuple[str, Iterator[Message]] | None = None  # an answer whose next page was not asked for yet
        self._read: set[str] = set()
        self._reading: tuple[str, int, str] = ("", 0, "")

    def run(self) -> None:
        """Question after question. Raises Garbled after a message that is none, Unreachable when the line breaks."""
        silence = self._settings.heartbeat.silence_s if self._settings.heartbeat else self._settings.idle_s
        while True:
            question = Message()
            try:
                received = self._line.receive(time.monotonic() + self._settings.idle_s, min(silence, self._settings.idle_s))
                if received is None:
                    return
                question = received
                if self._numbers:
                    self._numbers.accept(question.sequence)
                self._serve(question)
            except Garbled as garbled:
                self._refuse(question, garbled)
                raise

    def _serve(self, question: Message) -> None:
        verb = self._dialect.verb(question.code)
        try:
            if not verb:
                raise shared.say(Refused, words.NOT_SPOKEN)
            getattr(self, f"_{verb}")(question)
        except Garbled:
            raise
        except TransportError as error:
            self._refuse(question, error)

    def _refuse(self, question: Message, error: TransportError) -> None:
        meaning = Meaning.RETRY if isinstance(error, Unreachable | Failed) else Meaning.REFUSED
        self._answer(question, meaning, text=_outward(error.code))

    def _answer(self, question: Message, meaning: Meaning, **more: str | int | bytes) -> None:
        answers = dict(self._dialect.codes.all().values())
        code = answers.get(question.code, self._dialect.codes.put[1])
        message = Message(code, question.sequence, self._dialect.status(meaning), question.name, pages=1)
        self._line.send(replace(message, **more), self._until(0))  # type: ignore[arg-type]

    def _until(self, size: int) -> float:
        return time.monotonic() + self._settings.deadlines.transfer(size)

    # ---- what comes to us --------------------------------------------------------------------------------------------------

    def _put(self, question: Message) -> None:
        parts = Parts(self._line, self._settings, question)
        try:
            put = self._taken(question, parts)
        except TransportError as error:
            put = Put(Delivery.RETRY if isinstance(error, Unreachable) else Delivery.REFUSED, error.code)
        parts.drain()
        for name, content in put.replies:
            self._reply(question, name, content)
        if self._dialect.codes.reply or not put.replies:
            self._answer(question, _OF_DELIVERY[put.delivery], text=_outward(put.code))

    def _taken(self, question: Message, parts: Parts) -> Put:
        size, digest = question.size, question.digest
        if not self._header.has("size"):
            size = len(question.body)
        if not self._header.has("digest"):
            digest = hashlib.sha256(question.body).hexdigest()
        if size > self._settings.file_bytes_max:
            raise shared.say(Refused, words.TOO_BIG)
        name = question.name if self._header.has("name") else self._settings.name.replace("{digest}", digest[:16])
        with self._alone(names.check(name)):
            return self._transport.put(name, parts.blocks, size, digest)

    def _reply(self, question: Message, name: str, content: bytes) -> None:
        """An answer that comes in the call itself: in messages of its own, or as the body of the answer to put."""
        codes = self._dialect.codes
        code = codes.reply or codes.put[1]
        digest = hashlib.sha256(content).hexdigest()
        head = Message(code, question.sequence, self._dialect.status(Meaning.OK), name, len(content), digest)
        limit = self._settings.part_bytes if self._header.has("page") else self._dialect.body_bytes_max
        for page, (body, last) in enumerate(with_last(cut(iter((content,)), limit)), start=1):
            self._line.send(marked(replace(head, page=page, body=body), last=last), self._until(len(content)))

    def _look(self, question: Message) -> None:
        try:
            with self._alone(names.check(question.name)):
                found = self._transport.look(question.name, question.size, question.digest)
        except Unreachable as busy:
            if busy.code != shared.BUSY[0]:
                raise
            self._answer(question, Meaning.UNKNOWN)  # it is on its way this moment: neither there nor not there
        else:
            self._answer(question, Meaning(found))

    def _beat(self, question: Message) -> None:
        self._answer(question, Meaning.OK)

    # ---- what goes from us -------------------------------------------------------------------------------------------------

    def _list(self, question: Message) -> None:
        def listing() -> Iterator[bytes]:
            found = self._transport.list()
            yield from write_listing(found, self._transport.strange)

        self._page(question, "", listing)

    def _get(self, question: Message) -> None:
        name = names.check(question.name)
        self._page(question, name, lambda: self._transport.get(name))

    def _collect(self, question: Message) -> None:
        name = self._settings.reply_name.replace("{file}", names.check(question.name))
        if question.page == 1 and name not in [remote.name for remote in self._transport.list((question.name,))]:
            self._answer(question, Meaning.PENDING)
            return
        self._page(question, name, lambda: self._transport.get(name))

    def _page(self, question: Message, what: str, blocks: Callable[[], Iterator[bytes]]) -> None:
        """The page that was asked for: the first begins to read, every other must be the next one."""
        key = f"{question.code} {what}"
        if question.page == 1:
            self._open = key, self._pages(what, blocks())
        if self._open is None or self._open[0] != key:
            raise words.garbled(words.PAGES)
        page = next(self._open[1], None)
        if page is None or page.page != question.page:
            raise words.garbled(words.PAGES)
        if is_last(self._header, page):
            self._open = None
        told = replace(page, code=self._dialect.codes.all()[self._dialect.verb(question.code)][1], sequence=question.sequence)
        self._line.send(replace(told, name=question.name, status=self._dialect.status(Meaning.OK)), self._until(len(page.body)))

    def _pages(self, what: str, blocks: Iterator[bytes]) -> Iterator[Message]:
        size, running = 0, hashlib.sha256()
        for page, (body, last) in enumerate(with_last(cut(blocks, self._settings.part_bytes)), start=1):
            size += len(body)
            running.update(body)
            if last:
                self._reading = what, size, running.hexdigest()
            total = (size, running.hexdigest()) if last else (0, "")
            yield marked(Message(page=page, size=total[0], digest=total[1], body=body), last=last)

    def _acknowledge(self, question: Message) -> None:
        """Only the bytes the peer has read are put away: those this line gave it, or those that are still the same."""
        name = names.check(question.name)
        told = name, question.size, question.digest
        if question.digest and told != self._reading and not self._are_still(name, question.size, question.digest):
            self._answer(question, Meaning.OK)  # others lie there by now: they stay, and the next listing offers them
            return
        self._transport.acknowledge(name)
        self._answer(question, Meaning.OK)

    def _are_still(self, name: str, size: int, digest: str) -> bool:
        try:
            return (size, digest) == measure(self._transport.get(name))
        except Refused as gone:
            if gone.code != "missing":
                raise
            return True  # acknowledged before: saying so again is fine
