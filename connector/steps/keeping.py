"""A file that came is ours before anybody is told so: stored and synced first, then named by the ledger.

However it came: fetched from a folder, in the reply to a question, or on a medium.
"""

import dataclasses
from collections.abc import Iterable
from datetime import datetime

from connector.ledger import answers, audit
from connector.ledger.rows import Tx
from connector.moments import moment
from connector.parts import STEPPER, Parts


@dataclasses.dataclass(frozen=True)
class Kept:
    """A file in the object store: its SHA-256 (hex) and its bytes."""

    name: str
    digest: str
    size: int


def store(parts: Parts, name: str, blocks: Iterable[bytes]) -> Kept:
    """The bytes as they came, durable when it returns."""
    return Kept(name, *parts.objects.put(blocks))


def enter(
    tx: Tx,
    parts: Parts,
    institution: str,
    kept: Kept,
    now: datetime,
    *,
    modified: int | None = None,
    told: bool = False,
    road: str | None = None,
) -> tuple[int, bool]:
    """Name it in the ledger: its number, and whether these bytes came before.

    ``told``: the bank knows already that we have it. ``road``: the kind of road it was fetched from.
    """
    known = answers.known_digest(tx, institution, kept.digest) is not None
    state = "duplicate" if known else "arrived"
    key = answers.add_inbound(tx, institution, kept.name, kept.size, kept.digest, state, now, modified, road)
    if told:
        answers.set_inbound(tx, key, acknowledged_at=moment(now))
    detail = {"institution": institution, "digest": kept.digest, "size": kept.size, "known": known}
    audit.record(tx, at=now, who=STEPPER, what="parcel-taken", centre=parts.centre, subject=f"inbound {key}", detail=detail)
    return key, known
