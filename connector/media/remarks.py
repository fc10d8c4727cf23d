"""What is noted with an event of a medium as facts, ``word=value`` apart by spaces, so that a paper can take them from the register again.

serial   the number the maker put on the medium itself, read by the two who sealed or received it
sm3      SM3 of its signed list, beside the SHA-256 the register holds
new, known   of an import: files that are new, files that were here before
handed-at    unsaid: the slip does not say when the bank gave it away, and two persons said so
"""

import re
from collections.abc import Iterable

from connector.ledger.rows import AnyRow
from connector.media import words

_OURS = {"written", "sealed", "received", "imported"}  # the note of any other event is a person's own words
_SERIAL = re.compile(r"[0-9A-Za-z./_-]{1,64}")


def say(**facts: str | int) -> str:
    """The facts that are known, as one note; a word with a dash in it is given with an underscore."""
    return " ".join(f"{word.replace('_', '-')}={value}" for word, value in facts.items() if value != "")


def read(event: AnyRow) -> dict[str, str]:
    """The facts of one event; none of what a person wrote freely."""
    if event.what not in _OURS:
        return {}
    return {word: value for word, sign, value in (each.partition("=") for each in event.note.split()) if sign}


def known(events: Iterable[AnyRow]) -> dict[str, str]:
    """All that is known of a medium, the newest word counting."""
    return {word: value for event in events for word, value in read(event).items()}


def serial(text: str) -> str:
    """As it stands on the medium; empty where nobody read one. Raises Refused media-serial."""
    if text and not _SERIAL.fullmatch(text):
        raise words.say(words.SERIAL)
    return text
