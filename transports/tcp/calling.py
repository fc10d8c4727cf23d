"""Calling a peer: a line is opened when one is needed, tried before it is used again, and each question gets its own answer."""

import socket
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import replace

from transports import words as shared
from transports.errors import TransportError, Unreachable
from transports.tcp import words
from transports.tcp.line import Line, Stamp
from transports.tcp.messages import Message
from transports.tcp.session import Numbers
from transports.tcp.settings import TcpSettings
from transports.tls import client_context, expect_pinned, in_our_words


class Caller:
    """Questions and answers with one peer, one question at a time. Raises Unreachable and Refused; a line that erred is let go."""

    def __init__(self, settings: TcpSettings, stamp: Stamp | None) -> None:
        self._settings = settings
        self._header = settings.dialect.header
        self._deadlines = settings.deadlines
        self._may_go = False  # the pace was kept for a message that has not left yet
        self._turn = ExitStack()  # what keeps others off these numbers while a question is not answered
        self._asking = False
        self._stamp = stamp
        self._line: Line | None = None
        self._numbers: Numbers | None = self._counted("called.number") if settings.sequence == "key" else None
        self._answered: deque[int] = deque(maxlen=64)
        self._heard = 0.0

    def begin(self) -> int:
        """A living line, and the number of the next question on it (0 where there are none)."""
        self._take_turn()
        self._keep_pace()
        if self._line is not None and not self._lives(self._line):
            self._let_go()
        if self._line is None:
            self._line = self._open()
        return self._next()

    def send(self, message: Message, until: float) -> float:
        """One message of a question that was begun, when its turn has come. ``until`` grows by the seconds waited for it, returned."""
        assert self._line is not None
        waited = self._keep_pace()
        self._may_go = False
        self._line.send(message, until + waited)
        return waited

    def answer(self, number: int, expected: tuple[str, ...], until: float) -> Message:
        """The next message of the answer to this question; signs of life and second answers to older questions are passed over.

        Raises Garbled for any other, Unreachable when none comes.
        """
        assert self._line is not None
        silence = self._silence()
        while True:
            message = self._line.receive(min(until, time.monotonic() + self._deadlines.transfer_s), silence)
            if message is None:
                raise shared.say(Unreachable, shared.BROKEN)
            self._heard = time.monotonic()
            codes = self._settings.dialect.codes
            if self._header.has("code") and message.code in codes.beat and message.code not in expected:
                continue
            if self._header.has("sequence") and message.sequence != number:
                if message.sequence in self._answered:
                    continue
                raise words.garbled(words.OTHER_REPLY)
            if self._header.has("code") and message.code not in expected:
                raise words.garbled(words.OTHER_REPLY)
            return message

    def end(self, number: int = 0) -> None:
        """The question is answered whole; the line stays only where it is kept."""
        self._answered.append(number)
        if self._settings.connection == "one_per_message":
            self.close()
        self._give_turn()

    def ask(self, verb: str, message: Message) -> Message:
        """One question, one answer of one message; for a verb the note has a message for."""
        question, answer = self._settings.dialect.codes.all()[verb]
        try:
            number = self.begin()
            self.send(replace(message, code=question, sequence=number), self._soon())
            found = self.answer(number, (answer,), self._soon())
        except BaseException:
            self.close()
            raise
        if message.name and found.name and found.name != message.name and verb != "collect":
            self.close()
            raise words.garbled(words.OTHER_REPLY)
        self._answered.append(number)
        return found

    def close(self) -> None:
        """Let the line go; the next question opens another."""
        self._let_go()
        self._give_turn()

    def _let_go(self) -> None:
        line, self._line = self._line, None
        self._answered.clear()
        if line is not None:
            line.close()

    # ---- whose turn it is ---------------------------------------------------------------------------------------------------

    def _keep_pace(self) -> float:
        """Wait once for each message that leaves."""
        waited, self._may_go = (0.0 if self._may_go else self._settings.pace.wait()), True
        return waited

    def _take_turn(self) -> None:
        """From here to the end of the answer no other process of ours asks with these numbers."""
        if not self._asking and self._numbers is not None:
            limits = self._deadlines
            self._turn.enter_context(self._numbers.turn(limits.transfer_s + limits.reply_s))
        self._asking = True

    def _give_turn(self) -> None:
        self._asking = False
        self._turn.close()

    # ---- the line ----------------------------------------------------------------------------------------------------------

    def _lives(self, line: Line) -> bool:
        """Is the line we kept still a line? Asked before a parcel leaves, so that a dead one costs no doubt."""
        if line.is_stale():
            return False
        beat = self._settings.heartbeat
        if beat is None or time.monotonic() - self._heard < beat.every_s:
            return True
        question, answer = self._settings.dialect.codes.beat
        try:
            number = self._next()
            self.send(Message(code=question, sequence=number), time.monotonic() + beat.every_s)
            until = time.monotonic() + beat.every_s
            self.answer(number, (answer,), until)
        except TransportError:
            return False
        self._answered.append(number)
        return True

    def _open(self) -> Line:
        raw = self._settings.address.connect(self._deadlines.connect_s)
        try:
            line = Line(self._secured(raw), self._settings, self._stamp)
        except BaseException:
            raw.close()
            raise
        self._heard = time.monotonic()
        if self._settings.sequence == "line":
            self._numbers = self._counted("")
        return line

    def _secured(self, raw: socket.socket) -> socket.socket:
        settings = self._settings.tls
        if settings is None:
            return raw
        context = client_context(settings)
        raw.settimeout(self._deadlines.handshake_s)
        try:
            line = context.wrap_socket(raw, server_hostname=settings.name or None)
        except Exception as error:
            known = in_our_words(error)
            if known is None:
                raise
            raise known from error
        try:
            expect_pinned(line.getpeercert(binary_form=True), settings.pins)
        except BaseException:
            line.close()
            raise
        return line

    def _counted(self, file: str) -> Numbers | None:
        digits = self._header.width_of("sequence")
        folder = self._settings.numbers
        return Numbers(digits, kept=folder / file if folder and file else None) if digits else None

    def _next(self) -> int:
        return self._numbers.next() if self._numbers else 0

    def _soon(self) -> float:
        return time.monotonic() + self._deadlines.reply_s + self._deadlines.silence_s

    def _silence(self) -> float:
        beat = self._settings.heartbeat
        return min(self._deadlines.reply_s, beat.silence_s) if beat else self._deadlines.reply_s
