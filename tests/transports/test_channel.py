"""One channel for every suite: what was agreed is data, and each suite takes the keys that fit it from the same aliases (C9)."""

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.contracts.seal_contract import CONTENT, refused
from tests.transports.sealing.test_chains import AUTHORITY, issued
from transports.channel import Aliases, Channel
from transports.errors import UnknownKey
from transports.sealing import cms, pgp
from transports.sealing.cms import detached
from transports.sealing.cms.suite import Agreed
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import ACTIVE, BLOCKED, RETIRED
from transports.sealing.seals import seals

MADE = datetime.now(UTC)  # the OpenPGP library dates a key by the clock of the machine
AT = MADE + timedelta(hours=1)
SUITES = (*cms.SUITES, pgp.SUITE)
KIND = {"cms": "ec-p256", "sm2": "sm2", "openpgp": "pgp-ed25519"}
ALIASES = Aliases("peer/encrypt", "peer/sign", "us/sign", "us/decrypt")


def kinds(suite: str) -> str:
    return KIND[suite.partition("-")[0]]


def add_keys(ring: KeyRing, kind: str, at: datetime = MADE) -> None:
    """One pair of ours; an OpenPGP key is for both."""
    for alias, use in ((ALIASES.our_sign, "sign"), (ALIASES.our_decrypt, "encrypt"), ("us/witness", "sign")):
        ring.new(alias, "any" if kind.startswith("pgp-") else use, kind, 365, at)


def exchange(one: KeyRing, other: KeyRing, kind: str = "") -> None:
    """Each house imports the other's newest certificates, of one kind or of any."""
    for ours, theirs in ((one, other), (other, one)):
        ours.import_certificate(ALIASES.peer_sign, theirs.certificate(ALIASES.our_sign, kind).pem)
        ours.import_certificate(ALIASES.peer_encrypt, theirs.certificate(ALIASES.our_decrypt, kind).pem)


@pytest.fixture(scope="module")
def rings(tmp_path_factory: pytest.TempPathFactory) -> tuple[KeyRing, KeyRing]:
    """Two houses, each with keys of every kind under the same aliases."""
    centre, bank = (KeyRing.create(tmp_path_factory.mktemp("ring"), b"secret") for _ in range(2))
    for minute, kind in enumerate(sorted(KIND.values(), key=lambda kind: not kind.startswith("pgp-"))):
        for ring in (centre, bank):
            add_keys(ring, kind, MADE + timedelta(minutes=minute))
        exchange(centre, bank, kind)
    return centre, bank


@pytest.fixture(params=SUITES)
def channels(request: pytest.FixtureRequest, rings: tuple[KeyRing, KeyRing]) -> tuple[Channel, Channel]:
    centre, bank = rings
    return Channel(request.param, centre, ALIASES), Channel(Agreed(request.param), bank, ALIASES)


def test_c9_what_one_house_seals_the_other_opens(channels: tuple[Channel, Channel]) -> None:
    for ours, theirs in (channels, channels[::-1]):
        parcel = b"".join(ours.seal([CONTENT], AT, len(CONTENT)))
        opened = theirs.open(lambda: iter([parcel]), AT)  # noqa: B023 - opened at once
        assert CONTENT == b"".join(opened)
        assert {kinds(str(channels[0].suite))} == {each.kind for each in opened.signers}


def test_c9_what_is_sealed_for_us_as_well_opens_here_too(channels: tuple[Channel, Channel]) -> None:
    ours, theirs = channels
    parcel = b"".join(ours.seal([CONTENT], AT, for_us=True))
    assert CONTENT == b"".join(ours.open_own(lambda: iter([parcel]), AT))
    assert CONTENT == b"".join(theirs.open(lambda: iter([parcel]), AT))
    alone = b"".join(ours.seal([CONTENT], AT))
    assert "seal-not-for-us" == refused(lambda: ours.open_own(lambda: iter([alone]), AT))


def test_c9_a_signature_beside_a_content_is_by_the_agreed_suite(channels: tuple[Channel, Channel]) -> None:
    ours, theirs = channels
    signature = ours.sign_beside(CONTENT, AT)
    way = seals(theirs.suite, theirs.ring)
    way.verify(CONTENT, signature, way.signers(ALIASES.peer_sign), AT)
    changed = refused(lambda: way.verify(CONTENT + b" ", signature, way.signers(ALIASES.peer_sign), AT))
    assert changed in ("seal-content-changed", "seal-signature-wrong")


