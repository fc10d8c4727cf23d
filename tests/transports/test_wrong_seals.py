"""What is sealed wrongly on purpose is wrong in one thing alone, in every suite: it is refused, each by its own code, and the honest one opens."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from transports import wrong_seals
from transports.channel import Aliases, Channel
from transports.errors import TransportError, UnknownKey
from transports.sealing.keyring import KeyRing

CONTENT = b"PK a package " * 100
KINDS = {
    "sm2-sm4gcm-sm3": "sm2",
    "sm2-sm4cbc-sm3": "sm2",
    "openpgp": "pgp-ed25519",
    "cms-aes256gcm": "ec-p256",
    "cms-aes256cbc": "ec-p256",
}
CODES: dict[Callable[[Channel, bytes, datetime], bytes], str] = {
    wrong_seals.unsigned: "seal-unsigned",
    wrong_seals.by_a_stranger: "seal-signer-unknown",
    wrong_seals.for_another: "seal-not-for-us",
    wrong_seals.weaker: "seal-suite-refused",
}
suites = pytest.mark.parametrize("suite", KINDS)


@pytest.fixture(scope="module")
def rings(tmp_path_factory: pytest.TempPathFactory) -> tuple[KeyRing, KeyRing]:
    """Two houses that know each other's keys of every kind."""
    here, there = (KeyRing.create(tmp_path_factory.mktemp(name) / "keys", b"a secret of a test") for name in ("here", "there"))
    for kind in dict.fromkeys(KINDS.values()):
        for role in ("sign", "encrypt"):
            use = "any" if kind.startswith("pgp-") else role
            for ring, peer in ((here, there), (there, here)):
                ring.new(f"us/{role}", use, kind, 30, datetime.now(UTC))
                peer.import_certificate(f"they/{role}", ring.certificate(f"us/{role}", kind).pem, use=use)
    return here, there


def channels(rings: tuple[KeyRing, KeyRing], suite: str) -> tuple[Channel, Channel]:
    aliases = Aliases("they/encrypt", "they/sign", "us/sign", "us/encrypt")
    here, there = (Channel(suite, ring, aliases) for ring in rings)
    return here, there


def now() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=1)  # no key is younger


def opened(there: Channel, parcel: bytes) -> bytes:
    return b"".join(there.open(lambda: iter([parcel]), now() + timedelta(seconds=1)))


@suites
def test_the_honest_seal_opens_and_one_bit_of_it_turned_does_not(suite: str, rings: tuple[KeyRing, KeyRing]) -> None:
    here, there = channels(rings, suite)
    assert CONTENT == opened(there, wrong_seals.honest(here, CONTENT, now()))

    with pytest.raises(TransportError) as refused:
        opened(there, wrong_seals.flipped(here, CONTENT, now()))
    assert refused.value.code.startswith("seal-")


@suites
@pytest.mark.parametrize("wrong", CODES, ids=lambda wrong: wrong.__name__)
def test_rule_090_a_wrong_seal_is_refused_by_its_own_code(
    wrong: Callable[[Channel, bytes, datetime], bytes], suite: str, rings: tuple[KeyRing, KeyRing]
) -> None:
    here, there = channels(rings, suite)
    if wrong is wrong_seals.weaker and suite not in wrong_seals.WEAKER:
        with pytest.raises(UnknownKey) as none:
            wrong(here, CONTENT, now())
        assert "suite-unknown" == none.value.code
        return

    with pytest.raises(TransportError) as refused:
        opened(there, wrong(here, CONTENT, now()))
    assert CODES[wrong] == refused.value.code
