"""A key ring keeps its keys to itself, overlaps them by date, and when it does not open it is an outage."""

import json
import multiprocessing
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.contracts.cms_contract import party
from transports.errors import BrokenRing, TransportError, UnknownKey
from transports.sealing import at_rest
from transports.sealing.certificates import KINDS, Certificate, make_private_key
from transports.sealing.checkpoints import verify_checkpoint
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.files import INDEX
from transports.sealing.keyring.lasting_keys import AUDIT, AUDIT_KINDS, LASTING, MASTER

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
SECRET = b"a secret of the ring"
BANK = "bank/902/sign"
AES, SM4 = at_rest.SUITES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ring with a key of ours for each use and a bank's certificate, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("made") / "keys"
    ring = KeyRing.create(folder, SECRET)
    ring.new("us/sign", "sign", "ec-p256", 365, AT)
    ring.new("us/decrypt", "encrypt", "rsa3072", 365, AT)
    ring.import_certificate(BANK, party("ec-p256", "bank sign", encrypts=False).certificate.pem)
    return folder


@pytest.fixture
def ring(folder: Path, made: Path) -> KeyRing:
    shutil.copytree(made, folder)
    return KeyRing.open(folder, SECRET)


def refused(kind: type[TransportError], act: Callable[[], object]) -> str:
    with pytest.raises(kind) as caught:
        act()
    return caught.value.code


def state_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# ── what it keeps ──


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_key_is_there_after_opening_again(folder: Path, kind: str) -> None:
    made = KeyRing.create(folder, SECRET).new("us/sign", "sign", kind, 30, AT)

    [own] = KeyRing.open(folder, SECRET).own("us/sign", AT)
    assert (made.fingerprint, kind) == (own.certificate.fingerprint, own.certificate.kind)
    assert own.private.public_key() == own.certificate.public_key
    assert (AT, AT + timedelta(days=30)) == (own.certificate.not_before, own.certificate.not_after)


def test_a_list_shows_every_entry_and_no_secret(ring: KeyRing) -> None:
    shown = [(entry.alias, entry.use, entry.own, entry.kind, entry.state) for entry in ring.list()]
    assert [
        ("master", "master", True, "aes256", "active"),
        ("audit", "audit", True, "ed25519", "active"),
        ("us/sign", "sign", True, "ec-p256", "active"),
        ("us/decrypt", "encrypt", True, "rsa3072", "active"),
        (BANK, "sign", False, "ec-p256", "active"),
    ] == shown
    assert all("sealed" not in repr(entry) for entry in ring.list())


def test_c1_private_keys_are_encrypted_and_private(ring: KeyRing, folder: Path) -> None:
    assert 0o700 == folder.stat().st_mode & 0o777
    for name, content in state_of(folder).items():
        assert 0o600 == (folder / name).stat().st_mode & 0o777
        assert b"PRIVATE KEY" not in content or b"BEGIN ENCRYPTED PRIVATE KEY" in content
        assert SECRET not in content
        assert ring.master() not in content
        assert ring.master().hex().encode() not in content
    plain = ring.own("us/sign", AT)[0].private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert all(plain not in content for content in state_of(folder).values())


def test_keys_never_print_themselves(ring: KeyRing) -> None:
    assert "OwnKey(certificate=Certificate())" == repr(ring.own("us/sign", AT)[0])


# ── aliases, dates, overlap ──


def test_c6_keys_of_one_alias_overlap_by_their_dates_newest_first(folder: Path) -> None:
    ring = KeyRing.create(folder, SECRET)
    old = ring.new("us/sign", "sign", "ec-p256", 60, AT)
    new = ring.new("us/sign", "sign", "ec-p256", 365, AT + timedelta(days=30))

    def signing(day: int) -> list[str]:
        return [own.certificate.fingerprint for own in ring.own("us/sign", AT + timedelta(days=day))]

    assert [old.fingerprint] == signing(0)
    assert [new.fingerprint, old.fingerprint] == signing(45)
    assert [new.fingerprint] == signing(61)
    assert "key-missing" == refused(UnknownKey, lambda: signing(400))
    assert [new.fingerprint, old.fingerprint] == [own.certificate.fingerprint for own in ring.own_any("us/sign")]


