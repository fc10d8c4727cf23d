"""Keys and nonces as the sealing code really uses them, and none twice. ``python -m tests.nonces`` counts ten million parcels.

Nothing is asked beside the seals: each suite seals, and what is counted is the key the content was encrypted with and the nonce that
stands in the sealed bytes (security.md C5). What libraries draw for themselves (the k of a signature, an ephemeral point, an OpenPGP
session key) is counted from what they made.
"""

import argparse
import dataclasses
import functools
import itertools
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from transports.https import signing
from transports.sealing import at_rest, ber, cms, pgp
from transports.sealing.certificates import OwnKey, make_private_key, self_signed
from transports.sealing.cms import suite_aes, suite_sm
from transports.sealing.cms.envelope import envelop
from transports.sealing.cms.recipients import parse_algorithm
from transports.sealing.cms.suite import Encryptor, Suite
from transports.sealing.pgp import envelope as pgp_envelope
from transports.sealing.pgp.keys import OwnPgpKey, make_key
from transports.sealing.pgp.session import for_us
from transports.sealing.sm2 import Sm2PublicKey

Drawn = Iterator[tuple[str, bytes]]  # what it is, and its bytes
MASTER = bytes(32)
LIBRARY_SHARE = 1000  # of so many parcels one is signed and wrapped too: that costs a hundred times what the rest does


class Drawers:
    """Values of one kind and length side by side, in 256 drawers by their first byte, so that each is looked through alone."""

    def __init__(self) -> None:
        self.count = 0
        self._drawers: defaultdict[tuple[str, int, int], bytearray] = defaultdict(bytearray)

    def put(self, kind: str, value: bytes) -> None:
        """Keep one."""
        self.count += 1
        self._drawers[kind, len(value), value[0]] += value

    def repeated(self) -> list[str]:
        """The kinds of which some value came twice."""
        found = []
        for (kind, size, _), values in self._drawers.items():
            if len(values) // size != len({bytes(values[at : at + size]) for at in range(0, len(values), size)}):
                found.append(kind)
        return found

    def counts(self) -> Mapping[str, int]:
        """How many there are of each kind and length."""
        counts: defaultdict[str, int] = defaultdict(int)
        for (kind, size, _), values in self._drawers.items():
            counts[f"{kind}, {8 * size} bits"] += len(values) // size
        return dict(sorted(counts.items()))


# ── what we draw ──


def _overheard(suite: Suite, heard: list[tuple[str, bytes]]) -> Suite:
    """The suite itself; the key and the nonce it encrypts with are written down, and the key is wrapped for nobody."""

    def encrypt(key: bytes) -> tuple[bytes, Encryptor]:
        algorithm, encryptor = suite.cipher.encrypt(key)
        heard.extend((("content key", key), ("content nonce", _nonce(algorithm))))
        return algorithm, encryptor

    cipher = dataclasses.replace(suite.cipher, encrypt=encrypt)
    return dataclasses.replace(suite, cipher=cipher, family=dataclasses.replace(suite.family, wrap=lambda _, key: b""))


def _nonce(algorithm: bytes) -> bytes:
    """The OCTET STRING of 12 bytes (GCM, RFC 5084 3.2) or of 16 (CBC, RFC 3565 2.3) in an AlgorithmIdentifier."""
    parameters = parse_algorithm(algorithm).parameters
    return parameters[4:16] if parameters[0] == ber.SEQUENCE else parameters[2:]


def parcels(suite: str) -> Drawn:
    """Parcels of a suite without end: key and nonce of each, as the cipher got them."""
    heard: list[tuple[str, bytes]] = []
    listening = _overheard(cms.suite_of(suite), heard)
    while True:
        sealed = b"".join(envelop([b"the same content"], 16, listening, [None]))  # type: ignore[list-item]
        assert heard[1][1] in sealed
        yield from heard
        heard.clear()


def records(suite: str) -> Drawn:
    """Records at rest, all under one key."""
    while True:
        yield "record nonce", at_rest.seal(suite, MASTER, b"", "")[1:13]


def objects(suite: str) -> Drawn:
    """Objects at rest, each under its own key: suite | own key as a record (61 bytes) | nonce (at_rest's first lines)."""
    with patch.object(at_rest, "OWN_KEY_ABOVE", 0):
        while True:
            sealed = at_rest.seal(suite, MASTER, b"x", "")
            yield "content key", at_rest.open(MASTER, sealed[1:62], "")
            yield "record nonce", sealed[2:14]
            yield "content nonce", sealed[62:74]


