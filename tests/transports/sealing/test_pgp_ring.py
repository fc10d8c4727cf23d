"""OpenPGP keys lie in the same ring under the same promises, and are never taken for keys of another world."""

import hashlib
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.transports.sealing.pgp_case import revoked
from transports.errors import BrokenRing, BrokenSeal, TransportError, UnknownKey
from transports.sealing import pgp
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.kept import compared, read_certificate
from transports.sealing.pgp import keys as pgp_keys
from transports.sealing.pgp.keys import OwnPgpKey, PgpCertificate, make_key
from transports.sealing.seals import seals

SECRET = b"a secret of the ring"
BANK = "bank/902"


@pytest.fixture
def now() -> datetime:
    """An OpenPGP key begins by this machine's clock."""
    return datetime.now(UTC) + timedelta(minutes=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def ring(folder: Path) -> KeyRing:
    return KeyRing.create(folder, SECRET)


@pytest.fixture
def bank(now: datetime) -> OwnPgpKey:
    return make_key("pgp-ed25519", "bank", 30, now)


def refused(kind: type[TransportError], act: Callable[[], object]) -> str:
    with pytest.raises(kind) as caught:
        act()
    return caught.value.code


def renewed(own: OwnPgpKey, end: datetime) -> PgpCertificate:
    """The same key with another last day, as its owner hands it over before the old one ends."""
    time.sleep(1.1)  # of two bindings the later second counts
    cert = own.certificate.cert.set_expiration(end, own._tsk.certifier())
    return PgpCertificate(bytes(cert))


@pytest.mark.parametrize("kind", pgp_keys.KINDS)
def test_a_new_openpgp_key_is_there_after_opening_again(ring: KeyRing, folder: Path, now: datetime, kind: str) -> None:
    entry = ring.new("us/pgp", "any", kind, 30, now)

    assert ("any", kind, True) == (entry.use, entry.kind, entry.own)
    [own] = KeyRing.open(folder, SECRET).pgp.own("us/pgp", now)
    assert entry.fingerprint == own.certificate.fingerprint == ring.certificate("us/pgp").fingerprint
    assert own.signer()
    assert own.openers
    assert abs(now + timedelta(days=30) - own.certificate.not_after) < timedelta(seconds=2)


def test_keys_of_two_worlds_are_never_taken_for_each_other(ring: KeyRing, now: datetime, bank: OwnPgpKey) -> None:
    ring.new("us/pgp", "any", "pgp-ed25519", 30, now)
    ring.new("us/sign", "sign", "ec-p256", 30, now)
    ring.import_certificate(BANK, bank.certificate.pem)
    for act in (
        lambda: ring.own("us/pgp", now), lambda: ring.own_any("us/pgp"), lambda: ring.pgp.own("us/sign", now),
        lambda: ring.peers(BANK, now), lambda: ring.peers_any(BANK), lambda: ring.pgp.peers("us/pgp", now),
    ):  # fmt: skip
        assert "key-missing" == refused(UnknownKey, act)


@pytest.mark.parametrize(
    ("use", "kind"), [("sign", "pgp-ed25519"), ("encrypt", "pgp-rsa3072"), ("any", "ec-p256"), ("any", "sm2")]
)
def test_only_an_openpgp_key_is_for_both(ring: KeyRing, now: datetime, use: str, kind: str) -> None:
    assert "key-kind-differs" == refused(UnknownKey, lambda: ring.new("us/pgp", use, kind, 30, now))


def test_a_bank_hands_its_certificate_over_armored_or_binary(ring: KeyRing, now: datetime, bank: OwnPgpKey) -> None:
    assert bank.certificate == read_certificate(bank.certificate.pem) == read_certificate(bank.certificate.data)
    entry = ring.import_certificate(BANK, bank.certificate.data, evidence="HD-2026-18")
    assert ("any", "pgp-ed25519", False, "HD-2026-18") == (entry.use, entry.kind, entry.own, entry.evidence)
    assert "key-known" == refused(UnknownKey, lambda: ring.import_certificate(BANK, bank.certificate.pem))
    assert [bank.certificate] == ring.pgp.peers(BANK, now)
    assert "key-unreadable" == refused(UnknownKey, lambda: ring.import_certificate(BANK, b"\xc6junk"))
    assert "key-unsuitable" == refused(UnknownKey, lambda: ring.import_certificate(BANK, bank.private))


def test_c6_a_renewed_certificate_of_one_key_overlaps_the_old_one(ring: KeyRing, now: datetime, bank: OwnPgpKey) -> None:
    later = renewed(bank, now + timedelta(days=300))
    first, second = (ring.import_certificate(BANK, each.pem) for each in (bank.certificate, later))
    assert first.fingerprint == second.fingerprint
    assert first.id != second.id
    assert [later] == ring.pgp.peers(BANK, now) == ring.pgp.peers(BANK, now + timedelta(days=100)) == ring.pgp.peers_any(BANK)


@pytest.mark.parametrize("alias", [BANK, "bank/902/elsewhere"])
@pytest.mark.parametrize("revoked_first", [False, True])
def test_c8_one_revoked_copy_revokes_the_others(
    ring: KeyRing, now: datetime, bank: OwnPgpKey, alias: str, *, revoked_first: bool
) -> None:
    """A bank that takes its key back hands its certificate over once more; the old copy still stands beside it."""
    copies = [(BANK, bank.certificate), (alias, revoked(bank))]
    for where, copy in copies[::-1] if revoked_first else copies:
        ring.import_certificate(where, copy.pem)
    way, signature = seals(pgp.SUITE, ring), pgp.sign(b"x", bank, now)
    assert "seal-signer-revoked" == refused(BrokenSeal, lambda: way.verify(b"x", signature, way.signers(BANK), now))
    assert "key-not-valid" == refused(UnknownKey, lambda: way.recipient(BANK, now))


@pytest.mark.parametrize("shorter_first", [False, True])
def test_c6_the_copy_with_the_owners_last_word_counts_in_whatever_order_they_came(
    ring: KeyRing, now: datetime, bank: OwnPgpKey, *, shorter_first: bool
) -> None:
    shorter = renewed(bank, now + timedelta(days=10))
    for copy in (shorter, bank.certificate) if shorter_first else (bank.certificate, shorter):
        ring.import_certificate(BANK, copy.pem)
    assert [shorter] == ring.pgp.peers(BANK, now) == ring.pgp.peers_any(BANK)
    assert "key-not-valid" == refused(UnknownKey, lambda: ring.pgp.peers(BANK, now + timedelta(days=20)))


def test_c8_a_block_is_of_every_copy_of_an_openpgp_certificate(ring: KeyRing, now: datetime, bank: OwnPgpKey) -> None:
    later = renewed(bank, now + timedelta(days=300))
    first, second = (ring.import_certificate(BANK, each.pem) for each in (bank.certificate, later))
    ring.set_state(second.id, "blocked")
    assert {"blocked"} == {each.state for each in ring.list() if each.id in (first.id, second.id)}
    newest = renewed(bank, now + timedelta(days=400))
    assert "key-stopped" == refused(UnknownKey, lambda: ring.import_certificate(BANK, newest.pem))


def test_c2_a_certificate_of_the_same_key_put_in_its_place_is_seen(
    ring: KeyRing, folder: Path, now: datetime, bank: OwnPgpKey
) -> None:
    entry = ring.import_certificate(BANK, bank.certificate.pem)
    (folder / f"{entry.id}.cert.pem").write_bytes(renewed(bank, now + timedelta(days=3000)).pem)
    assert "ring-damaged" == refused(BrokenRing, lambda: KeyRing.open(folder, SECRET))


def test_c1_c2_an_openpgp_key_lies_sealed_and_is_not_exchanged(ring: KeyRing, folder: Path, now: datetime) -> None:
    for alias in ("us/one", "us/two"):
        ring.new(alias, "any", "pgp-ed25519", 30, now)
    private = [ring.pgp.own(alias, now)[0].private for alias in ("us/one", "us/two")]
    assert all(each not in path.read_bytes() for each in private for path in folder.iterdir())
    one, two = sorted(folder.glob("*.key.sealed"))
    one.write_bytes(two.read_bytes())
    opened = KeyRing.open(folder, SECRET)
    alias = next(entry.alias for entry in opened.list() if one.name.startswith(entry.id))
    assert "ring-damaged" == refused(BrokenRing, lambda: opened.pgp.own(alias, now))


def test_a_destroyed_openpgp_key_opens_nothing(ring: KeyRing, folder: Path, now: datetime) -> None:
    entry = ring.new("us/pgp", "any", "pgp-ed25519", 30, now)
    ring.set_state(entry.id, "retired")
    ring.destroy(entry.id)
    assert [] == list(folder.glob("*.key.sealed"))
    assert "key-missing" == refused(UnknownKey, lambda: KeyRing.open(folder, SECRET).pgp.own_any("us/pgp"))


def test_c4_the_letter_shows_what_gpg_shows(ring: KeyRing, now: datetime, tmp_path: Path) -> None:
    ring.new("us/pgp", "any", "pgp-rsa3072", 30, now)
    letter = ring.letter("us/pgp")
    digits = ring.certificate("us/pgp").fingerprint.upper()
    for words in ("密 钥 指 纹 函", "us/pgp", digits, "gpg --dearmor < CERT.asc | openssl dgst -sha256", "核对一致"):
        assert words in letter
    if shutil.which("gpg"):
        (tmp_path / "CERT.asc").write_bytes(ring.certificate("us/pgp").pem)
        command = ["gpg", "--homedir", str(tmp_path), "--show-keys", "--with-fingerprint", "CERT.asc"]
        shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert digits in shown.replace(" ", "")
        command = ["gpg", "--homedir", str(tmp_path), "--dearmor", "--output", "-", "CERT.asc"]
        binary = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout
        for kind in ("sha256", "sm3"):
            whole = hashlib.new(kind, binary).hexdigest().upper()
            assert " ".join(whole[start : start + 4] for start in range(0, 32, 4)) in letter
        assert hashlib.sha256(binary).hexdigest() == compared((tmp_path / "CERT.asc").read_bytes())[0] == compared(binary)[0]


def test_c4_what_a_letter_compares_covers_dates_and_revocations(now: datetime, bank: OwnPgpKey) -> None:
    """A certificate stripped or lengthened on its way has the same fingerprint, and is another certificate."""
    others = [bank.certificate, renewed(bank, now + timedelta(days=3000)), revoked(bank)]
    assert 1 == len({each.fingerprint for each in others})
    assert 3 == len({compared(each.pem) for each in others})
    for each in others:
        assert compared(each.data) == compared(each.pem) == compared(each.pem.replace(b"\n", b"\r\n"))


def test_two_certificates_in_one_text_are_none(bank: OwnPgpKey) -> None:
    """What is compared is what is read: of two, who knows which."""
    text = bank.certificate.pem
    for wrong in (text + text, text.replace(b"END PGP", b"END"), text.replace(b"=", b"*")):
        assert "key-unreadable" == refused(UnknownKey, lambda wrong=wrong: read_certificate(wrong))
