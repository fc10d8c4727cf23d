"""Every secret of a house, and each in every disguise it could be shown in: what the canary of secrets looks for.

The house's real secrets, not planted words: they are random enough to be told from anything else. Where a private key was written in
some container (PEM, DER, PKCS #8), the number itself stands in it, so the number is what is looked for.
"""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from pysequoia.packet import PacketPile, Tag

from tests.canaries import Needles
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import RingSecrets
from transports.sealing.sm2 import Sm2PrivateKey

SEEN_BYTES = 24  # so many bytes of a secret are enough to know it by: a part of it is a leak too


def of_house(folder: Path) -> dict[str, bytes]:
    """Name → secret of a deployment or a bank: its files below ``secrets``, and what its ring keeps sealed."""
    found = {str(path.relative_to(folder)): value for path, value in _kept(folder / "secrets")}
    ring = KeyRing.open(folder / "keys", (folder / "secrets" / "ring").read_bytes())
    return found | {f"ring: {name}": value for name, value in _in_ring(ring)}


def _kept(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        text = path.read_bytes().strip()
        if b"PRIVATE KEY" in text:
            yield from (
                (path.with_name(f"{path.name} {part}"), value) for part, value in _numbers(load_pem_private_key(text, None))
            )
        elif b"CERTIFICATE" not in text:
            yield path, text
            if path.name == "ring":
                yield path.with_name("ring as bytes"), bytes.fromhex(text.decode())


def _in_ring(ring: KeyRing) -> Iterator[tuple[str, bytes]]:
    """Every private key, the master key, and what the ring's secret is stretched to."""
    yield "master", ring.master()
    derived: RingSecrets = ring._files.secrets
    for purpose in ("master", "private keys", "sealed private keys", "index"):
        yield f"derived for {purpose}", derived.derive(purpose)
    for entry in ring.list():
        if entry.own and entry.dated and not entry.hardware and entry.state != "destroyed":
            if entry.kind.startswith("pgp-"):
                yield from (
                    (f"{entry.alias} {entry.kind} {place}", number)
                    for place, number in _of_packets(ring._files.read_sealed(entry.id))
                )
            else:
                yield from (
                    (f"{entry.alias} {entry.kind} {entry.id} {part}", number) for part, number in _numbers(ring._key(entry))
                )
        elif entry.kind in ("ed25519", "sm2") and not entry.dated:
            yield from ((f"{entry.use} {entry.kind} {part}", number) for part, number in _numbers(ring._key(entry)))


def _of_packets(private: bytes) -> Iterator[tuple[int, bytes]]:
    """The end of the number in each secret key packet, in front of its checksum (RFC 9580 5.5.3)."""
    for place, packet in enumerate(PacketPile.from_bytes(private)):
        if packet.tag in (Tag.SecretKey, Tag.SecretSubkey):
            yield place, packet.body[-SEEN_BYTES - 2 : -2]


def _numbers(private: object) -> Iterator[tuple[str, bytes]]:
    """What must not be known of a private key."""
    match private:
        case Sm2PrivateKey():
            yield "d", private.pkcs8[36:68]
        case rsa.RSAPrivateKey():
            numbers = private.private_numbers()
            for name in ("d", "p", "q"):
                number: int = getattr(numbers, name)
                yield name, number.to_bytes((number.bit_length() + 7) // 8, "big")
        case ec.EllipticCurvePrivateKey():
            yield "d", private.private_numbers().private_value.to_bytes((private.key_size + 7) // 8, "big")
        case ed25519.Ed25519PrivateKey():
            yield "seed", private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        case _:
            raise TypeError(type(private).__name__)


# ── disguises ──


def needles(secrets: Mapping[str, bytes]) -> Needles:
    """What to look for."""
    return {(name, how): needle for name, value in secrets.items() for how, needle in disguises(value)}


def disguises(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """A secret as it would stand in a file, a log line, a traceback or a listing of processes (see also ``unwrapped``)."""
    seen = secret[:SEEN_BYTES]
    yield "as it is", seen
    for how, spelled in (("hex", seen.hex()), ("HEX", seen.hex().upper()), ("hex:", seen.hex(":")), ("repr", repr(seen)[2:-1])):
        yield how, spelled.encode()
    yield "reversed", seen[::-1]
    yield "number", str(int.from_bytes(secret, "big"))[:40].encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):  # where in a longer text it stands decides how it looks
            whole = encode(bytes(shift) + seen)
            yield f"{encode.__name__} at {shift}", whole[(shift * 8 + 5) // 6 : len(whole) - 4]


def unwrapped(text: bytes) -> bytes:
    """The same without the ends of lines, as they are and as JSON and Python write them: base64 in PEM is broken into lines."""
    return text.replace(b"\r", b"").replace(b"\n", b"").replace(b"\\n", b"").replace(b" ", b"")
