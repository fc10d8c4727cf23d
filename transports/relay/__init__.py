"""A carrier as a road: parcels are handed over in a folder, and what became of them is read in the carrier's signed journal.

Nothing here waits: a put that the carrier has not answered yet is IN_DOUBT (``with-the-carrier``), and the look that follows says
UNKNOWN until the journal speaks. The carrier's word counts only where its signature and its chain hold (book.py, lines.py).
"""

import builtins
import contextlib
import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from transports import names
from transports.errors import Refused, Unreachable
from transports.folder import Folder, FolderSettings
from transports.manners import Manners, Ready
from transports.outcomes import Stage, outcome
from transports.relay import asking, share
from transports.relay.asking import Asking
from transports.relay.book import Book, Page
from transports.relay.memory import Offer
from transports.relay.orders import Order, is_whole, stem_of
from transports.relay.words import MISSING, NOT_FETCHED, OTHER_BYTES, TROUBLE, refused, with_the_carrier
from transports.transport import Blocks, Delivery, Presence, Put, Remote, oldest_first
from transports.words import say

__all__ = ["Relay", "RelaySettings", "state_of"]

ANSWER = ".answer"
CARRIED = "carried"


@dataclasses.dataclass(frozen=True)
class RelaySettings:
    """``out`` and ``back``: the folders shared with the carrier, or copied to and from it; ``state``: ours alone.

    ``bank``: the code under which the carrier knows the bank; ``public``: the pinned key of its journal; ``asks``: on the road it
    travels each answer is asked for by its question, so that it must be told which are awaited.
    """

    bank: str
    out: Path
    back: Path
    state: Path
    public: str
    asks: bool = False
    file_bytes_max: int = Manners.file_bytes_max


def state_of(folder: Path, public: str) -> Path:
    """Where a deployment keeps its book of the carrier with this key: another key is another carrier, with a journal of its own."""
    return folder / CARRIED / hashlib.sha256(public.encode()).hexdigest()[:16]


