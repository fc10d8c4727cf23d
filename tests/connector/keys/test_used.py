"""What a seal used is told by the ids of the ring, whatever the suite and whatever else lies under the same alias."""

from datetime import UTC, datetime, timedelta

import pytest

from connector.keys import used
from connector.keys.naming import find
from connector.roads import SUITES
from transports.channel import Aliases, Channel
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import Entry

MADE = datetime.now(UTC)  # an OpenPGP key begins by the clock of the machine, whatever is asked
AT = MADE + timedelta(hours=1)
ALIASES = Aliases("peer/encrypt", "peer/sign", "us/sign", "us/decrypt")
KINDS = {"cms": "ec-p256", "sm2": "sm2", "openpgp": "pgp-ed25519"}


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    """Keys of every kind under the same four aliases."""
    ring, peer = (KeyRing.create(tmp_path_factory.mktemp("ring"), b"secret") for _ in range(2))
    for minute, kind in enumerate(reversed(KINDS.values())):
        for alias, use in (("us/sign", "sign"), ("us/decrypt", "encrypt")):
            for house in (ring, peer):
                house.new(alias, "any" if kind.startswith("pgp-") else use, kind, 365, MADE + timedelta(minutes=minute))
        ring.import_certificate(ALIASES.peer_sign, peer.certificate("us/sign", kind).pem)
        ring.import_certificate(ALIASES.peer_encrypt, peer.certificate("us/decrypt", kind).pem)
    return ring


@pytest.mark.parametrize("suite", SUITES)
def test_c8_what_sealed_and_what_opened_is_found_in_the_ring(ring: KeyRing, suite: str) -> None:
    channel, kind = Channel(suite, ring, ALIASES), KINDS[suite.partition("-")[0]]

    def meant(uses: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
        found = [(find(ring, key_id), use) for key_id, use in uses]
        assert {kind} == {entry.kind for entry, _ in found}
        return [(entry.alias, entry.id, use) for entry, use in found]

    sealed = meant(used.by_seal(channel, AT, for_us=True))
    assert [("us/sign", "sign"), ("peer/encrypt", "encrypt"), ("us/decrypt", "encrypt")] == [each[::2] for each in sealed]

    parcel = b"".join(channel.seal([b"content"], AT, 7, for_us=True))
    opened = meant(used.by_opening(channel.open_own(lambda: iter([parcel]), AT)))
    assert [(*sealed[0][:2], "verify"), (*sealed[2][:2], "decrypt")] == opened


def test_a_key_is_named_by_the_beginning_of_its_id_or_of_its_fingerprint(ring: KeyRing) -> None:
    def by_id(entry: Entry) -> bool:
        return find(ring, entry.id[:8]) == find(ring, entry.fingerprint[:12].upper()) == find(ring, entry.fingerprint) == entry

    assert all(map(by_id, ring.list()))
