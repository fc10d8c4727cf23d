"""Streams of blocks: gathered to a good size, and wrapped in elements whose lengths are known before or only after."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from transports.sealing import ber

BLOCK = 1024 * 1024  # bytes: below 256 KiB Python's share grows, above 4 MiB the processor's caches lose
_PIECES_MAX = 32  # of a block, each worth a call of its own


def gathered(pieces: Iterable[bytes | memoryview], size: int = BLOCK) -> Iterator[list[bytes | memoryview]]:
    """Groups of pieces of about ``size`` bytes in all, without copying; nothing empty, nothing much above ``size``."""
    group: list[bytes | memoryview] = []
    total = 0
    for piece in pieces:
        for start in range(0, len(piece), size):
            part = piece if len(piece) <= size else memoryview(piece)[start : start + size]
            group.append(part)
            total += len(part)
            if total >= size:
                yield _few(group)
                group, total = [], 0
    if group:
        yield _few(group)


def _few(group: list[bytes | memoryview]) -> list[bytes | memoryview]:
    """Many small pieces cost more apart than the copy that joins them."""
    return group if len(group) <= _PIECES_MAX else [b"".join(group)]


def equal_blocks(parts: Iterable[memoryview], size: int = BLOCK) -> Iterator[bytes]:
    """The same bytes in blocks of exactly ``size``, the last one shorter: where they are cut never depends on the source."""
    waiting = bytearray()
    for whole in parts:
        part = whole
        while part:
            if not waiting and len(part) >= size:
                yield bytes(part[:size])
                part = part[size:]
                continue
            taken = size - len(waiting)
            waiting += part[:taken]
            part = part[taken:]
            if len(waiting) == size:
                yield bytes(waiting)
                waiting.clear()
    if waiting:
        yield bytes(waiting)


@dataclasses.dataclass(frozen=True)
class Layer:
    """A constructed element around the streamed string: what stands in it before, and how many bytes follow after."""

    tag: int
    before: bytes = b""
    after_bytes: int = 0


class Wrapping:
    """Layers around one string: in DER when the string's ``size`` is known, in pieces of indefinite length otherwise."""

    def __init__(self, layers: Sequence[Layer], string_tag: int, size: int | None) -> None:
        self._layers = layers
        self._string_tag = string_tag
        self._size = size

    def head(self) -> bytes:
        """All that comes before the string."""
        if self._size is None:
            opened = (ber.header(layer.tag, None) + layer.before for layer in self._layers)
            return b"".join([*opened, ber.header(self._string_tag | ber.CONSTRUCTED, None)])
        head = ber.header(self._string_tag, self._size)
        length = len(head) + self._size
        for layer in reversed(self._layers):
            opened_bytes = ber.header(layer.tag, len(layer.before) + length + layer.after_bytes) + layer.before
            length += len(opened_bytes) + layer.after_bytes
            head = opened_bytes + head
        return head

    def piece(self, length: int) -> bytes:
        """What comes before the next ``length`` bytes of the string."""
        return ber.header(ber.OCTET_STRING, length) if self._size is None else b""

    def tail(self, afters: Sequence[bytes]) -> bytes:
        """All that comes after the string; ``afters`` are the layers' own, outermost first like the layers."""
        end = ber.END if self._size is None else b""
        return end + b"".join(after + end for after in reversed(afters))

    def total(self) -> int | None:
        """Bytes of the whole, when known."""
        if self._size is None:
            return None
        return len(self.head()) + self._size + sum(layer.after_bytes for layer in self._layers)
