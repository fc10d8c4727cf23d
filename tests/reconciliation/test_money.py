"""Promises of money.py: exact minor units, half up, whatever the size."""

from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.errors import UnknownCurrency
from reconciliation.money import divide_half_up, exponent, format_minor, to_cny_fen, to_cny_fen_column, yuan_to_fen

CURRENCIES = st.sampled_from(["CNY", "USD", "HKD", "EUR", "JPY", "KWD"])
MINOR = st.integers(-(2**55), 2**55)
RATES = {"USD": Decimal("7.0835"), "HKD": Decimal("0.9105"), "EUR": Decimal("8.2215"), "JPY": Decimal("0.046515")} | {
    "KWD": Decimal("23.1175")
}


@pytest.mark.parametrize(
    ("currency", "digits"), [("CNY", 2), ("JPY", 0), ("KWD", 3), ("BHD", 3), ("CLF", 4), ("MMK", 2), ("IQD", 3), ("KRW", 0)]
)
def test_rule_046_the_digits_are_those_of_iso_4217(currency: str, digits: int) -> None:
    assert digits == exponent(currency)


@pytest.mark.parametrize("code", ["RMB", "", "cny", "156"])
def test_an_unknown_currency_is_refused_by_name(code: str) -> None:
    with pytest.raises(UnknownCurrency, match=repr(code)) as refused:
        exponent(code)

    assert repr(code) in refused.value.zh


@pytest.mark.parametrize(
    ("minor", "currency", "rate", "fen"),
    [
        (5, "USD", "7.1", 36),  # 35.5 fen: half goes up
        (-5, "USD", "7.1", -36),  # and away from zero for what is owed
        (1, "JPY", "0.046515", 5),
        (1000, "KWD", "23.1175", 2312),
        (123, "CNY", "9", 123),
        (2**62, "JPY", "0.01", 2**62),
    ],
)
def test_a_cny_value_is_rounded_half_up_to_a_fen(minor: int, currency: str, rate: str, fen: int) -> None:
    assert fen == to_cny_fen(minor, currency, Decimal(rate))


@given(MINOR, CURRENCIES)
def test_a_cny_value_is_that_of_unlimited_decimals(minor: int, currency: str) -> None:
    wide = Context(prec=80, rounding=ROUND_HALF_UP)
    rate = RATES.get(currency, Decimal(1))
    exact = wide.multiply(Decimal(minor), rate).scaleb(2 - exponent(currency), wide)

    assert int(wide.quantize(exact, Decimal(1))) == to_cny_fen(minor, currency, rate)


@given(st.lists(st.tuples(MINOR, CURRENCIES), max_size=30))
def test_a_column_has_the_values_of_its_rows(rows: list[tuple[int, str]]) -> None:
    minor, currency = pa.array([m for m, _ in rows], pa.int64()), pa.array([c for _, c in rows], pa.string())

    expected = [to_cny_fen(m, c, RATES.get(c, Decimal(1))) for m, c in rows]
    assert expected == to_cny_fen_column(minor, currency, RATES).tolist()


def test_a_value_beyond_64_bits_is_never_wrapped() -> None:
    with pytest.raises(OverflowError):
        to_cny_fen_column(pa.array([2**62]), pa.array(["KWD"]), RATES)


def test_a_column_keeps_amounts_of_cny_as_they_are() -> None:
    largest = np.iinfo(np.int64).max

    assert [largest] == to_cny_fen_column(pa.array([largest]), pa.array(["CNY"]), {}).tolist()


@given(st.integers(), st.integers(1, 10**12))
def test_half_up_mirrors_at_zero(numerator: int, denominator: int) -> None:
    assert divide_half_up(numerator, denominator) == -divide_half_up(-numerator, denominator)
    assert 2 * abs(divide_half_up(numerator, denominator) * denominator - numerator) <= denominator


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(-123456, "CNY", "-1,234.56"), (-5, "CNY", "-0.05"), (0, "CNY", "0.00"), (1234567, "JPY", "1,234,567"), (1, "KWD", "0.001")],
)
def test_an_amount_is_written_with_the_digits_of_its_currency(minor: int, currency: str, text: str) -> None:
    assert text == format_minor(minor, currency)


def test_yuan_of_a_policy_become_fen() -> None:
    expected = [5000000, 84550, 1]
    assert expected == [yuan_to_fen("50000.00"), yuan_to_fen("845.5"), yuan_to_fen("0.005")]
