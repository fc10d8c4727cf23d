"""The inner half of an OpenPGP message: what was signed, and the signatures over it, compressed or not (RFC 9580 10.3)."""

import bz2
import dataclasses
import zlib

from transports.sealing.pgp import packets as pgp_packets
from transports.sealing.pgp.packets import COMPRESSED, LITERAL, ONE_PASS, PADDING, SIGNATURE, Fields, Packet
from transports.sealing.refusals import refusal

CONTENT_BYTES_MAX = 64 * 1024 * 1024  # a message is held whole, about five times over
SIGNERS_MAX = 4
_OVERHEAD = 1024 * 1024  # headers, signatures, a content that compresses to more than itself
MESSAGE_BYTES_MAX = CONTENT_BYTES_MAX + _OVERHEAD
_BINARY = 0  # the one type of signature that covers the bytes as they are (5.2.1)


@dataclasses.dataclass(frozen=True)
class Claimed:
    """One signature packet: who it says made it, and for whom, if it says so. Nothing of it is verified here."""

    packet: Packet
    issuers: frozenset[str]  # fingerprint and key id, hex
    addressees: frozenset[str]  # fingerprints, hex; empty: for anyone

    @classmethod
    def read(cls, packet: Packet) -> "Claimed":
        """Raises BrokenSeal seal-malformed, seal-suite-refused (text signatures, and those of versions we do not read)."""
        fields = Fields(packet.body)
        version, kind = fields.number(1), fields.number(1)
        if version not in (4, 6) or kind != _BINARY:
            raise refusal("seal-suite-refused")
        fields.take(2)  # algorithms: the library's to judge
        covered = _subpackets(fields.take(fields.number(2 if version == 4 else 4)))
        beside = _subpackets(fields.take(fields.number(2 if version == 4 else 4)))
        issuers = [value[1:] for kind, value in covered + beside if kind == 33]  # issuer fingerprint (5.2.3.35)
        issuers += [value for kind, value in covered + beside if kind == 16]  # issuer key id (5.2.3.12)
        addressees = [value[1:] for kind, value in covered if kind == 35]  # intended recipient (5.2.3.36)
        return cls(packet, frozenset(map(bytes.hex, issuers)), frozenset(map(bytes.hex, addressees)))


def read_message(inside: bytes | memoryview) -> tuple[bytes, list[Claimed]]:
    """(content, the signatures over it). Raises BrokenSeal seal-unsigned, seal-malformed, seal-over-limit, seal-too-large."""
    found = _packets(inside)
    if [packet.tag for packet in found] == [COMPRESSED]:
        found = _packets(_inflated(found[0].body))
    tags = [packet.tag for packet in found]
    count = tags.count(SIGNATURE)
    if count == 0 and tags.count(ONE_PASS) == 0:
        raise refusal("seal-unsigned")
    if count > SIGNERS_MAX:
        raise refusal("seal-over-limit")
    if tags != [ONE_PASS] * count + [LITERAL] + [SIGNATURE] * count:  # a signature within a signature says too little
        raise refusal("seal-malformed")
    content = _literal(found[count])
    if len(content) > CONTENT_BYTES_MAX:
        raise refusal("seal-too-large")
    return content, [Claimed.read(packet) for packet in found if packet.tag == SIGNATURE]


def _packets(content: bytes | memoryview) -> list[Packet]:
    """All but those that only hide a length (5.14)."""
    return [packet for packet in pgp_packets.packets(content) if packet.tag != PADDING]


def _literal(packet: Packet) -> bytes:
    """The content; name and date beside it are not signed, so nobody reads them (5.9)."""
    fields = Fields(packet.body)
    fields.take(1)
    fields.take(fields.number(1))
    fields.take(4)
    return bytes(fields.rest())


def _inflated(body: bytes | memoryview) -> bytes | memoryview:
    """What is compressed, up to the limit and no byte further (5.6)."""
    algorithm, packed = body[:1], body[1:]
    if algorithm == b"\0":
        return packed
    if algorithm not in (b"\1", b"\2", b"\3"):
        raise refusal("seal-suite-refused")
    inflate = bz2.BZ2Decompressor() if algorithm == b"\3" else zlib.decompressobj(-15 if algorithm == b"\1" else 15)
    try:
        content = inflate.decompress(packed, MESSAGE_BYTES_MAX + 1)
    except (ValueError, OSError, zlib.error):
        raise refusal("seal-malformed") from None
    if len(content) > MESSAGE_BYTES_MAX:
        raise refusal("seal-too-large")
    if not inflate.eof or inflate.unused_data:
        raise refusal("seal-malformed")
    return content


def _subpackets(area: bytes) -> list[tuple[int, bytes]]:
    """(type, value) of each (5.2.3.7)."""
    fields = Fields(area)
    found = []
    while not fields.done:
        length = fields.number(1)
        if length == 255:
            length = fields.number(4)
        elif length >= 192:
            length = (length - 192 << 8) + fields.number(1) + 192
        body = fields.take(length)
        if not body:
            raise refusal("seal-malformed")
        found.append((body[0] & 0x7F, body[1:]))
    return found
