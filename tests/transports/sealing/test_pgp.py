"""OpenPGP seals keep the promises of a seal: what is sealed opens unchanged, and nothing else opens at all."""

import bz2
import functools
import tracemalloc
import zlib
from datetime import timedelta

import pysequoia
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.seal_contract import CONTENT, SealContract, outcome, refused
from tests.transports.sealing.pgp_case import (
    BANK,
    CASE,
    NOW,
    STRANGER,
    US,
    PgpCase,
    code,
    envelope,
    frame,
    literal,
    one_pass,
    party,
    revoked,
    signature,
    signed,
)
from transports.errors import BrokenSeal
from transports.sealing import pgp
from transports.sealing.pgp import message as pgp_message
from transports.sealing.pgp import packets as pgp_packets
from transports.sealing.pgp.envelope import open_envelope
from transports.sealing.pgp.keys import KINDS, OwnPgpKey
from transports.sealing.pgp.message import CONTENT_BYTES_MAX
from transports.sealing.pgp.packets import Fields, next_packet
from transports.sealing.pgp.session import Wrapped

MIB = 1024 * 1024


@pytest.fixture(params=KINDS)
def case(request: pytest.FixtureRequest) -> PgpCase:
    return PgpCase("pgp-ed25519", request.param)


class TestOpenPgp(SealContract):
    """All promises, opened by each kind of key."""


def test_the_library_itself_opens_what_we_seal() -> None:
    us = pysequoia.Tsk.from_bytes(US.private)
    held = pysequoia.decrypt(CASE.seal(), us.decryptor(), lambda _: [BANK.certificate.cert])
    assert (CONTENT, BANK.certificate.fingerprint) == (held.bytes, held.valid_sigs[0].certificate)


# ── whose keys ──


def test_a_hidden_recipient_is_not_us() -> None:
    name = US.openers[0].key_id
    assert "seal-recipient-hidden" == code(envelope(signed()).replace(name, bytes(8), 1))


def test_rule_090_a_revoked_signer_has_a_code_of_its_own() -> None:
    assert "seal-signer-revoked" == refused(lambda: CASE.open(CASE.seal(), signers=[revoked(BANK)]))


def test_we_do_not_seal_with_or_for_a_revoked_key() -> None:
    assert "key-not-valid" == refused(lambda: CASE.sealing([CONTENT], recipients=[revoked(US)]))
    assert "key-not-valid" == refused(lambda: CASE.sealing([CONTENT], signer=OwnPgpKey(BANK.private, revoked(BANK))))


# ── what must be there (security.md A13, rule 91) ──


def test_rule_091_a_signature_around_the_envelope_is_none() -> None:
    outside = pysequoia.sign(pysequoia.Tsk.from_bytes(BANK.private).signer(), envelope(literal()), armor=False)
    assert "seal-not-enveloped" == code(outside)
    assert "seal-not-enveloped" == code(one_pass(BANK) + envelope(literal()) + signature(BANK, envelope(literal())))


def test_a13_an_envelope_of_the_library_alone_is_unsigned() -> None:
    assert "seal-unsigned" == code(pysequoia.encrypt(CONTENT, [US.certificate.cert], armor=False))
    assert "seal-unsigned" == code(envelope(literal()))
    assert "seal-unsigned" == code(envelope(envelope(signed())))
    assert "seal-not-enveloped" == code(literal())


def test_a14_what_was_signed_for_someone_else_is_refused_where_the_signature_says_for_whom() -> None:
    other = party("pgp-ed25519", "other").certificate.fingerprint
    assert CONTENT == CASE.open(envelope(signed(addressees=[US.certificate.fingerprint])))
    assert CONTENT == CASE.open(envelope(signed(addressees=[other, US.certificate.fingerprint])))
    assert CONTENT == CASE.open(envelope(signed(addressees=[US.openers[0].fingerprint.hex()])))
    assert "seal-not-addressed" == code(envelope(signed(addressees=[other])))


# ── downgrades ──

