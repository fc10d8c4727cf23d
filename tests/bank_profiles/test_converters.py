"""Every spelling, there and back; what is not of it is refused, never guessed."""

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.language.words import Unit
from bank_profiles.values import kernels as columns
from bank_profiles.values import number_kernels
from bank_profiles.values.amounts import COUNT, Money, Number, Quantity, money, quantity
from bank_profiles.values.converters import BadValue, CodeList, Codes, Converter, Currency, Masked
from bank_profiles.values.dates import Clock, Day

CODES = Codes("product", {"101": "demand_deposit", "102": "time_deposit"}, {"demand_deposit": "101", "time_deposit": "102"}, True)
CURRENCIES = ["CNY", "JPY", "KWD"]
MONIES = [
    money("minor", None, None), money("fen", None, None), money("yuan", None, None), money("wan", None, None), money("li", None, None),
    money("yuan", 2, None), money("wan", 2, None), money("minor", None, "leading"), money("yuan", 2, "trailing"),
    money("minor", None, None, positive=True),
]  # fmt: skip
NUMBERS = [
    COUNT, Number(4, True), Number(2, False), Number(0, False, "leading"), Number(2, True, "trailing"), Number(2, True, "trailing_minus"),
    Number(2, True, "brackets", grouping=","), Number(2, False, "overpunch"), Number(3, True, point=",", grouping="."),
    Number(2, True, grouping=" "), Number(2, True, grouping="'"), Number(2, True, strip=("元", "(CN)", "約")), Number(0, True, grouping=","),
    Number(0, False, natural=True, grouping=",", strip=("笔",)), Number(4, False, "trailing_minus"), Number(2, True, plus=True),
]  # fmt: skip
STYLED = [
    Money("yuan", Number(6, True, grouping=",")), Money("yuan", Number(2, True, point=",", grouping="."), unsigned=True),
    Money("wan", Number(4, True), coarse=True), Money("fen", Number(0, False, "overpunch")),
]  # fmt: skip
MOMENTS: list[Converter] = [
    Day(("yyyyMMdd",)), Day(("yyyy-MM-dd",)), Day(("dd/MM/yyyy",)), Day(("yyMMdd",), 50), Day(("0CyyMMdd",)), Day(("yyyy年MM月dd日",)),
    Day(("yyyyMMddHHmmss",)), Clock(("HHmmss",)), Clock(("yyyy-MM-dd HH:mm:ss",)), Clock(("HH:mm",)),
]  # fmt: skip
QUANTITIES = [
    quantity(None, None),
    quantity(2, None),
    quantity(3, "overpunch"),
    Quantity(Number(8, True, point=",", grouping=".")),
]
KERNELS: list[Converter] = [*MONIES, *STYLED, *NUMBERS, *QUANTITIES, *MOMENTS, Masked(("X", "*")), Masked(("XX", "#"))]
TEXTS = st.one_of(
    st.from_regex(r"[-+]?[0-9]{0,20}(\.[0-9]{0,9})?[-+]?", fullmatch=True),
    st.from_regex(r"[元約]?[-+(]?[0-9]{1,3}([,. '][0-9]{3}){0,3}([,.][0-9]{0,4})?[-+)]?(元|\(CN\))?", fullmatch=True),
    st.from_regex(r"[0-9]{0,9}[A-R{}0-9]", fullmatch=True),
    st.from_regex(r"[0-9]{4}[01][0-9][0-3][0-9]", fullmatch=True),
    st.from_regex(r"0[012][0-9]{2}[01][0-9][0-3][0-9]", fullmatch=True),
    st.from_regex(r"(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]( [0-2][0-9]:[0-6][0-9]:[0-6][0-9])?", fullmatch=True),
    st.from_regex(
        r"[0-3][0-9]/[01][0-9]/[0-9]{4}|[0-9]{4}年[01][0-9]月[0-3][0-9]日|[0-2][0-9]:?[0-6][0-9](:?[0-9]{2})?", fullmatch=True
    ),
    st.from_regex(r"[0-9X*#]{1,12}", fullmatch=True),
    st.sampled_from(
        [
            "0x1F",
            "1e5",
            "１２",
            " 5",
            "5 ",
            "-",
            "+",
            ".",
            "",
            "5\n",
            "nan",
            "inf",
            "1_000",
            "−5",
            "0" * 5000 + "7",
            "7" * 5000,
            "20260229",
            "00010101",
            "٣",
        ]
    ),
)


def _plainly(converter: Converter, texts: list[str | None]) -> list[Any] | None:
    try:
        return [None if text is None else converter.read(text) for text in texts]
    except BadValue:
        return None


def _name(converter: Any) -> str:
    return repr(converter).replace("type=DataType", "")[:60]


