"""A key that was stopped stays so: no other certificate, alias, process or short id brings it back, and no check is of yesterday's ring."""

import base64
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.contracts.cms_contract import AT, BEGIN, END
from tests.contracts.seal_contract import refused
from transports.sealing.certificates import KINDS, Certificate, PrivateKey, make_private_key, self_signed
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import ACTIVE, BLOCKED, DESTROYED, RETIRED, Entry

SECRET = b"a secret of the ring"
BANK = "bank/902/sign"
# One certificate twice, but for the last eight bytes of its signature: both have the id 447c4d619449a537, found in some minutes.
_ALIKE = base64.b64decode(
    "MIIBajCCARGgAwIBAgIUMOYQhbWHMIVRaIXFafu+jD5iVw8wCgYIKoZIzj0EAwIwFTETMBEGA1UEAwwKZXZpbCBiYW5rIDAeFw0yNjExMDEwMDAwMDBaFw0y"
    "NzEyMDYwMDAwMDBaMBUxEzARBgNVBAMMCmV2aWwgYmFuayAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATVx4lfc9QW5gbhQjaHGTBW1wWmjNov6hlzIO5B"
    "hdE7lcgWtHa0pHYuv4Rd8tljum5j4shmVGe/KfTqr/o78lj7oz8wPTAMBgNVHRMBAf8EAjAAMB0GA1UdDgQWBBRzVy1c6UPrztCb4ogFqs9Evy39qjAOBgNV"
    "HQ8BAf8EBAMCBsAwCgYIKoZIzj0EAwIDRwAwRAIgDaO+AnfR0NqOjq5IzrxEsE3vfu3oOsWvOjwcwrG36f8CIEic+pJrZrUxW2eHOgWN1q1QXVPpjxhRsg=="
)
TWO_OF_ONE_ID = [Certificate.read(_ALIKE + bytes.fromhex(end)) for end in ("777bc2e605712ba7", "97ba2d29d5989ca4")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "keys"
    KeyRing.create(folder, SECRET).new("us/sign", "sign", "sm2", 100, AT)
    return folder


@pytest.fixture
def ring(folder: Path, made: Path) -> KeyRing:
    shutil.copytree(made, folder)
    return KeyRing.open(folder, SECRET)


def certified(private: PrivateKey, name: str = "bank", begin: datetime = BEGIN) -> Certificate:
    return self_signed(private, name, encrypts=False, not_before=begin, not_after=END)


def states(folder: Path, alias: str) -> list[str]:
    return [entry.state for entry in KeyRing.open(folder, SECRET).list() if entry.alias == alias]


# ── two certificates of one short id ──


@pytest.mark.parametrize("alias", [BANK, "bank/902/encrypt"])
def test_c2_of_two_certificates_with_one_short_id_the_second_is_refused_and_changes_nothing(
    ring: KeyRing, folder: Path, alias: str
) -> None:
    first, second = TWO_OF_ONE_ID
    assert first.fingerprint[:16] == second.fingerprint[:16]
    ring.import_certificate(BANK, first.pem)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert "key-id-taken" == refused(lambda: ring.import_certificate(alias, second.pem))
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}
    assert [first] == KeyRing.open(folder, SECRET).peers(BANK, AT)


def test_c2_a_certificate_that_is_refused_leaves_no_file(ring: KeyRing, folder: Path) -> None:
    names = sorted(path.name for path in folder.glob("*.pem"))
    private = ring.own("us/sign", AT)[0].private
    for entry in ring.list():
        if entry.alias == "us/sign":
            KeyRing.open(folder, SECRET).set_state(entry.id, BLOCKED)
    assert "key-stopped" == refused(lambda: ring.import_certificate(BANK, certified(private).pem))
    assert names == sorted(path.name for path in folder.glob("*.pem"))


# ── a block is of the key ──


@pytest.mark.parametrize("kind", KINDS)
def test_c8_another_certificate_of_a_blocked_key_is_not_taken_in(ring: KeyRing, kind: str) -> None:
    private = make_private_key(kind)
    entry = ring.import_certificate(BANK, certified(private).pem)
    ring.set_state(entry.id, BLOCKED)
    for alias in (BANK, "bank/902/new"):
        assert "key-stopped" == refused(lambda alias=alias: ring.import_certificate(alias, certified(private, "renewed").pem))
    assert "alias-blocked" == refused(lambda: ring.peers_any(BANK))


def test_c8_a_block_is_of_every_certificate_of_the_key_under_every_alias(ring: KeyRing, folder: Path) -> None:
    private = make_private_key("ec-p256")
    for alias, name in ((BANK, "bank"), (BANK, "renewed"), ("bank/902/old", "renewed"), ("bank/902/other", "by the CA")):
        ring.import_certificate(alias, certified(private, name).pem)
    stranger = ring.import_certificate(BANK, certified(make_private_key("ec-p256")).pem)
    ring.set_state(next(entry.id for entry in ring.list() if entry.alias == "bank/902/other"), BLOCKED)
    assert [BLOCKED, BLOCKED, ACTIVE] == states(folder, BANK)
    assert [BLOCKED] == states(folder, "bank/902/old") == states(folder, "bank/902/other")
    assert [stranger.fingerprint] == [each.fingerprint for each in ring.peers_any(BANK)]


