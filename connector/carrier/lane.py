"""One bank of a carrier: its two folders, the line to it, and its lines of the journal."""

import dataclasses
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connector.carrier.journal import Journal
from transports import shelf
from transports.relay import ANSWER, orders
from transports.relay.lines import Line
from transports.relay.memory import Memory
from transports.relay.orders import Order
from transports.transport import Remote, Transport

DRAFT = ".draft"


@dataclasses.dataclass(frozen=True)
class Lane:
    """``out``: what the centre hands over for this bank; ``back``: what it is given."""

    bank: str
    out: Path
    back: Path
    journal: Journal

    @property
    def memory(self) -> Memory:
        """What the journal says of this bank."""
        return self.journal.memory(self.bank)

    def say(self, order: Order, what: str, **more: Any) -> Line:
        """A line about an order."""
        way = "back" if order.do == "acknowledge" else "out"
        return self.journal.say(
            bank=self.bank, what=what, way=way, name=order.name, size=order.size, digest=order.digest, turn=order.turn, **more
        )

    def told(self, what: str, **more: Any) -> Line:
        """A line about what lies at the bank, or about the bank itself."""
        return self.journal.say(bank=self.bank, what=what, way="back", **more)

    def answer(self, name: str, digest: str) -> Path:
        """Where an answer lies for the centre."""
        return self.back / (orders.stem_of(name, digest) + ANSWER)

    def keep(self, name: str, blocks: Iterable[bytes]) -> tuple[int, str]:
        """Lay an answer down for the centre, whole and synced; its size and digest."""
        size, running = 0, hashlib.sha256()
        with self._draft() as draft:
            with draft.open("xb") as file:
                for block in blocks:
                    size += len(block)
                    running.update(block)
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.answer(name, running.hexdigest()))
        shelf.sync(self.back)
        return size, running.hexdigest()

    def keep_reply(self, name: str, content: bytes) -> None:
        """An answer that came in the same call."""
        size, digest = self.keep(name, (content,))
        self.told("fetched", name=name, size=size, digest=digest)

    def sweep(self) -> None:
        """Take away what a crash left half fetched; only this process writes here, so no draft is anybody's work."""
        for entry in shelf.entries(self.back, orders.ENTRIES_MAX):
            if entry.name.endswith(DRAFT) and entry.regular:
                (self.back / entry.name).unlink(missing_ok=True)

    @contextmanager
    def _draft(self) -> Iterator[Path]:
        draft = self.back / f"{secrets.token_hex(8)}{DRAFT}"
        try:
            yield draft
        finally:
            draft.unlink(missing_ok=True)


@dataclasses.dataclass(frozen=True)
class OpenLane(Lane):
    """With ``line``, the road to the bank."""

    line: Transport


def same(remote: Remote, size: int, modified: float) -> bool:
    """Is it the file that was seen before, as far as a listing tells?"""
    return (remote.size, remote.modified) == (size, modified)
