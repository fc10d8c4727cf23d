"""SM2 both ways with openssl: signatures, ciphertexts, keys, and the certificates either side makes."""

import functools
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from transports.sealing.certificates import Certificate, make_private_key, self_signed
from transports.sealing.keyring import KeyRing
from transports.sealing.sm2 import USER_ID, Sm2Ciphertext, Sm2PrivateKey, Sm2PublicKey

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]
AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
MESSAGE = bytes(range(256)) * 40
DISTID = ("-pkeyopt", f"distid:{USER_ID.decode()}")
OTHER_ID = ("-pkeyopt", "distid:ALICE123@YAHOO.COM")


class Openssl:
    """openssl in a folder, with the one key both sides hold there."""

    def __init__(self, folder: Path, private: Sm2PrivateKey) -> None:
        self.folder, self.private = folder, private
        (folder / "key.der").write_bytes(private.pkcs8)
        (folder / "public.der").write_bytes(private.public_key().spki)
        self.run("pkey", "-in", "key.der", "-inform", "DER", "-out", "key.pem")
        self.run("pkey", "-pubin", "-in", "public.der", "-inform", "DER", "-out", "public.pem")
        (folder / "message").write_bytes(MESSAGE)

    def run(self, *arguments: str, content: bytes = b"") -> bytes:
        command = ["openssl", *arguments]
        done = subprocess.run(command, cwd=self.folder, input=content, capture_output=True, check=False)
        assert 0 == done.returncode, done.stderr.decode()
        return done.stdout

    def verify_own_signature(self, certificate: Certificate) -> bytes:
        """Of a self-signed certificate. ``openssl verify`` 3.0 does not hand the user id on to it."""
        (self.folder / "own.pub").write_bytes(self.run("x509", "-noout", "-pubkey", content=certificate.pem))
        (self.folder / "signed").write_bytes(certificate.x509.tbs_certificate_bytes)
        (self.folder / "signature").write_bytes(certificate.x509.signature)
        verify = ("pkeyutl", "-verify", "-pubin", "-inkey", "own.pub", "-rawin", "-digest", "sm3", "-sigfile", "signature")
        return self.run(*verify, "-in", "signed", *DISTID)


@pytest.fixture
def peer(tmp_path: Path) -> Openssl:
    return Openssl(tmp_path, Sm2PrivateKey.generate())


@pytest.mark.parametrize("option", [DISTID, OTHER_ID], ids=lambda option: option[1])
def test_openssl_verifies_what_we_sign(peer: Openssl, option: tuple[str, str]) -> None:
    user_id = option[1].partition(":")[2].encode()
    (peer.folder / "signature").write_bytes(peer.private.sign(MESSAGE, user_id))
    verify = ("pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-digest", "sm3", "-sigfile", "signature")
    assert b"Success" in peer.run(*verify, "-in", "message", *option)


@pytest.mark.parametrize("option", [DISTID, OTHER_ID], ids=lambda option: option[1])
def test_we_verify_what_openssl_signs(peer: Openssl, option: tuple[str, str]) -> None:
    public, user_id = peer.private.public_key(), option[1].partition(":")[2].encode()
    for _ in range(20):  # of every length a signature may have
        signed = peer.run("pkeyutl", "-sign", "-inkey", "key.pem", "-rawin", "-digest", "sm3", "-in", "message", *option)
        assert public.verify(signed, MESSAGE, user_id)
        assert not public.verify(signed, MESSAGE, b"1")


def test_openssl_opens_what_we_encrypt(peer: Openssl) -> None:
    ciphertexts = [peer.private.public_key().encrypt(b"sixteen bytes ..") for _ in range(600)]
    shortest = min(ciphertexts, key=lambda each: len(each.der()))
    for each in (*ciphertexts[:20], shortest):
        assert b"sixteen bytes .." == peer.run("pkeyutl", "-decrypt", "-inkey", "key.pem", content=each.der())


