"""An encryption key a CA made for us comes into the ring with its certificate, and only if both are meant for us."""

import base64
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.enveloped_keys import (
    ALGORITHM,
    AT,
    MADE,
    OURS,
    SM4,
    SM4_CBC,
    SM4_ECB,
    certified,
    enveloped,
)
from transports.errors import UnknownKey
from transports.sealing.ber import OCTET_STRING, SEQUENCE, tlv
from transports.sealing.keyring import KeyRing
from transports.sealing.sm2 import Sm2PrivateKey, Sm2PublicKey
from transports.sealing.sm2 import escrow as sm2_escrow

SECRET = b"a secret of the ring"


# ── the envelope ──

ALGORITHMS = {
    "as the standard says": ALGORITHM,
    "no parameters": tlv(SEQUENCE, SM4_ECB),
    "no mode": tlv(SEQUENCE, SM4),
    "bare": SM4,
}


@pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=ALGORITHMS)
@pytest.mark.parametrize("zeros", [0, 32])
def test_an_enveloped_key_of_every_known_writing_opens(algorithm: bytes, zeros: int) -> None:
    assert MADE == sm2_escrow.opened(enveloped(algorithm=algorithm, zeros=zeros), OURS)


def test_an_enveloped_key_may_come_as_text() -> None:
    text = base64.encodebytes(enveloped())
    for written in (
        text,
        b"-----BEGIN ENVELOPED KEY-----\n" + text + b"-----END ENVELOPED KEY-----\n",
        text.replace(b"\n", b"\r\n"),
    ):
        assert MADE == sm2_escrow.opened(written, OURS)


@pytest.mark.parametrize(
    "blob",
    [
        *(b"", b"junk", b"\x30\x00", enveloped()[:-1], enveloped() + b"\0"),
        enveloped(algorithm=tlv(SEQUENCE, SM4_CBC, tlv(OCTET_STRING, bytes(16)))),
        enveloped(zeros=16),
        enveloped(key=bytes(32)),
        enveloped(signing=MADE.public_key()),
        enveloped(public=OURS.public_key()),
    ],
    ids=["empty", "junk", "nothing in it", "cut", "longer", "CBC", "of 48 bytes", "AES-256", "for another", "of another key"],
)
def test_what_is_no_key_for_us_does_not_open(blob: bytes) -> None:
    with pytest.raises(ValueError, match=r"SM2|SM4|base64"):
        sm2_escrow.opened(blob, OURS)


def test_no_bit_of_an_enveloped_key_may_change() -> None:
    blob = enveloped()
    for position in range(len(blob)):
        changed = blob[:position] + bytes([blob[position] ^ 1]) + blob[position + 1 :]
        try:
            assert MADE == sm2_escrow.opened(changed, OURS)  # a bit that says nothing: an unused parameter
        except ValueError:
            continue


# ── the ring ──


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    ring = KeyRing.create(tmp_path / "keys", SECRET)
    ring.new("us/sign", "sign", "sm2", 365, AT)
    return ring


def for_ring(ring: KeyRing, made: Sm2PrivateKey = MADE) -> bytes:
    signing = ring.certificate("us/sign").public_key
    assert isinstance(signing, Sm2PublicKey)
    return enveloped(made, signing)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(UnknownKey) as caught:
        act()
    return caught.value.code


def test_a_key_of_the_ca_is_ours_to_decrypt_with(ring: KeyRing, tmp_path: Path) -> None:
    certificate = certified(MADE)
    entry = ring.import_own("us/decrypt", certificate.pem, for_ring(ring), "us/sign")

    assert ("us/decrypt", "encrypt", True, "sm2", certificate.fingerprint) == (
        entry.alias, entry.use, entry.own, entry.kind, entry.fingerprint,
    )  # fmt: skip
    [own] = KeyRing.open(tmp_path / "keys", SECRET).own("us/decrypt", AT)
    assert (MADE, certificate) == (own.private, own.certificate)
    assert "key-known" == refused(lambda: ring.import_own("us/decrypt", certificate.pem, for_ring(ring), "us/sign"))


def test_a_key_sealed_to_an_earlier_signing_key_still_comes_in(ring: KeyRing) -> None:
    blob = for_ring(ring)
    ring.new("us/sign", "sign", "sm2", 365, AT + timedelta(days=300))
    assert ring.import_own("us/decrypt", certified(MADE).pem, blob, "us/sign")


def test_what_does_not_fit_is_refused_and_changes_nothing(ring: KeyRing, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    good, blob = certified(MADE).pem, for_ring(ring)
    ring_import = ring.import_own
    assert "key-not-ours" == refused(lambda: ring_import("us/decrypt", certified(OURS).pem, blob, "us/sign"))
    assert "key-not-ours" == refused(lambda: ring_import("us/decrypt", good, enveloped(), "us/sign"))
    assert "key-not-ours" == refused(lambda: ring_import("us/decrypt", good, b"junk", "us/sign"))
    assert "key-use-differs" == refused(lambda: ring_import("us/decrypt", certified(MADE, encrypts=False).pem, blob, "us/sign"))
    assert "key-unreadable" == refused(lambda: ring_import("us/decrypt", b"junk", blob, "us/sign"))
    assert "key-missing" == refused(lambda: ring_import("us/decrypt", good, blob, "us/elsewhere"))
    assert "alias-unusable" == refused(lambda: ring_import("../us", good, blob, "us/sign"))
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
