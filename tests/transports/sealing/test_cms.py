"""CMS seals of the RSA, EC and AES family keep the promises of a seal, and hold their limits."""

import dataclasses
import itertools
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import modes

from tests.contracts.cms_contract import AT, BEGIN, END, Case, CmsContract, party
from tests.contracts.seal_contract import CONTENT, refused
from tests.vectors import rfc4134
from transports.sealing import ber, cms
from transports.sealing.ber import OCTET_STRING, SEQUENCE, SET, context, header, tlv
from transports.sealing.certificates import Certificate, OwnKey
from transports.sealing.cms import attributes, recipients, signed_data, suite_aes
from transports.sealing.cms.content_types import CMS
from transports.sealing.cms.envelope import Envelope
from transports.sealing.cms.suite import Cipher, Encryptor, Family
from transports.sealing.cms.suite_aes import FAMILY

MIB = 1024 * 1024


AES = suite_aes.SUITES
KINDS = ("rsa3072", "ec-p256")


@pytest.fixture(params=itertools.product(AES, KINDS), ids="-".join)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(*request.param)


class TestCms(CmsContract):
    """All promises, for each suite with each kind of key."""


EC = Case("cms-aes256gcm", "ec-p256")


def test_der_is_written_when_the_size_is_known_and_pieces_otherwise() -> None:
    assert b"\x30\x82" == EC.seal(size=len(CONTENT))[:2]
    assert b"\x30\x80" == EC.seal()[:2]


def test_an_ecdsa_signature_fills_the_place_announced_for_it() -> None:
    assert 1 == len({len(EC.seal(size=len(CONTENT))) for _ in range(20)})


# ── the signer is who is pinned, to the byte ──


def forged(like: Certificate, by: OwnKey) -> OwnKey:
    """Another key under the same issuer, serial number and key identifier."""
    public = by.private.public_key()
    builder = x509.CertificateBuilder(like.x509.issuer, like.x509.subject, public, like.serial, BEGIN, END)
    key_id = like.x509.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    signed = builder.add_extension(key_id, critical=False).sign(by.private, hashes.SHA256())
    return OwnKey(by.private, Certificate(signed.public_bytes(serialization.Encoding.DER)))


def test_a_certificate_with_the_name_and_number_of_a_pinned_one_is_a_stranger() -> None:
    assert "seal-signer-unknown" == refused(lambda: EC.open(EC.seal(signer=forged(EC.bank.certificate, EC.stranger))))


def test_a_forged_signer_that_hides_its_certificate_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    false_bank = forged(EC.bank.certificate, EC.stranger)
    parcel = EC.envelope(b"".join(without_certificates(false_bank)))
    assert "seal-signature-wrong" == refused(lambda: EC.open(parcel))
    parcel = EC.envelope(b"".join(without_certificates(EC.bank)))
    assert CONTENT == EC.open(parcel)


def without_certificates(own: OwnKey) -> Iterator[bytes]:
    signing = signed_data.Signing(EC.made_of, own, [EC.us.certificate], AT, None)
    carried = tlv(context(0), own.certificate.der)
    for part in signing.blocks([CONTENT]):
        yield bytes(part).replace(carried, b"")


def test_of_two_pinned_certificates_of_one_key_the_valid_one_counts() -> None:
    renewed = forged(EC.bank.certificate, EC.bank)
    late = Certificate(renewed.certificate.der)
    parcel = EC.seal(signer=renewed)
    assert CONTENT == EC.open(parcel, signers=[EC.bank.certificate, late])


# ── limits ──


def signed_with(*, digests: bytes = b"", certificates: bytes = b"", signer_infos: bytes = b"", content: bytes = b"") -> bytes:
    """A SignedData put together by hand; what is not given is as we write it."""
    algorithm = recipients.Algorithm(EC.made_of.digest.oid).der
    inner = tlv(SEQUENCE, CMS.data, tlv(context(0), content or tlv(OCTET_STRING, CONTENT)))
    body = (ber.integer(1), digests or tlv(SET, algorithm), inner, certificates, signer_infos or tlv(SET))
    return tlv(SEQUENCE, CMS.signed, tlv(context(0), tlv(SEQUENCE, *body)))


