"""Promises of household.py: a person prints without name and number."""

from datetime import date

from reconciliation.household import Household, Person


def test_a_household_prints_no_name_and_no_number() -> None:
    person = Person("R:110105195507013472", "杨娜", "deposit")
    household = Household("H1", "低保", "321283", date(2026, 11, 1), date(2026, 11, 20), date(2026, 5, 20), None, (person,))
    printed = f"{household} {household!r} {person}"

    assert "杨娜" not in printed
    assert "19550701" not in printed