DOWNGRADES = {
    "content without a digest of its own (SED)": lambda: (envelope(signed(), tag=9), "seal-suite-refused"),
    "its digest zeroed": lambda: (envelope(signed(), digest=False), "seal-content-changed"),
    "3DES": lambda: (envelope(signed(), cipher=2, key_bytes=24), "seal-suite-refused"),
    "CAST5": lambda: (envelope(signed(), cipher=3, key_bytes=16), "seal-suite-refused"),
    "Twofish": lambda: (envelope(signed(), cipher=10), "seal-suite-refused"),
    "in the clear": lambda: (envelope(signed(), cipher=0), "seal-suite-refused"),
    "a key shorter than its cipher's": lambda: (envelope(signed(), key_bytes=16), "seal-suite-refused"),
    "an unknown version of the encrypted packet": lambda: (_version(envelope(signed()), 7), "seal-suite-refused"),
    "an older session key before a newer packet": lambda: (_version(envelope(signed()), 2), "seal-suite-refused"),
    "a newer session key before an older packet": lambda: (_version(CASE.seal(), 1), "seal-suite-refused"),
    "signed as text, where line ends do not count": lambda: (
        envelope(one_pass(BANK) + literal() + signature(BANK, kind=1)),
        "seal-suite-refused",
    ),
    "a signature of version 3": lambda: (
        envelope(one_pass(BANK) + literal() + frame(2, b"\3" + bytes(40))),
        "seal-suite-refused",
    ),
    "a signature that covers no document": lambda: (
        envelope(one_pass(BANK) + literal() + signature(BANK, b"", kind=2)),
        "seal-suite-refused",
    ),
    "the signature stripped": lambda: (envelope(one_pass(BANK) + literal()), "seal-malformed"),
    "the announcement stripped": lambda: (envelope(literal() + signature(BANK)), "seal-malformed"),
    "a signature before the content, as of old": lambda: (envelope(signature(BANK) + literal()), "seal-malformed"),
    "a second content": lambda: (envelope(one_pass(BANK) + literal() + literal() + signature(BANK)), "seal-malformed"),
    "content after the signature": lambda: (envelope(signed() + literal()), "seal-malformed"),
    "a packet nobody knows": lambda: (envelope(signed() + frame(60, b"x")), "seal-malformed"),
    "a good signature over something else": lambda: (
        envelope(one_pass(BANK) + literal(b"other") + signature(BANK)),
        "seal-signature-wrong",
    ),
    "a good signature within a bad one": lambda: (
        envelope(one_pass(BANK, last=False) + signed() + signature(BANK, b"other")),
        "seal-signature-wrong",
    ),
    "a stranger's beside the bank's": lambda: (
        envelope(one_pass(STRANGER, last=False) + signed() + signature(STRANGER)),
        "seal-signer-unknown",
    ),
    "five signatures": lambda: (envelope(one_pass(BANK) * 5 + literal() + signature(BANK) * 5), "seal-over-limit"),
    "compressed twice": lambda: (envelope(_packed(_packed(signed()))), "seal-unsigned"),
    "compressed with something unknown": lambda: (envelope(frame(8, b"\x09" + signed())), "seal-suite-refused"),
    "compressed outside the envelope": lambda: (_packed(envelope(signed())), "seal-not-enveloped"),
    "bytes after what was compressed": lambda: (envelope(frame(8, b"\2" + zlib.compress(signed()) + b"x")), "seal-malformed"),
    "what was compressed cut off": lambda: (envelope(frame(8, b"\2" + zlib.compress(signed())[:-3])), "seal-malformed"),
}


def _version(parcel: bytes, version: int) -> bytes:
    """The same, the version of the encrypted packet another."""
    fields = Fields(parcel)
    first = next_packet(fields)
    second = next_packet(fields)
    return first.framed + frame(18, bytes([version]) + bytes(second.body)[1:])


def _packed(inside: bytes) -> bytes:
    return frame(8, b"\2" + zlib.compress(inside))


@pytest.mark.parametrize("case", DOWNGRADES.values(), ids=DOWNGRADES)
def test_a_seal_made_weaker_is_refused(case: object) -> None:
    assert callable(case)
    parcel, expected = case()
    assert expected == code(parcel)


@pytest.mark.parametrize(
    "inside", [_packed, lambda inner: frame(8, b"\0" + inner), lambda inner: frame(8, b"\3" + bz2.compress(inner))]
)
def test_compressed_or_not_it_opens(inside: object) -> None:
    assert callable(inside)
    assert CONTENT == CASE.open(envelope(inside(signed())))


def test_a_password_beside_us_changes_nothing() -> None:
    parcel = pysequoia.encrypt(
        CONTENT, [US.certificate.cert], pysequoia.Tsk.from_bytes(BANK.private).signer(), ["secret"], armor=False
    )
    assert CONTENT == CASE.open(parcel)
    alone = pysequoia.encrypt(CONTENT, [], pysequoia.Tsk.from_bytes(BANK.private).signer(), ["secret"], armor=False)
    assert "seal-not-for-us" == code(alone)


# Session key and encrypted packet of the samples in RFC 9580, A.10 and A.11; inside are a literal packet and padding.
SAMPLES = {
    "OCB": (
        "28e79ab82397d3c63de24ac217d7b791",
        "0207020620a661f731fc9a3032b5623326027e3a5d8db5748ebeff0b0c5910d09ecdd641"
        "ff9fd38562758035bc49754ce1bf3fffa7dad0a3b8104f5133cf42a4100a83eef4ca1b48"
        "01a8846bf42bcda7c8ce9d65e212f301cbcd98fdcade694a877ad4247323f6e857",
    ),
    "GCM": (
        "1936fc8568980274bb900d8319360c77",
        "02070306fcb94490bcb98bbdc9d106c6090266940f72e89edc21b5596b1576b101ed0f9f"
        "fc6fc6d65bbfd24dcd0790966e6d1e85a30053784cb1d8b6a0699ef12155a7b2ad625853"
        "1b57651fd7777912fa95e35d9b40216f69a4c248db28ff4331f1632907399e6ff9",
    ),
}