@pytest.mark.parametrize("converter", KERNELS, ids=_name)
@settings(deadline=None)
@given(texts=st.lists(st.none() | TEXTS, max_size=4))
def test_a_whole_column_is_read_as_cell_by_cell(converter: Converter, texts: list[str | None]) -> None:
    column = columns.read_column(converter, pa.array(texts, pa.string()))

    assert _plainly(converter, texts) == (None if column is None else column.to_pylist())


@pytest.mark.parametrize("converter", MONIES, ids=_name)
@settings(deadline=None)
@given(amounts=st.lists(st.tuples(st.none() | st.integers(-(10**19), 10**19), st.sampled_from(CURRENCIES)), max_size=4))
def test_whole_columns_of_money_change_units_as_cell_by_cell(converter: Money, amounts: list[tuple[int | None, str]]) -> None:
    amounts = [(None if a is None or abs(a) > 10**18 - 1 else a, currency) for a, currency in amounts]
    written = pa.array([a for a, _ in amounts], pa.int64())
    currency = pa.array([c for _, c in amounts], pa.string())

    assert _each(converter.to_minor, amounts) == _list(columns.to_minor(converter, written, currency))
    assert _each(converter.from_minor, amounts) == _list(columns.from_minor(converter, written, currency))


def _each(change: Any, amounts: list[tuple[int | None, str]]) -> list[int | None] | None:
    try:
        return [None if amount is None else change(amount, currency) for amount, currency in amounts]
    except BadValue:
        return None


def _list(column: Any) -> list[Any] | None:
    return None if column is None else column.to_pylist()


@pytest.mark.parametrize("converter", [m for m in [*MONIES, *STYLED] if not (m.positive or m.unsigned)], ids=_name)
@settings(deadline=None)
@given(steps=st.integers(-(10**9), 10**9), currency=st.sampled_from(CURRENCIES))
def test_money_comes_back_from_its_text_to_the_last_minor_unit(converter: Money, steps: int, currency: str) -> None:
    minor = steps * 10 ** max(converter.power(currency), 0)
    written = converter.from_minor(minor, currency)
    text = converter.write(written, currency)
    column = columns.write_money(converter, pa.array([written, None], pa.int64()), pa.array([currency, currency]))

    assert [text, None] == column.to_pylist()
    assert minor == converter.to_minor(converter.read(text), currency)


@pytest.mark.parametrize("number", NUMBERS, ids=_name)
@settings(deadline=None)
@given(values=st.lists(st.none() | st.integers(-(10**18) + 1, 10**18 - 1), max_size=4))
def test_every_style_of_number_comes_back_and_columns_are_written_as_cells(number: Number, values: list[int | None]) -> None:
    values = [value if value is None or not number.natural else abs(value) for value in values]
    shown = number.places if number.shows_point else 0
    texts = [None if value is None else number.write(value, shown) for value in values]

    assert texts == number_kernels.write_numbers(number, pa.array(values, pa.int64()), shown).to_pylist()
    assert values == [None if text is None else number.read(text) for text in texts]


@pytest.mark.parametrize(
    ("number", "text", "value"),
    [
        (Number(2, True, grouping=","), "1,234,567.8", 123456780),
        (Number(2, True, point=",", grouping="."), "1.234.567,8", 123456780),
        (Number(2, True, point=","), "380115,", 38011500),
        (Number(2, True, plus=True), "+12.5", 1250),
        (Number(2, True, "brackets"), "(12.50)", -1250),
        (Number(2, True, "trailing_minus"), "12.50-", -1250),
        (Number(2, False, "overpunch"), "0012E", 125),
        (Number(2, False, "overpunch"), "0012}", -120),
        (Number(2, True, strip=("元", "(CN)")), "元 8.00(CN)", 800),
        (Number(2, True, grouping="'"), "1'000.00", 100000),
    ],
)
def test_a_number_is_read_in_the_style_that_is_said(number: Number, text: str, value: int) -> None:
    assert value == number.read(text)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Number(2, True), "+12.5"),
        (Number(2, True), "1,234.56"),
        (Number(2, True, grouping=","), "12,34.56"),
        (Number(2, True, grouping=","), "1,2345"),
        (Number(2, True, point=","), "1.5"),
        (Number(2, True), "100."),
        (Number(2, True), "1.2e3"),
        (Number(2, True), "(5.00)"),
        (Number(2, True, "trailing"), "5.00"),
        (Number(2, False, "overpunch"), "-125"),
    ],
)
def test_rule_046_a_number_in_another_style_is_refused(number: Number, text: str) -> None:
    with pytest.raises(BadValue) as bad:
        number.read(text)

    assert "not-a-number" == bad.value.code


def test_rule_046_groups_nobody_agreed_on_are_named_as_such() -> None:
    with pytest.raises(BadValue) as bad:
        money("yuan").read("1,234.56")

    assert "groups" in bad.value.what.en
    assert "grouping" in (bad.value.hint or bad.value.what).en


