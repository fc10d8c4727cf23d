"""Nothing is written that our own reader would not read back as the same value: whatever the spelling, whatever the format."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from bank_profiles.catalogue import load_profile
from bank_profiles.engine import reading
from bank_profiles.engine.reading import FileReading
from bank_profiles.engine.writing import FileWriting
from bank_profiles.errors import Problems, UnwritableRoster
from bank_profiles.layouts.layout import FileLayout
from bank_profiles.layouts.making import layout
from reconciliation.exchange import RECORDS

HEAD = (Path(__file__).parent / "profiles" / "spellings.yaml").read_text("utf-8").partition("\nresponse:")[0]
TAIL: dict[str, Any] = {
    "maps": {
        "id_type": {"codes": {"1": "resident_id"}},
        "product": {"codes": {"A": "demand_deposit", "B": "demand_deposit", "X": "other"}, "other": "keep"},
    },
    "service": {"calendar": "every_day", "reply_within": "2 workdays", "limits": {"lines_max": 5000}},
}
FORMATS = ("delimited", "fixed", "excel", "xml", "json")
WIDTH = 24
ROW = {"line_ref": "000001", "account_no": "62", "product": "demand_deposit", "currency": "CNY", "balance_minor": 1}
DAY = date(2026, 1, 5)

Rules = Mapping[str, Any]


def _file(kind: str, fields: Rules, header: Rules | None = None) -> dict[str, Any]:
    account: dict[str, Any] = {"gives": "holding", "implies": "found", "fields": dict(fields)}
    if kind == "fixed":
        places = {name: rule if isinstance(rule, dict) else {"to": rule} for name, rule in fields.items()}
        account["fields"] = {name: {"at": 1 + WIDTH * n, "width": WIDTH} | rule for n, (name, rule) in enumerate(places.items())}
    if kind in ("xml", "json"):
        account["each"] = "acc"
    file = {"name": "F_{batch}.txt", "format": kind, "records": {"account": account}}
    if header and kind == "delimited":
        file["records"] = {"header": {"place": "first", "fields": dict(header)}} | file["records"]  # type: ignore[dict-item,operator]
    more = {
        "delimited": {"separator": "|"},
        "xml": {"root": "Doc"},
        "fixed": {"line_end": "lf", "record_bytes": WIDTH * len(fields)},
    }
    return file | more.get(kind, {})


def _layout(kind: str, fields: Rules, header: Rules | None = None) -> FileLayout:
    response = {
        "defaults": {"encoding": "utf-8", "unit": "yuan", "pivot": 50, "format": "yyyyMMdd"},
        "package": {"name": "F_{batch}.txt"},
        "files": {"reply": _file(kind, fields, header)},
    }
    text = f"{HEAD}\n{yaml.safe_dump({'response': response} | TAIL, allow_unicode=True, sort_keys=False)}"
    with TemporaryDirectory() as folder:
        (Path(folder) / "spellings.yaml").write_text(text, "utf-8")
        return layout(load_profile(Path(folder) / "spellings.yaml"), "response", "reply")


def _written(known: FileLayout, rows: list[dict[str, Any]]) -> bytes:
    table = pa.Table.from_pylist(rows, schema=RECORDS["holding"])
    return b"".join(FileWriting(known, "F.txt", {"day": DAY}).blocks({"holding": [table]}))


def _read(known: FileLayout, data: bytes) -> list[dict[str, Any]]:
    one = FileReading(known, "F.txt")
    rows = [row for part in one.rows([data]) if part.kind == "holding" for row in part.table.to_pylist()]
    assert [] == one.problems
    return rows


def _refused(known: FileLayout, rows: list[dict[str, Any]]) -> list[tuple[str, str | None, str | None]]:
    with pytest.raises(UnwritableRoster) as refused:
        _written(known, rows)
    return [(each.code, each.place.field, each.line_ref) for each in refused.value.problems]  # type: ignore[attr-defined]


BASE = {"no": "line_ref", "acct": {"to": "account_no"}, "prod": {"to": "product", "map": "product"}, "cur": "currency"}


# ---- the law ------------------------------------------------------------------------------------------------------------------------

_TRIM = st.sampled_from(["both", "left", "right", "none"])
_MISSING = st.lists(st.sampled_from(["", "-", "0", "0.00", "000", "20260105", "00000000", "A", "62"]), min_size=1, max_size=3)
_SPELLED = st.fixed_dictionaries({}, optional={"trim": _TRIM, "missing": _MISSING})
_MONEY = st.fixed_dictionaries(
    {},
    optional={
        "trim": _TRIM,
        "missing": _MISSING,
        "unit": st.sampled_from(["fen", "yuan", "wan", "li", "minor"]),
        "decimals": st.integers(0, 4),
        "point": st.sampled_from([".", ","]),
        "grouping": st.sampled_from([",", ".", "'"]),
        "sign": st.sampled_from(["leading", "trailing", "trailing_minus", "brackets", "overpunch"]),
        "strip": st.just(["元"]),
        "take": st.tuples(st.integers(1, 3), st.integers(1, 8)).map(list),
    },
)
_DAY = st.fixed_dictionaries(
    {"format": st.sampled_from(["yyyyMMdd", "yyyy-MM-dd", "yyMMdd", "dd/MM/yyyy", "0CyyMMdd"])},
    optional={"trim": _TRIM, "missing": _MISSING},
) | st.sampled_from(
    [{"format": "MM/dd", "year": {"until": "opened"}}, {"format": "MM-dd", "year": {"near": "opened"}}, {"take": [1, 4], "format": "yyyy"}]
)  # fmt: skip
_ACCOUNT = st.sampled_from(
    ["62", "000062", "0", "A", "62 ", " 62", "６２", "6\u200b2", "6217000000000001234", "1e5", "=62", "6*2"]
)
_TEXTS = st.sampled_from([None, "", " ", "-", "张三", " 张三", "张三 ", "A", "0.00", "=1+1", "Ａ", "0", "\u3000"])
_AMOUNTS = st.integers(-(10**17), 10**17) | st.integers(-1000, 1000) | st.just(0)
_ROWS = st.fixed_dictionaries(
    {
        "line_ref": st.sampled_from(["000001", "000002"]),
        "account_no": _ACCOUNT,
        "holder_name": _TEXTS,
        "product_name": _TEXTS,
        "product": st.sampled_from(["demand_deposit", "other"]),
        "currency": st.sampled_from(["CNY", "JPY", "KWD"]),
        "balance_minor": _AMOUNTS,
        "available_minor": st.none() | _AMOUNTS,
        "opened_on": st.none() | st.dates(date(1890, 1, 1), date(2105, 1, 1)),
        "matures_on": st.none() | st.dates(date(1890, 1, 1), date(2105, 1, 1)),
    }
)
_FIELDS = st.fixed_dictionaries(
    {
        "no": st.just("line_ref"),
        "acct": _SPELLED.map(lambda rule: {"to": "account_no"} | rule),
        "prod": st.just({"to": "product", "map": "product"}),
        "cur": st.just("currency"),
        "name": _SPELLED.map(lambda rule: {"to": "holder_name"} | rule),
        "label": _SPELLED.map(lambda rule: {"to": "product_name"} | rule),
        "bal": _MONEY.map(lambda rule: {"to": "balance"} | rule),
        "avail": _MONEY.map(lambda rule: {"to": "available"} | rule),
        "opened": _SPELLED.map(lambda rule: {"to": "opened_on"} | rule),
        "matures": _DAY.map(lambda rule: {"to": "matures_on"} | rule),
    }
)
_PADDED = st.dictionaries(
    st.sampled_from(["acct", "bal", "avail", "name"]),
    st.sampled_from([{"pad": "0"}, {"pad": "*"}, {"align": "right"}, {"pad": "0", "align": "right"}]),
    max_size=2,
)
_WIDE = str.maketrans("６２Ａ", "62A")  # a digit or letter in full width is the same one


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says: blanks around a text are nothing."""
    bare = {name: value.strip() if isinstance(value, str) else value for name, value in row.items()}
    said = {name: value for name, value in bare.items() if value not in (None, "")}
    return {name: value.translate(_WIDE) if name in ("account_no", "holder_name") else value for name, value in said.items()}


