"""OpenPGP packets, as the frames they are: tag, length, body, read out of bytes that are held whole (RFC 9580 4.2)."""

import dataclasses
from collections.abc import Iterator

from transports.sealing.refusals import refusal

PKESK, SIGNATURE, SKESK, ONE_PASS, COMPRESSED, LEGACY_ENCRYPTED = 1, 2, 3, 4, 8, 9  # RFC 9580 5, table 3
LITERAL, ENCRYPTED, PADDING = 11, 18, 21
PACKETS_MAX = 64  # of a message; those we know have fewer than ten
PART_BYTES_MIN = 512  # of data in parts (4.2.1.4): smaller ones would only cost memory
_IN_PARTS = (COMPRESSED, LEGACY_ENCRYPTED, LITERAL, ENCRYPTED)  # only data may come in parts (4.2.1.4)


@dataclasses.dataclass(frozen=True)
class Packet:
    """One packet; ``framed`` is its body under a header of our own, as a library takes it."""

    tag: int
    body: bytes | memoryview = dataclasses.field(repr=False)

    @property
    def framed(self) -> bytes:
        """Header, five-octet length, body."""
        return bytes([0xC0 | self.tag, 0xFF]) + len(self.body).to_bytes(4, "big") + self.body


class Fields:
    """A body read field by field. What is not there raises a refusal of the code given."""

    def __init__(self, body: bytes | memoryview, code: str = "seal-malformed") -> None:
        self._body, self._code = memoryview(body), code
        self._place = 0

    def view(self, count: int) -> memoryview:
        """The next ``count`` bytes, where they lie."""
        end = self._place + count
        if end > len(self._body):
            raise refusal(self._code)
        taken, self._place = self._body[self._place : end], end
        return taken

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        return bytes(self.view(count))

    def number(self, count: int) -> int:
        """A big-endian number of ``count`` bytes."""
        return int.from_bytes(self.take(count), "big")

    def mpi(self) -> bytes:
        """A multiprecision integer without its length in bits (3.2)."""
        return self.take((self.number(2) + 7) // 8)

    def rest(self) -> memoryview:
        """All that is left, where it lies."""
        return self.view(len(self._body) - self._place)

    @property
    def done(self) -> bool:
        """Is nothing left?"""
        return self._place == len(self._body)


def packets(content: bytes | memoryview) -> Iterator[Packet]:
    """All packets of ``content``, to its very end. Raises BrokenSeal seal-malformed, seal-over-limit."""
    fields = Fields(content)
    for _ in range(PACKETS_MAX):
        if fields.done:
            return
        yield next_packet(fields)
    raise refusal("seal-over-limit")


def next_packet(fields: Fields) -> Packet:
    """The packet that begins here."""
    first = fields.number(1)
    if not first & 0x80:
        raise refusal("seal-malformed")
    if first & 0x40:
        tag = first & 0x3F
        return Packet(tag, _body(fields, tag))
    tag, kind = first >> 2 & 0x0F, first & 0x03  # the old form (4.2.2)
    if kind < 3:
        return Packet(tag, fields.view(fields.number(1 << kind)))
    if tag != COMPRESSED:  # ends where its container does: as gpg writes compressed data, and nothing else we take
        raise refusal("seal-malformed")
    return Packet(tag, fields.rest())


def _body(fields: Fields, tag: int) -> bytes | memoryview:
    parts: list[memoryview] = []
    while True:
        length = fields.number(1)
        if 224 <= length < 255:
            if tag not in _IN_PARTS or 1 << (length & 0x1F) < PART_BYTES_MIN:
                raise refusal("seal-malformed")
            parts.append(fields.view(1 << (length & 0x1F)))
            continue
        if length == 255:
            length = fields.number(4)
        elif length >= 192:
            length = (length - 192 << 8) + fields.number(1) + 192
        last = fields.view(length)
        return b"".join([*parts, last]) if parts else last


def looks_like_one(first: bytes) -> bool:
    """Could a packet begin with this byte?"""
    return bool(first and first[0] & 0x80)


def is_text(content: bytes) -> bool:
    """Is it armored, or some other text form?"""
    return content[:64].lstrip()[:5] == b"-----"