class Relay:
    """A Transport over a carrier. ``out`` and ``back`` must exist (an unmounted share has none); ``out/<bank>`` is made (share.py)."""

    def __init__(self, settings: RelaySettings) -> None:
        manners = Manners("", "", ready=Ready("renamed"), after_read="leave", file_bytes_max=settings.file_bytes_max)
        self._bank = settings.bank
        self._shared = settings.out, settings.back
        self._out_folder = settings.out / settings.bank
        self._back_folder = settings.back / settings.bank
        self._out = Folder(FolderSettings(self._out_folder, manners))
        self._back = Folder(FolderSettings(self._back_folder, manners))
        self._asks = settings.asks
        self._book = Book(settings.back, settings.state, settings.public)
        self.strange: Sequence[tuple[str, str]] = ()

    # ---- out -----------------------------------------------------------------------------------------------------------

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        """Hand it over, or say what became of it. IN_DOUBT ``with-the-carrier`` while the journal does not tell."""
        try:
            order = Order("put", self._bank, names.check(name), size, digest, 1)
            with self._book.page(self._bank) as page:
                if (ended := _ended(page, order)) is not None:
                    self._tidy(order)
                    return ended
                said, placed = page.memory.parcel(name, digest), page.placed.get(order.stem)
                turn = _next_turn(page, order) if placed is None or _is_over(page, order) else placed[0]
                if placed is None and page.memory.rival(name, digest):
                    return refused("collision")
            if placed is None or placed[0] != turn:
                self._expect_shared(page)
                handed = self._out.put(order.parcel, blocks, size, digest)
                if handed.delivery is not Delivery.DELIVERED:
                    return handed
                with self._book.page(self._bank) as page:
                    page.placed[order.stem] = (turn, False)
        except Exception as error:
            return outcome(error, Stage.LOOKING)
        try:
            self._place(dataclasses.replace(order, turn=turn))
        except Exception as error:
            return outcome(error, Stage.RENAMING)
        return with_the_carrier(said.code if said is not None and not said.ended else "")

    def _expect_shared(self, page: Page) -> None:
        """Something may be handed over here. Raises Unreachable, Refused."""
        out, back = self._shared
        share.expect(back)
        share.make_place(out, self._bank, used=bool(page.placed))

    def _place(self, order: Order) -> None:
        """The order's file, after our book knows of it: from here on it may be carried."""
        with self._book.page(self._bank) as page:
            if page.placed[order.stem] == (order.turn, False):
                self._hand_over(order)
                page.placed[order.stem] = (order.turn, True)

    def _hand_over(self, asked: Order | Asking) -> None:
        """An order, or what we wait for, into the folder. Raises Unreachable."""
        put = self._put_small(asked.file, asked.content)
        if put.code == "collision":  # of an earlier turn, and nobody took it away
            share.tidy(self._shared[0], self._out_folder / asked.file)
            put = self._put_small(asked.file, asked.content)
        if put.delivery is not Delivery.DELIVERED:
            raise Unreachable(put.en, put.zh, code=put.code)

    def _put_small(self, name: str, content: bytes) -> Put:
        return self._out.put(name, lambda: iter((content,)), len(content), hashlib.sha256(content).hexdigest())

    def _tidy(self, order: Order) -> None:
        """What was handed over is done with: taken away here too, where a gap copies instead of moving."""
        done = (order.file, order.parcel, dataclasses.replace(order, do="recall").file)
        share.tidy(self._shared[0], *(self._out_folder / name for name in done))

    def look(self, name: str, size: int, digest: str) -> Presence:
        """By the journal alone; UNKNOWN while it says nothing. Finishes a handing-over that a crash broke off."""
        order = Order("put", self._bank, names.check(name), size, digest, 1)
        with self._book.page(self._bank) as page:
            said, known = page.memory.parcel(name, digest), page.placed.get(order.stem)
            if said is not None and said.what == "put":
                self._tidy(order)
                return Presence.PRESENT
            if known is None or _is_over(page, order):
                return Presence.DIFFERENT if page.memory.rival(name, digest) or _collided(page, order) else Presence.ABSENT
        if not known[1]:
            self._place(dataclasses.replace(order, turn=known[0]))
        return Presence.UNKNOWN

    def recall(self, name: str, size: int, digest: str) -> bool:
        """Ask for a parcel back, once a turn. True when the carrier says that it never went; False while it may have gone."""
        order = Order("put", self._bank, names.check(name), size, digest, 1)
        seen = self.look(name, size, digest)
        with self._book.page(self._bank) as page:
            said, placed = page.memory.parcel(name, digest), page.placed.get(order.stem)
            if said is not None and said.what == "recalled" and _is_over(page, order):
                self._tidy(order)
                return True
            if seen is not Presence.UNKNOWN or placed is None or page.back.get(order.stem) == placed[0]:
                return False
        self._hand_over(dataclasses.replace(order, do="recall", turn=placed[0]))
        with self._book.page(self._bank) as page:
            page.back[order.stem] = placed[0]
        return False

    # ---- in ------------------------------------------------------------------------------------------------------------

    def list(self, awaited: Sequence[str] = ()) -> builtins.list[Remote]:
        """What the carrier fetched and we do not keep yet; where it cannot reach the bank and nothing is here, Unreachable."""
        share.expect(self._shared[1])
        with self._book.page(self._bank) as page:
            self._forget_told(page)
            if self._asks:
                self._ask_for(page, awaited[: asking.NAMES_MAX])
            memory = page.memory
            waiting = {name: offer for name, offer in memory.offers.items() if _waits(page, name, offer)}
        self.strange = memory.strange
        here = share.do(
            self._shared[1],
            lambda: {name: offer for name, offer in waiting.items() if offer.code or is_whole(self._at(name, offer), offer.size)},
        )
        if memory.trouble and not here:
            raise say(Unreachable, (memory.trouble, *TROUBLE))
        found = [Remote(name, offer.size, offer.modified) for name, offer in here.items()]
        return sorted(found, key=oldest_first)

    def _ask_for(self, page: Page, awaited: Sequence[str]) -> None:
        """Tell the carrier where it changed. A folder that takes nothing now is asked again; what lies here is taken all the same."""
        number, known = page.asked
        if builtins.list(awaited) == known:
            return
        told = Asking(self._bank, max(number, page.memory.asks) + 1, tuple(awaited))
        with contextlib.suppress(Unreachable, Refused):
            self._expect_shared(page)
            self._hand_over(told)
            page.asked = told.number, builtins.list(awaited)
            older = [file for file in share.do(self._shared[0], lambda: asking.files(self._out_folder)) if file < told.file]
            share.tidy(self._shared[0], *(self._out_folder / file for file in older))

    def _forget_told(self, page: Page) -> None:
        """The bank was told; our order to tell it goes, where a gap copies instead of moving."""
        for name in [name for name, n in page.kept.items() if (offer := page.memory.offers[name]).acknowledged and offer.n == n]:
            offer = page.memory.offers[name]
            order = Order("acknowledge", self._bank, name, offer.size, offer.digest, offer.n)
            del page.kept[name]
            share.tidy(self._shared[0], self._out_folder / order.file)
            share.tidy(self._shared[1], self._at(name, offer))

    def get(self, name: str) -> Iterator[bytes]:
        """The bytes the journal vouches for; others under their name are refused (``journal-broken``)."""
        names.check(name)
        with self._book.page(self._bank) as page:
            offer = page.memory.offers.get(name)
        if offer is None or (offer.code and offer.code == "missing"):
            raise say(Refused, MISSING)
        if offer.code:
            raise say(Refused, (offer.code, *NOT_FETCHED))
        running = hashlib.sha256()
        for block in self._back.get(self._at(name, offer).name):
            running.update(block)
            yield block
        if running.hexdigest() != offer.digest:
            raise say(Refused, OTHER_BYTES)

    def acknowledge(self, name: str) -> None:
        """Have the carrier tell the bank; the answer is offered no more from here on. May be repeated."""
        names.check(name)
        with self._book.page(self._bank) as page:
            offer = page.memory.offers.get(name)
            if offer is None or not offer.digest or not _waits(page, name, offer):
                return
            self._hand_over(Order("acknowledge", self._bank, name, offer.size, offer.digest, offer.n))
            page.kept[name] = offer.n

    def _at(self, name: str, offer: Offer) -> Path:
        return self._back_folder / (stem_of(name, offer.digest) + ANSWER)

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


