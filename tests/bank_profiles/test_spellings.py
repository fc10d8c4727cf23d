"""Columns that are made of others, and every spelling together in whole files: two readers, one meaning, and the way back."""

from datetime import date, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.catalogue import load_profile
from bank_profiles.engine import reading
from bank_profiles.engine.reading import FileReading
from bank_profiles.engine.writing import FileWriting
from bank_profiles.errors import UnreadableFile, UnwritableRoster
from bank_profiles.examples import run_examples
from bank_profiles.language.profile import Profile
from bank_profiles.layouts.making import layout
from reconciliation.exchange import RECORDS
from tests.bank_profiles.generated import damaged, damages

FOLDER = Path(__file__).parent / "profiles"
PROFILE: Profile = load_profile(FOLDER / "spellings.yaml")

ACCOUNTS = """20260105
000001|1001|0001234567|活期|人民币|1,234.56|D|(88.10)元|1234E|1.000,5|180315|12/29|62XXXX77X|="0012"
000001|1001|0001234568|结构|156|0.00||88.10(CN)|12N||00991231|01/05|6217****0001|'0034
2
"""
ENTRIES = """000001|62|2026-01-02 09:30:00|12.00||午餐|
000001|62|2026-01-03|0.00|3.50||退回
000002|63|2026-01-04 23:59:59||1,000.00||
12.00|1,003.50|3
"""
SIGNED = """000001|XX6217YY|2026-01-04T23:30:00Z|0104|5
000001|XX6218YY|2026-01-04T23:30:00+08:00|0104|-7.25
2
"""
BOOK = """A|000001|1001|0001234567
E|260102|260103||5.00|借
A|000002|1001|0001234568
E|260102|260104||7.00|贷
E|260102|260104||-7.00|贷
3
"""
FILES = {"accounts": ACCOUNTS, "entries": ENTRIES, "signed": SIGNED, "book": BOOK}


def _read(key: str, text: str | bytes) -> Any:
    """Rows, problems and warnings; or the first reason of a refusal."""
    one = FileReading(layout(PROFILE, "response", key), "f.txt")
    data = text if isinstance(text, bytes) else text.encode()
    try:
        rows: dict[str, list[Any]] = {kind: [] for kind in RECORDS}
        for piece in one.rows([data]):
            rows[piece.kind] += list(zip(piece.lines.to_pylist(), piece.table.to_pylist(), strict=True))
    except UnreadableFile as refused:
        return "refused", refused.problems[0].code, refused.problems[0].place.line
    return rows, one.problems, one.facts, [warning.code for warning in one.warnings]


@pytest.fixture(params=["fast", "reference"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(reading, "SLOW_BYTES", {"fast": 0, "reference": 1 << 40}[request.param])
    return str(request.param)


def _both(key: str, data: bytes) -> tuple[Any, Any]:
    said = []
    for slow in (0, 1 << 40):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reading, "SLOW_BYTES", slow)
            said.append(_read(key, data))
    return said[0], said[1]


def test_every_spelling_of_the_profile_says_what_its_examples_say(way: str) -> None:
    assert [] == [problem.en for problem in run_examples(PROFILE, FOLDER) if problem.severity == "error"]


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(FILES)), damages)
def test_the_fast_reader_says_what_the_reference_says_of_columns_made_of_others(key: str, blows: Any) -> None:
    fast, reference = _both(key, damaged(FILES[key].encode(), blows))

    assert reference == fast


# ---- what single rows mean ----------------------------------------------------------------------------------------------------------


def _rows(key: str, text: str) -> list[dict[str, Any]]:
    rows, problems, _, _ = _read(key, text)
    assert [] == list(problems)
    return [row for _, row in rows["holding"] or rows["movement"]]


def _parked(key: str, text: str) -> list[str]:
    return [problem.code for problem in _read(key, text)[1]]


def test_exactly_one_of_the_columns_for_in_and_out_is_filled(way: str) -> None:
    both = "000001|62|2026-01-02|12.00|1.00||\n12.00|1.00|1\n"
    none = "000001|62|2026-01-02|0.00|||\n0.00|0.00|1\n"

    assert ["two-amounts"] == _parked("entries", both)
    assert ["missing-value"] == _parked("entries", none)


def test_an_amount_below_zero_goes_the_other_way_and_is_positive(way: str) -> None:
    taken = _rows("entries", "000001|62|2026-01-02|-12.00|||\n000001|62|2026-01-02||-5.00||\n-12.00|-5.00|2\n")

    assert [("in", 1200), ("out", 500)] == [(row["direction"], row["amount_minor"]) for row in taken]


def test_the_totals_of_both_columns_are_over_the_amounts_as_written(way: str) -> None:
    assert ("refused", "total-differs", 2) == _read("entries", "000001|62|2026-01-02|12.00|||\n12.01|0|1\n")


def test_an_amount_that_cannot_be_read_is_complained_of_once(way: str) -> None:
    assert ["not-money"] == _parked("signed", "000001|XX6217YY|2026-01-04T23:30:00Z|0104|5.0.0\n1\n")


def test_an_amount_that_a_total_needs_is_complained_of_once_too(way: str) -> None:
    one = FileReading(layout(PROFILE, "response", "entries"), "f.txt")
    with pytest.raises(UnreadableFile):
        list(one.rows([b"000001|62|2026-01-02|1.2.3|||\n0|0|1\n"]))

    assert {"not-money": 1} == dict(one.parked)


def test_a_sign_that_is_none_sets_the_row_aside(way: str) -> None:
    assert ["unknown-sign"] == _parked("accounts", ACCOUNTS.replace("|D|", "|K|"))


