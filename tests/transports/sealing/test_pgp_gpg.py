"""OpenPGP seals against the gpg program, both ways: it opens and verifies ours, we open and verify its."""

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pysequoia
import pytest

from tests.contracts.seal_contract import CONTENT, refused
from tests.transports.sealing.pgp_case import CASE, NOW, party
from transports.sealing import pgp
from transports.sealing.pgp.keys import KINDS, OwnPgpKey, PgpCertificate

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed"),
]

KEYS = {"ecc": ("ed25519", "cv25519"), "rsa": ("rsa3072", "rsa3072"), "nist": ("nistp256", "nistp256")}
PASS_BY = ("--batch", "--yes", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", "", "--trust-model", "always")
LONG_AGO, WHILE_IT_HELD = "20200101T000000", "20200601T000000"
LARGE = bytes(range(256)) * 20_000


class Gpg:
    """A bank's gpg in a folder of its own."""

    def __init__(self, home: str) -> None:
        self.home = home

    def __call__(self, *arguments: str, content: bytes = b"", well: bool = True) -> bytes:
        """Run it over ``content``; what it writes."""
        command = ["gpg", "--homedir", self.home, *PASS_BY, *arguments]
        done = subprocess.run(command, input=content, capture_output=True, check=False)
        assert (done.returncode == 0) is well, done.stderr.decode(errors="replace")
        return done.stdout

    def make(self, name: str, signs: str, encrypts: str, *more: str, lasts: str = "1y") -> None:
        self(*more, "--quick-gen-key", name, signs, "sign", lasts)
        self(*more, "--quick-add-key", self.fingerprint(name), encrypts, "encr", lasts)

    def fingerprint(self, name: str) -> str:
        lines = self("--list-keys", "--with-colons", f"={name}").decode().splitlines()
        return next(line.split(":")[9] for line in lines if line.startswith("fpr"))

    def certificate(self, name: str) -> PgpCertificate:
        return PgpCertificate.read(self("--export", f"={name}"))

    def seal(self, by: str, to: OwnPgpKey, *more: str, content: bytes = CONTENT) -> bytes:
        self("--import", content=to.certificate.pem)
        return self("-s", "-e", "-u", f"={by}", "-r", to.certificate.fingerprint, *more, content=content)


@pytest.fixture(scope="module")
def gpg() -> Iterator[Gpg]:
    home = tempfile.mkdtemp(prefix="gpg-", dir="/tmp")  # short: its agent listens on a socket in there
    gpg = Gpg(home)
    for name, (signs, encrypts) in KEYS.items():
        gpg.make(name, signs, encrypts)
    yield gpg
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, capture_output=True)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=KEYS)
def bank(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=KINDS)
def us(request: pytest.FixtureRequest) -> OwnPgpKey:
    return party(request.param, "us decrypt")


# ── ours, opened by gpg ──


@pytest.mark.parametrize("length", [0, 1, 1000, len(LARGE)])
def test_gpg_opens_and_verifies_what_we_seal(gpg: Gpg, bank: str, us: OwnPgpKey, length: int) -> None:
    gpg("--import", content=us.certificate.pem)
    parcel = b"".join(pgp.seal([LARGE[:length]], signer=us, recipients=[gpg.certificate(bank)], at=NOW))
    status = tempfile.mktemp(dir=gpg.home)

    assert LARGE[:length] == gpg("--status-file", status, "-d", content=parcel)
    assert f"VALIDSIG {_signing_subkey(us)}" in Path(status).read_text("latin-1")
    assert us.certificate.fingerprint.upper() in Path(status).read_text("latin-1")


def _signing_subkey(own: OwnPgpKey) -> str:
    part = next(part for part in own.certificate._parts if part.signs)
    return str(part.packet.fingerprint).upper()


def test_gpg_opens_ours_with_either_of_two_recipients(gpg: Gpg, us: OwnPgpKey) -> None:
    parcel = b"".join(pgp.seal([CONTENT], signer=us, recipients=[gpg.certificate("rsa"), us.certificate], at=NOW))
    assert CONTENT == gpg("-d", content=parcel)
    assert CONTENT == CASE.open(parcel, decrypt=[us], signers=[us.certificate])


def test_gpg_verifies_our_signature_beside_its_content(gpg: Gpg, us: OwnPgpKey, tmp_path: Path) -> None:
    gpg("--import", content=us.certificate.pem)
    (tmp_path / "list").write_bytes(CONTENT)
    (tmp_path / "list.sig").write_bytes(pgp.sign(CONTENT, us, NOW))
    gpg("--verify", str(tmp_path / "list.sig"), str(tmp_path / "list"))
    (tmp_path / "list").write_bytes(CONTENT + b"x")
    gpg("--verify", str(tmp_path / "list.sig"), str(tmp_path / "list"), well=False)


# ── gpg's, opened by us ──

