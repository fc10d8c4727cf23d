"""The port of the object store: sealed objects, each named by the SHA-256 of its bytes, wherever they are kept; and what may be wrong with one.

What is kept is ciphertext, so a left-over of a crash is waste, never a leak. A folder (connector/objects/folder.py) and a bucket
(connector/objects/bucket.py) keep the same promises: tests/contracts/object_store_contract.py.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

BLOCK_BYTES = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")


class ObjectError(Exception):
    """Root of this room. ``code`` is stable; ``en`` and ``zh`` say what is true and what to do."""

    code = "object"

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh


class ObjectMissing(ObjectError):
    """An integrity failure or a finished erasure: the ledger names bytes that are not here."""

    code = "object-missing"


class ObjectBroken(ObjectError):
    """An integrity failure: the bytes are not those that were put. Stop; restore the object from a backup."""

    code = "object-broken"


class StoreFull(ObjectError):
    """Ours: the disk, or what we may use of the bucket, is full. Nothing of the object was kept; make room and repeat."""

    code = "disk-full"


class StoreAway(ObjectError):
    """The network's: the bucket does not answer now. Nothing of the object was named; the next pass tries again."""

    code = "object-store-away"


class StoreRefused(ObjectError):
    """Ours to mend: the bucket's server does not know this account, or the bucket, or will not let us do this."""

    code = "object-store-refused"


class ObjectStore(Protocol):
    """Where sealed objects are kept. Safe for many processes and threads at once."""

    def put(self, blocks: Iterable[bytes]) -> tuple[str, int]:
        """Keep the bytes; their SHA-256 (hex) and size once they are durable. The same bytes again are the same object, and heal a broken one.

        Raises StoreFull, StoreAway, StoreRefused, and whatever ``blocks`` raises; nothing is kept then.
        """

    def get(self, digest: str) -> Iterator[bytes]:
        """The bytes, in blocks, checked as they stream: what was given counts only once the iteration has ended.

        Raises ObjectMissing before the first block, ObjectBroken at the end; StoreAway, StoreRefused.
        """

    def has(self, digest: str) -> bool:
        """Whether an object of this digest is kept. Raises StoreAway, StoreRefused."""

    def delete(self, digest: str) -> bool:
        """Remove it, durably; whether it was there. May be repeated. Raises StoreAway, StoreRefused."""

    def digests(self) -> Iterator[str]:
        """Every object kept, in no order. Raises StoreAway, StoreRefused."""

    def sweep(self, before: float) -> int:
        """Remove what crashes left unfinished before a time (seconds since the epoch); how many. Never an object."""


def is_digest(name: str) -> bool:
    """Whether it is a SHA-256 in lower-case hex."""
    return _DIGEST.fullmatch(name) is not None


def shelved(digest: str) -> str:
    """Where an object stands below its store: ``ab/cd/abcd…``. Raises ValueError for what is no digest: no name leaves the store."""
    if not is_digest(digest):
        raise ValueError("not a SHA-256 digest in lower-case hex")
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def missing(digest: str) -> ObjectMissing:
    """The ledger names it and it is not kept."""
    return ObjectMissing(
        f"object {digest} is not in the store; restore the objects from the backup, then repeat",
        f"对象 {digest} 不在对象库中；请从备份恢复对象库后重试",
    )


def broken(digest: str) -> ObjectBroken:
    """It is kept, and is not what was put."""
    return ObjectBroken(
        f"object {digest} is not what was stored; stop, check the disk or the bucket, restore this object from the backup",
        f"对象 {digest} 的内容与存入时不同；请停止操作、检查磁盘或存储桶并从备份恢复该对象",
    )