def test_c6_a_banks_certificates_overlap_too(folder: Path) -> None:
    ring = KeyRing.create(folder, SECRET)
    certificates = [
        party(
            "ec-p256", f"bank {day}", encrypts=True, begin=AT + timedelta(days=day), end=AT + timedelta(days=day + 60)
        ).certificate
        for day in (0, 30)
    ]
    for certificate in certificates:
        assert "encrypt" == ring.import_certificate("bank/902", certificate.pem).use

    assert certificates[:1] == ring.peers("bank/902", AT)
    assert certificates[::-1] == ring.peers("bank/902", AT + timedelta(days=45))
    assert "key-missing" == refused(UnknownKey, lambda: ring.peers("bank/902", AT + timedelta(days=100)))
    assert certificates[::-1] == ring.peers_any("bank/902")


def test_a_retired_key_still_opens_and_a_blocked_one_does_nothing(ring: KeyRing) -> None:
    key = ring.own("us/decrypt", AT)[0].certificate.fingerprint[:16]
    ring.set_state(key, "retired")
    assert "key-missing" == refused(UnknownKey, lambda: ring.own("us/decrypt", AT))
    assert 1 == len(ring.own_any("us/decrypt"))
    ring.set_state(key, "blocked")
    for act in (lambda: ring.own_any("us/decrypt"), lambda: ring.own("us/decrypt", AT), lambda: ring.letter("us/decrypt")):
        with pytest.raises(UnknownKey, match=r"^us/decrypt: .* blocked here") as stopped:
            act()
        assert ("alias-blocked", True) == (stopped.value.code, stopped.value.zh.startswith("us/decrypt："))
    assert "key-missing" == refused(UnknownKey, lambda: ring.set_state("0000", "blocked"))


def test_ours_and_theirs_are_never_taken_for_each_other(ring: KeyRing) -> None:
    assert "key-missing" == refused(UnknownKey, lambda: ring.peers("us/sign", AT))
    assert "key-missing" == refused(UnknownKey, lambda: ring.own(BANK, AT))
    assert "key-missing" == refused(UnknownKey, lambda: ring.own("nobody", AT))


@pytest.mark.parametrize("alias", ["", "../x", "a b", "master", "audit", "名", "x" * 65])
def test_an_alias_is_a_plain_word(ring: KeyRing, alias: str) -> None:
    assert "alias-unusable" == refused(UnknownKey, lambda: ring.new(alias, "sign", "ec-p256", 1, AT))


# ── import ──


def test_a_certificate_comes_as_pem_or_der_and_only_once(ring: KeyRing) -> None:
    certificate = party("rsa3072", "bank encrypt", encrypts=True).certificate
    entry = ring.import_certificate("bank/902/encrypt", certificate.der, evidence="HD-2026-17")
    assert ("encrypt", "rsa3072", "HD-2026-17", False) == (entry.use, entry.kind, entry.evidence, entry.own)
    assert "key-known" == refused(UnknownKey, lambda: ring.import_certificate("bank/902/encrypt", certificate.pem))
    assert certificate.fingerprint == ring.import_certificate("bank/903/encrypt", certificate.pem).fingerprint


def test_a4_a_weak_key_is_not_imported(ring: KeyRing, tmp_path: Path) -> None:
    for options in (["rsa:2048"], ["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"], ["ed448"]):
        command = ["openssl", "req", "-x509", "-nodes", "-subj", "/CN=weak", "-keyout", "/dev/null", "-newkey", *options]
        weak = subprocess.run(command, capture_output=True, check=True).stdout
        assert "key-unsuitable" == refused(UnknownKey, lambda text=weak: ring.import_certificate("weak", text))


