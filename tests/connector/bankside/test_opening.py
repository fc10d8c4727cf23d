"""What a simulated bank knows of the centre while the centre's keys change: old and new side by side."""

from datetime import timedelta
from pathlib import Path

import pytest

from connector.bankside import opening
from connector.bankside.respond import respond
from tests.connector.bankside.centre import Centre, City
from tests.connector.bankside.conftest import NOW, OpenedBank, Opens
from transports.errors import UnknownKey

LATER = NOW + timedelta(hours=1)


def asked(bank: OpenedBank, centre: Centre, city: City, seq: int) -> set[tuple[str, str]]:
    """One more inquiry under the newest key the centre has at its moment: how it ended, and why."""
    bank.receive(*centre.ask(bank.profile, bank.code, bank.handed.encrypt, city.lines.slice(0, 3), seq=seq))
    return {(each.ended, each.code) for each in respond(bank.desk(), centre.now)}


def test_c4_the_centres_two_certificates_exchanged_are_refused_before_anything_is_made(
    open_a_bank: Opens, centre: Centre, tmp_path: Path
) -> None:
    bank, given = open_a_bank("hxcb"), centre.certificates()
    swapped = opening.Centre(given.encrypt, given.sign)
    plan = opening.Plan("903", "Bank", "hxcb", tmp_path)
    for act in (
        lambda: opening.acquaint(bank.handed.bank, swapped),
        lambda: opening.open_bank(tmp_path / "903", plan, swapped, NOW),
    ):
        with pytest.raises(UnknownKey) as refused:
            act()
        assert "key-use-differs" == refused.value.code
    assert not (tmp_path / "903").exists()


def test_c6_a_simulated_bank_takes_the_centres_new_certificates_beside_the_old(
    open_a_bank: Opens, centre: Centre, city: City
) -> None:
    bank, old = open_a_bank("hxcb"), centre.certificates()
    for alias, use in (("us/sign", "sign"), ("us/decrypt", "encrypt")):
        centre.ring.new(alias, use, "ec-p256", 365, LATER)
    new, centre.now = centre.certificates(), LATER
    assert {("refused", "seal-signer-unknown")} == asked(bank, centre, city, seq=1)

    both = opening.Centre([*old.sign, *new.sign], [*old.encrypt, *new.encrypt])
    assert [2, 0] == [opening.acquaint(bank.handed.bank, both) for _ in range(2)]

    assert {("answered", "")} == asked(bank, centre, city, seq=2)
    centre.now = NOW
    assert {("answered", "")} == asked(bank, centre, city, seq=3)
