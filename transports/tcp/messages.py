"""The vocabulary of a line: which code asks for which verb, and what a status means."""

import dataclasses
import enum

from transports.transport import Presence


@dataclasses.dataclass(frozen=True)
class Message:
    """One message: what its header says, as far as the dialect has a field for it, and its body.

    ``page``: its number among the parts of a parcel or the pages of an answer, from 1; 0 withdraws a parcel that was begun.
    ``pages``: how many there are, 0 while that is not known; ``more``: 1 while more follow. ``size`` bytes and ``digest``
    (SHA-256, hex) are of the whole, not of this page.
    """

    code: str = ""
    sequence: int = 0
    status: str = ""
    name: str = ""
    size: int = 0
    digest: str = ""
    page: int = 1
    pages: int = 0
    more: int = 0
    time: str = ""
    bank: str = ""
    text: str = ""
    body: bytes = dataclasses.field(default=b"", repr=False)


class Meaning(enum.Enum):
    """What a status says. A status nobody listed says nothing."""

    OK = "ok"
    REFUSED = "refused"
    RETRY = "retry"  # busy, or it failed there: certainly not done
    IN_DOUBT = "in_doubt"  # the peer itself does not know
    PENDING = "pending"  # the answer is not ready yet
    PRESENT = Presence.PRESENT
    DIFFERENT = Presence.DIFFERENT
    UNFINISHED = Presence.UNFINISHED
    ABSENT = Presence.ABSENT
    UNKNOWN = Presence.UNKNOWN


@dataclasses.dataclass(frozen=True)
class Codes:
    """Each verb's question and its answer; an empty question: the note has no message for it.

    ``collect`` asks for the answer to a question put before, by the question's name. ``reply`` carries an answer in the call
    itself; without it the answer to ``put`` is the reply.
    """

    put: tuple[str, str] = ("", "")
    look: tuple[str, str] = ("", "")
    list: tuple[str, str] = ("", "")
    get: tuple[str, str] = ("", "")
    acknowledge: tuple[str, str] = ("", "")
    collect: tuple[str, str] = ("", "")
    beat: tuple[str, str] = ("", "")
    reply: str = ""

    def all(self) -> dict[str, tuple[str, str]]:
        """Verb ⟶ (question, answer), of the verbs that have a message."""
        pairs = {field.name: getattr(self, field.name) for field in dataclasses.fields(self) if field.name != "reply"}
        return {verb: pair for verb, pair in pairs.items() if pair[0]}