def test_we_open_what_openssl_encrypts(peer: Openssl) -> None:
    for _ in range(20):
        blob = peer.run("pkeyutl", "-encrypt", "-pubin", "-inkey", "public.pem", content=b"sixteen bytes ..")
        assert b"sixteen bytes .." == peer.private.decrypt(Sm2Ciphertext.read(blob))


# ── keys and certificates ──


def made_by_openssl(peer: Openssl, algorithm: tuple[str, ...], *options: str) -> bytes:
    peer.run("genpkey", "-algorithm", *algorithm, "-out", "bank.key")
    sign = ("-sm3", "-sigopt", f"distid:{USER_ID.decode()}")
    return peer.run("req", "-x509", "-key", "bank.key", "-subj", "/C=CN/O=银行/CN=bank", "-utf8", "-days", "30", *sign, *options)


ALGORITHMS = {"SM2": ("SM2",), "EC on its curve": ("EC", "-pkeyopt", "ec_paramgen_curve:SM2")}


@pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=ALGORITHMS)
def test_we_read_and_verify_an_sm2_certificate_of_openssl(peer: Openssl, algorithm: tuple[str, ...], tmp_path: Path) -> None:
    pem = made_by_openssl(peer, algorithm, "-addext", "keyUsage=digitalSignature")
    certificate = Certificate.read(pem)
    assert ("sm2", "sign") == (certificate.kind, certificate.use)
    assert certificate.key_id is not None
    assert isinstance(certificate.public_key, Sm2PublicKey)
    assert certificate.public_key.verify(certificate.x509.signature, certificate.x509.tbs_certificate_bytes)
    assert peer.run("pkey", "-in", "bank.key", "-pubout", "-outform", "DER").endswith(certificate.public_key.point)

    ring = KeyRing.create(tmp_path / "keys", b"secret")
    entry = ring.import_certificate("bank/902/sign", pem)
    assert ("sm2", "sign", certificate.fingerprint) == (entry.kind, entry.use, entry.fingerprint)
    assert [certificate] == KeyRing.open(tmp_path / "keys", b"secret").peers_any("bank/902/sign")
    assert "sm2" in ring.letter("bank/902/sign")


@pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=ALGORITHMS)
def test_we_read_an_sm2_key_of_openssl(peer: Openssl, algorithm: tuple[str, ...]) -> None:
    certificate = Certificate.read(made_by_openssl(peer, algorithm))
    der = peer.run("pkcs8", "-topk8", "-nocrypt", "-in", "bank.key", "-outform", "DER")
    assert certificate.public_key == Sm2PrivateKey.from_pkcs8(der).public_key()


@pytest.mark.parametrize("encrypts", [False, True], ids=["sign", "encrypt"])
@pytest.mark.parametrize("years", [1, 40], ids=["this time", "after 2050"])
def test_openssl_reads_and_verifies_the_certificates_we_make(peer: Openssl, encrypts: bool, years: int) -> None:
    private = make_private_key("sm2")
    make = functools.partial(self_signed, private, "us/sign", encrypts=encrypts, not_before=AT - timedelta(days=3))
    certificate = make(not_after=AT + timedelta(days=365 * years))
    (peer.folder / "us.pem").write_bytes(certificate.pem)
    read = peer.run("x509", "-in", "us.pem", "-noout", "-text").decode()
    for words in ("SM2-with-SM3", "ASN1 OID: SM2", "CN = us/sign", "Key Encipherment" if encrypts else "Digital Signature"):
        assert words in read
    assert ("Key Encipherment" in read) is not ("Digital Signature" in read)
    assert b"Success" in peer.verify_own_signature(certificate)
    assert ("sm2", "encrypt" if encrypts else "sign") == (certificate.kind, certificate.use)
    assert certificate == Certificate.read(certificate.pem) == Certificate.read(certificate.der)
    assert (AT - timedelta(days=3), AT + timedelta(days=365 * years)) == (certificate.not_before, certificate.not_after)
    assert private.public_key() == certificate.public_key