def _batches(row: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(row, min_size=1, max_size=4)


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(fields=_FIELDS, padded=_PADDED, rows=_batches(_ROWS), slow=st.booleans())
def test_what_is_written_is_read_back_the_same_or_refused(
    kind: str, fields: dict[str, Any], padded: Rules, rows: list[dict[str, Any]], slow: bool
) -> None:
    if kind == "fixed":
        fields = fields | {name: fields[name] | rule for name, rule in padded.items()}
    try:
        known = _layout(kind, fields)
    except Problems:
        event("no such profile")
        return
    try:
        data = _written(known, rows)
    except UnwritableRoster:
        event("refused")
        return
    event("written")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "SLOW_BYTES", 1 << 40 if slow else 0)
        back = _read(known, data)

    assert [_plain(row) for row in rows] == [
        {name: _plain(row).get(name) for name in _plain(given_row)} for given_row, row in _pairs(rows, back)
    ]
    assert all(
        row[name] in (None, given_row[name])
        for given_row, row in _pairs(rows, back)
        for name in given_row.keys() - _plain(given_row).keys()
    )


def _pairs(rows: list[dict[str, Any]], back: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    yield from zip(rows, back, strict=True)


# ---- single losses ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("blank", ["", "  ", "\u3000"])
def test_a_blank_is_no_value_where_one_is_demanded(kind: str, blank: str) -> None:
    known = _layout(kind, BASE | {"bal": "balance"})

    assert [("missing-value", "acct", "000001")] == _refused(known, [ROW | {"account_no": blank}])


@pytest.mark.parametrize("kind", FORMATS)
def test_blanks_around_a_name_do_not_keep_it_from_being_written(kind: str) -> None:
    known = _layout(kind, BASE | {"name": "holder_name", "bal": "balance"})

    back = _read(known, _written(known, [ROW | {"holder_name": "\u3000张三 "}, ROW | {"holder_name": "李四"}]))

    assert ["张三", "李四"] == [row["holder_name"] for row in back]


@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize("minor", [0, 123456, -7])
def test_an_amount_in_a_unit_below_the_smallest_is_written_whole(minor: int, slow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousandths of a yuan in a number cell: they have no place behind a point."""
    if slow:
        monkeypatch.setattr(reading, "SLOW_BYTES", 1 << 30)
    known = _layout("excel", BASE | {"bal": {"to": "balance", "unit": "li", "decimals": 0}})

    back = _read(known, _written(known, [ROW | {"balance_minor": minor}]))

    assert [minor] == [row["balance_minor"] for row in back]


def test_an_amount_that_is_only_read_in_part_is_not_written() -> None:
    assert [("not-read-back", "bal", "000001")] == _refused(
        _layout("delimited", BASE | {"bal": {"to": "balance", "take": [2, 5]}}), [ROW | {"balance_minor": 123456}]
    )


def test_a_part_that_has_no_value_may_stay_empty() -> None:
    known = _layout("delimited", BASE | {"bal": "balance", "avail": {"to": "available", "take": [2, 5]}})

    assert [None] == [row["available_minor"] for row in _read(known, _written(known, [ROW]))]


def test_a_year_that_is_not_written_must_be_the_one_that_will_be_read() -> None:
    fields = BASE | {"bal": "balance", "opened": {"to": "opened_on", "format": "MM/dd", "year": {"until": "day"}}}
    known = _layout("delimited", fields, {"day": {"to": "day"}})

    assert [("not-read-back", "opened", "000001")] == _refused(known, [ROW | {"opened_on": date(1949, 12, 31)}])
    assert [date(2025, 12, 31)] == [
        row["opened_on"] for row in _read(known, _written(known, [ROW | {"opened_on": date(2025, 12, 31)}]))
    ]


def test_a_zero_is_not_written_where_it_means_missing() -> None:
    fields = BASE | {"bal": {"to": "balance", "missing": ["", "-", "0.00"]}}

    assert [("not-read-back", "bal", "000001")] == _refused(_layout("delimited", fields), [ROW | {"balance_minor": 0}])


@pytest.mark.parametrize("trim", ["none", "left"])
def test_blanks_that_nobody_takes_away_are_not_put_behind_an_amount(trim: str) -> None:
    known = _layout("fixed", BASE | {"bal": {"to": "balance", "trim": trim}})

    assert [("not-read-back", "bal", "000001")] == _refused(known, [ROW])


def test_a_code_that_is_kept_beside_its_word_is_an_aid_unless_the_word_is_other() -> None:
    known = _layout("delimited", BASE | {"bal": "balance"})

    assert ["demand_deposit"] == [row["product"] for row in _read(known, _written(known, [ROW | {"product_code": "B"}]))]
    assert [("not-read-back", "prod", "000001")] == _refused(known, [ROW | {"product": "other", "product_code": "Q"}])


def test_many_rows_are_looked_at_as_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    from bank_profiles.engine.rereading import Rereading

    monkeypatch.setattr(Rereading, "_row", lambda *_: pytest.fail("a row was looked at by itself"))
    for kind in FORMATS:
        known = _layout(kind, BASE | {"bal": "balance", "avail": "available"})

        assert 300 == len(_read(known, _written(known, [ROW] * 300)))