def one_signer_info() -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(CONTENT)
    covered = attributes.write(CMS.data, digest.finalize(), AT, [EC.made_of.digest.of(EC.us.certificate.der)])
    suite = EC.made_of
    signer = FAMILY.signer(EC.bank, suite.digest)
    return tlv(
        SEQUENCE,
        ber.integer(1),
        recipients.issuer_and_serial(EC.bank.certificate),
        recipients.Algorithm(suite.digest.oid).der,
        bytes([context(0)]) + covered[1:],
        signer.algorithm,
        tlv(OCTET_STRING, signer.sign(covered)),
    )


def test_a_hand_made_seal_opens_with_every_signer_held_to_its_word() -> None:
    info = one_signer_info()
    assert CONTENT == EC.open(EC.envelope(signed_with(signer_infos=tlv(SET, info))))
    assert CONTENT == EC.open(EC.envelope(signed_with(signer_infos=tlv(SET, info, info))))
    broken = info[:-1] + bytes([info[-1] ^ 1])
    assert "seal-signature-wrong" == refused(lambda: EC.open(EC.envelope(signed_with(signer_infos=tlv(SET, info, broken)))))


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("seal-unsigned", {}),
        ("seal-over-limit", {"signer_infos": tlv(SET, *[one_signer_info()] * 5)}),
        ("seal-over-limit", {"digests": tlv(SET, *[recipients.Algorithm(ber.oid("1.2.3")).der] * 5)}),
        ("seal-over-limit", {"certificates": tlv(context(0), *[EC.bank.certificate.der] * 17)}),
        ("seal-over-limit", {"certificates": tlv(context(0), tlv(SEQUENCE, bytes(70_000)))}),
        ("seal-suite-refused", {"digests": tlv(SET, recipients.Algorithm(ber.oid("1.3.14.3.2.26")).der)}),
        ("seal-over-limit", {"content": b"\x24\x80" * 20}),
        ("seal-malformed", {"content": tlv(0x24, tlv(ber.INTEGER, b"\1"))}),
        ("seal-malformed", {"signer_infos": tlv(SET, tlv(SEQUENCE, ber.integer(9)))}),
        ("seal-malformed", {"signer_infos": tlv(SET, b"\x30\x84\xff\xff\xff\xff")}),
    ],
)
def test_what_is_too_much_or_out_of_place_inside_is_refused(code: str, parts: dict[str, bytes]) -> None:
    assert code == refused(lambda: EC.open(EC.envelope(signed_with(**parts))))


def test_b2_a_content_in_endlessly_many_pieces_is_refused_outside_and_inside_the_envelope() -> None:
    """Outside no key is needed to make it, inside the bank's own."""
    endless = b"\x04\x01x" * 10_000
    parcel = EC.seal()
    content = parcel.index(b"\xa0\x80", 200) + 2  # after the headers: [0], of indefinite length
    assert "seal-over-limit" == refused(lambda: EC.open(parcel[:content] + endless))
    inside = signed_with(content=header(OCTET_STRING | ber.CONSTRUCTED, None) + endless + ber.END)
    assert "seal-over-limit" == refused(lambda: EC.open(EC.envelope(inside)))


