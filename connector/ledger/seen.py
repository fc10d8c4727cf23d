"""Which call-backs came before, for ever: shared by every node, so that a message sent again is told from a new one on each of them.

Kept as digests alone: who it was, which message, what it said. Nothing here is erased with a month, for a replay may come after years.
"""

import hashlib

from sqlalchemy import Boolean, Column, Index, String, Table, delete, insert, select, update

from connector.ledger.columns import LONG, metadata
from connector.ledger.errors import LedgerError
from connector.ledger.ledger import Ledger
from connector.ledger.rows import Tx
from transports import words
from transports.errors import Unreachable
from transports.https import Verdict

seen_message = Table(
    "seen_message",
    metadata,
    Column("message", String(64), primary_key=True),  # SHA-256 of caller and message id
    Column("digest", String(64), nullable=False),  # SHA-256 of what it said
    Column("noted_at", LONG, nullable=False),  # seconds since 1970
    Column("kept", Boolean, nullable=False),  # it was stored durably
)

seen_nonce = Table(
    "seen_nonce",
    metadata,
    Column("nonce", String(64), primary_key=True),  # SHA-256 of caller and nonce
    Column("used_for", String(64), nullable=False),  # SHA-256 of the message and what it said
    Column("used_at", LONG, nullable=False),
    Index("ix_seen_nonce_used_at", "used_at"),
)


class LedgerSeen:
    """transports.https.Seen in the ledger. ``window_s``: how long a nonce is remembered; older stamps are refused elsewhere.

    Raises Unreachable where the ledger does not answer: the caller is told to come again, and nothing was taken.
    """

    def __init__(self, ledger: Ledger, window_s: int = 300) -> None:
        self._ledger, self._window_s = ledger, window_s

    def first(self, key_id: str, message_id: str, nonce: str, digest: str, at: float) -> Verdict:
        """See transports.https.Seen."""
        message = _digest(key_id, message_id)
        try:
            with self._ledger.begin() as tx:
                if nonce and not self._fits(tx, _digest(key_id, nonce), _digest(message, digest), int(at)):
                    return "other"
                return _note(tx, message, digest, int(at))
        except LedgerError as away:
            raise words.say(Unreachable, words.BUSY) from away

    def keep(self, key_id: str, message_id: str, digest: str) -> None:
        """See transports.https.Seen."""
        here = (seen_message.c.message == _digest(key_id, message_id)) & (seen_message.c.digest == digest)
        try:
            with self._ledger.begin() as tx:
                tx.execute(update(seen_message).where(here).values(kept=True))
        except LedgerError as away:
            raise words.say(Unreachable, words.BUSY) from away

    def _fits(self, tx: Tx, nonce: str, used_for: str, at: int) -> bool:
        """Was the nonce not used for anything else?"""
        tx.execute(delete(seen_nonce).where(seen_nonce.c.used_at <= at - self._window_s))
        known = tx.execute(select(seen_nonce.c.used_for).where(seen_nonce.c.nonce == nonce)).scalar()
        if known is None:
            tx.execute(insert(seen_nonce).values(nonce=nonce, used_for=used_for, used_at=at))
        return known in (None, used_for)


def _note(tx: Tx, message: str, digest: str, at: int) -> Verdict:
    known = tx.execute(select(seen_message).where(seen_message.c.message == message)).one_or_none()
    if known is None:
        tx.execute(insert(seen_message).values(message=message, digest=digest, noted_at=at, kept=False))
        return "new"
    if known.digest != digest:
        return "other"
    return "same" if known.kept else "new"


def _digest(who: str, text: str) -> str:
    return hashlib.sha256(f"{len(who)}:{who}{text}".encode()).hexdigest()
