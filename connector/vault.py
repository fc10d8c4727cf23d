"""Sealing what is kept about persons: a data key for each purpose and period, a keyed index to find a person again.

A key is looked up in the ledger once a transaction, so a key destroyed by another process is known at once, and unwrapped
once a process. Plain keys live in memory only, found by their wrapped bytes: a key whose transaction was undone is
never taken for another that got its number.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from weakref import WeakKeyDictionary

from connector.ledger import data_keys
from connector.ledger.rows import Tx
from transports.sealing import at_rest
from transports.sealing.keyring.lasting_keys import unwrapped

_INDEX = "index"
_KEYS_REMEMBERED = 512  # purposes times the months of a retention


class Vault:
    """Seals and opens under data keys; ``now`` dates a key that is made, ``suite`` is the cipher of new keys and seals."""

    def __init__(
        self, master: bytes, suite: str, now: Callable[[], datetime], others: Callable[[], Sequence[bytes]] = tuple
    ) -> None:
        """``others``: asked where a data key does not open under ``master``, which was renewed: here before, or elsewhere since."""
        self.suite = suite
        self._now = now
        self._master, self._others = master, others
        self._found: list[bytes] = []
        self._unwrap = lru_cache(_KEYS_REMEMBERED)(lambda wrapped: unwrapped(self._masters(), wrapped))
        self._of: WeakKeyDictionary[object, _Known] = WeakKeyDictionary()

    def seal(self, tx: Tx, purpose: str, period: str, plaintext: bytes, context: str) -> tuple[int, bytes]:
        """(data key id, sealed bytes). Makes the key when it is the first of its purpose and period (``2026-11``).

        ``context`` must be given again to open. Raises KeyDestroyed when the period has ended.
        """
        key = self._current(tx, purpose, period)
        return key, at_rest.seal(self.suite, self._plain(tx, key), plaintext, context)

    def open(self, tx: Tx, data_key_id: int, sealed: bytes, context: str) -> bytes:
        """The plaintext. Raises KeyDestroyed, or BrokenSeal for other bytes, another key or another context."""
        return at_rest.open(self._plain(tx, data_key_id), sealed, context)

    def index(self, tx: Tx, text: str) -> bytes:
        """32 bytes under which ``text`` is found again and from which it cannot be read without the key.

        By the suite its key was made for, whatever is set now: another digest would find nobody who is in the ledger already.
        """
        key = self._current(tx, _INDEX, data_keys.ALWAYS)
        known = self._known(tx)
        known.index_suite = known.index_suite or data_keys.suite(tx, key)
        return at_rest.blind_index(self._plain(tx, key), text, known.index_suite)

    def prepare(self, tx: Tx, purpose: str = _INDEX, period: str = data_keys.ALWAYS) -> None:
        """Make a key where it is missing, so that a read transaction may search or seal; by default that of the index."""
        self._current(tx, purpose, period)

    def _current(self, tx: Tx, purpose: str, period: str) -> int:
        """The id of the key; a new one is made under the ledger's only writer, so there is never a second."""
        named = self._known(tx).named
        if (purpose, period) not in named:
            named[purpose, period] = self._find_or_make(tx, purpose, period)
        return named[purpose, period]

    def _find_or_make(self, tx: Tx, purpose: str, period: str) -> int:
        row = data_keys.find(tx, purpose, period)
        if row is None:
            wrapped = at_rest.wrap(self._master, at_rest.new_key(), self.suite)
            return data_keys.keep(tx, purpose, period, self.suite, wrapped, self._now())
        if row.wrapped is None:
            raise data_keys.destroyed(purpose, period)
        return int(row.id)

    def _masters(self) -> Iterator[bytes]:
        yield from (self._master, *self._found)
        self._found = [*self._others()]
        yield from self._found

    def _plain(self, tx: Tx, key: int) -> bytes:
        wrapped = self._known(tx).wrapped
        if key not in wrapped:
            wrapped[key] = data_keys.wrapped(tx, key)
        return self._unwrap(wrapped[key])

    def _known(self, tx: Tx) -> "_Known":
        transaction = tx.get_transaction()
        if transaction is None:
            raise RuntimeError("the vault is used inside a transaction of the ledger")
        return self._of.setdefault(transaction, _Known())


@dataclass
class _Known:
    """What one transaction has learnt of the keys; forgotten with it."""

    named: dict[tuple[str, str], int] = field(default_factory=dict)
    wrapped: dict[int, bytes] = field(default_factory=dict)
    index_suite: str = ""