def messages() -> Drawn:
    """Messages over HTTPS that are signed beside TLS."""
    while True:
        yield "message nonce", bytes.fromhex(signing.fresh_nonce())


# ── what libraries draw for us ──

NOW = datetime.now(UTC)


@functools.cache
def own(kind: str) -> OwnKey:
    """A key of ours, the same each time."""
    private = make_private_key(kind)
    return OwnKey(private, self_signed(private, kind, encrypts=True, not_before=NOW, not_after=NOW + timedelta(days=1)))


@functools.cache
def _pgp() -> OwnPgpKey:
    return make_key("pgp-ed25519", "us", 30, NOW)


def ec_family() -> Drawn:
    """ECDSA: r is made of k alone, so the same r would be the same k. ECDH: the ephemeral point."""
    us, family = own("ec-p256"), suite_aes.FAMILY
    signer = family.signer(us, cms.suite_of(suite_aes.SUITES[0]).digest)
    while True:
        yield "ECDSA r", _r(signer.sign(b"the same text"))
        yield "ECDH envelope", family.wrap(us.certificate, MASTER)[-150:]


def sm2_family() -> Drawn:
    """SM2: C1 of a wrapped key is k·G; r of a signature is the digest + the x of k·G, and the text is the same."""
    us, suite = own("sm2"), cms.suite_of(suite_sm.GCM)
    signer = suite.family.signer(us, suite.digest)
    public = us.certificate.public_key
    assert isinstance(public, Sm2PublicKey)
    while True:
        yield "SM2 r", _r(signer.sign(b"the same text"))
        yield "SM2 C1", public.encrypt(bytes(16)).x


def _r(signature: bytes) -> bytes:
    reader = ber.Reader([signature])
    with reader.inside(ber.SEQUENCE):
        r = reader.integer()
        reader.integer()
    return r.to_bytes(32, "big")


def openpgp() -> Drawn:
    """OpenPGP: the session key of each message."""
    us, at = _pgp(), NOW + timedelta(hours=1)
    while True:
        message = b"".join(pgp.seal([b"the same content"], signer=us, recipients=[us.certificate], at=at))
        wrapped, _ = pgp_envelope._outside(message)
        one, opener = for_us(wrapped, us.openers)
        unwrapped = one.unwrap(opener)
        assert unwrapped is not None
        yield "OpenPGP session key", unwrapped[1]


# ── counted ──

OURS: Mapping[str, Callable[[], Drawn]] = {
    **{suite: functools.partial(parcels, suite) for suite in cms.SUITES},
    **{f"records, {suite}": functools.partial(records, suite) for suite in at_rest.SUITES},
    **{f"objects, {suite}": functools.partial(objects, suite) for suite in at_rest.SUITES},
    "messages": messages,
}
LIBRARIES: Mapping[str, Callable[[], Drawn]] = {"EC": ec_family, "SM2": sm2_family, pgp.SUITE: openpgp}
_PARCEL_SHARE = len(cms.SUITES)  # so many of OURS draw a key and a nonce each


def drawn(count: int) -> Drawers:
    """``count`` parcels, evenly of every suite, as many records, objects and messages a suite has; and a share of what libraries draw."""
    drawers = Drawers()
    for draw in OURS.values():
        _fill(drawers, draw(), 2 * count // _PARCEL_SHARE)
    for draw in LIBRARIES.values():
        _fill(drawers, draw(), max(20, count // LIBRARY_SHARE))
    return drawers


def _fill(drawers: Drawers, values: Drawn, count: int) -> None:
    for kind, value in itertools.islice(values, count):
        drawers.put(kind, value)


def main() -> int:
    """Count, tell, and end in 1 where anything came twice."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--parcels", type=int, default=10_000_000)
    began = time.monotonic()
    drawers = drawn(arguments.parse_args().parcels)
    for kind, count in drawers.counts().items():
        print(f"{count:>12,}  {kind}")
    repeated = drawers.repeated()
    print(f"{drawers.count:>12,}  in {time.monotonic() - began:.0f} s; repeated: {', '.join(repeated) or 'none'}")
    return 1 if repeated else 0


if __name__ == "__main__":
    sys.exit(main())
