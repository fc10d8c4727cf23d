"""Seals of the Chinese family against BouncyCastle, both ways and in every spelling: it opens and verifies ours, we its."""

import dataclasses
from collections.abc import Iterator
from typing import Literal

import pytest

from tests.contracts.cms_contract import AT, Case
from tests.contracts.seal_contract import CONTENT, refused
from tests.java_peer import peer as java
from transports.sealing.certificates import OwnKey
from transports.sealing.cms import detached, suite_sm
from transports.sealing.cms.suite import Agreed
from transports.sealing.sm2 import Sm2PrivateKey

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(java.missing()), reason=java.missing() or "there")]

USER_IDS = ("1234567812345678", "核对中心@example.cn")
SPELLINGS = [
    Agreed(suite, types, recipient, order, form, gcm_oid)
    for suite in (suite_sm.GCM, suite_sm.CBC)
    for types in ("gm", "pkcs7")
    for recipient in ("issuer", "key_id")
    for order in ("c1c3c2", "c1c2c3")
    for form in ("asn1", "raw", "bare")
    for gcm_oid in ((8, 10) if suite == suite_sm.GCM else (8,))
]


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[java.Peer]:
    with java.running(tmp_path_factory.mktemp("peer")) as running:
        yield running


def words(agreed: Agreed) -> str:
    """The spelling as the peer is told it."""
    cipher = "gcm" if agreed.suite == suite_sm.GCM else "cbc"
    return f"{cipher} {agreed.types} {agreed.recipient} {agreed.order} {agreed.form} {agreed.gcm_oid}"


def pkcs8(own: OwnKey) -> bytes:
    assert isinstance(own.private, Sm2PrivateKey)
    return own.private.pkcs8


def signed_there(peer: java.Peer, case: Case, *, attributes: str = "attributes") -> bytes:
    agreed = case.suite
    assert isinstance(agreed, Agreed)
    key, certificate = pkcs8(case.bank), case.bank.certificate.der
    return peer.ask("sign", key, certificate, CONTENT, agreed.types, attributes, agreed.user_id)


@pytest.mark.parametrize("agreed", SPELLINGS, ids=words)
def test_rule_088_089_the_peer_opens_and_verifies_ours_spelled_as_agreed(peer: java.Peer, agreed: Agreed) -> None:
    case = Case(agreed, "sm2")
    for size in (None, len(CONTENT)):
        inner = peer.ask("open", case.seal(size=size), pkcs8(case.us), words(agreed))
        assert CONTENT == peer.ask("verify", inner, case.bank.certificate.der, agreed.user_id)


@pytest.mark.parametrize("agreed", SPELLINGS, ids=words)
def test_rule_088_089_we_open_and_verify_what_the_peer_seals(peer: java.Peer, agreed: Agreed) -> None:
    case = Case(agreed, "sm2")
    parcel = peer.ask("seal", case.us.certificate.der, signed_there(peer, case), words(agreed))
    assert CONTENT == case.open(parcel)
    assert CONTENT == Case(Agreed(suite_sm.CBC), "sm2").open(parcel)


@pytest.mark.parametrize("types", ["gm", "pkcs7"])
@pytest.mark.parametrize("user_id", USER_IDS)
def test_the_user_id_is_part_of_the_signature(peer: java.Peer, types: str, user_id: str) -> None:
    ours = dataclasses.replace(Agreed(suite_sm.CBC), types=types, user_id=user_id)
    theirs = dataclasses.replace(ours, user_id="somebody else")
    case, other = Case(ours, "sm2"), Case(theirs, "sm2")

    parcel = peer.ask("seal", case.us.certificate.der, signed_there(peer, case), words(ours))
    assert CONTENT == case.open(parcel)
    assert "seal-signature-wrong" == refused(lambda: other.open(parcel))

    inner = peer.ask("open", case.seal(), pkcs8(case.us), words(ours))
    assert CONTENT == peer.ask("verify", inner, case.bank.certificate.der, user_id)
    with pytest.raises(java.RefusedByPeer):
        peer.ask("verify", inner, case.bank.certificate.der, "somebody else")


@pytest.mark.parametrize("types", ["gm", "pkcs7"])
def test_a_signature_of_the_peer_over_the_bare_content_is_read_where_that_was_agreed(peer: java.Peer, types: str) -> None:
    strict = dataclasses.replace(Agreed(suite_sm.GCM), types=types)
    lenient = dataclasses.replace(strict, attributes="optional")
    case = Case(lenient, "sm2")
    parcel = peer.ask("seal", case.us.certificate.der, signed_there(peer, case, attributes="none"), words(lenient))

    assert CONTENT == case.open(parcel)
    assert "seal-attributes-missing" == refused(lambda: Case(strict, "sm2").open(parcel))


@pytest.mark.parametrize("types", ["gm", "pkcs7"])
@pytest.mark.parametrize("user_id", USER_IDS)
def test_a_signature_beside_its_content_holds_both_ways(peer: java.Peer, types: Literal["gm", "pkcs7"], user_id: str) -> None:
    agreed = Agreed(suite_sm.GCM, types=types, user_id=user_id)  # as messages and receipts of a line carry it
    bank = Case(agreed, "sm2").bank
    certificate = bank.certificate.der

    theirs = peer.ask("sign beside", pkcs8(bank), certificate, CONTENT, types, user_id)
    assert bank.certificate == detached.verify(CONTENT, theirs, [bank.certificate], AT, agreed)
    assert "seal-content-changed" == refused(lambda: detached.verify(CONTENT + b" ", theirs, [bank.certificate], AT, agreed))

    ours = detached.sign(CONTENT, bank, AT, agreed)
    assert CONTENT == peer.ask("verify beside", ours, CONTENT, certificate, user_id)
    with pytest.raises(java.RefusedByPeer):
        peer.ask("verify beside", ours, CONTENT + b" ", certificate, user_id)


def test_what_is_changed_is_refused_there_too(peer: java.Peer) -> None:
    agreed = Agreed(suite_sm.GCM)
    case = Case(agreed, "sm2")
    parcel = bytearray(case.seal(size=len(CONTENT)))
    parcel[-1] ^= 1
    with pytest.raises(java.RefusedByPeer, match="mac check"):
        peer.ask("open", bytes(parcel), pkcs8(case.us), words(agreed))