def test_c3_a_key_that_ended_with_its_last_certificate_is_not_taken_in_again(ring: KeyRing) -> None:
    private = make_private_key("ec-p256")
    first, second = (ring.import_certificate(BANK, certified(private, name).pem) for name in ("bank", "renewed"))
    for entry in (first, second):
        ring.set_state(entry.id, RETIRED)
        assert ring.import_certificate(f"bank/{entry.id}", certified(private, f"while {entry.id} is retired").pem)
    for entry in ring.list():
        if not entry.own:
            ring.set_state(entry.id, RETIRED)
            ring.destroy(entry.id)
    assert "key-stopped" == refused(lambda: ring.import_certificate(BANK, certified(private, "again").pem))


# ── a ring that was opened before ──


def stale(folder: Path, ring: KeyRing, *ways: str) -> tuple[KeyRing, Entry]:
    """A ring opened while the key was in the first of these states, which another process led through the others since."""
    entry = next(entry for entry in ring.list() if entry.alias == "us/sign")
    before, *since = ways
    ring.set_state(entry.id, before)
    opened = KeyRing.open(folder, SECRET)
    for state in since:
        ring.set_state(entry.id, state)
    return opened, entry


def by_the_ca(ring: KeyRing) -> Certificate:
    return certified(ring.own_any("us/sign")[0].private, "us, by the CA")


def test_c8_a_ring_opened_before_a_block_takes_no_certificate_of_that_key(ring: KeyRing, folder: Path) -> None:
    certificate = by_the_ca(ring)
    opened, _ = stale(folder, ring, ACTIVE, BLOCKED)
    assert "key-not-requested" == refused(lambda: opened.certify("us/sign", certificate.pem))
    assert [BLOCKED] == states(folder, "us/sign")


def test_c8_a_ring_opened_before_blocks_every_certificate_that_came_since(ring: KeyRing, folder: Path) -> None:
    opened, entry = stale(folder, ring, ACTIVE)
    ring.certify("us/sign", by_the_ca(ring).pem)
    opened.set_state(entry.id, BLOCKED)
    assert [BLOCKED, BLOCKED] == states(folder, "us/sign")


def test_c3_a_key_taken_back_into_use_is_not_destroyed_by_a_ring_opened_before(ring: KeyRing, folder: Path) -> None:
    opened, entry = stale(folder, ring, RETIRED, ACTIVE)
    assert "key-state-changed" == refused(lambda: opened.destroy(entry.id))
    assert KeyRing.open(folder, SECRET).own("us/sign", AT)


def test_c3_a_key_another_certificate_came_for_is_not_destroyed_with_the_one(ring: KeyRing, folder: Path) -> None:
    opened, entry = stale(folder, ring, RETIRED)
    ring.certify("us/sign", by_the_ca(ring).pem)
    opened.destroy(entry.id)
    assert [DESTROYED, ACTIVE] == states(folder, "us/sign")
    assert KeyRing.open(folder, SECRET).own("us/sign", AT)


@pytest.mark.parametrize("wanted", [RETIRED, ACTIVE])
def test_c8_what_was_agreed_before_a_block_does_not_lift_it(ring: KeyRing, folder: Path, wanted: str) -> None:
    opened, entry = stale(folder, ring, RETIRED if wanted == ACTIVE else ACTIVE, BLOCKED)
    was = next(each.state for each in opened.list() if each.id == entry.id)
    assert "key-state-changed" == refused(lambda: opened.set_state(entry.id, wanted, was=was))
    assert [BLOCKED] == states(folder, "us/sign")


@pytest.mark.parametrize("change", [lambda ring, key: ring.reread(), lambda ring, key: ring.set_known(key, "902", "HD-2")])
def test_c4_of_two_slips_noted_at_once_none_is_lost(ring: KeyRing, folder: Path, change: Callable[[KeyRing, str], None]) -> None:
    opened, entry = stale(folder, ring, ACTIVE)
    ring.set_known(entry.id, "901", "HD-1")
    change(opened, entry.id)
    found = next(each for each in opened.list() if each.id == entry.id)
    assert "HD-1" == found.slip_of("901")
    assert opened.list() == KeyRing.open(folder, SECRET).list()


def test_a_certificate_another_process_took_in_is_there_whatever_made_the_ring_look(ring: KeyRing, folder: Path) -> None:
    opened, entry = stale(folder, ring, ACTIVE)
    theirs = certified(make_private_key("ec-p256"), begin=BEGIN + timedelta(days=1))
    ring.import_certificate(BANK, theirs.pem)
    opened.set_known(entry.id, "902", "HD-2")
    assert [theirs] == opened.peers(BANK, AT)
