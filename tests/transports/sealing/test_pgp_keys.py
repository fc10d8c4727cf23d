"""An OpenPGP key says what it is for and how long; nothing that hangs on a certificate counts unless its owner bound it there."""

from datetime import timedelta

import pysequoia
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysequoia.packet import PacketPile, Tag

from tests.contracts.seal_contract import CONTENT, DAYS, refused
from tests.transports.sealing.pgp_case import BANK, CASE, NOW, STRANGER, US, party, revoked
from transports.errors import TransportError
from transports.sealing import pgp
from transports.sealing.pgp.keys import FOREVER, KINDS, OwnPgpKey, PgpCertificate, asked, make_key


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_key_is_of_its_kind_and_ends_on_its_day(kind: str) -> None:
    own = party(kind, "us decrypt")
    certificate = own.certificate
    assert (kind, "any", "us decrypt") == (certificate.kind, certificate.use, certificate.subject)
    assert (NOW + timedelta(days=DAYS)).replace(microsecond=0) == certificate.not_after
    assert certificate.not_before <= NOW
    assert certificate.valid_at(NOW)
    assert not certificate.valid_at(NOW + timedelta(days=DAYS, seconds=1))
    assert certificate == PgpCertificate.read(certificate.pem) == PgpCertificate.read(certificate.data)


@pytest.mark.parametrize("kind", KINDS)
def test_one_half_signs_the_other_encrypts_and_neither_does_both(kind: str) -> None:
    own = party(kind, "us decrypt")
    parts = own.certificate._parts
    assert [(False, False), (False, True), (True, False)] == sorted((part.signs, part.encrypts) for part in parts)
    encrypts = next(part.packet.fingerprint for part in parts if part.encrypts)
    assert [encrypts] == [opener.fingerprint.hex() for opener in own.openers]


def test_the_private_half_outlives_its_certificate() -> None:
    assert FOREVER == PgpCertificate(bytes(pysequoia.Tsk.from_bytes(US.private).extract_certificate())).not_after


def test_nothing_secret_is_printed_or_handed_over() -> None:
    secrets = [bytes(packet) for packet in PacketPile.from_bytes(US.private) if packet.tag == Tag.SecretSubkey]
    assert secrets
    for secret in secrets:
        assert secret not in US.certificate.data
    assert "private" not in repr(US)
    assert "0x" not in repr(US.openers)


@pytest.mark.parametrize(("kind", "days"), [("pgp-rsa2048", 30), ("rsa3072", 30), ("pgp-ed25519", 0), ("pgp-ed25519", -1)])
def test_what_we_do_not_use_we_do_not_make(kind: str, days: int) -> None:
    assert "key-unsuitable" == refused(lambda: make_key(kind, "us", days, NOW))


def test_a_key_that_would_end_before_it_begins_is_not_made() -> None:
    assert "key-unsuitable" == refused(lambda: make_key("pgp-ed25519", "us", 1, NOW - timedelta(days=30)))


def test_a_revoked_certificate_says_so() -> None:
    assert not BANK.certificate.revoked
    assert revoked(BANK).revoked
    assert not revoked(BANK).valid_at(NOW)
    assert BANK.certificate.fingerprint == revoked(BANK).fingerprint


def test_a_subkey_hung_onto_a_certificate_by_somebody_else_signs_nothing() -> None:
    """The letter compares the primary key's fingerprint, which stays the same."""
    theirs = list(PacketPile.from_bytes(STRANGER.certificate.data))
    start = next(number for number, packet in enumerate(theirs) if packet.tag == Tag.PublicSubkey)
    forged = PgpCertificate.read(BANK.certificate.data + b"".join(map(bytes, theirs[start:])))
    assert BANK.certificate.fingerprint == forged.fingerprint
    assert CONTENT == CASE.open(CASE.seal(), signers=[forged])
    parcel = CASE.seal(signer=STRANGER)
    assert refused(lambda: CASE.open(parcel, signers=[forged])) in ("seal-signature-wrong", "seal-signer-unknown")
    assert refused(lambda: CASE.open(parcel, signers=[forged, BANK.certificate])) in (
        "seal-signature-wrong",
        "seal-signer-unknown",
    )


def test_what_is_sealed_for_a_certificate_with_a_foreign_subkey_does_not_open_with_it() -> None:
    theirs = list(PacketPile.from_bytes(STRANGER.certificate.data))
    start = next(number for number, packet in enumerate(theirs) if packet.tag == Tag.PublicSubkey)
    forged = PgpCertificate.read(US.certificate.data + b"".join(map(bytes, theirs[start:])))
    parcel = b"".join(pgp.seal([CONTENT], signer=BANK, recipients=[forged], at=NOW))
    assert "seal-not-for-us" == refused(lambda: CASE.open(parcel, decrypt=[STRANGER]))
    assert CONTENT == CASE.open(parcel)


def test_a_key_of_another_hand_under_our_certificate_signs_nothing() -> None:
    parcel = CASE.seal(signer=OwnPgpKey(STRANGER.private, BANK.certificate))
    assert "seal-signer-unknown" == refused(lambda: CASE.open(parcel))


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 10_000), instead=st.binary(max_size=6), own=st.booleans())
def test_whatever_a_certificate_holds_it_is_read_or_refused(place: int, instead: bytes, own: bool) -> None:
    whole = US.private if own else BANK.certificate.data
    place %= len(whole)
    said = known_or_refused(whole[:place] + instead + whole[place + len(instead) :])
    assert said.startswith(("pgp-", "key-"))


def known_or_refused(text: bytes) -> str:
    try:
        read = PgpCertificate.read(text)
    except TransportError as refusal:
        return refusal.code
    assert read.not_before <= read.not_after or read.not_after < NOW
    assert read.fingerprint in read.names
    return f"{read.kind} {read.use} {read.subject} {read.revoked} {read.pem!r}"


def test_what_the_library_throws_is_one_line() -> None:
    def panics() -> None:
        raise BaseException("first line\n\nStack backtrace:\n   0: …")

    with pytest.raises(ValueError, match=r"^first line$"):
        asked(panics)
    with pytest.raises(KeyboardInterrupt):
        asked(_interrupted)


def _interrupted() -> None:
    raise KeyboardInterrupt
