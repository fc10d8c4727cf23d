"""A destroyed key is gone for good: its file, its use, and nothing else of the ring."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from transports.errors import UnknownKey
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import ACTIVE, DESTROYED, RETIRED
from transports.sealing.keyring.lasting_keys import AUDIT, MASTER

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
SECRET = b"a secret of the ring"


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    ring = KeyRing.create(tmp_path / "keys", SECRET)
    ring.new("us/decrypt", "encrypt", "ec-p256", 30, AT)
    return ring


def test_c3_a_destroyed_key_leaves_its_certificate_and_no_private_key(ring: KeyRing, tmp_path: Path) -> None:
    key = ring.own("us/decrypt", AT)[0].certificate.fingerprint[:16]
    ring.set_state(key, RETIRED)
    ring.destroy(key)
    ring.destroy(key)  # a carrying out that was cut short is done again

    again = KeyRing.open(tmp_path / "keys", SECRET)
    assert [DESTROYED] == [entry.state for entry in again.list() if entry.id == key]
    assert not (tmp_path / "keys" / f"{key}.key.pem").exists()
    assert (tmp_path / "keys" / f"{key}.cert.pem").exists()
    for each in (ring, again):
        with pytest.raises(UnknownKey):
            each.own_any("us/decrypt")


def test_c3_nothing_brings_a_destroyed_key_back(ring: KeyRing) -> None:
    key = ring.own("us/decrypt", AT)[0].certificate.fingerprint[:16]
    ring.set_state(key, RETIRED)
    ring.destroy(key)
    with pytest.raises(UnknownKey):
        ring.set_state(key, ACTIVE)


def test_the_master_key_and_the_audits_are_not_destroyed(ring: KeyRing) -> None:
    for entry in ring.list():
        if entry.use in (MASTER, AUDIT):
            with pytest.raises(UnknownKey):
                ring.destroy(entry.id)
