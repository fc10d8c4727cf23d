"""Blocks of a file as they come, put together until they are worth the work that is done once for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def large(blocks: Iterable[bytes], least: int) -> Iterator[bytes]:
    """The same bytes in blocks of at least so many; the last may be shorter."""
    held: list[bytes] = []
    size = 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size >= least:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
