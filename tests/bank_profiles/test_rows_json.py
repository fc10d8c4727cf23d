"""rows/1 carries every field there and back, and says which row and field is wrong without saying the value."""

from datetime import date, time
from decimal import Decimal

import orjson
import pyarrow as pa
import pytest

from bank_profiles.errors import UnwritableRoster
from bank_profiles.rows_json import from_json, to_json
from reconciliation.exchange import RECORDS

HOLDING = {
    "line_ref": "000001",
    "account_no": "0062",
    "product": "fund",
    "currency": "JPY",
    "balance_minor": -5000,
    "units": Decimal("834.62"),
    "opened_on": date(2020, 1, 1),
}
MOVEMENT = {
    "line_ref": "000001",
    "account_no": "0062",
    "booked_on": date(2026, 1, 2),
    "booked_time": time(7, 30),
    "direction": "out",
    "currency": "JPY",
    "amount_minor": 1,
}


def _tables() -> dict[str, list[pa.Table]]:
    return {
        "holding": [pa.Table.from_pylist([HOLDING], schema=RECORDS["holding"])],
        "movement": [pa.Table.from_pylist([MOVEMENT], schema=RECORDS["movement"])],
        "outcome": [],
    }


def test_rows_come_back_as_they_went() -> None:
    written = orjson.dumps(to_json("response", {"batch_no": "B1", "day": date(2026, 1, 5)}, _tables()))

    read = from_json(written, "rows.json")

    assert ("response", date(2026, 1, 5), "B1") == (read.side, read.day(), read.facts["batch_no"])
    for kind in ("holding", "movement"):
        assert pa.concat_tables(_tables()[kind]).to_pylist() == pa.concat_tables(read.tables[kind]).to_pylist()


def test_money_is_whole_minor_units_and_all_else_text() -> None:
    row = to_json("response", {}, _tables())["rows"]["holding"][0]

    assert (-5000, "834.62", "2020-01-01", None) == (row["balance_minor"], row["units"], row["opened_on"], row["frozen_minor"])


def test_counts_are_told_and_empty_kinds_left_out() -> None:
    said = to_json("response", {}, _tables())

    assert ("rows/1", {"holding": 1, "movement": 1}) == (said["schema"], said["counts"])


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ({"holdings": []}, "rows.json rows › holdings"),
        ({"holding": [{"line_ref": "1"}]}, "rows.json holding 1 account_no"),
        ({"outcome": [{"line_ref": "1", "outcome": "found", "colour": "red"}]}, "rows.json outcome 1 colour"),
        ({"outcome": [{"line_ref": 1, "outcome": "found"}]}, "rows.json outcome 1 line_ref"),
        (
            {"outcome": [{"line_ref": "1", "outcome": "found", "declared_accounts": "many"}]},
            "rows.json outcome 1 declared_accounts",
        ),
        (
            {"outcome": [{"line_ref": "1", "outcome": "found", "declared_accounts": 2**63}]},
            "rows.json outcome 1 declared_accounts",
        ),
        ({"outcome": ["found"]}, "rows.json outcome 1"),
    ],
)
def test_a_bad_row_is_named_by_kind_number_and_field(rows: object, place: str) -> None:
    with pytest.raises(UnwritableRoster) as refused:
        from_json(orjson.dumps({"schema": "rows/1", "side": "response", "facts": {}, "rows": rows}), "rows.json")

    assert [("bad-rows", place)] == [(problem.code, problem.place.text("en")) for problem in refused.value.problems]


def test_a_value_that_cannot_be_read_is_not_repeated() -> None:
    row = {**{key: str(value) for key, value in MOVEMENT.items()}, "amount_minor": 1, "booked_on": "2026-02-31"}

    with pytest.raises(UnwritableRoster) as refused:
        from_json(orjson.dumps({"schema": "rows/1", "side": "response", "facts": {}, "rows": {"movement": [row]}}), "rows.json")

    assert "rows.json movement 1 booked_on: error bad-rows" in str(refused.value)
    assert "2026-02-31" not in str(refused.value)


@pytest.mark.parametrize(
    "raw",
    [b"{", b"[]", b'{"schema": "rows/2"}', b'{"schema": "rows/1", "side": "both"}', b'{"schema": "rows/1", "side": "inquiry"}'],
)
def test_what_is_no_rows_1_is_refused(raw: bytes) -> None:
    with pytest.raises(UnwritableRoster) as refused:
        from_json(raw, "rows.json")

    assert ["bad-rows"] == [problem.code for problem in refused.value.problems]