WAYS = {
    "as it does by itself": (),
    "not compressed": ("--compress-algo", "none"),
    "zlib": ("--compress-algo", "zlib"),
    "bzip2": ("--compress-algo", "bzip2"),
    "AES-128": ("--cipher-algo", "AES"),
    "AES-192": ("--cipher-algo", "AES192"),
    "SHA-256": ("--digest-algo", "SHA256"),
    "SHA-512": ("--digest-algo", "SHA512"),
    "two recipients": ("-r", "=ecc"),
    "a password beside": ("--symmetric", "--passphrase", "secret", "-r", "=ecc"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_we_open_and_verify_what_gpg_seals(gpg: Gpg, bank: str, us: OwnPgpKey, way: tuple[str, ...]) -> None:
    parcel = gpg.seal(bank, us, *way, content=LARGE)
    assert LARGE == CASE.open(parcel, decrypt=[us], signers=[gpg.certificate(bank)])


def test_we_open_what_gpg_streams(gpg: Gpg, us: OwnPgpKey) -> None:
    content = os.urandom(300_000)
    parcel = gpg.seal("ecc", us, content=content)
    assert any(224 <= byte < 255 for byte in parcel[:700])  # a length in parts
    assert content == CASE.open(parcel, decrypt=[us], signers=[gpg.certificate("ecc")])


def test_why_the_envelope_is_opened_by_hand(gpg: Gpg, us: OwnPgpKey) -> None:
    """The day this fails, pysequoia reads what gpg writes by itself: docs/decisions/openpgp-opened-by-hand.md may be thought over."""
    parcel, bank = gpg.seal("ecc", us), gpg.certificate("ecc")
    with pytest.raises(RuntimeError, match="Unexpected message structure"):
        pysequoia.decrypt(parcel, pysequoia.Tsk.from_bytes(us.private).decryptor(), lambda _: [bank.cert])


def test_two_signers_of_gpg_are_both_held_to_their_word(gpg: Gpg, us: OwnPgpKey) -> None:
    parcel = gpg.seal("ecc", us, "-u", "=rsa")
    both = [gpg.certificate("ecc"), gpg.certificate("rsa")]
    assert CONTENT == CASE.open(parcel, decrypt=[us], signers=both)
    assert "seal-signer-unknown" == refused(lambda: CASE.open(parcel, decrypt=[us], signers=both[:1]))


def test_we_verify_gpgs_signature_beside_its_content(gpg: Gpg, bank: str) -> None:
    made = gpg("-b", "-u", f"={bank}", content=CONTENT)
    assert gpg.certificate(bank) == pgp.verify(CONTENT, made, [gpg.certificate(bank)], NOW)
    assert "seal-signature-wrong" == refused(lambda: pgp.verify(CONTENT + b"x", made, [gpg.certificate(bank)], NOW))


REFUSED = {
    "armored": ("seal-text-form", ("--armor",)),
    "signed as text": ("seal-suite-refused", ("--textmode",)),
    "3DES": ("seal-suite-refused", ("--cipher-algo", "3DES")),
    "CAST5": ("seal-suite-refused", ("--cipher-algo", "CAST5")),
    "Camellia": ("seal-suite-refused", ("--cipher-algo", "CAMELLIA256")),
    "SHA-1": ("seal-signature-wrong", ("--digest-algo", "SHA1")),
    "no digest inside": ("seal-suite-refused", ("--rfc2440", "--cipher-algo", "AES")),
    "nobody named": ("seal-recipient-hidden", ("--throw-keyids",)),
}


@pytest.mark.parametrize(("expected", "way"), REFUSED.values(), ids=REFUSED)
def test_what_gpg_seals_weakly_is_refused(gpg: Gpg, us: OwnPgpKey, expected: str, way: tuple[str, ...]) -> None:
    parcel = gpg.seal("rsa", us, *way)
    assert expected == refused(lambda: CASE.open(parcel, decrypt=[us], signers=[gpg.certificate("rsa")]))


def test_a13_what_gpg_only_encrypts_or_only_signs_is_refused(gpg: Gpg, us: OwnPgpKey) -> None:
    gpg("--import", content=us.certificate.pem)
    open_it = functools.partial(CASE.open, decrypt=[us], signers=[gpg.certificate("rsa")])
    assert "seal-unsigned" == refused(lambda: open_it(gpg("-e", "-r", us.certificate.fingerprint, content=CONTENT)))
    assert "seal-not-enveloped" == refused(lambda: open_it(gpg("-s", "-u", "=rsa", content=CONTENT)))
    assert "seal-not-for-us" == refused(lambda: open_it(gpg("-s", "-e", "-u", "=rsa", "-r", "=ecc", content=CONTENT)))
    assert "seal-not-for-us" == refused(lambda: open_it(gpg("-c", "--passphrase", "secret", content=CONTENT)))


def test_a_parcel_of_gpg_that_was_touched_is_refused(gpg: Gpg, us: OwnPgpKey) -> None:
    parcel, pins = gpg.seal("ecc", us), [gpg.certificate("ecc")]
    changed = bytearray(parcel)
    changed[-40] ^= 1
    assert "seal-content-changed" == refused(lambda: CASE.open(bytes(changed), decrypt=[us], signers=pins))
    assert "seal-truncated" == refused(lambda: CASE.open(parcel[:-1], decrypt=[us], signers=pins))
    assert "seal-trailing-bytes" == refused(lambda: CASE.open(parcel + b"\n", decrypt=[us], signers=pins))
    assert "seal-signer-unknown" == refused(lambda: CASE.open(parcel, decrypt=[us], signers=[gpg.certificate("rsa")]))


def test_rule_090_a_key_of_gpg_that_has_expired_or_was_revoked_is_refused(gpg: Gpg, us: OwnPgpKey) -> None:
    old_name = f"old {us.certificate.kind}"
    gpg.make(old_name, "rsa3072", "rsa3072", "--faked-system-time", LONG_AGO)
    parcel = gpg.seal(old_name, us, "--faked-system-time", WHILE_IT_HELD + "!", "--ignore-time-conflict", "--ignore-valid-from")
    old = gpg.certificate(old_name)
    assert old.not_after < NOW
    assert "seal-signer-expired" == refused(lambda: CASE.open(parcel, decrypt=[us], signers=[old]))

    lost = f"lost {us.certificate.kind}"
    gpg.make(lost, "ed25519", "cv25519")
    parcel = gpg.seal(lost, us)
    assert CONTENT == CASE.open(parcel, decrypt=[us], signers=[gpg.certificate(lost)])
    paper = Path(gpg.home, "openpgp-revocs.d", f"{gpg.fingerprint(lost)}.rev").read_bytes()
    gpg("--import", content=paper.replace(b":-----BEGIN", b"-----BEGIN"))
    assert gpg.certificate(lost).revoked
    assert "seal-signer-revoked" == refused(lambda: CASE.open(parcel, decrypt=[us], signers=[gpg.certificate(lost)]))
    seal = functools.partial(pgp.seal, [CONTENT], signer=us, at=NOW)
    assert "key-not-valid" == refused(lambda: seal(recipients=[gpg.certificate(lost)]))
    assert "key-not-valid" == refused(lambda: seal(recipients=[old]))


def test_a_bomb_of_gpg_is_refused(gpg: Gpg, us: OwnPgpKey) -> None:
    parcel = gpg.seal("ecc", us, "--compress-algo", "bzip2", content=bytes(100_000_000))
    assert len(parcel) < 2000
    assert "seal-too-large" == refused(lambda: CASE.open(parcel, decrypt=[us], signers=[gpg.certificate("ecc")]))


# ── keys ──


def test_a_certificate_of_gpg_says_its_kind_and_its_dates(gpg: Gpg) -> None:
    kinds = {name: gpg.certificate(name).kind for name in KEYS}
    assert {"ecc": "pgp-ed25519", "rsa": "pgp-rsa3072", "nist": "pgp-p256"} == kinds
    for name in KEYS:
        certificate = gpg.certificate(name)
        assert ("any", name) == (certificate.use, certificate.subject)
        assert gpg.fingerprint(name).lower() == certificate.fingerprint
        assert timedelta(days=364) < certificate.not_after - certificate.not_before < timedelta(days=367)
        assert certificate == PgpCertificate.read(gpg("--armor", "--export", f"={name}"))


def test_a_key_that_only_signs_or_only_encrypts_says_so(gpg: Gpg) -> None:
    gpg("--quick-gen-key", "signs only", "ed25519", "sign", "0")
    assert "sign" == gpg.certificate("signs only").use
    gpg("--quick-gen-key", "certifies only", "ed25519", "cert", "0")
    gpg("--quick-add-key", gpg.fingerprint("certifies only"), "cv25519", "encr", "30d")
    certificate = gpg.certificate("certifies only")
    assert "encrypt" == certificate.use
    assert certificate.not_after - certificate.not_before < timedelta(days=31)  # ends with the one key it has for this
    seal = functools.partial(pgp.seal, [CONTENT], signer=party("pgp-ed25519", "us"), at=NOW)
    assert "key-unsuitable" == refused(lambda: seal(recipients=[gpg.certificate("signs only")]))


@pytest.mark.parametrize(("signs", "encrypts"), [("rsa2048", "rsa3072"), ("rsa3072", "rsa2048"), ("dsa2048", "elg2048")])
def test_a_weak_key_is_not_taken(gpg: Gpg, signs: str, encrypts: str) -> None:
    gpg.make(f"weak {signs} {encrypts}", signs, encrypts)
    assert "key-unsuitable" == refused(lambda: gpg.certificate(f"weak {signs} {encrypts}"))


def test_what_is_not_one_public_key_is_not_taken(gpg: Gpg, us: OwnPgpKey) -> None:
    read = PgpCertificate.read
    assert "key-unsuitable" == refused(lambda: read(gpg("--export-secret-keys", "ecc")))  # a bank sent its private key
    assert "key-unreadable" == refused(lambda: read(gpg("--export", "ecc") + gpg("--export", "rsa")))
    assert "key-unreadable" == refused(lambda: read(gpg("--export", "ecc")[:-9]))
    assert "key-unreadable" == refused(lambda: read(CASE.seal()))
    for junk in (b"", b"no key", b"\0" * 100, b"-----BEGIN CERTIFICATE-----", bytes(2 * 1024 * 1024)):
        assert "key-unreadable" == refused(functools.partial(read, junk))
