"""A bank trusted by chain: what it seals opens while its certificate leads to the anchor and is on no list; a newer one only where said."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest

from bank_profiles.language.seal import Seal
from connector.roads.signatures import verifier
from tests.contracts.cms_contract import AT
from tests.contracts.seal_contract import CONTENT, refused
from tests.transports.sealing.test_chains import DAY, ENCRYPTS, Ca, ca_of, issued
from transports.channel import Aliases, Channel
from transports.sealing import cms
from transports.sealing.certificates import OwnKey
from transports.sealing.certificates.chains import Chains
from transports.sealing.certificates.revocation import RevocationList
from transports.sealing.cms import detached
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import BLOCKED

ALIASES = Aliases("bank/encrypt", "bank/sign", "us/sign", "us/decrypt")
SUITES: dict[str, Seal] = {"sm2": "sm2-sm4gcm-sm3", "ec-p256": "cms-aes256gcm", "rsa3072": "cms-aes256gcm"}


@dataclasses.dataclass
class House:
    """A centre that holds a bank's two certificates of a CA; ``chains`` is what lies in the CA's folder now."""

    ca: Ca
    ring: KeyRing
    chains: Chains

    @property
    def suite(self) -> Seal:
        return SUITES[self.ca.kind]

    @property
    def channel(self) -> Channel:
        return Channel(str(self.suite), self.ring, ALIASES, chains=lambda: self.chains)

    def lies_there(self, *lists: RevocationList, more: Sequence[OwnKey] = (), successors: bool = False) -> None:
        self.chains = self.ca.chains(*lists, more=more, successors=successors)

    def open(self, parcel: bytes) -> bytes:
        return b"".join(self.channel.open(lambda: iter([parcel]), AT, witness="us/witness"))

    def from_bank(self, signer: OwnKey | None = None) -> bytes:
        ours = self.ring.own(ALIASES.our_decrypt, AT)[0].certificate
        signer = signer or self.ca.bank
        return b"".join(cms.seal([CONTENT], suite=str(self.suite), signer=signer, recipients=[ours], at=AT))


@pytest.fixture(params=SUITES)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    ca, ring = ca_of(request.param), KeyRing.create(tmp_path / "keys", b"secret")
    for alias, use in ((ALIASES.our_sign, "sign"), (ALIASES.our_decrypt, "encrypt"), ("us/witness", "sign")):
        ring.new(alias, use, ca.kind, 365, AT - DAY)
    ring.import_certificate(ALIASES.peer_sign, ca.bank.certificate.pem, evidence="letter 1")
    ring.import_certificate(ALIASES.peer_encrypt, ca.opens.certificate.pem, evidence="letter 1")
    return House(ca, ring, ca.chains())


def opened_by(own: OwnKey, house: House, parcel: bytes) -> bytes:
    signers = [each.certificate for each in house.ring.own_any(ALIASES.our_sign)]
    return b"".join(cms.open_verified(lambda: iter([parcel]), suite=str(house.suite), decrypt=[own], signers=signers, at=AT))


def test_both_ways_while_everything_holds(house: House) -> None:
    assert CONTENT == house.open(house.from_bank())
    assert CONTENT == opened_by(house.ca.opens, house, b"".join(house.channel.seal([CONTENT], AT)))


def test_a_revoked_bank_is_neither_believed_nor_sealed_for(house: House) -> None:
    house.lies_there(*house.ca.lists(house.ca.bank, house.ca.opens))
    assert "key-revoked" == refused(lambda: house.channel.open(lambda: iter([house.from_bank()]), AT))
    assert "key-revoked" == refused(lambda: house.channel.seal([CONTENT], AT))


def test_a_certificate_by_letter_that_is_of_another_authority_is_refused(house: House) -> None:
    alone = issued(house.ca.kind, "bank alone")
    house.ring.import_certificate(ALIASES.peer_sign, alone.certificate.pem, evidence="letter 2")
    assert "key-unchained" == refused(lambda: house.open(house.from_bank(alone)))


def test_a_stranger_is_a_stranger_though_its_certificate_leads_to_the_anchor(house: House) -> None:
    stranger = issued(house.ca.kind, "another bank", house.ca.middle)
    for successors in (False, True):
        house.lies_there(more=[stranger], successors=successors)
        assert "seal-signer-unknown" == refused(lambda: house.open(house.from_bank(stranger)))


def newer(house: House) -> tuple[OwnKey, OwnKey]:
    """The bank's next certificates: the same subject, fresh keys, longer."""
    ca, begin = house.ca, AT - DAY
    signs = issued(ca.kind, "bank", ca.middle, own_key="bank anew", begin=begin)
    return signs, issued(ca.kind, "bank", ca.middle, own_key="bank opens anew", begin=begin, says=ENCRYPTS)


def test_a_newer_certificate_of_the_same_subject_is_taken_where_the_connection_says_so(house: House) -> None:
    signs, opens = newer(house)
    house.lies_there(more=[signs, opens])
    assert "seal-signer-unknown" == refused(lambda: house.open(house.from_bank(signs)))
    house.lies_there(more=[signs, opens], successors=True)
    assert CONTENT == house.open(house.from_bank(signs)) == house.open(house.from_bank())  # both, while they overlap
    assert CONTENT == opened_by(opens, house, b"".join(house.channel.seal([CONTENT], AT)))


