"""A bank whose certificate came without its returned letter is not asked; the others are."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.assembly import clock
from connector.bankside.invented import invent
from connector.founding import KEY_DAYS
from tests.contracts.cms_contract import party
from tests.town import Town
from transports.sealing.keyring import KeyRing


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    city = tmp_path_factory.mktemp("city")
    invent(city, households=2, banks=2)
    with Town(tmp_path_factory.mktemp("town"), city) as made:
        made.intake()
        yield made


@pytest.fixture
def town(founded: Town, tmp_path: Path) -> Iterator[Town]:
    """The ring as it was founded, for each test."""
    shutil.copytree(founded.dir / "keys", tmp_path / "keys")
    yield founded
    shutil.rmtree(founded.dir / "keys")
    shutil.copytree(tmp_path / "keys", founded.dir / "keys")


@pytest.mark.parametrize(("use", "encrypts"), [("sign", False), ("encrypt", True)])
def test_c4_a_certificate_without_its_letter_stops_its_bank_and_no_other(town: Town, use: str, encrypts: bool) -> None:
    one, other = sorted(bank["code"] for bank in town.institutions)
    ring = town.ring()
    stranger = party("ec-p256", "slipped in", encrypts=encrypts).certificate
    key = ring.import_certificate(f"{one}/{use}", stranger.pem).id

    banks = town.deployment().parts.banks
    assert ([other], "letter-missing") == (sorted(banks.working), banks.broken[one]["code"])
    assert one in banks.awaited  # its lines wait, they are not lost
    assert f"{one}/{use} ({key})" in banks.broken[one]["en"]
    assert stranger.fingerprint[:16] == key

    ring.set_state(key, "retired")
    assert sorted([one, other]) == sorted(town.deployment().parts.banks.working)


def test_c4_our_own_keys_need_no_letter_of_ours(town: Town) -> None:
    ring: KeyRing = town.ring()
    ring.new("us/sign", "sign", "ec-p256", KEY_DAYS, clock())
    assert {} == town.deployment().parts.banks.broken
