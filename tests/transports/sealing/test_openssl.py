"""Seals against the openssl program, both ways: it opens and verifies ours, we open and verify its."""

import functools
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.contracts.cms_contract import AT, Case
from tests.contracts.seal_contract import refused
from transports.sealing import cms
from transports.sealing.certificates import OwnKey
from transports.sealing.cms import suite_aes
from transports.sealing.streams import BLOCK

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]

KINDS = ("rsa3072", "ec-p256")
CONTENT = bytes(range(256)) * 5000  # more than one block of ours, many of openssl's
SIGN = ("-sign", "-binary", "-nodetach", "-md", "sha256", "-outform", "DER")
ENCRYPT = ("-encrypt", "-binary", "-outform", "DER")


def openssl(folder: Path, *arguments: str, content: bytes = b"") -> bytes:
    """Run ``openssl cms`` in ``folder`` over ``content``; what it writes."""
    done = subprocess.run(["openssl", "cms", *arguments], cwd=folder, input=content, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(params=KINDS)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """Keys of one kind, lying as PEM files where openssl runs."""
    case = Case("cms-aes256cbc", request.param)  # reads the cipher with a tag as well
    for name in ("bank", "us", "other"):
        write_key(tmp_path, name, getattr(case, name))
    return case


def write_key(folder: Path, name: str, own: OwnKey) -> None:
    (folder / f"{name}.pem").write_bytes(own.certificate.pem)
    (folder / f"{name}.key").write_bytes(own.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def signed(folder: Path, *more: str, content: bytes = CONTENT) -> bytes:
    return openssl(folder, *SIGN, "-signer", "bank.pem", "-inkey", "bank.key", *more, content=content)


def sealed(folder: Path, *more: str, inner: bytes | None = None) -> bytes:
    return openssl(folder, *ENCRYPT, *more, content=signed(folder) if inner is None else inner)


def opened_by_openssl(folder: Path, name: str, parcel: bytes) -> bytes:
    """Decrypted with the key of ``name``, the signature verified against bank.pem."""
    key = ("-recip", f"{name}.pem", "-inkey", f"{name}.key")
    inner = openssl(folder, "-decrypt", "-binary", "-inform", "DER", *key, content=parcel)
    return openssl(folder, "-verify", "-binary", "-inform", "DER", "-CAfile", "bank.pem", "-no_check_time", content=inner)


# ── ours, opened by openssl ──


@pytest.mark.parametrize("suite", suite_aes.SUITES)
@pytest.mark.parametrize("size", [0, 1, 1000, BLOCK, 2 * BLOCK + 7])
@pytest.mark.parametrize("known", [True, False])
def test_openssl_opens_and_verifies_what_we_seal(case: Case, tmp_path: Path, suite: str, size: int, known: bool) -> None:
    content = (CONTENT * 2)[:size]
    parcel = Case(suite, case.kind).seal(content, size=size if known else None)

    assert content == opened_by_openssl(tmp_path, "us", parcel)


def test_openssl_opens_ours_with_either_of_two_recipients(case: Case, tmp_path: Path) -> None:
    recipients = [case.us.certificate, case.other.certificate]
    parcel = b"".join(cms.seal([CONTENT], suite=case.suite, signer=case.bank, recipients=recipients, at=AT))
    for name in ("us", "other"):
        assert CONTENT == opened_by_openssl(tmp_path, name, parcel)


# ── openssl's, opened by us ──

WAYS = {
    "gcm": ("-aes-256-gcm", "us.pem"),
    "cbc": ("-aes-256-cbc", "us.pem"),
    "gcm in pieces": ("-aes-256-gcm", "-stream", "us.pem"),
    "cbc in pieces": ("-aes-256-cbc", "-stream", "us.pem"),
    "by key identifier": ("-aes-256-gcm", "-keyid", "-recip", "us.pem"),
    "two recipients": ("-aes-256-gcm", "other.pem", "us.pem"),
}
OF_KIND = {
    "rsa3072": {
        "OAEP with SHA-1": ("-aes-256-gcm", "-recip", "us.pem", "-keyopt", "rsa_padding_mode:oaep"),
        "OAEP with SHA-256": (
            *("-aes-256-cbc", "-recip", "us.pem", "-keyopt", "rsa_padding_mode:oaep"),
            *("-keyopt", "rsa_oaep_md:sha256", "-keyopt", "rsa_mgf1_md:sha256"),
        ),
    },
    "ec-p256": {
        "derivation with SHA-256": ("-aes-256-gcm", "-recip", "us.pem", "-keyopt", "ecdh_kdf_md:sha256"),
        "derivation with SHA-512": ("-aes-256-cbc", "-recip", "us.pem", "-keyopt", "ecdh_kdf_md:sha512"),
    },
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_we_open_and_verify_what_openssl_seals(case: Case, tmp_path: Path, way: tuple[str, ...]) -> None:
    assert CONTENT == case.open(sealed(tmp_path, *way))


@pytest.mark.parametrize("kind", KINDS)
def test_we_open_every_key_wrapping_openssl_has(kind: str, tmp_path: Path) -> None:
    case = Case("cms-aes256cbc", kind)
    for name in ("bank", "us"):
        write_key(tmp_path, name, getattr(case, name))
    for way in OF_KIND[kind].values():
        assert CONTENT == case.open(sealed(tmp_path, *way))


@pytest.mark.parametrize("manner", [("-stream",), ("-keyid",), ("-nocerts",), ("-certfile", "other.pem"), ("-nosmimecap",)])
def test_we_verify_every_manner_of_signing(case: Case, tmp_path: Path, manner: tuple[str, ...]) -> None:
    assert CONTENT == case.open(sealed(tmp_path, "-aes-256-gcm", "us.pem", inner=signed(tmp_path, *manner)))


@pytest.mark.parametrize("digest", ["sha384", "sha512"])
def test_we_verify_longer_digests(case: Case, tmp_path: Path, digest: str) -> None:
    assert CONTENT == case.open(sealed(tmp_path, "-aes-256-gcm", "us.pem", inner=signed(tmp_path, "-md", digest)))


@pytest.mark.parametrize("salt", ["digest", "max", "20"])
def test_we_verify_rsa_pss(tmp_path: Path, salt: str) -> None:
    case = Case("cms-aes256gcm", "rsa3072")
    for name in ("bank", "us"):
        write_key(tmp_path, name, getattr(case, name))
    inner = signed(tmp_path, "-keyopt", "rsa_padding_mode:pss", "-keyopt", f"rsa_pss_saltlen:{salt}")
    assert CONTENT == case.open(sealed(tmp_path, "-aes-256-gcm", "us.pem", inner=inner))


# ── openssl's, refused by us ──


@pytest.mark.parametrize(
    ("code", "sign", "encrypt"),
    [
        ("seal-suite-refused", (), ("-aes-128-gcm",)),
        ("seal-suite-refused", (), ("-aes-128-cbc",)),
        ("seal-suite-refused", (), ("-des3",)),
        ("seal-suite-refused", ("-md", "sha1"), ("-aes-256-gcm",)),
        ("seal-attributes-missing", ("-noattr",), ("-aes-256-gcm",)),
        ("seal-text-form", ("-outform", "PEM"), ("-aes-256-gcm",)),
        ("seal-text-form", ("-outform", "SMIME"), ("-aes-256-cbc",)),
        ("seal-text-form", (), ("-aes-256-gcm", "-outform", "PEM")),
        ("seal-text-form", (), ("-aes-256-gcm", "-outform", "SMIME")),
    ],
)
def test_a13_what_is_weaker_than_agreed_is_refused(
    case: Case, tmp_path: Path, code: str, sign: tuple[str, ...], encrypt: tuple[str, ...]
) -> None:
    parcel = sealed(tmp_path, *encrypt, "us.pem", inner=signed(tmp_path, *sign))
    assert code == refused(lambda: case.open(parcel))


def test_a13_an_unsigned_envelope_of_openssl_is_refused(case: Case, tmp_path: Path) -> None:
    for cipher in ("-aes-256-gcm", "-aes-256-cbc"):
        parcel = sealed(tmp_path, cipher, "us.pem", inner=CONTENT)
        assert "seal-unsigned" == refused(functools.partial(case.open, parcel))


def test_a13_a_detached_signature_of_openssl_signs_nothing_here(case: Case, tmp_path: Path) -> None:
    inner = openssl(tmp_path, "-sign", "-binary", "-outform", "DER", "-signer", "bank.pem", "-inkey", "bank.key", content=CONTENT)
    assert "seal-unsigned" == refused(lambda: case.open(sealed(tmp_path, "-aes-256-gcm", "us.pem", inner=inner)))


def test_a13_a_signature_of_openssl_alone_is_refused(case: Case, tmp_path: Path) -> None:
    assert "seal-not-enveloped" == refused(lambda: case.open(signed(tmp_path)))


def test_a_password_is_not_a_recipient(case: Case, tmp_path: Path) -> None:
    parcel = sealed(tmp_path, "-aes-256-cbc", "-pwri_password", "secret")
    assert "seal-not-for-us" == refused(lambda: case.open(parcel))


def test_a_recipient_beside_us_may_be_of_any_kind(case: Case, tmp_path: Path) -> None:
    parcel = sealed(tmp_path, "-aes-256-cbc", "-pwri_password", "secret", "us.pem")
    assert CONTENT == case.open(parcel)