def test_what_is_no_certificate_is_not_imported(ring: KeyRing) -> None:
    for text in (b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\x30\x03\x02\x01\x01"):
        assert "key-unreadable" == refused(UnknownKey, lambda text=text: ring.import_certificate("x", text))


# ── a ring that does not open ──


def damages() -> dict[str, Callable[[Path], object]]:
    def edit(folder: Path, change: Callable[[dict], object]) -> None:
        body = json.loads((folder / INDEX).read_text("utf-8"))
        change(body)
        (folder / INDEX).write_text(json.dumps(body), "utf-8")

    def first(folder: Path, pattern: str) -> Path:
        return next(folder.glob(pattern))

    return {
        "empty index": lambda folder: (folder / INDEX).write_bytes(b""),
        "half an index": lambda folder: (folder / INDEX).write_bytes((folder / INDEX).read_bytes()[:200]),
        "another kind of index": lambda folder: (folder / INDEX).write_text("[]"),
        "an entry removed": lambda folder: edit(folder, lambda body: body["entries"].pop()),
        "a pin exchanged": lambda folder: edit(folder, lambda body: body["entries"][-1].update(fingerprint="0" * 64)),
        "a retired key revived": lambda folder: edit(folder, lambda body: body["entries"][2].update(not_after="2099-01-01")),
        "a mac missing": lambda folder: edit(folder, lambda body: body.pop("mac")),
        "a certificate exchanged": lambda folder: first(folder, "*.cert.pem").write_bytes(
            party("ec-p256", "stranger", encrypts=False).certificate.pem
        ),
        "a certificate missing": lambda folder: first(folder, "*.cert.pem").unlink(),
        "a certificate torn": lambda folder: first(folder, "*.cert.pem").write_bytes(b"-----BEGIN"),
        "a private key missing": lambda folder: first(folder, "*.key.pem").unlink(),
    }


@pytest.mark.parametrize("damage", damages().values(), ids=damages())
def test_c2_a_damaged_ring_stops_and_writes_nothing(ring: KeyRing, folder: Path, damage: Callable[[Path], object]) -> None:
    assert ring.list()
    damage(folder)
    before = state_of(folder)
    assert "ring-damaged" == refused(BrokenRing, lambda: KeyRing.open(folder, SECRET))
    assert before == state_of(folder)


def test_c2_a_damaged_private_key_stops_the_work_it_is_for(ring: KeyRing, folder: Path) -> None:
    for path in folder.glob("*.key.pem"):
        path.write_bytes(path.read_bytes()[:-60])
    opened = KeyRing.open(folder, SECRET)
    assert "ring-damaged" == refused(BrokenRing, lambda: opened.own("us/sign", AT))
    assert "ring-damaged" == refused(BrokenRing, lambda: opened.sign_checkpoint(b"x"))
    assert ring.list() == opened.list()


@pytest.fixture(params=[AES, SM4])
def sm2_ring(folder: Path, request: pytest.FixtureRequest) -> KeyRing:
    """With two SM2 keys, in a ring of either suite; the audit's key lies beside them."""
    ring = KeyRing.create(folder, SECRET, request.param)
    ring.new("us/sign", "sign", "sm2", 365, AT)
    ring.new("us/decrypt", "encrypt", "sm2", 365, AT)
    return ring


def files_of(ring: KeyRing, folder: Path) -> list[Path]:
    """Where the private keys with a certificate are."""
    return sorted(next(folder.glob(f"{entry.id}.key.*")) for entry in ring.list() if entry.dated)


def test_c1_an_sm2_key_lies_sealed_and_private(sm2_ring: KeyRing, folder: Path) -> None:
    sealed = files_of(sm2_ring, folder)
    secrets = [own.private.pkcs8[36:68] for alias in ("us/sign", "us/decrypt") for own in sm2_ring.own(alias, AT)]
    assert 2 == len(sealed) == len(secrets)
    assert all(0o600 == path.stat().st_mode & 0o777 for path in sealed)
    for path in folder.iterdir():
        assert not any(secret in path.read_bytes() or secret.hex().encode() in path.read_bytes() for secret in secrets)


def test_c2_a_damaged_or_exchanged_sm2_key_stops_the_work_it_is_for(sm2_ring: KeyRing, folder: Path) -> None:
    one, other = files_of(sm2_ring, folder)
    kept = one.read_bytes()
    changed = kept[:-40] + bytes([kept[-40] ^ 1]) + kept[-39:]
    for content in (b"", kept[: -1 - len(kept) // 9], changed, other.read_bytes()):
        one.write_bytes(content)
        opened = KeyRing.open(folder, SECRET)
        alias = next(entry.alias for entry in opened.list() if one.name.startswith(entry.id))
        assert "ring-damaged" == refused(BrokenRing, lambda opened=opened, alias=alias: opened.own(alias, AT))
    one.unlink()
    assert "ring-damaged" == refused(BrokenRing, lambda: KeyRing.open(folder, SECRET))
    assert sm2_ring.list()


def test_a_destroyed_sm2_key_is_gone_from_the_disk(sm2_ring: KeyRing, folder: Path) -> None:
    [own] = sm2_ring.own("us/decrypt", AT)
    before = len(list(folder.glob("*.key.*")))
    sm2_ring.set_state(own.certificate.fingerprint[:16], "retired")
    sm2_ring.destroy(own.certificate.fingerprint[:16])
    assert before - 1 == len(list(folder.glob("*.key.*")))
    assert "key-missing" == refused(UnknownKey, lambda: KeyRing.open(folder, SECRET).own_any("us/decrypt"))


def test_c2_a_wrong_secret_opens_nothing_and_writes_nothing(ring: KeyRing, folder: Path) -> None:
    before = state_of(folder)
    assert "ring-secret-wrong" == refused(BrokenRing, lambda: KeyRing.open(folder, b"another"))
    assert before == state_of(folder)
    assert ring.list()


def test_c2_a_missing_ring_is_not_an_empty_ring(folder: Path) -> None:
    assert "ring-missing" == refused(BrokenRing, lambda: KeyRing.open(folder, SECRET))
    assert not folder.exists()


def test_c2_a_new_ring_is_never_made_over_anything(ring: KeyRing, folder: Path) -> None:
    before = state_of(folder)
    assert "ring-exists" == refused(BrokenRing, lambda: KeyRing.create(folder, SECRET))
    (folder / INDEX).unlink()
    assert "ring-exists" == refused(BrokenRing, lambda: KeyRing.create(folder, SECRET))
    del before[INDEX]
    assert before == state_of(folder)
    assert ring.list()


def test_a_ring_others_can_read_is_not_used(ring: KeyRing, folder: Path) -> None:
    for path, mode in ((folder, 0o750), (folder / INDEX, 0o604), (next(folder.glob("*.key.pem")), 0o640)):
        kept = path.stat().st_mode
        path.chmod(mode)
        assert "ring-exposed" == refused(BrokenRing, lambda: KeyRing.open(folder, SECRET))
        path.chmod(kept)
    assert ring.list() == KeyRing.open(folder, SECRET).list()


# ── two at a time, and a crash ──


def _add(folder: Path, name: str) -> None:
    KeyRing.open(folder, SECRET).new(name, "sign", "ec-p256", 1, AT)


def test_two_processes_adding_at_once_lose_nothing(ring: KeyRing, folder: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.starmap(_add, [(folder, f"key-{number}") for number in range(4)])
    aliases = {entry.alias for entry in KeyRing.open(folder, SECRET).list()}
    assert {f"key-{number}" for number in range(4)} | {entry.alias for entry in ring.list()} == aliases


def test_a_stale_ring_adds_to_what_others_added(ring: KeyRing, folder: Path) -> None:
    other = KeyRing.open(folder, SECRET)
    other.new("theirs", "sign", "ec-p256", 1, AT)
    ring.new("mine", "sign", "ec-p256", 1, AT)
    assert ring.own("theirs", AT)
    assert {"theirs", "mine"} <= {entry.alias for entry in KeyRing.open(folder, SECRET).list()}


def test_a_crash_before_the_index_leaves_the_old_ring(ring: KeyRing, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise SystemExit

    before = ring.list()
    monkeypatch.setattr("transports.sealing.keyring.files.RingFiles.write_index", crash)
    with pytest.raises(SystemExit):
        ring.new("us/sign", "sign", "ec-p256", 1, AT)
    assert before == KeyRing.open(folder, SECRET).list()


# ── the master key, the audit's key, the letter ──


def test_the_master_key_stays_the_same(ring: KeyRing, folder: Path) -> None:
    assert 32 == len(ring.master())
    assert ring.master() == KeyRing.open(folder, SECRET).master()


@pytest.mark.parametrize("use", LASTING)
def test_c3_what_is_renewed_stays_to_read_by(ring: KeyRing, folder: Path, use: str) -> None:
    old, (key, signature), public = ring.newest(use), ring.sign_checkpoint(b"head"), ring.audit_public_key()
    master = ring.master()
    made = ring.renew(use, old.id)
    for each in (ring, KeyRing.open(folder, SECRET)):
        assert ["retired", "active"] == [entry.state for entry in each.list() if entry.use == use]
        assert made == each.newest(use)
        assert master in each.masters()
        assert public == each.audit_public_key(key)
        assert verify_checkpoint(public, b"head", signature)
    assert (use == MASTER) == (ring.master() != master)
    assert (use == AUDIT) == (ring.sign_checkpoint(b"head")[0] != key)


@pytest.mark.parametrize("use", LASTING)
def test_a_renewal_that_was_cut_short_is_not_done_twice(ring: KeyRing, folder: Path, use: str) -> None:
    old = ring.newest(use)
    made = ring.renew(use, old.id)
    assert made == KeyRing.open(folder, SECRET).renew(use, old.id) == ring.renew(use, old.id)
    assert 2 == len([entry for entry in ring.list() if entry.use == use])


def test_c8_a_blocked_audit_key_signs_no_more_and_its_public_half_stays(ring: KeyRing, folder: Path) -> None:
    stale = KeyRing.open(folder, SECRET)
    key, signature = ring.sign_checkpoint(b"head")
    ring.set_state(key, "blocked")
    opened = KeyRing.open(folder, SECRET)
    for each in (opened, stale):
        assert "audit-key-blocked" == refused(UnknownKey, lambda each=each: each.sign_checkpoint(b"head"))
    assert verify_checkpoint(opened.audit_public_key(key), b"head", signature)
    assert opened.renew(AUDIT, key).id == opened.sign_checkpoint(b"head")[0] != key
    assert "blocked" == next(entry.state for entry in opened.list() if entry.id == key)


@pytest.mark.parametrize("suite", AUDIT_KINDS)
def test_a_checkpoint_is_verified_with_the_public_key_alone(folder: Path, suite: str) -> None:
    ring = KeyRing.create(folder, SECRET, suite)
    key, signature = ring.sign_checkpoint(b"head of the chain")
    public = KeyRing.open(folder, SECRET).audit_public_key(key)
    other = KeyRing.create(folder.parent / "other", SECRET, suite).audit_public_key()
    assert verify_checkpoint(public, b"head of the chain", signature)
    assert not verify_checkpoint(public, b"another head", signature)
    assert not verify_checkpoint(public, b"head of the chain", bytes(64))
    assert not verify_checkpoint(other, b"head of the chain", signature)
    assert not verify_checkpoint(b"junk", b"head of the chain", signature)
    assert AUDIT_KINDS[suite] == next(entry.kind for entry in ring.list() if entry.use == "audit")


def test_a_public_key_of_another_kind_proves_no_checkpoint() -> None:
    rsa = make_private_key("rsa3072").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    p256 = make_private_key("ec-p256").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert not any(verify_checkpoint(key, b"head of the chain", bytes(64)) for key in (rsa, p256, rsa + p256))


def test_openssl_reads_the_public_keys_of_the_audit(folder: Path) -> None:
    for suite, words in ((AES, b"ED25519"), (SM4, b"ASN1 OID: SM2")):
        pem = KeyRing.create(folder / suite, SECRET, suite).audit_public_key()
        command = ["openssl", "pkey", "-pubin", "-noout", "-text"]
        assert words in subprocess.run(command, input=pem, capture_output=True, check=True).stdout


def test_a_ring_of_no_known_suite_is_not_made(folder: Path) -> None:
    assert "suite-unknown" == refused(UnknownKey, lambda: KeyRing.create(folder, SECRET, "rot13"))
    assert not folder.exists()


def test_c4_the_letter_carries_what_two_houses_compare(ring: KeyRing, tmp_path: Path) -> None:
    certificate = ring.certificate("us/sign")
    (tmp_path / "us.pem").write_bytes(certificate.pem)
    command = "openssl x509 -in us.pem -outform DER | openssl dgst -{}"  # as the letter says
    letter = ring.letter("us/sign")
    for digest in ("sha256", "sm3"):
        said = subprocess.run(["sh", "-c", command.format(digest)], cwd=tmp_path, capture_output=True, check=True).stdout
        digits = said.split()[-1].decode().upper()
        groups = [digits[start : start + 4] for start in range(0, 64, 4)]
        assert " ".join(groups[:8]) in letter
        assert " ".join(groups[8:]) in letter
        assert command.format(digest).replace("us.pem", "CERT.pem") in letter
    assert "66C7 F0F4 62EE EDD9 D1F2 D46B DC10 E4E2" in letter
    for word in ("密 钥 指 纹 函", "FINGERPRINT LETTER", "核对一致", f"{certificate.serial:X}", "2027-11-21", "签名 / signing"):
        assert word in letter
    assert all(len(line) <= 100 for line in letter.splitlines())


def test_the_letter_names_the_certificate_it_overlaps(ring: KeyRing) -> None:
    old = ring.certificate("us/sign").fingerprint
    ring.new("us/sign", "sign", "ec-p256", 365, AT + timedelta(days=1))
    assert old[:16].upper() in ring.letter("us/sign")
    assert Certificate.read(ring.certificate("us/sign").pem).not_before == AT + timedelta(days=1)