def test_a_newer_certificate_is_held_against_the_lists_too(house: House) -> None:
    signs, opens = newer(house)
    house.lies_there(*house.ca.lists(signs, opens), more=[signs, opens], successors=True)
    assert "key-revoked" == refused(lambda: house.open(house.from_bank(signs)))
    parcel = b"".join(house.channel.seal([CONTENT], AT))  # for the newest that holds: the one before
    assert CONTENT == opened_by(house.ca.opens, house, parcel)


def test_what_was_blocked_in_the_ring_does_not_come_back_by_the_folder(house: House) -> None:
    signs, _ = newer(house)
    blocked = house.ring.import_certificate(ALIASES.peer_sign, signs.certificate.pem, evidence="letter 2")
    house.ring.set_state(blocked.id, BLOCKED)
    house.lies_there(more=[signs], successors=True)
    assert "seal-signer-withdrawn" == refused(lambda: house.open(house.from_bank(signs)))


def blocked(house: House, own: OwnKey) -> None:
    house.ring.set_state(next(each.id for each in house.ring.list() if each.fingerprint == own.certificate.fingerprint), BLOCKED)


def test_c8_a_blocked_key_does_not_come_back_by_a_certificate_its_ca_renewed(house: House) -> None:
    """The CA of the bank does not know what we know: it certifies the stolen key once more, and another certificate is active here."""
    ca, begin, (signs, opens) = house.ca, AT - DAY, newer(house)
    house.ring.import_certificate(ALIASES.peer_sign, signs.certificate.pem, evidence="letter 2")
    house.ring.import_certificate(ALIASES.peer_encrypt, opens.certificate.pem, evidence="letter 2")
    renewed = issued(ca.kind, "bank", ca.middle, begin=begin + DAY / 2)
    opens_renewed = issued(ca.kind, "bank", ca.middle, own_key="bank opens", begin=begin + DAY / 2, says=ENCRYPTS)
    assert (ca.bank.private, ca.opens.private) == (renewed.private, opens_renewed.private)
    house.lies_there(more=[renewed, opens_renewed], successors=True)
    assert CONTENT == house.open(house.from_bank(renewed))
    assert CONTENT == opened_by(opens_renewed, house, b"".join(house.channel.seal([CONTENT], AT)))

    for own in (ca.bank, ca.opens):
        blocked(house, own)
    assert "seal-signer-withdrawn" == refused(lambda: house.open(house.from_bank(renewed)))
    assert CONTENT == house.open(house.from_bank(signs))
    assert CONTENT == opened_by(opens, house, b"".join(house.channel.seal([CONTENT], AT)))


def test_c8_a_newer_certificate_that_only_the_folder_holds_can_be_blocked(house: House) -> None:
    signs, _ = newer(house)
    house.lies_there(more=[signs], successors=True)
    assert CONTENT == house.open(house.from_bank(signs))
    entry = house.ring.block_newer(ALIASES.peer_sign, signs.certificate)
    assert BLOCKED == entry.state
    assert "seal-signer-withdrawn" == refused(lambda: house.open(house.from_bank(signs)))
    assert CONTENT == house.open(house.from_bank())
    assert "key-known" == refused(lambda: house.ring.block_newer(ALIASES.peer_sign, signs.certificate))


def test_c8_with_a_newer_certificate_of_the_same_key_the_one_of_the_letter_is_blocked(house: House) -> None:
    renewed = issued(house.ca.kind, "bank", house.ca.middle, begin=AT - DAY)
    house.lies_there(more=[renewed], successors=True)
    house.ring.block_newer(ALIASES.peer_sign, renewed.certificate)
    for own in (renewed, house.ca.bank):
        assert "seal-signer-withdrawn" == refused(lambda own=own: house.open(house.from_bank(own)))


def test_without_a_certificate_by_letter_there_is_nothing_to_succeed(house: House) -> None:
    for entry in house.ring.list():
        if entry.alias in (ALIASES.peer_sign, ALIASES.peer_encrypt):
            house.ring.set_state(entry.id, BLOCKED)
    house.lies_there(more=newer(house), successors=True)
    assert "seal-signer-withdrawn" == refused(lambda: house.open(house.from_bank()))
    assert "alias-blocked" == refused(lambda: house.channel.seal([CONTENT], AT))


def test_our_own_witness_needs_no_chain(house: House) -> None:
    parcel = b"".join(house.channel.seal_as_witness([CONTENT], AT, "us/witness"))
    assert CONTENT == house.open(parcel)


def test_a_signature_of_a_message_is_held_against_the_lists(house: House) -> None:
    signature = detached.sign(CONTENT, house.ca.bank, AT, str(house.suite))

    def holds() -> bool:
        alias = f"cert:{ALIASES.peer_sign}"
        return verifier(house.ring, alias, lambda: AT, house.suite, lambda: house.chains)("", CONTENT, signature)

    assert holds()
    house.lies_there(*house.ca.lists(house.ca.bank))
    assert not holds()


def test_openpgp_knows_no_authorities(house: House) -> None:
    channel = dataclasses.replace(house.channel, suite="openpgp")
    assert "key-unsuitable" == refused(lambda: channel.seal([CONTENT], AT))