@pytest.mark.parametrize(
    ("converter", "text", "currency", "minor"),
    [
        (money("minor", None, None), "123456", "CNY", 123456),
        (money("minor", None, None), "-5000", "JPY", -5000),
        (money("yuan", None, None), "1234.56", "CNY", 123456),
        (money("yuan", None, None), "1234", "JPY", 1234),
        (money("yuan", None, None), "1.234", "KWD", 1234),
        (money("fen", None, None), "500000", "JPY", 5000),
        (money("wan", None, None), "1.2345", "CNY", 1234500),
        (money("yuan", 2, None), "000123456", "CNY", 123456),
        (money("yuan", 2, "leading"), "+00000100", "CNY", 100),
        (money("yuan", 2, "trailing"), "00000100-", "CNY", -100),
        (money("wan", 2, None), "123", "CNY", 1230000),
    ],
)
def test_units_are_exact_by_the_currency_of_the_row(converter: Money, text: str, currency: str, minor: int) -> None:
    assert minor == converter.to_minor(converter.read(text), currency)


@pytest.mark.parametrize(("unit", "text", "currency"), [("yuan", "0.005", "CNY"), ("yuan", "1.5", "JPY"), ("fen", "5", "JPY")])
def test_an_amount_finer_than_its_currency_is_refused(unit: Any, text: str, currency: str) -> None:
    converter = money(unit, None, None)
    with pytest.raises(BadValue) as bad:
        converter.to_minor(converter.read(text), currency)

    assert "not-money" == bad.value.code


def test_an_amount_finer_than_its_unit_is_not_written() -> None:
    with pytest.raises(BadValue) as bad:
        money("wan", 2, None).from_minor(1, "CNY")

    assert "too-fine" == bad.value.code


def test_a_coarse_unit_carries_its_resolution() -> None:
    assert 10_000 == money("wan", 2, None).resolution("CNY")
    assert [10_000, 100] == columns.resolution(money("wan", 2, None), pa.array(["CNY", "JPY"])).to_pylist()
    assert None is money("minor", None, None).resolution("CNY")
    assert 100 == Money("wan", Number(4, True), coarse=True).resolution("CNY")  # four decimals of 万元 are exact to 1 元


def test_the_amount_of_a_movement_is_never_below_zero() -> None:
    with pytest.raises(BadValue) as bad:
        money("minor", None, None, positive=True).read("-1")

    assert "negative-amount" == bad.value.code


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("1234****9876", "1234****9876"),
        ("XXXXXX0717", "******0717"),
        ("11010119900307123X", "11010119900307123X"),
        ("62XX77X", "62**77X"),
    ],
)
def test_a_mask_becomes_stars_and_a_check_digit_stays(text: str, kept: str) -> None:
    assert kept == Masked(("X", "*")).read(text)


@given(st.decimals(-(10**9), 10**9, places=6))
def test_units_and_prices_come_back(number: Decimal) -> None:
    for converter in (quantity(None, None), quantity(6, None)):
        assert number == converter.read(converter.write(number))


def test_a_price_finer_than_its_column_is_refused_not_rounded() -> None:
    with pytest.raises(BadValue):
        quantity(2, None).write(Decimal("1.005"))


def test_an_unknown_code_lists_the_known_ones() -> None:
    with pytest.raises(BadValue) as bad:
        CODES.read("305")

    assert ("unknown-code", "101 102", True) == (bad.value.code, bad.value.expected.en, bad.value.refuses_file)


def test_several_codes_in_one_column_are_sorted_words() -> None:
    scope = CodeList(Codes("scope", {"LC": "wealth", "CK": "deposit"}, {"wealth": "LC", "deposit": "CK"}, True), ",")

    assert "deposit,wealth" == scope.read("LC, CK")
    assert "CK,LC" == scope.write("deposit,wealth")


def test_a_currency_must_be_one() -> None:
    assert "CNY" == Currency().read("CNY")
    with pytest.raises(BadValue):
        Currency().read("RMB")


@pytest.mark.parametrize(("unit", "whole"), [("yuan", 14), ("wan", 10), ("yi", 6)])
def test_amounts_have_the_digits_their_message_says(unit: Unit, whole: int) -> None:
    assert int("9" * whole + "0" * (18 - whole)) == money(unit).read("9" * whole)
    with pytest.raises(BadValue) as bad:
        money(unit).read("1" * (whole + 1))
    assert f"at most {whole} before it" in bad.value.expected.en
    assert f"整数部分不超过 {whole} 位" in bad.value.expected.zh


def test_a_point_where_decimals_are_implied_tells_how_to_say_it() -> None:
    with pytest.raises(BadValue) as bad:
        money("wan", 4).read("1.2345")
    assert bad.value.hint is not None
    assert 'the last 4 digits are decimals (decimals: 4); if the bank shows the point, say   point: "."' == bad.value.hint.en
    assert '末 4 位为小数（decimals: 4）；若银行写出小数点，请写   point: "."' == bad.value.hint.zh
