"""BER and DER, tag by tag: a pull reader that holds no more than a header, and the few encoders a seal needs (X.690).

The reader walks a stream of blocks: ``inside`` enters a constructed element and checks that it is left at its end, ``octets``
streams a string whether it comes whole or in pieces, the rest reads small things. Every length is held against the element
around it and against a cap before anything is allocated.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from transports.sealing.refusals import refusal

INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 2, 3, 4, 5, 6, 23, 24, 0x30, 0x31
CONSTRUCTED = 0x20
END = b"\0\0"  # ends an element of indefinite length

SMALL_MAX = 64 * 1024  # bytes of one header part: a certificate with a long chain of names stays far below
DEPTH_MAX = 16  # constructed elements inside one another: a seal in pieces needs 8
PIECES_FREE = 4096  # pieces of strings in one stream, however short: 64 KiB in the shortest block a cipher has
BYTES_A_PIECE = 512  # and one more for so many bytes: openssl cuts at 4096, BouncyCastle at 1000; pieces of nothing cost minutes
PART = 256 * 1024  # bytes of a long string given at once: decrypted and digested while still in the processor's cache
_TEXT_FORMS = (b"-----BEGIN", b"MIME-Version", b"Content-", b"To: ", b"From: ", b"Subject: ")
_LENGTH_OCTETS_MAX = 7  # 2^56 bytes: more than any parcel, less than anything that overflows


def context(number: int, *, constructed: bool = True) -> int:
    """The tag [number] of the context class."""
    return 0x80 | number | (CONSTRUCTED if constructed else 0)


def header(tag: int, length: int | None) -> bytes:
    """Tag and length in DER; a length of None announces the indefinite form, which END closes."""
    if length is None:
        return bytes((tag, 0x80))
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets


def tlv(tag: int, *parts: bytes) -> bytes:
    """One whole element in DER."""
    value = b"".join(parts)
    return header(tag, len(value)) + value


def integer(number: int) -> bytes:
    """INTEGER in DER."""
    return tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def set_of(elements: Iterable[bytes], tag: int = SET) -> bytes:
    """SET OF in DER: in ascending order of the encodings."""
    return tlv(tag, *sorted(elements))


def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER in DER."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tlv(OID, *(_base128(arc) for arc in (40 * first + second, *rest)))


def _base128(number: int) -> bytes:
    septets = [number & 0x7F]
    while number := number >> 7:
        septets.append(0x80 | number & 0x7F)
    return bytes(reversed(septets))


class _Head(NamedTuple):
    tag: int
    length: int | None
    raw: bytes


class Reader:
    """Pulls elements out of a stream of blocks. Every fault of the stream raises a refusal (BrokenSeal)."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._block = memoryview(b"")
        self._position = 0
        self._ends: list[int | None] = []  # where each open element ends; None: at its END
        self._bounds: list[int] = []  # the nearest known end around each open element
        self._head: _Head | None = None  # read ahead by peek
        self._pieces = 0  # of all strings that came in pieces

    # ── bytes ──

    def _more(self) -> bool:
        while not self._block:
            block = next(self._blocks, None)
            if block is None:
                return False
            self._block = memoryview(block)
        return True

    def _some(self, most: int) -> memoryview:
        """Between one and ``most`` bytes, without copying; refused at the end of the stream."""
        if not self._more():
            raise refusal("seal-truncated")
        part, self._block = self._block[:most], self._block[most:]
        self._position += len(part)
        return part

    def _exactly(self, count: int) -> bytes:
        taken = bytearray()
        while len(taken) < count:
            taken += self._some(count - len(taken))
        return bytes(taken)

    def glance(self, most: int) -> bytes:
        """Up to ``most`` of the next bytes at hand, left where they are."""
        return bytes(self._block[:most]) if self._more() else b""

    def refuse_text_form(self) -> None:
        """PEM and S/MIME text are told apart from other things that are no BER, for the operator's sake."""
        if self.glance(16).lstrip().startswith(_TEXT_FORMS):
            raise refusal("seal-text-form")

    # ── elements ──

    def peek(self) -> int | None:
        """The tag of the next element, None at the end of the element we are in."""
        if self._head is None:
            if self._ends and self._ends[-1] == self._position:
                return None
            self._head = self._read_head()
        if self._head.raw == END and self._ends and self._ends[-1] is None:
            return None
        return self._head.tag

    def _read_head(self) -> _Head:
        raw = self._exactly(2)
        tag, length = raw
        if tag & 0x1F == 0x1F:  # tags above 30 occur nowhere in a seal
            raise refusal("seal-malformed")
        definite = length != 0x80
        if not definite:
            if not tag & CONSTRUCTED:
                raise refusal("seal-malformed")
            length = 0
        elif length > 0x80:
            if length - 0x80 > _LENGTH_OCTETS_MAX:
                raise refusal("seal-malformed")
            octets = self._exactly(length - 0x80)
            raw, length = raw + octets, int.from_bytes(octets, "big")
        if self._bounds and self._position + length > self._bounds[-1]:
            raise refusal("seal-malformed")
        return _Head(tag, length if definite else None, raw)

    def _enter(self, tag: int) -> _Head:
        if self.peek() != tag or self._head is None:
            raise refusal("seal-malformed")
        entered, self._head = self._head, None
        return entered

    @contextmanager
    def inside(self, tag: int) -> Iterator[None]:
        """Walk the elements of a constructed element; leaving one that is not read to its end is a refusal."""
        length = self._enter(tag).length
        if len(self._ends) >= DEPTH_MAX:
            raise refusal("seal-over-limit")
        self._ends.append(None if length is None else self._position + length)
        self._bounds.append(self._ends[-1] or (self._bounds[-1] if self._bounds else 1 << 60))
        yield
        if self.peek() is not None:
            raise refusal("seal-malformed")
        self._head = None
        self._ends.pop()
        self._bounds.pop()

    def value(self, tag: int, most: int = SMALL_MAX) -> bytes:
        """The contents of a small primitive element."""
        length = self._enter(tag).length
        if length is None:
            raise refusal("seal-malformed")
        if length > most:
            raise refusal("seal-over-limit")
        return self._exactly(length)

    def octets(self, tag: int = OCTET_STRING) -> Iterator[memoryview]:
        """The contents of a string of any size as they come, whole or in pieces (not endlessly many); ``tag`` is the primitive one."""
        if self.peek() == tag | CONSTRUCTED:
            with self.inside(tag | CONSTRUCTED):
                while self.peek() is not None:
                    self._count_piece()
                    yield from self.octets()
            return
        left = self._enter(tag).length or 0
        while left:
            part = self._some(min(left, PART))
            left -= len(part)
            yield part

    def _count_piece(self) -> None:
        self._pieces += 1
        if self._pieces > PIECES_FREE + self._position // BYTES_A_PIECE:
            raise refusal("seal-over-limit")

    def small_octets(self, tag: int = OCTET_STRING, most: int = SMALL_MAX) -> bytes:
        """A small string, whole or in pieces."""
        taken = bytearray()
        for part in self.octets(tag):
            if len(taken) + len(part) > most:
                raise refusal("seal-over-limit")
            taken += part
        return bytes(taken)

    def element(self, most: int = SMALL_MAX) -> bytes:
        """One whole small element as it stands, header and all."""
        tag = self.peek()
        if tag is None or self._head is None:
            raise refusal("seal-malformed")
        head = self._head
        if head.length is not None:
            return head.raw + self.value(tag, most)
        parts = [head.raw]
        with self.inside(tag):
            while self.peek() is not None:
                parts.append(self.element(most))
                most -= len(parts[-1])
                if most < 0:  # empty elements of indefinite length have no length to be held against it
                    raise refusal("seal-over-limit")
        return b"".join([*parts, END])

    def skip_optional(self, *tags: int) -> None:
        """Pass over one small element if it is there."""
        if self.peek() in tags:
            self.element()

    def integer(self, most: int = 64) -> int:
        """A small INTEGER (serial numbers have at most 20 bytes, RFC 5280 4.1.2.2; some issuers exceed it)."""
        return int.from_bytes(self.value(INTEGER, most), "big", signed=True)

    def oid(self) -> bytes:
        """An OBJECT IDENTIFIER, in DER, to be compared with those of ``oid``."""
        return tlv(OID, self.value(OID, 64))

    def finish(self) -> None:
        """Nothing may follow: refuses trailing bytes, and pulls the stream to its very end."""
        if self._head is not None or self._more():
            raise refusal("seal-trailing-bytes")