def test_c9_the_witness_is_told_from_the_peer(channels: tuple[Channel, Channel]) -> None:
    ours, theirs = channels
    witnessed = b"".join(ours.seal_as_witness([CONTENT], AT, "us/witness"))
    opened = ours.open(lambda: iter([witnessed]), AT, witness="us/witness")
    assert ours.is_witness(opened, "us/witness")
    assert CONTENT == b"".join(opened)
    assert "seal-signer-unknown" == refused(lambda: ours.open(lambda: iter([witnessed]), AT))

    answer = b"".join(theirs.seal([CONTENT], AT))
    assert not ours.is_witness(ours.open(lambda: iter([answer]), AT, witness="us/witness"), "us/witness")


@pytest.mark.parametrize("state", [RETIRED, BLOCKED])
@pytest.mark.parametrize("suite", SUITES)
def test_rule_090_what_a_withdrawn_key_signed_has_a_code_of_its_own(suite: str, state: str, tmp_path: Path) -> None:
    centre, bank = (KeyRing.create(tmp_path / name, b"secret") for name in ("centre", "bank"))
    for ring in (centre, bank):
        add_keys(ring, KIND[suite.partition("-")[0]])
    exchange(centre, bank)
    ours, theirs = Channel(suite, centre, ALIASES), Channel(suite, bank, ALIASES)
    parcel = b"".join(theirs.seal([CONTENT], AT))
    (known,) = [entry for entry in centre.list() if entry.alias == ALIASES.peer_sign]

    centre.set_state(known.id, state)
    assert "seal-signer-withdrawn" == refused(lambda: ours.open(lambda: iter([parcel]), AT))

    stranger = KeyRing.create(tmp_path / "stranger", b"secret")
    add_keys(stranger, known.kind)
    stranger.import_certificate(ALIASES.peer_encrypt, centre.certificate(ALIASES.our_decrypt).pem)
    foreign = b"".join(Channel(suite, stranger, ALIASES).seal([CONTENT], AT))
    assert "seal-signer-unknown" == refused(lambda: ours.open(lambda: iter([foreign]), AT))

    centre.set_state(known.id, ACTIVE)
    assert CONTENT == b"".join(ours.open(lambda: iter([parcel]), AT))


@pytest.mark.parametrize("suite", SUITES)
def test_c8_what_is_sealed_for_a_blocked_key_waits_whatever_other_keys_there_are(suite: str, tmp_path: Path) -> None:
    centre, bank = (KeyRing.create(tmp_path / name, b"secret") for name in ("centre", "bank"))
    kind = KIND[suite.partition("-")[0]]
    for ring in (centre, bank):
        add_keys(ring, kind)
    exchange(centre, bank)
    ours, theirs = Channel(suite, centre, ALIASES), Channel(suite, bank, ALIASES)
    parcel = b"".join(theirs.seal([CONTENT], AT))
    (for_us,) = [entry for entry in centre.list() if entry.alias == ALIASES.our_decrypt]

    centre.set_state(for_us.id, BLOCKED)
    assert "key-blocked" == refused(lambda: ours.open(lambda: iter([parcel]), AT))
    for another in KIND.values():
        centre.new(ALIASES.our_decrypt, "any" if another.startswith("pgp-") else "encrypt", another, 365, MADE)
    assert "key-blocked" == refused(lambda: ours.open(lambda: iter([parcel]), AT))

    centre.set_state(for_us.id, ACTIVE)
    assert CONTENT == b"".join(ours.open(lambda: iter([parcel]), AT))
    centre.set_state(for_us.id, BLOCKED)
    centre.destroy(for_us.id)
    assert "seal-not-for-us" == refused(lambda: ours.open(lambda: iter([parcel]), AT))


@pytest.mark.parametrize("suite", cms.SUITES)
def test_c3_an_encryption_certificate_signs_nothing_though_it_lies_among_those_that_sign(suite: str, tmp_path: Path) -> None:
    """Of dual certificates (GB/T 35276) the CA holds the private half of the one for encryption: it is no proof of the bank."""
    centre, ca = (KeyRing.create(tmp_path / name, b"secret") for name in ("centre", "ca"))
    for ring in (centre, ca):
        add_keys(ring, kinds(suite))
    exchange(centre, ca)
    centre.import_certificate(ALIASES.peer_sign, ca.certificate(ALIASES.our_decrypt).pem)
    [own] = ca.own(ALIASES.our_decrypt, AT)
    ours = Channel(suite, centre, ALIASES)

    to = centre.own(ALIASES.our_decrypt, AT)[0].certificate
    parcel = b"".join(cms.seal([CONTENT], suite=suite, signer=own, recipients=[to], at=AT))
    assert "seal-signer-unknown" == refused(lambda: ours.open(lambda: iter([parcel]), AT))
    signature = detached.sign(CONTENT, own, AT, suite)
    assert "seal-signer-unknown" == refused(lambda: ours.verify_beside(CONTENT, signature, AT))