def test_a_huge_announced_length_allocates_nothing() -> None:
    tracemalloc.start()
    assert "seal-malformed" == refused(lambda: EC.open(b"\x30\x88" + b"\xff" * 8))
    assert "seal-truncated" == refused(lambda: EC.open(b"\x30\x86" + b"\x7f" * 6 + EC.seal()[2:60]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MIB


def test_more_recipients_than_a_bank_has_keys_are_refused() -> None:
    many = [EC.us.certificate] * (recipients.RECIPIENTS_MAX + 1)
    parcel = b"".join(cms.seal([CONTENT], suite=EC.suite, signer=EC.bank, recipients=many, at=AT))
    assert "seal-over-limit" == refused(lambda: EC.open(parcel))


def test_a_key_agreement_with_many_recipients_is_cut_at_the_limit() -> None:
    one = tlv(SEQUENCE, recipients.issuer_and_serial(EC.other.certificate), tlv(OCTET_STRING, bytes(40)))
    algorithm = recipients.Algorithm(ber.oid("1.3.132.1.11.1")).der
    originator = tlv(context(0), tlv(context(1), algorithm, tlv(ber.BIT_STRING, bytes(66))))
    info = tlv(context(1), ber.integer(3), originator, algorithm, tlv(SEQUENCE, one * 200))
    reader = ber.Reader([tlv(SET, info)])
    assert "seal-over-limit" == refused(lambda: recipients.read_recipients(reader))


# ── memory ──


@pytest.mark.parametrize("suite", AES)
def test_a_parcel_of_200_mb_is_sealed_and_opened_in_constant_memory(tmp_path: Path, suite: str) -> None:
    size, file = 200 * MIB, tmp_path / "parcel.p7m"
    block = bytes(MIB)
    tracemalloc.start()
    with file.open("wb") as parcel:
        content = itertools.repeat(block, 200)
        for part in cms.seal(content, suite=suite, signer=EC.bank, recipients=[EC.us.certificate], at=AT):
            parcel.write(part)
    opened = cms.open_verified(lambda: read(file), suite=suite, decrypt=[EC.us], signers=[EC.bank.certificate], at=AT)
    count = sum(len(part) for part in opened)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size == count
    assert peak < 12 * MIB


def read(file: Path) -> Iterator[bytes]:
    with file.open("rb") as parcel:
        while block := parcel.read(MIB):
            yield block


def test_sealing_keeps_no_clock_of_its_own() -> None:
    """Time enters as an argument: a seal of the year 2055 opens then (GeneralizedTime)."""
    later = AT + timedelta(days=365 * 29)
    bank = party("ec-p256", "bank 2055", encrypts=False, begin=later, end=later + timedelta(days=1))
    us = party("ec-p256", "us 2055", encrypts=True, begin=later, end=later + timedelta(days=1))
    parcel = b"".join(cms.seal([CONTENT], suite=EC.suite, signer=bank, recipients=[us.certificate], at=later))
    opened = cms.open_verified(lambda: iter([parcel]), suite=EC.suite, decrypt=[us], signers=[bank.certificate], at=later)
    assert CONTENT == b"".join(opened)


# ── published examples ──


class _Des:
    """What the message of 1999 was encrypted with, which no suite of ours reads."""

    def __init__(self, key: bytes, parameters: bytes) -> None:
        self._context = BlockCipher(TripleDES(key), modes.CBC(ber.Reader([parameters]).value(OCTET_STRING, 8))).decryptor()
        self._plain = b""

    def update(self, data: bytes | memoryview) -> bytes:
        self._plain += self._context.update(bytes(data))
        return b""

    def finish(self, tag: bytes) -> bytes:
        return self._plain[: -self._plain[-1]]


def _never(key: bytes) -> tuple[bytes, Encryptor]:
    raise NotImplementedError


def _bobs_envelope(family: Family) -> bytes:
    private = serialization.load_der_private_key(rfc4134.BOBS_KEY, None)
    assert isinstance(private, rsa.RSAPrivateKey)
    bob = OwnKey(private, Certificate(rfc4134.BOB))
    suite = dataclasses.replace(cms.suite_of("cms-aes256cbc"), family=family)
    return b"".join(Envelope([rfc4134.ENVELOPED], suite, [bob]).content())


def test_c10_the_example_of_rfc_4134_is_read_to_its_cipher_and_refused_by_it() -> None:
    assert "seal-suite-refused" == refused(lambda: _bobs_envelope(FAMILY))
    assert "key-unsuitable" == refused(lambda: Certificate.read(rfc4134.BOB))  # of 1024 bits


def test_c10_with_its_cipher_on_the_list_the_example_of_rfc_4134_opens() -> None:
    des = Cipher(ber.oid("1.2.840.113549.3.7"), 24, "none", int, _never, _Des)
    assert rfc4134.CONTENT == _bobs_envelope(dataclasses.replace(FAMILY, ciphers=(des,)))
