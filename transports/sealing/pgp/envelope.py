"""The outer half of an OpenPGP message: session keys for its recipients, then the content under one of them (RFC 9580 5.13)."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESOCB3
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from transports import drawing
from transports.sealing.pgp import packets as pgp_packets
from transports.sealing.pgp.packets import ENCRYPTED, LEGACY_ENCRYPTED, PKESK, SKESK, Fields
from transports.sealing.pgp.session import CIPHER_KEY_BYTES, Opener, Wrapped, for_us
from transports.sealing.refusals import refusal

_MDC_HEADER = b"\xd3\x14"  # of the digest at the end (5.13.1)
_MDC_BYTES = 22
MDC_DIGEST = "sha1"  # given by the format
MODES: Mapping[int, tuple[type[AESOCB3 | AESGCM], int]] = {
    2: (AESOCB3, 15),
    3: (AESGCM, 12),
}  # 9.6, nonce bytes; EAX is not ours
_TAG_BYTES = 16
_CHUNK_MAX = 16  # 4 MiB (5.13.2)
RECIPIENTS_MAX = 32


def open_envelope(parcel: bytes, openers: Sequence[Opener]) -> tuple[Opener, bytes | memoryview]:
    """(the key of ours that opened it, the packets inside). Raises BrokenSeal, UnknownKey (codes seal-…)."""
    if not parcel:
        raise refusal("seal-truncated")
    if pgp_packets.is_text(parcel):
        raise refusal("seal-text-form")
    if not pgp_packets.looks_like_one(parcel):
        raise refusal("seal-not-enveloped")
    wrapped, sealed = _outside(parcel)
    one, opener = for_us(wrapped, openers)
    unwrapped = one.unwrap(opener)
    fields = Fields(sealed)
    version = fields.number(1)
    if (version, one.version) == (1, 3):
        return opener, _open_with_digest(fields.rest(), unwrapped)
    if (version, one.version) == (2, 6):
        return opener, _open_in_chunks(fields.rest(), unwrapped)
    raise refusal("seal-suite-refused")


def _outside(parcel: bytes) -> tuple[list[Wrapped], memoryview]:
    """The session keys and the encrypted packet; nothing else may be there. A password beside us (SKESK) is passed over."""
    fields = Fields(parcel, "seal-truncated")
    wrapped: list[Wrapped] = []
    for _ in range(RECIPIENTS_MAX + 1):
        packet = pgp_packets.next_packet(fields)
        if packet.tag == PKESK:
            wrapped.append(Wrapped.read(packet))
        elif packet.tag == ENCRYPTED:
            if not fields.done:
                raise refusal("seal-trailing-bytes")
            return wrapped, memoryview(packet.body)
        elif packet.tag == LEGACY_ENCRYPTED:  # without a digest: whoever changes it is not noticed (5.7)
            raise refusal("seal-suite-refused")
        elif packet.tag != SKESK:
            raise refusal("seal-not-enveloped")
    raise refusal("seal-over-limit")


def _open_with_digest(content: memoryview, unwrapped: tuple[int, bytes] | None) -> memoryview:
    """Version 1: AES in CFB over a random prefix, the packets and a SHA-1 over both (5.13.1). A key that did not unwrap is
    replaced by a random one, so that nobody can tell it from changed content (RFC 3218 2.3; security.md A15)."""
    cipher, key = unwrapped or (9, drawing.key(32))
    if CIPHER_KEY_BYTES.get(cipher) != len(key):
        raise refusal("seal-suite-refused")
    decryptor = Cipher(algorithms.AES(key), CFB(bytes(16))).decryptor()
    plain = memoryview(decryptor.update(content))  # a stream: nothing is left for the end
    covered, digest = plain[:-20], plain[-20:]
    expected = hashlib.new(MDC_DIGEST, covered, usedforsecurity=False).digest()  # the signature is what we trust
    whole = len(plain) >= 18 + _MDC_BYTES and covered[-2:] == _MDC_HEADER
    if not (hmac.compare_digest(expected, digest) and whole and unwrapped):
        raise refusal("seal-content-changed")
    return covered[18:-2]


def _open_in_chunks(content: memoryview, unwrapped: tuple[int, bytes] | None) -> bytes:
    """Version 2: chunks under an authenticated cipher, the last tag over their total (5.13.2)."""
    fields = Fields(content, "seal-content-changed")
    cipher, mode, chunk = fields.number(1), fields.number(1), fields.number(1)
    salt, sealed = fields.take(32), fields.rest()
    if cipher not in CIPHER_KEY_BYTES or mode not in MODES or chunk > _CHUNK_MAX:
        raise refusal("seal-suite-refused")
    kind, nonce_bytes = MODES[mode]
    key_bytes = CIPHER_KEY_BYTES[cipher]
    session = unwrapped[1] if unwrapped and len(unwrapped[1]) == key_bytes else drawing.key(key_bytes)
    header = bytes([0xC0 | ENCRYPTED, 2, cipher, mode, chunk])
    derived = HKDF(hashes.SHA256(), key_bytes + nonce_bytes - 8, salt, header).derive(session)
    aead, prefix = kind(derived[:key_bytes]), derived[key_bytes:]
    step = (1 << chunk + 6) + _TAG_BYTES
    body, last = sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]
    try:
        opened = [
            aead.decrypt(prefix + number.to_bytes(8, "big"), body[start : start + step], header)
            for number, start in enumerate(range(0, len(body), step))
        ]
        total = sum(map(len, opened)).to_bytes(8, "big")
        aead.decrypt(prefix + len(opened).to_bytes(8, "big"), last, header + total)
    except (InvalidTag, ValueError):
        raise refusal("seal-content-changed") from None
    return b"".join(opened)