@pytest.mark.parametrize("mode", SAMPLES)
def test_c10_the_samples_of_rfc_9580_open(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key, packet = SAMPLES[mode]
    monkeypatch.setattr(Wrapped, "unwrap", lambda *_: (0, bytes.fromhex(key)))
    session = frame(1, b"\6\x15\4" + US.openers[0].fingerprint + b"\1" + bytes(10))
    _, inside = open_envelope(session + frame(18, bytes.fromhex(packet)), US.openers)

    first, padding = pgp_packets.packets(inside)
    assert (11, b"b\0\0\0\0\0Hello, world!") == (first.tag, bytes(first.body))
    assert pgp_packets.PADDING == padding.tag


def test_padding_says_nothing() -> None:
    assert CONTENT == CASE.open(envelope(signed() + frame(21, b"anything")))


# ── damage ──


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 10_000), instead=st.binary(max_size=6), packed=st.booleans())
def test_whatever_lies_inside_is_the_content_or_refused(place: int, instead: bytes, packed: bool) -> None:
    inside = _packed(signed()) if packed else signed()
    place %= len(inside)
    changed = inside[:place] + instead + inside[place + len(instead) :]
    out = outcome(functools.partial(CASE.open, envelope(changed)))
    assert out == CONTENT or out.startswith(b"seal-")


# ── limits ──


@pytest.mark.parametrize("pack", [lambda zeros: frame(8, b"\3" + bz2.compress(zeros)), _packed], ids=["bzip2", "zlib"])
def test_a_bomb_is_refused_before_it_is_large(pack: object) -> None:
    assert callable(pack)
    bomb = envelope(pack(bytes(CONTENT_BYTES_MAX + 4 * MIB)))
    tracemalloc.start()
    assert "seal-too-large" == code(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * CONTENT_BYTES_MAX


def test_a_parcel_has_a_size_it_may_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pgp, "CONTENT_BYTES_MAX", 1000)
    assert "seal-too-large" == refused(lambda: CASE.seal(bytes(1001)))
    assert bytes(1000) == CASE.open(CASE.seal(bytes(1000)))
    monkeypatch.setattr(pgp_message, "CONTENT_BYTES_MAX", 999)
    parcel = CASE.seal(bytes(1000))
    assert "seal-too-large" == code(parcel)
    monkeypatch.setattr(pgp, "MESSAGE_BYTES_MAX", len(parcel) - 1)
    shown: list[int] = []

    def endless() -> object:
        for block in iter(lambda: bytes(100), None):
            shown.append(len(block))
            yield block

    assert "seal-too-large" == refused(lambda: pgp.open_verified(endless, decrypt=[US], signers=[], at=NOW))  # type: ignore[arg-type]
    assert sum(shown) <= len(parcel) + 100


def test_data_in_tiny_parts_is_refused() -> None:
    parts = b"\xd2" + b"\xe0\1" * 1000 + b"\0"
    assert "seal-malformed" == code(frame(1, b"\3" + bytes(20)) + parts)


def test_opening_holds_the_content_a_few_times_over() -> None:
    content = bytes(range(256)) * 4096 * 16
    parcel = CASE.seal(content)
    tracemalloc.start()
    assert content == CASE.open(parcel)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * len(content)


# ── beside the content ──


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_beside_its_content_holds_for_that_content_alone(kind: str) -> None:
    own = party(kind, "us decrypt")
    made = pgp.sign(CONTENT, own, NOW)
    verify = functools.partial(pgp.verify, at=NOW, signers=[own.certificate])
    assert own.certificate == verify(CONTENT, made)
    assert "seal-signature-wrong" == refused(lambda: verify(CONTENT + b"x", made))
    assert "seal-signer-unknown" == refused(lambda: verify(CONTENT, made, signers=[STRANGER.certificate]))
    assert "seal-signer-expired" == refused(lambda: verify(CONTENT, made, at=NOW + timedelta(days=400)))
    assert "seal-unsigned" == refused(lambda: verify(CONTENT, b""))
    assert "seal-unsigned" == refused(lambda: verify(CONTENT, made + literal()))
    assert "seal-text-form" == refused(lambda: verify(CONTENT, b"-----BEGIN PGP SIGNATURE-----"))
    assert "seal-malformed" == refused(lambda: verify(CONTENT, made[:-1]))
    assert "seal-over-limit" == refused(lambda: verify(CONTENT, made * 5))
    assert "key-not-valid" == refused(lambda: pgp.sign(CONTENT, own, NOW + timedelta(days=400)))


def test_nothing_of_the_librarys_insides_is_said() -> None:
    with pytest.raises(BrokenSeal) as caught:
        CASE.open(envelope(one_pass(BANK) + literal(b"other") + signature(BANK)))
    assert "backtrace" not in repr(caught.value.__cause__) + repr(caught.value.__context__) + str(caught.value)