def test_a_code_nobody_knows_is_kept_beside_the_word_other(way: str) -> None:
    taken = _rows("accounts", ACCOUNTS)

    assert [("demand_deposit", "活期"), ("other", "结构")] == [(row["product"], row["product_code"]) for row in taken]


def test_codes_that_were_kept_are_counted_in_a_warning(way: str) -> None:
    for masked, shown in ((True, "结*"), (False, "结构")):
        one = FileReading(layout(PROFILE, "response", "accounts"), "f.txt", masked=masked)
        list(one.rows([ACCOUNTS.encode()]))

        assert [f"codes that are not in the map were taken as other: {shown} (1)"] == [each.what.en for each in one.warnings]
        assert [f"对照表中没有的代码，按 other 收下：{shown} (1)"] == [each.what.zh for each in one.warnings]


def test_a_date_without_year_needs_the_date_that_says_it(way: str) -> None:
    header, first, *_ = ACCOUNTS.splitlines()

    assert date(2025, 12, 29) == _rows("accounts", f"{header}\n{first}\n1\n")[0]["matures_on"]
    assert date(2024, 12, 29) == _rows("accounts", f"20250105\n{first}\n1\n")[0]["matures_on"]


def test_a_time_with_a_zone_is_taken_in_chinas_own() -> None:
    assert [date(2026, 1, 5), date(2026, 1, 4)] == [row["booked_on"] for row in _rows("signed", SIGNED)]


# ---- the way back -------------------------------------------------------------------------------------------------------------------

_MOVEMENT = {
    "line_ref": "000001",
    "account_no": "62",
    "booked_on": date(2026, 1, 2),
    "booked_time": time(9, 30),
    "direction": "out",
    "currency": "CNY",
    "amount_minor": 123456,
}


_HOLDING = {
    "line_ref": "000001",
    "account_no": "1",
    "product": "demand_deposit",
    "currency": "CNY",
    "balance_minor": 5,
    "matures_on": date(2025, 12, 29),
}
_ONLY_READ = {  # accounts that are put together or cut out of a column: what stands there whole instead, where one is written
    "            机构号: skip\n            流水号: skip\n            账号: {join: [机构号, 流水号], to: account_no}\n            产品":
    "            机构号: account_no\n            流水号: skip\n            产品",
    "账号: {to: account_no, take: [3, 4]}": "账号: account_no",
}  # fmt: skip


@pytest.fixture
def whole(tmp_path: Path) -> Profile:
    """The profile with accounts that can be written."""
    text = (FOLDER / "spellings.yaml").read_text("utf-8")
    for read, plain in _ONLY_READ.items():
        assert read in text
        text = text.replace(read, plain)
    (tmp_path / "spellings.yaml").write_text(text, "utf-8")
    return load_profile(tmp_path / "spellings.yaml")


def _written(key: str, kind: str, rows: list[dict[str, Any]], profile: Profile = PROFILE) -> str:
    table = pa.Table.from_pylist(rows, RECORDS[kind])
    facts = {"day": date(2026, 1, 5)}
    return b"".join(FileWriting(layout(profile, "response", key), "f.txt", facts).blocks({kind: [table]})).decode()


def test_amounts_are_written_into_the_column_of_their_direction_and_added_up_there() -> None:
    back = _written("entries", "movement", [_MOVEMENT, _MOVEMENT | {"direction": "in", "amount_minor": 5, "booked_time": None}])

    assert "000001|62|2026-01-02 09:30:00|1,234.56|||\n000001|62|2026-01-02||0.05||\n1,234.56|0.05|2\n" == back


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["in", "out"]), st.integers(1, 10**12), st.none() | st.times(), st.dates(date(1900, 1, 1))),
        max_size=4,
    )
)
def test_movements_come_back_from_two_columns(given_rows: list[Any]) -> None:
    rows = [
        _MOVEMENT
        | {"direction": way, "amount_minor": amount, "booked_on": day, "booked_time": clock and clock.replace(microsecond=0)}
        for way, amount, clock, day in given_rows
    ]
    taken = [row for _, row in _read("entries", _written("entries", "movement", rows))[0]["movement"]]

    assert rows == [{name: row[name] for name in _MOVEMENT} for row in taken]


def test_a_signed_amount_is_written_with_the_sign_of_its_direction(whole: Profile) -> None:
    back = _written("signed", "movement", [_MOVEMENT, _MOVEMENT | {"direction": "in"}], whole)

    assert ["1,234.56", "-1,234.56"] == [line.split("|")[-1] for line in back.splitlines()[:-1]]


@pytest.mark.parametrize(("key", "kind", "row"), [("signed", "movement", _MOVEMENT), ("accounts", "holding", _HOLDING)])
def test_what_is_only_read_is_not_written_where_a_value_would_be_lost(key: str, kind: str, row: dict[str, Any]) -> None:
    with pytest.raises(UnwritableRoster) as refused:
        _written(key, kind, [row])

    assert [("not-read-back", "账号")] == [(each.code, each.place.field) for each in refused.value.problems]


def test_a_balance_and_its_sign_are_written_into_two_columns(whole: Profile) -> None:
    back = _written("accounts", "holding", [_HOLDING | {"balance_minor": minor} for minor in (-123456, 5)], whole)

    assert [("1,234.56", "D"), ("0.05", "C")] == [tuple(line.split("|")[5:7]) for line in back.splitlines()[1:-1]]
    assert ["12/29"] * 2 == [line.split("|")[11] for line in back.splitlines()[1:-1]]