# ---- what the page says of a parcel ----------------------------------------------------------------------------------------------


def _is_over(page: Page, order: Order) -> bool:
    """Did the carrier end the turn we placed last?"""
    said, placed = page.memory.parcel(order.name, order.digest), page.placed.get(order.stem)
    return said is not None and said.ended and (placed is None or said.turn >= placed[0])


def _ended(page: Page, order: Order) -> Put | None:
    """The outcome the journal gives; a refusal is handed on once, the next put is another try."""
    said = page.memory.parcel(order.name, order.digest)
    if said is not None and said.what == "put":
        return Put(Delivery.DELIVERED)
    if said is None or said.what != "refused" or not _is_over(page, order) or page.told.get(order.stem) == said.turn:
        return None
    page.told[order.stem] = said.turn
    return refused(said.code)


def _collided(page: Page, order: Order) -> bool:
    said = page.memory.parcel(order.name, order.digest)
    return said is not None and (said.what, said.code) == ("refused", "collision")


def _next_turn(page: Page, order: Order) -> int:
    said, placed = page.memory.parcel(order.name, order.digest), page.placed.get(order.stem)
    return max(said.turn if said else 0, placed[0] if placed else 0) + 1


def _waits(page: Page, name: str, offer: Offer) -> bool:
    return not offer.acknowledged and page.kept.get(name) != offer.n
