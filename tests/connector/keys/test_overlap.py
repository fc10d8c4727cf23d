"""Keys change while work is under way: what was sealed, signed or acknowledged under the old ones holds beside the new (C6, rule 92)."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest

from bank_profiles.language.seal import Seal
from connector.assembly import clock
from connector.bankside.respond import respond
from connector.ledger import key_use, rosters
from connector.roads.agreed_seals import agreed_seal
from connector.roads.signatures import signer, verifier
from tests.town import Town, differences
from transports.channel import Aliases, Channel
from transports.errors import TransportError
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.entries import ANY
from transports.sealing.keyring.kept import KeptKeys

# One suite of each family, and the kind of key it takes.
SUITES: Mapping[Seal, str] = {"cms-aes256gcm": "ec-p256", "sm2-sm4gcm-sm3": "sm2", "openpgp": "pgp-ed25519"}
BEGAN = clock().replace(microsecond=0)  # an OpenPGP key begins when it is made
CHANGE = BEGAN + timedelta(days=30)
OLD_ENDS = BEGAN + timedelta(days=60)
AFTER = CHANGE + timedelta(days=1)
MOMENTS = {"before": BEGAN + timedelta(days=1), "overlap": AFTER, "old one over": OLD_ENDS + timedelta(days=1)}
USES = {"us/sign": "sign", "us/decrypt": "encrypt"}
PLACES = ("sign", "verify", "encrypt", "decrypt", "receipt sign", "receipt verify")


class Side:
    """One house: its ring, and what it calls the keys of an exchange."""

    def __init__(self, folder: Path, suite: Seal) -> None:
        self.suite = suite
        self.ring = KeyRing.create(folder, b"a secret of this side")
        self.make(BEGAN, 60)

    def make(self, at: datetime, days: int) -> None:
        """A key for each use, valid from ``at``."""
        for alias, use in USES.items():
            self.ring.new(alias, use if self.keys is self.ring.x509 else ANY, SUITES[self.suite], days, at)

    def meet(self, peer: "Side") -> None:
        """Take in the peer's newest certificates."""
        for alias, use in USES.items():
            self.ring.import_certificate(f"them/{use}", peer.ring.certificate(alias).pem, evidence="HD-1")

    @property
    def keys(self) -> KeptKeys[Any, Any]:
        """The keys its suite takes."""
        return self.ring.pgp if self.suite == "openpgp" else self.ring.x509

    @property
    def channel(self) -> Channel:
        return Channel(agreed_seal(self.suite), self.ring, Aliases("them/encrypt", "them/sign", "us/sign", "us/decrypt"))


@pytest.fixture(scope="module", params=SUITES)
def sides(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Side, Side]:
    """Two houses that exchanged old and new keys, the new ones ahead of their first day."""
    centre, bank = (Side(tmp_path_factory.mktemp(name) / "keys", request.param) for name in ("centre", "bank"))
    for each, peer in ((centre, bank), (bank, centre)):
        each.meet(peer)
    for each in (centre, bank):
        each.make(CHANGE, 365)
    for each, peer in ((centre, bank), (bank, centre)):
        each.meet(peer)
    return centre, bank


def parcel(one: Side, other: Side, made_at: datetime, used_at: datetime) -> tuple[str, str]:
    """Seal, carry, open; the fingerprints of the keys that signed and that opened."""
    sealed = b"".join(one.channel.seal([b"content"], made_at, 7))
    opened = other.channel.open(lambda: iter([sealed]), used_at)
    signed, recipient = opened.signers[0].fingerprint, opened.recipient.fingerprint
    assert b"content" == b"".join(opened)
    return signed, recipient


def newest(side: Side, alias: str, at: datetime) -> str:
    return str(side.keys.own(alias, at)[0].certificate.fingerprint)


def receipt(one: Side, other: Side, made_at: datetime, used_at: datetime) -> bool:
    sign = signer(one.ring, "us/sign", lambda: made_at, one.suite)
    holds = verifier(other.ring, "them/sign", lambda: used_at, other.suite)
    return holds("", b"taken", sign(b"taken"))


Act = Callable[[Side, Side, datetime, datetime], bool]


