"""Blocks passing by, counted and digested: our own on their way out, where the last one goes only when all are the announced bytes."""

import hashlib
from collections.abc import Iterable, Iterator

from transports import words
from transports.errors import Refused
from transports.files import Failed
from transports.transport import Blocks

DIGEST = "sha256"  # what parcels and objects are known by


def own_bytes(blocks: Blocks, size: int, digest: str) -> Iterator[bytes]:
    """The blocks, none of them empty. Raises at their end Refused (integrity), wherever our storage fails Failed (local-storage)."""
    sent, running = 0, hashlib.new(DIGEST)
    try:
        for block in blocks():
            sent += len(block)
            running.update(block)
            if sent > size:
                break
            if block:
                yield block
    except OSError as error:
        raise words.say(Failed, words.OWN_STORAGE) from error
    if sent != size or running.hexdigest() != digest:
        raise words.say(Refused, words.OWN_BYTES)


def with_last(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block and whether it is the last, which is given only when ``blocks`` has ended well."""
    kept: bytes | None = None
    for block in blocks:
        if kept is not None:
            yield kept, False
        kept = block
    if kept is not None:
        yield kept, True


def measure(blocks: Iterable[bytes]) -> tuple[int, str]:
    """How many bytes, and their SHA-256 in hex."""
    size, running = 0, hashlib.new(DIGEST)
    for block in blocks:
        size += len(block)
        running.update(block)
    return size, running.hexdigest()
