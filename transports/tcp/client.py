"""A dedicated line as a road: we call, ask in the peer's messages, and of every put know how far it came when it broke."""

import builtins
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Self

from transports import names
from transports import words as shared
from transports.crashpoint import crashpoint
from transports.errors import Refused, TransportError, Unreachable
from transports.files import Failed
from transports.measured import own_bytes, with_last
from transports.outcomes import Stage, outcome
from transports.tcp import words
from transports.tcp.calling import Caller
from transports.tcp.line import Stamp
from transports.tcp.listing import read_listing
from transports.tcp.messages import Meaning, Message
from transports.tcp.pages import Joined, cut, marked
from transports.tcp.settings import TcpSettings
from transports.tcp.words import Garbled, said_by_peer
from transports.transport import Blocks, Delivery, Presence, Put, Remote


class Tcp:
    """A Transport over one line. ``stamp`` gives the time messages carry, where they carry one."""

    def __init__(self, settings: TcpSettings, *, stamp: Stamp | None = None) -> None:
        if settings.dialect.header.has("time") and stamp is None:
            raise ValueError("this line's messages carry the time: give the clock")
        self._settings = settings
        self._dialect = settings.dialect
        self._header = settings.dialect.header
        self._spoken = settings.dialect.codes.all()
        self._caller = Caller(settings, stamp)
        self._fetched: dict[str, tuple[int, str]] = {}
        self.strange: Sequence[tuple[str, str]] = ()

    # ---- out ---------------------------------------------------------------------------------------------------------------

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        """Send ``size`` bytes with SHA-256 ``digest`` (hex) in one message or in parts, and hear what became of them."""
        sending = _Sending()
        try:
            parts = self._parts(names.check(name), size)
            number = self._caller.begin()
            crashpoint("O14")
            sending.until = time.monotonic() + self._settings.deadlines.transfer(size)
            question = Message(self._dialect.codes.put[0], number, name=name, size=size, digest=digest)
            self._send(question, with_last(cut(own_bytes(blocks, size, digest), parts)), sending)
            crashpoint("O16")
            found = self._replied(number, name, sending.until + self._settings.deadlines.reply_s)
            crashpoint("O20")
            self._caller.end(number)
        except Exception as error:
            self._caller.close()
            vague = isinstance(error, Garbled) and sending.stage is Stage.RENAMING  # the reply is no reply: nothing was said
            return outcome(Unreachable(error.en, error.zh, code=error.code) if vague else error, sending.stage)  # type: ignore[attr-defined]
        except BaseException:
            self._caller.close()
            raise
        return found

    def _parts(self, name: str, size: int) -> int:
        """How many bytes go in one message. Raises Refused where the parcel is too long for the dialect."""
        self._header.write(Message(self._dialect.codes.put[0], name=name, size=size))  # does the name fit?
        if self._dialect.has_parts:
            return self._settings.part_bytes
        if size > self._dialect.body_bytes_max:
            raise shared.say(Refused, words.NO_PARTS)
        return self._dialect.body_bytes_max

    def _send(self, question: Message, pieces: Iterator[tuple[bytes, bool]], sending: "_Sending") -> None:
        """Every part, each with whether it is the last."""
        page = 0
        try:
            for page, (piece, last) in enumerate(pieces, start=1):
                sending.stage = Stage.WRITING
                part = marked(replace(question, page=page, body=piece), last=last)
                sending.until += self._caller.send(part, sending.until)
                if last:
                    sending.stage = Stage.RENAMING
                crashpoint("O15")
        except (Refused, Failed):
            if page:
                self._withdraw(question, sending.until)
            raise

    def _withdraw(self, question: Message, until: float) -> None:
        """Tell the peer that the rest does not come, and let it tidy up."""
        if self._dialect.has_parts:
            try:
                until += self._caller.send(replace(question, page=0), until)
                self._caller.answer(question.sequence, (self._dialect.codes.put[1],), until)
            except TransportError:
                return  # the line breaks, which says the same

    def _replied(self, number: int, name: str, until: float) -> Put:
        """The answer to a put: replies that come in the call, then what became of it."""
        codes = self._dialect.codes
        replies: list[tuple[str, bytes]] = []
        left = self._settings.replies_bytes_max
        expected = tuple(code for code in (codes.put[1], codes.reply) if code)
        while True:
            first = self._caller.answer(number, expected, until)
            if not codes.reply or first.code != codes.reply:
                break
            content = self._whole(first, number, codes.reply, until, left)
            left -= len(content)
            replies.append((self._reply_name(first.name, name), content))
        if self._header.has("name") and first.name not in ("", name) and codes.reply:
            raise words.garbled(words.OTHER_REPLY)
        return self._judged(first, name, replies, lambda: self._whole(first, number, codes.put[1], until, left))

    def _judged(self, answer: Message, name: str, replies: "list[tuple[str, bytes]]", rest: Callable[[], bytes]) -> Put:
        meaning = self._meaning(answer)
        if meaning is Meaning.OK:
            same_call = not self._dialect.codes.reply and rest()
            if same_call:
                replies.append((self._reply_name(answer.name, name), same_call))
            elif not self._header.has("status"):
                return outcome(shared.say(Unreachable, words.EMPTY_REPLY), Stage.RENAMING)
            return Put(Delivery.DELIVERED, replies=tuple(replies))
        if meaning is Meaning.REFUSED:
            return outcome(said_by_peer(Refused, answer.status, answer.text), Stage.RENAMING)
        if meaning is Meaning.RETRY:
            return outcome(said_by_peer(Unreachable, answer.status, answer.text), Stage.WRITING)
        if meaning is Meaning.IN_DOUBT:
            return outcome(said_by_peer(Unreachable, answer.status, answer.text), Stage.RENAMING)
        return outcome(shared.say(Unreachable, words.UNKNOWN_STATUS), Stage.RENAMING)

    def _whole(self, first: Message, number: int, code: str, until: float, bytes_max: int) -> bytes:
        """A body whose pages follow each other on the line without being asked for."""
        joined = Joined(self._header, bytes_max)
        return b"".join(joined.read(first, lambda _page: self._caller.answer(number, (code,), until)))

    def _reply_name(self, told: str, question: str) -> str:
        name = told if told and told != question else self._settings.reply_name.replace("{file}", question)
        if names.problem(name):
            raise words.garbled(words.BAD_HEADER)
        return name

    def look(self, name: str, size: int, digest: str) -> Presence:
        """What the peer says it holds; without a message for it, absent where putting again is harmless, else unknown."""
        names.check(name)
        if "look" not in self._spoken:
            return Presence.ABSENT if self._settings.repeatable else Presence.UNKNOWN
        answer = self._ask("look", Message(name=name, size=size, digest=digest), {each for each in Meaning if _is_presence(each)})
        self._rest()
        meaning = self._meaning(answer)
        return Presence(meaning.value) if meaning and _is_presence(meaning) else Presence.UNKNOWN

    # ---- in ----------------------------------------------------------------------------------------------------------------

    def list(self, awaited: Sequence[str] = ()) -> builtins.list[Remote]:
        """What the peer offers; where each answer is asked for by its question, those of ``awaited`` that are ready."""
        self.strange = ()
        if "list" not in self._spoken:
            return [remote for name in awaited if (remote := self._collected(name))] if "collect" in self._spoken else []
        joined = Joined(self._header, self._settings.entries_max * 512)
        listing = joined.read(self._ask("list", Message()), lambda page: self._ask("list", Message(page=page)))
        found, self.strange = read_listing(listing, self._settings.entries_max)
        self._rest()
        return found

    def _collected(self, name: str) -> Remote | None:
        answer = self._ask("collect", Message(name=names.check(name)), {Meaning.PENDING, Meaning.ABSENT})
        self._rest()
        if self._meaning(answer) is not Meaning.OK:
            return None
        return Remote(self._settings.reply_name.replace("{file}", name), answer.size or len(answer.body))

    def get(self, name: str) -> Iterator[bytes]:
        """The pages of an offered file, each asked for when the one before was taken. Raises Unreachable or Refused."""
        names.check(name)
        verb, asked = ("get", name) if "get" in self._spoken else ("collect", self._question_of(name))
        joined = Joined(self._header, self._settings.file_bytes_max)
        first = self._ask(verb, Message(name=asked))
        for block in joined.read(first, lambda page: self._ask(verb, Message(name=asked, page=page))):
            crashpoint("N3")
            yield block
        self._fetched[name] = joined.size, joined.digest
        self._rest()

    def _question_of(self, reply: str) -> str:
        before, _, after = self._settings.reply_name.partition("{file}")
        return names.check(reply.removeprefix(before).removesuffix(after))

    def acknowledge(self, name: str) -> None:
        """Say that we keep it, and which bytes: others that lie there by now stay. Nothing where the note has no message for it."""
        names.check(name)
        if "acknowledge" in self._spoken:
            size, digest = self._fetched.get(name, (0, ""))
            self._ask("acknowledge", Message(name=name, size=size, digest=digest))
            self._rest()

    # ---- the line ----------------------------------------------------------------------------------------------------------

    def _ask(self, verb: str, message: Message, also: "set[Meaning] | None" = None) -> Message:
        """One question and its answer. Raises what the peer's status says, unless it is OK or one of ``also``."""
        if verb not in self._spoken:
            raise shared.say(Refused, words.NOT_SPOKEN)
        answer = self._caller.ask(verb, message)
        meaning = self._meaning(answer)
        if meaning is Meaning.OK or (also and meaning in also):
            return answer
        self._rest()
        if meaning is Meaning.REFUSED:
            raise said_by_peer(Refused, answer.status, answer.text)
        if meaning is None:
            raise words.garbled(words.UNKNOWN_STATUS)
        raise said_by_peer(Unreachable, answer.status, answer.text)

    def _meaning(self, answer: Message) -> Meaning | None:
        if not self._header.has("status"):
            return Meaning.OK
        return self._dialect.statuses.get(answer.status)

    def _rest(self) -> None:
        self._caller.end()

    def close(self) -> None:
        """Let the line go; the next verb opens another."""
        self._caller.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _Sending:
    """How far a put has come, and when it is given up; the wait for its turns does not count."""

    def __init__(self) -> None:
        self.stage = Stage.LOOKING
        self.until = 0.0


def _is_presence(meaning: Meaning) -> bool:
    return isinstance(meaning.value, Presence)
