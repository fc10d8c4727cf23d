"""How the messages of one line look: frame, header, codes, statuses. A bank's note is one value of this, our own is HOUSE."""

import dataclasses
from collections.abc import Mapping

from transports.tcp.framing import Framing
from transports.tcp.header import Field, Header
from transports.tcp.messages import Codes, Meaning


@dataclasses.dataclass(frozen=True)
class Dialect:
    """``statuses``: each status of the note and its meaning; where the header has no status, the answer itself says: taken.

    Without a field for the code the line knows one question, put. Only with sequence numbers may one line carry several
    questions, because nothing else tells one answer from the next.
    """

    framing: Framing
    header: Header = dataclasses.field(default_factory=Header)
    codes: Codes = dataclasses.field(default_factory=Codes)
    statuses: Mapping[str, Meaning] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        spoken = self.codes.all()
        if self.header.width >= self.framing.frame_bytes_max:
            raise ValueError("the largest frame has no room for a body behind the header")
        if not self.header.has("code") and spoken.keys() - {"put"}:
            raise ValueError("questions other than put need a field for their code")
        if self.header.has("code") and not self.codes.put[0]:
            raise ValueError("where messages have codes, put has one")
        if self.header.has("status") != bool(self.statuses):
            raise ValueError("a status needs both: its field in the header and its list of meanings")
        if {"look", "collect"} & spoken.keys() and not self.header.has("status"):
            raise ValueError("look and collect are answered by a status; the header has no field for it")
        if spoken.keys() & {"look", "get", "acknowledge", "collect"} and not self.header.has("name"):
            raise ValueError("asking for something by its name needs a field for the name")
        self._check_codes(spoken)

    def _check_codes(self, spoken: Mapping[str, tuple[str, str]]) -> None:
        questions = [question for question, _ in spoken.values()]
        if len(set(questions)) != len(questions):
            raise ValueError("each question has its own code")
        width = self.header.width_of("code")
        if any(len(code.encode(self.header.charset)) > width for pair in spoken.values() for code in pair if code):
            raise ValueError("a code does not fit its field")

    @property
    def body_bytes_max(self) -> int:
        """The longest body of one message."""
        return self.framing.frame_bytes_max - self.header.width

    @property
    def tells_directions(self) -> bool:
        """Is no code both a question's and an answer's? Then a question that is sent back answers nothing."""
        spoken = self.codes.all().values()
        answers = {answer for _, answer in spoken} | {self.codes.reply} - {""}
        return self.header.has("code") and not answers & {question for question, _ in spoken}

    @property
    def has_parts(self) -> bool:
        """May a parcel go in several messages?"""
        counted = self.header.has("pages") or self.header.has("more")
        return counted and self.header.has("name", "page", "size", "digest")

    def verb(self, code: str) -> str:
        """The verb a question's code asks for; empty when there is none."""
        if not self.header.has("code"):
            return "put"
        return next((verb for verb, (question, _) in self.codes.all().items() if question == code), "")

    def status(self, meaning: Meaning) -> str:
        """How we say this; the nearest the note has, and nothing where it has no statuses."""
        for said in (meaning, *_NEAREST.get(meaning, ())):
            for status, means in self.statuses.items():
                if means is said:
                    return status
        return ""


_NEAREST = {  # never a word that promises more: a doubt without its word is said by none, which leaves the peer in doubt too
    Meaning.PENDING: (Meaning.RETRY,),
    Meaning.RETRY: (Meaning.REFUSED,),
    Meaning.UNFINISHED: (Meaning.ABSENT,),
    Meaning.DIFFERENT: (Meaning.REFUSED,),
    Meaning.UNKNOWN: (Meaning.PENDING, Meaning.RETRY),
}

# Both sides of our own making: every verb, parts and pages, a sequence number, the cause of a refusal.
HOUSE = Dialect(
    Framing(digits=8),
    Header(
        (
            Field("constant", 4, "RD01"),
            Field("code", 2),
            Field("sequence", 10),
            Field("status", 2),
            Field("name", 255),
            Field("size", 13),
            Field("digest", 64),
            Field("page", 8),
            Field("more", 1),
            Field("text", 40),
        )
    ),
    Codes(("PQ", "PA"), ("LQ", "LA"), ("IQ", "IA"), ("GQ", "GA"), ("KQ", "KA"), ("CQ", "CA"), ("BQ", "BA"), reply="PR"),
    {
        "00": Meaning.OK,
        "10": Meaning.REFUSED,
        "20": Meaning.RETRY,
        "30": Meaning.IN_DOUBT,
        "40": Meaning.PENDING,
        "50": Meaning.PRESENT,
        "51": Meaning.DIFFERENT,
        "52": Meaning.UNFINISHED,
        "53": Meaning.ABSENT,
        "54": Meaning.UNKNOWN,
    },
)