def test_c3_a_certificate_that_signs_certificates_alone_signs_nothing_else_and_opens_nothing(tmp_path: Path) -> None:
    ring = KeyRing.create(tmp_path / "centre", b"secret")
    authority = issued("ec-p256", "an authority", says=AUTHORITY, ca=True).certificate
    for alias in (ALIASES.peer_sign, ALIASES.peer_encrypt):
        ring.import_certificate(alias, authority.pem)
    way = seals("cms-aes256gcm", ring)
    assert [] == way.signers(ALIASES.peer_sign)
    with pytest.raises(UnknownKey):
        way.recipient(ALIASES.peer_encrypt, authority.not_before)


@pytest.mark.parametrize("suite", cms.SUITES)
def test_c3_a_signing_certificate_is_not_sealed_for(suite: str, tmp_path: Path) -> None:
    ring = KeyRing.create(tmp_path / "centre", b"secret")
    add_keys(ring, kinds(suite))
    swapped = Aliases(ALIASES.peer_encrypt, ALIASES.peer_sign, ALIASES.our_decrypt, ALIASES.our_sign)
    ring.import_certificate(ALIASES.peer_encrypt, ring.certificate(ALIASES.our_sign).pem)
    way = seals(suite, ring)
    assert "key-unfit" == refused(lambda: way.recipient(ALIASES.peer_encrypt, AT))
    assert "key-unfit" == refused(lambda: way.ourselves(swapped.our_decrypt, AT))
    assert "key-unfit" == refused(lambda: way.signer(swapped.our_sign, AT))
    assert [] == way.openers(swapped.our_decrypt) == way.our_signers(swapped.our_sign)


def test_c8_of_the_suites_key_that_is_blocked_the_other_kinds_under_its_alias_hide_nothing(tmp_path: Path) -> None:
    ring = KeyRing.create(tmp_path / "centre", b"secret")
    for kind in ("sm2", "ec-p256"):
        add_keys(ring, kind)
    ring.set_state(next(each.id for each in ring.list() if (each.alias, each.kind) == (ALIASES.our_sign, "sm2")), BLOCKED)
    assert "alias-blocked" == refused(lambda: seals("sm2-sm4gcm-sm3", ring).signer(ALIASES.our_sign, AT))
    assert "ec-p256" == seals("cms-aes256gcm", ring).signer(ALIASES.our_sign, AT).certificate.kind


def test_a13_a_parcel_of_another_suite_than_agreed_is_refused(channels: tuple[Channel, Channel]) -> None:
    """Whoever may seal by one suite may not choose a weaker one, though we hold every key for it."""
    ours, theirs = channels
    for suite in SUITES:
        parcel = b"".join(dataclasses.replace(theirs, suite=suite).seal([CONTENT], AT))
        upgraded = suite.replace("gcm", "cbc") == str(ours.suite)  # a tag where none was agreed is no loss
        if suite == ours.suite or upgraded:
            assert CONTENT == b"".join(ours.open(lambda: iter([parcel]), AT))  # noqa: B023 - opened at once
        else:
            code = refused(lambda: ours.open(lambda: iter([parcel]), AT))  # noqa: B023 - opened at once
            assert code in ("seal-suite-refused", "seal-not-for-us", "seal-not-enveloped", "seal-malformed")


def test_an_alias_without_a_key_of_the_agreed_kind_seals_nothing(tmp_path: Path) -> None:
    centre, bank = (KeyRing.create(tmp_path / name, b"secret") for name in ("centre", "bank"))
    for ring in (centre, bank):
        add_keys(ring, "ec-p256")
    exchange(centre, bank)
    for suite in SUITES:
        if kinds(suite) != "ec-p256":
            channel = Channel(suite, centre, ALIASES)
            assert refused(lambda: channel.seal([CONTENT], AT)) in ("key-unfit", "key-missing")  # noqa: B023 - at once
    assert "suite-unknown" == refused(lambda: Channel("rot13", centre, ALIASES).seal([CONTENT], AT))
