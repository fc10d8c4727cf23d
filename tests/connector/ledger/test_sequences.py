"""The number of a parcel: unique per bank and day, or for ever where the bank wants that; and the same after every restart."""

from contextlib import suppress
from datetime import date

import pytest
from sqlalchemy import Connection, insert

from connector.ledger import rosters
from connector.ledger.ledger import Ledger
from connector.ledger.tables import roster

MONDAY, TUESDAY = date(2026, 1, 5), date(2026, 1, 6)


def _next(ledger: Ledger, day: date, *, resets: bool = True, bank: str = "B1") -> int:
    with ledger.begin() as tx:
        return rosters.next_sequence(tx, bank, day, resets=resets)


def _sent(tx: Connection, day: date, number: int) -> None:
    """A parcel that went out under this number."""
    at = "2026-01-05T08:00:00.000000+00:00"
    made = {"centre": "C1", "region": "440106"}
    key = tx.execute(insert(roster).values(**made, institutions=["B1"], urgent=False, lines=1, made_at=at)).inserted_primary_key
    assert key is not None
    rosters.add_batch(
        tx, **made, number=f"{day:%Y%m%d}{number}", roster=key[0], first=0, lines=1, institution="B1", profile="p", edition="1", sequence=number,
        sequence_day=day, state_at=at, parcel_name=f"{day}-{number}", parcel_digest="", parcel_size=0, sealed_at=at, vector=b"", counts={},
    )  # fmt: skip


def test_rule_020_a_number_is_given_once_per_bank_and_day(ledger: Ledger) -> None:
    given = [_next(ledger, day, bank=bank) for bank in ("B1", "B2") for day in (MONDAY, TUESDAY) for _ in range(3)]

    assert [1, 2, 3] * 4 == given


@pytest.mark.parametrize("resets", [True, False])
def test_rule_020_numbers_survive_a_restart(ledger: Ledger, ledger_url: str, resets: bool) -> None:
    _next(ledger, MONDAY, resets=resets)

    again = Ledger.open(ledger_url)
    try:
        assert 2 == _next(again, MONDAY, resets=resets)
    finally:
        again.close()


def test_rule_020_what_was_not_made_spends_no_number(ledger: Ledger) -> None:
    with suppress(KeyError), ledger.begin() as tx:
        rosters.next_sequence(tx, "B1", MONDAY)
        raise KeyError

    assert 1 == _next(ledger, MONDAY)


def test_rule_020_a_number_that_never_resets_goes_on_over_the_days(ledger: Ledger) -> None:
    assert [1, 2, 3] == [_next(ledger, day, resets=False) for day in (MONDAY, TUESDAY, TUESDAY)]


@pytest.mark.parametrize("resets", [True, False])
def test_rule_020_a_bank_that_changes_how_it_counts_gets_no_number_twice(ledger: Ledger, resets: bool) -> None:
    """New editions come in the middle of a day."""
    with ledger.begin() as tx:
        _sent(tx, MONDAY, 7)

    assert 8 == _next(ledger, MONDAY, resets=resets)