def _sealed(centre: Side, bank: Side, made: datetime, used: datetime) -> bool:
    """By the newest keys of the day it was made. An OpenPGP certificate shows no later first day: its new one may be sealed to before."""
    signed, recipient = parcel(centre, bank, made, used)
    to = [own.certificate.fingerprint for own in bank.keys.own_any("us/decrypt")]
    if bank.suite != "openpgp":
        to = [newest(bank, "us/decrypt", made)]
    return signed == newest(centre, "us/sign", made) and recipient in to


ACTS: Mapping[str, Act] = {
    "sign": _sealed,
    "encrypt": _sealed,
    "verify": lambda centre, bank, made, used: _sealed(bank, centre, made, used),
    "decrypt": lambda centre, bank, made, used: _sealed(bank, centre, made, used),
    "receipt sign": receipt,
    "receipt verify": lambda centre, bank, made, used: receipt(bank, centre, made, used),
}


def outcome(act: Callable[[], bool]) -> str:
    """held, not held, or the code of the refusal."""
    try:
        return "held" if act() else "not held"
    except TransportError as refused:
        return refused.code


@pytest.mark.parametrize(
    ("place", "made", "used"), [(place, *pair) for place in PLACES for pair in combinations_with_replacement(MOMENTS, 2)]
)
def test_c6_rule_092_what_was_made_by_either_key_holds_while_it_is_valid(
    sides: tuple[Side, Side], place: str, made: str, used: str
) -> None:
    """``made`` under the newest key of its day, ``used`` on a later day: a signature is judged by the day the parcel arrived."""
    outlived = made == "before" and used == "old one over"
    expected = {"seal-signer-expired", "not held"} if outlived else {"held"}
    assert outcome(lambda: ACTS[place](*sides, MOMENTS[made], MOMENTS[used])) in expected


@pytest.mark.parametrize("suite", SUITES)
def test_c6_what_arrived_before_the_old_key_ended_opens_after_it(tmp_path: Path, suite: Seal) -> None:
    """The day of arrival counts (Sealed.arrived_at), and a key of ours opens whatever its dates."""
    centre, bank = Side(tmp_path / "c", suite), Side(tmp_path / "b", suite)
    for each, peer in ((centre, bank), (bank, centre)):
        each.meet(peer)
    old = newest(centre, "us/decrypt", MOMENTS["before"])
    sealed = b"".join(bank.channel.seal([b"content"], MOMENTS["before"], 7))
    centre.make(CHANGE, 365)
    assert old not in [each.certificate.fingerprint for each in centre.keys.own("us/decrypt", MOMENTS["old one over"])]
    opened = centre.channel.open(lambda: iter([sealed]), MOMENTS["before"])
    assert (old, b"content") == (opened.recipient.fingerprint, b"".join(opened))


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("place", PLACES)
def test_c6_a_side_that_has_not_taken_the_new_key_in_yet_reads_the_old_and_refuses_the_new(
    tmp_path: Path, place: str, suite: Seal
) -> None:
    """The change goes wrong safely: nothing is believed, and the day of the change is what the overlap is for."""
    centre, bank = Side(tmp_path / "c", suite), Side(tmp_path / "b", suite)
    for each, peer in ((centre, bank), (bank, centre)):
        each.meet(peer)
    changed = bank if place in ("verify", "encrypt", "receipt verify") else centre
    changed.make(CHANGE, 365)
    before, after = CHANGE - timedelta(minutes=1), AFTER

    assert ACTS[place](centre, bank, before, after)
    if place in ("encrypt", "decrypt"):  # sealed to the old key still: its owner opens it
        other = bank if changed is centre else centre
        sealed = b"".join(other.channel.seal([b"content"], after, 7))
        with_old = changed.keys.own_any("us/decrypt")[-1].certificate.fingerprint
        assert with_old == changed.channel.open(lambda: iter([sealed]), after).recipient.fingerprint
        return
    assert outcome(lambda: ACTS[place](centre, bank, after, after)) in {"seal-signer-unknown", "not held"}


# ---------------------------------------------------------------- in the middle of a city

