"""A CA is asked for a certificate of a key we hold (PKCS #10), and what it gives stands beside the one we made, for the same key."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.openssl_ca import DISTID
from transports.errors import UnknownKey
from transports.sealing.certificates import KINDS, Certificate, make_private_key, self_signed
from transports.sealing.certificates.request import named, requested
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import ACTIVE, BLOCKED, RETIRED

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
SECRET = b"a secret of this ring"
SUBJECT = "CN=us/sign,OU=签名,O=核对中心,C=CN"


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(UnknownKey) as caught:
        act()
    return caught.value.code


@pytest.mark.real
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("encrypts", [False, True], ids=["sign", "encrypt"])
@pytest.mark.parametrize("kind", KINDS)
def test_openssl_verifies_what_a_ca_is_asked_with(kind: str, encrypts: bool) -> None:
    asked = requested(make_private_key(kind), named(SUBJECT), encrypts=encrypts)
    options = ("-vfyopt", DISTID) if kind == "sm2" else ()
    command = ["openssl", "req", "-verify", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus", *options]
    done = subprocess.run(command, input=asked, capture_output=True, check=True)
    said = done.stdout.decode()
    assert "verify OK" in done.stderr.decode()
    assert "Subject: C=CN,O=核对中心,OU=签名,CN=us/sign" in said
    wanted = "Key Agreement" if encrypts and kind == "ec-p256" else "Key Encipherment" if encrypts else "Digital Signature"
    assert wanted in said
    assert encrypts is not ("Digital Signature" in said)


@pytest.mark.parametrize("subject", ["", "us/sign", "CN", "CN=x,C=China", "CN=" + "x" * 65], ids=repr)
def test_a_subject_that_is_no_name_is_refused(subject: str) -> None:
    assert "subject-unusable" == refused(lambda: named(subject))


# ── what the CA gives, in the ring ──


@pytest.fixture(params=["sm2", "ec-p256"])
def ring(request: pytest.FixtureRequest, tmp_path: Path) -> KeyRing:
    ring = KeyRing.create(tmp_path / "keys", SECRET)
    ring.new("us/sign", "sign", request.param, 100, AT)
    ring.new("us/decrypt", "encrypt", request.param, 100, AT)
    return ring


def again(ring: KeyRing, tmp_path: Path) -> KeyRing:
    assert ring.list()
    return KeyRing.open(tmp_path / "keys", SECRET)


def by_the_ca(ring: KeyRing, alias: str = "us/sign", *, encrypts: bool = False) -> Certificate:
    """Another certificate of the same key."""
    private = ring.own_any(alias)[-1].private
    return self_signed(private, "us, by the CA", encrypts=encrypts, not_before=AT, not_after=AT + timedelta(days=500))


def test_a_cas_certificate_is_used_with_the_key_there_is(ring: KeyRing, tmp_path: Path) -> None:
    [before] = ring.own("us/sign", AT)
    entry = ring.certify("us/sign", by_the_ca(ring).pem)
    opened = again(ring, tmp_path)
    newest, older = opened.own("us/sign", AT)
    assert (by_the_ca(ring).public_key, before.certificate) == (newest.certificate.public_key, older.certificate)
    assert entry.fingerprint == newest.certificate.fingerprint
    assert newest.private.public_key() == before.private.public_key()
    assert "key-known" == refused(lambda: ring.certify("us/sign", newest.certificate.pem))


def test_c6_it_counts_from_a_later_day_so_that_its_letter_is_there_before(ring: KeyRing, tmp_path: Path) -> None:
    ring.certify("us/sign", by_the_ca(ring).pem, AT + timedelta(days=20))
    opened = again(ring, tmp_path)
    assert [1, 2] == [len(opened.own("us/sign", AT + timedelta(days=days))) for days in (19, 21)]


def test_a_certificate_of_another_key_or_use_is_refused_and_changes_nothing(ring: KeyRing, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    other, sealing = by_the_ca(ring, "us/decrypt", encrypts=True), by_the_ca(ring, encrypts=True)
    assert "key-not-requested" == refused(lambda: ring.certify("us/sign", other.pem))
    assert "key-use-differs" == refused(lambda: ring.certify("us/sign", sealing.pem))
    assert "key-not-requested" == refused(lambda: ring.certify("us/elsewhere", by_the_ca(ring).pem))
    assert "key-unreadable" == refused(lambda: ring.certify("us/sign", b"junk"))
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}


def test_c8_a_block_is_of_the_key_by_whichever_certificate_it_is_named(ring: KeyRing, tmp_path: Path) -> None:
    made, certified = ring.list()[2], ring.certify("us/sign", by_the_ca(ring).pem)
    for named_by in (made, certified):
        ring.set_state(named_by.id, BLOCKED)
        opened = again(ring, tmp_path)
        assert "alias-blocked" == refused(lambda opened=opened: opened.own_any("us/sign"))
        for each in (made, certified):
            ring.set_state(each.id, ACTIVE)
    assert 2 == len(again(ring, tmp_path).own("us/sign", AT))
    assert "key-not-requested" == refused(lambda: _certified_while_blocked(ring))


def _certified_while_blocked(ring: KeyRing) -> None:
    certificate = by_the_ca(ring)
    ring.set_state(ring.list()[2].id, BLOCKED)
    ring.certify("us/sign", certificate.pem)


def test_the_key_ends_with_its_last_certificate(ring: KeyRing, tmp_path: Path) -> None:
    made, certified = ring.list()[2], ring.certify("us/sign", by_the_ca(ring).pem)
    files = sorted(path.name for path in (tmp_path / "keys").glob("*.key.*"))
    for each in (made, certified):
        ring.set_state(each.id, RETIRED)
    ring.destroy(made.id)
    assert files == sorted(path.name for path in (tmp_path / "keys").glob("*.key.*"))
    assert 1 == len(again(ring, tmp_path).own_any("us/sign"))
    ring.destroy(certified.id)
    assert len(files) - 1 == len(list((tmp_path / "keys").glob("*.key.*")))
    assert "key-missing" == refused(lambda: again(ring, tmp_path).own_any("us/sign"))


def test_an_openpgp_key_asks_no_ca(tmp_path: Path) -> None:
    ring = KeyRing.create(tmp_path / "keys", SECRET)
    ring.new("us/pgp", "any", "pgp-ed25519", 100, AT)
    assert "key-of-openpgp" == refused(lambda: ring.request(ring.active("us/pgp")[0], "CN=us"))
