"""Promises of rates.py: one dated table, and never a guess."""

from datetime import date
from decimal import Decimal

import pytest

from reconciliation.errors import BadRates, MissingRate, UnknownCurrency
from reconciliation.rates import Rates

DAY = date(2026, 11, 20)
ROW = {"currency": "USD", "date": "2026-11-20", "cny_per_unit": "7.0835"}


def test_rule_048_a_rate_is_that_of_the_day() -> None:
    rates = Rates.from_rows([ROW], "rates.csv")

    assert Decimal("7.0835") == rates.rate("USD", DAY)
    assert Decimal(1) == rates.rate("CNY", date(1999, 1, 1))


@pytest.mark.parametrize(("currency", "day"), [("EUR", DAY), ("USD", date(2026, 11, 21))])
def test_a_missing_rate_names_currency_day_and_table(currency: str, day: date) -> None:
    with pytest.raises(MissingRate) as missing:
        Rates.from_rows([ROW], "rates.csv").rate(currency, day)

    for said in (currency, str(day), "rates.csv"):
        assert said in missing.value.en
        assert said in missing.value.zh


@pytest.mark.parametrize(
    "change",
    [{"date": "2026-13-01"}, {"cny_per_unit": "7,08"}, {"cny_per_unit": "0"}, {"cny_per_unit": "-1"}, {"cny_per_unit": "NaN"}],
)
def test_a_bad_row_is_named(change: dict[str, str]) -> None:
    with pytest.raises(BadRates, match="row 2"):
        Rates.from_rows([ROW, ROW | change], "rates.csv")


def test_two_rates_for_one_day_are_refused() -> None:
    with pytest.raises(BadRates, match="row 2"):
        Rates.from_rows([ROW, ROW | {"cny_per_unit": "7.1"}], "rates.csv")


def test_an_unknown_currency_is_refused_with_the_table() -> None:
    with pytest.raises(UnknownCurrency):
        Rates.from_rows([ROW | {"currency": "RMB"}], "rates.csv")


def test_only_the_currencies_asked_for_come_back() -> None:
    expected = {"USD": Decimal("7.0835")}
    assert expected == Rates.from_rows([ROW], "rates.csv").on(DAY, ["CNY", "USD", "USD"])
