"""What a journal says of one bank, folded: of every parcel and every answer the last word. Both sides fold the same lines alike."""

import dataclasses
from typing import Any

from transports.relay.lines import Line
from transports.transport import Delivery

ENDED = frozenset({"put", "refused", "recalled"})


@dataclasses.dataclass(frozen=True)
class Parcel:
    """The last word on a parcel: in which turn, what (taken | put | refused | recalled | unreachable), and why.

    ``doubt``: some attempt of this turn may have arrived.
    """

    turn: int
    what: str
    code: str = ""
    doubt: bool = False

    @property
    def ended(self) -> bool:
        """No more is done about this turn."""
        return self.what in ENDED

    @property
    def interrupted(self) -> bool:
        """An attempt began and nobody said how it ended."""
        return self.what == "taken" and not self.code

    @property
    def never_went(self) -> bool:
        """Every attempt of this turn ended in certain failure: it may still be given back."""
        return self.what == "unreachable" and not self.doubt


@dataclasses.dataclass(frozen=True)
class Offer:
    """A file of the bank: ``n`` is the line that says so, ``digest`` empty where it could not be fetched, ``code`` why."""

    n: int
    size: int
    digest: str
    modified: float
    code: str = ""
    acknowledged: bool = False


@dataclasses.dataclass
class Memory:
    """One bank. ``parcels``: name → digest → last word; ``offers``: name → file; ``trouble``: what keeps the carrier from the bank.

    ``asks``: the number of the asking it goes by (asking.py).
    """

    n: int = 0
    parcels: dict[str, dict[str, Parcel]] = dataclasses.field(default_factory=dict)
    offers: dict[str, Offer] = dataclasses.field(default_factory=dict)
    strange: tuple[tuple[str, str], ...] = ()
    trouble: str = ""
    asks: int = 0

    def fold(self, line: Line) -> None:
        """Take in a line; one taken in before changes nothing."""
        if line.n <= self.n:
            return
        self.n = line.n
        if line.way == "out":
            self._out(line)
        elif line.way == "back":
            self._back(line)

    def parcel(self, name: str, digest: str) -> Parcel | None:
        """The last word on these bytes under this name."""
        return self.parcels.get(name, {}).get(digest)

    def rival(self, name: str, digest: str) -> bool:
        """Did other bytes go, or may they have gone, under this name?"""
        others = [word for other, word in self.parcels.get(name, {}).items() if other != digest]
        return any(not word.ended or word.what == "put" for word in others)

    def _out(self, line: Line) -> None:
        if line.what == "too-late":
            return
        vague = line.what == "put" and line.delivery != Delivery.DELIVERED.value
        before = self.parcel(line.name, line.digest)
        doubt = vague or (before is not None and before.turn == line.turn and before.doubt)
        self.parcels.setdefault(line.name, {})[line.digest] = Parcel(line.turn, "taken" if vague else line.what, line.code, doubt)

    def _back(self, line: Line) -> None:
        if line.what in ("fetched", "refused"):
            self.offers[line.name] = Offer(line.n, line.size, line.digest, line.modified, line.code)
        elif line.what == "acknowledged" and (offer := self.offers.get(line.name)) is not None and offer.n == line.turn:
            self.offers[line.name] = dataclasses.replace(offer, acknowledged=True)
        elif line.what == "asks":
            self.asks = line.turn
        elif line.what == "unreachable":
            self.trouble = line.code
        elif line.what == "look" and line.name:  # a file that could not be fetched is there no more
            self.offers.pop(line.name, None)
        elif line.what == "look":
            self.trouble, self.strange = "", line.strange


def from_data(said: dict[str, Any]) -> Memory:
    """A memory as orjson spelt it."""
    return Memory(
        n=said["n"],
        parcels={name: {d: Parcel(**word) for d, word in words.items()} for name, words in said["parcels"].items()},
        offers={name: Offer(**offer) for name, offer in said["offers"].items()},
        strange=tuple((reason, masked) for reason, masked in said["strange"]),
        trouble=said["trouble"],
        asks=said.get("asks", 0),
    )