SENT, ANSWERED, SEALED, NEW = "sent", "answered", "sealed", "new"  # how far a bank was when the keys changed


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Iterator[Town]:
    """The city with its eight banks, two of them at each of the four places a change of keys can find them."""
    with Town(tmp_path_factory.mktemp("town"), samples / "city" / "seed1") as made:
        yield made


def test_c6_rule_092_all_keys_change_in_the_middle_of_a_city(city: Town) -> None:
    codes = [bank["code"] for bank in city.institutions]
    stood = {code: (ANSWERED, SENT, SEALED, NEW)[number // 2] for number, code in enumerate(codes)}
    city.intake()
    before = clock()
    with _away(city, [code for code in codes if stood[code] == NEW]):
        city.step("gather", now=before)
    with _away(city, [code for code in codes if stood[code] in (NEW, SEALED)]):
        city.step("dispatch", now=before)
    for code in codes:
        if stood[code] == ANSWERED:
            _respond(city, code, before)
    change = before + timedelta(minutes=10)
    _change_all_keys(city, codes, change)

    after = change + timedelta(minutes=1)
    city.step("gather", "dispatch", now=after)
    for code in codes:
        _respond(city, code, after)
    ended = city.step("collect", "settle", "conclude", now=after)

    assert [] == [problem for each in ended.values() for problem in each.problems]
    assert [] == differences(city, city.city)
    assert _expected(city, stood, before, after) == _used(city)


class _away:
    """Some banks' connections cannot be read for a while: what is theirs waits."""

    def __init__(self, town: Town, codes: list[str]) -> None:
        self.kept = {(path := town.dir / "connections" / f"{code}.yaml"): path.read_text("utf-8") for code in codes}

    def __enter__(self) -> None:
        for path in self.kept:
            path.write_text(f'institution: {{code: "{path.stem}"}}\n', "utf-8")

    def __exit__(self, *_: object) -> None:
        for path, text in self.kept.items():
            path.write_text(text, "utf-8")


def _respond(town: Town, code: str, at: datetime) -> None:
    assert not [handled for handled in respond(town.desk(code), at) if handled.code]


def _change_all_keys(town: Town, codes: list[str], at: datetime) -> None:
    """Everybody gets new keys for both uses, and has everybody's before their first moment."""
    ours = town.ring()
    for alias, use in (("us/sign", "sign"), ("us/decrypt", "encrypt")):
        ours.new(alias, use, "ec-p256", 365, at)
    for code in codes:
        theirs = town.desk(code).ring
        for alias, use in (("us/sign", "sign"), ("us/decrypt", "encrypt")):
            theirs.new(alias, use, "ec-p256", 365, at)
            theirs.import_certificate(f"centre/{use}", ours.certificate(alias).pem, use=use, evidence="HD-2")
            ours.import_certificate(f"{code}/{use}", theirs.certificate(alias).pem, use=use, evidence="HD-2")


Uses = dict[str, dict[str, set[str]]]  # bank → use → ids of the keys


def _expected(town: Town, stood: Mapping[str, str], before: datetime, after: datetime) -> Uses:
    """The keys of the day on which each parcel was sealed, ours and theirs."""
    ours, found = town.ring(), Uses()
    for code, stand in stood.items():
        asked, answered = (after if stand == NEW else before), (before if stand == ANSWERED else after)
        found[code] = {
            "sign": {ours.own("us/sign", asked)[0].certificate.fingerprint[:16]},
            "encrypt": {ours.peers(f"{code}/encrypt", asked)[0].fingerprint[:16]},
            "verify": {ours.peers(f"{code}/sign", answered)[0].fingerprint[:16]},
            "decrypt": {ours.own("us/decrypt", answered)[0].certificate.fingerprint[:16]},
        }
    return found


def _used(town: Town) -> Uses:
    """What the ledger says: the keys each bank's batches and files were sealed and opened by."""
    found = Uses()
    with town.ledger().read() as tx:
        assert {batch.state for batch in rosters.batches(tx)} == {"ANSWERED"}
        for entry in town.ring().list():
            for row in (*key_use.batches(tx, entry.id), *key_use.files(tx, entry.id)):
                found.setdefault(row.institution, {}).setdefault(row.use, set()).add(entry.id)
    return found
