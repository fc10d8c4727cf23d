"""JSON: paths, objects or lists, the one balance that is wanted, references, lines; both readers, both directions, large and small."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.catalogue import load_profile
from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.json import pieces as json_pieces
from bank_profiles.codecs.json import stream as json_stream
from bank_profiles.codecs.json import text as json_text
from bank_profiles.codecs.json.codec import JsonCodec
from bank_profiles.engine import reading
from bank_profiles.errors import UnreadableFile, UnwritableRoster
from bank_profiles.layouts.making import layout
from bank_profiles.translation import PackageFacts, read_files, write_files
from bank_profiles.values.converters import BadValue
from reconciliation.exchange import RECORDS
from tests.bank_profiles.generated import damaged, damages

PROFILE = load_profile(Path(__file__).parent / "profiles" / "objects.yaml")
FACTS = PackageFacts("902", "202601050000001", date(2026, 1, 5), 1, datetime(2026, 1, 5, 1, 30, tzinfo=UTC))
BOTH = pytest.mark.parametrize("slow_bytes", [0, 1 << 30], ids=["fast", "reference"])
NAMES = {
    "reply": "FK_902_0001_R.json", "lines": "FK_902_0001_L.jsonl", "lists": "FK_902_0001_T.json", "register": "FK_902_0001_P.json"
}  # fmt: skip

REPLY: dict[str, Any] = {
    "batch": FACTS.batch_no,
    "reqNo": "000001",
    "retCode": "S0",
    "data": {
        "count": 2,
        "accounts": [
            {
                "acctNo": "6217000010001234567", "type": "CUR", "holder": {"name": "示例甲"}, "ccy": "CNY", "opened": "2019-05-06",
                "bal": [{"type": "CLBD", "amt": "88.10"}, {"type": "CLAV", "amt": "80.00"}], "total": "13.50",
                "entries": [
                    {"date": "2026-01-02", "dir": "D", "amt": "12.00", "note": "a"}, {"date": "2026-01-03", "dir": "C", "amt": "1.50"}
                ],
            },
            {
                "acctNo": "6217000010009999999", "type": "FIX", "holder": [{"name": "示例甲"}], "ccy": "CNY",
                "bal": {"type": "CLBD", "amt": "5000"}, "total": "0", "entries": None,
            },
        ],
    },
}  # fmt: skip
LISTS: dict[str, Any] = {
    "data": {
        "accounts": [
            {"ref": "000001", "no": "62170001", "type": "CUR", "bal": "1.00", "holder": "示例甲"},
            {"ref": "000002", "no": "62170002", "type": "CUR", "bal": "2.50", "holder": "示例乙"},
        ],
        "entries": [["000001", "62170001", "2026-01-02", "C", "1.00"], ["000002", "62170002", "2026-01-03", "D", "0.50"]],
    },
    "meta": {"accounts": 2, "sum": "3.50"},
}
REGISTER: dict[str, Any] = {
    "persons": {"p1": {"name": "Ehnqvist"}, "p2": {"name": "Järvenoja"}},
    "accounts": {
        "a1": {"iban": "FI01", "opened": "2016-11-30", "roles": [{"ref": "000001", "person": "p1", "bal": "10.00"}]},
        "a2": {"iban": "FI02", "roles": {"ref": "000002", "person": "p2", "bal": "20.00"}},
    },
}
LINES: list[dict[str, Any]] = [
    {"kind": "A", "ref": "000001", "code": "S0"},
    {"kind": "H", "ref": "000001", "no": "62170001", "type": "CUR", "bal": "1.10", "locked": True},
    {"kind": "A", "ref": "000002", "code": "E1"},
]


def spelt(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode()


def in_lines(lines: list[Any]) -> bytes:
    """With the last line that counts them."""
    kinds = [line["kind"] for line in lines]
    total = {"kind": "T", "answers": kinds.count("A"), "accounts": kinds.count("H")}
    return b"".join(spelt(line) + b"\n" for line in (*lines, total))


GOOD = {"reply": spelt(REPLY), "lists": spelt(LISTS), "register": spelt(REGISTER), "lines": in_lines(LINES)}


def read(key: str, data: bytes, *, block: int = 1 << 20) -> tuple[dict[str, list[dict[str, Any]]], list[tuple[str, str | None]]]:
    blocks = [data[at : at + block] for at in range(0, len(data), block)]
    found = read_files(PROFILE, "response", [(NAMES[key], blocks)], expected={"batch_no": FACTS.batch_no})
    rows: dict[str, list[dict[str, Any]]] = {}
    for part in found:
        rows.setdefault(part.kind, []).extend(part.table.to_pylist())
    return rows, [(problem.code, problem.place.spot) for problem in found.problems]


def refused(key: str, data: bytes) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(UnreadableFile) as caught:
        read(key, data)
    return [(problem.code, problem.place.line, problem.place.spot) for problem in caught.value.problems]  # type: ignore[union-attr]


def outcome(key: str, data: bytes) -> str:
    try:
        read(key, data)
    except UnreadableFile:
        return "refused"
    return "read"


def column(rows: list[dict[str, Any]], *names: str) -> list[Any]:
    return [tuple(row[name] for name in names) if len(names) > 1 else row[names[0]] for row in rows]


# ---- what stands where --------------------------------------------------------------------------------------------------------------


@BOTH
def test_challenge_r15_lists_in_objects_in_lists_with_what_is_around_them(
    monkeypatch: pytest.MonkeyPatch, slow_bytes: int
) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    rows, problems = read("reply", spelt(REPLY))

    assert [] == problems
    assert [("6217000010001234567", 8810, 8000), ("6217000010009999999", 500000, None)] == column(
        rows["holding"], "account_no", "balance_minor", "available_minor"
    )
    assert [("000001", "6217000010001234567", "CNY", 1200), ("000001", "6217000010001234567", "CNY", 150)] == column(
        rows["movement"], "line_ref", "account_no", "currency", "amount_minor"
    )


@BOTH
def test_challenge_r17_an_object_counts_as_a_list_of_one(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    alone = deepcopy(REPLY)
    alone["data"] |= {"count": 1, "accounts": deepcopy(REPLY["data"]["accounts"][0])}
    nested = deepcopy(REPLY)
    nested["data"]["accounts"] = [[each] for each in REPLY["data"]["accounts"]]

    assert ["6217000010001234567"] == column(read("reply", spelt(alone))[0]["holding"], "account_no")
    assert read("reply", spelt(REPLY)) == read("reply", spelt(nested))


@BOTH
def test_challenge_r16_a_reference_brings_what_the_other_object_says(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    rows, problems = read("register", spelt(REGISTER))

    assert [] == problems
    assert [("FI01", "a1", "Ehnqvist"), ("FI02", "a2", "Järvenoja")] == column(
        rows["holding"], "account_no", "custody_id", "holder_name"
    )


@BOTH
def test_challenge_r16_a_reference_that_leads_nowhere_parks_its_row(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    lost, double = deepcopy(REGISTER), deepcopy(REGISTER)
    lost["accounts"]["a1"]["roles"][0]["person"] = "p9"
    double["persons"] = [{"p1": {"name": "a"}}, {"p1": {"name": "b"}, "p2": {"name": "c"}}]

    assert [("unknown-reference", "accounts/a1/roles[1]/person › name")] == read("register", spelt(lost))[1]
    assert [("double-reference", "accounts/a1/roles[1]/person › name")] == read("register", spelt(double))[1]
    assert ["FI02"] == column(read("register", spelt(lost))[0]["holding"], "account_no")


@BOTH
def test_rows_may_be_lists_and_a_total_may_stand_behind_them(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    rows, problems = read("lists", spelt(LISTS))

    assert [] == problems
    assert [100, 50] == column(rows["movement"], "amount_minor")


@BOTH
def test_one_document_a_line(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    rows, problems = read("lines", in_lines(LINES))

    assert [] == problems
    assert ["found", "no_record"] == column(rows["outcome"], "outcome")
    assert [("62170001", 110, "true")] == column(rows["holding"], "account_no", "balance_minor", "level")


@BOTH
@pytest.mark.parametrize(
    ("number", "minor"), [("1.10", 110), ("99999999999999.99", 9999999999999999), ("0.30", 30), ("1e3", None), ("1.5E2", None)]
)
def test_challenge_v4_a_number_is_taken_by_its_text(
    monkeypatch: pytest.MonkeyPatch, slow_bytes: int, number: str, minor: int | None
) -> None:
    """Through a float 99999999999999.99 becomes …98; a power of ten is no spelling of money here, and is parked."""
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    data = in_lines(LINES[1:2]).replace(b'"1.10"', number.encode())

    rows, problems = read("lines", data)

    assert ([minor] if minor else []) == column(rows.get("holding", []), "balance_minor")
    assert ([] if minor else ["bal"]) == [spot for _, spot in problems]


def test_a_number_of_any_length_keeps_its_digits() -> None:
    tree = json_text.Parser().document('[12345678901234567890, -0.10, 1e3, "1", true]')

    assert ["12345678901234567890", "-0.10", "1e3", "1", True] == tree


# ---- what is wrong, and where -------------------------------------------------------------------------------------------------------


def change(tree: Any, *path: Any, to: Any) -> Any:
    tree = deepcopy(tree)
    at = tree
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return tree


@BOTH
@pytest.mark.parametrize(
    ("path", "to", "problem"),
    [
        (("type",), "XYZ", ("unknown-code", "data/accounts[1]/type")),
        (("opened",), "2019-02-30", ("impossible-date", "data/accounts[1]/opened")),
        (("holder",), [{"name": "a"}, {"name": "b"}], ("several-values", "data/accounts[1]/holder/name")),
        (("holder",), "示例甲", ("json-no-object", "data/accounts[1]/holder/name")),
        (("holder", "name"), {"first": "甲"}, ("json-no-text", "data/accounts[1]/holder/name")),
        (("holder", "name"), "a\u0000b", ("control-character", "data/accounts[1]/holder/name")),
        (("holder", "name"), "half \ud800", ("unencodable", "data/accounts[1]/holder/name")),
    ],
)
def test_a_bad_cell_is_told_by_its_path(
    monkeypatch: pytest.MonkeyPatch, slow_bytes: int, path: tuple[str, ...], to: Any, problem: tuple[str, str]
) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    bad = change(REPLY, "data", "accounts", 0, *path, to=to)

    rows, problems = read("reply", json.dumps(bad).encode())

    assert [problem] == problems
    assert ["6217000010009999999"] == column(rows["holding"], "account_no")


@BOTH
@pytest.mark.parametrize("kind", ["\ud800", "A\udead"])
def test_half_a_character_where_the_kind_of_a_line_is_told_refuses_the_file(
    monkeypatch: pytest.MonkeyPatch, slow_bytes: int, kind: str
) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    lines = in_lines(LINES).replace(b'"kind": "A"', b'"kind": ' + json.dumps(kind).encode(), 1)

    assert [("unencodable", 1, None)] == refused("lines", lines)


@BOTH
@pytest.mark.parametrize("item", [REGISTER["accounts"]["a1"], "x"])
def test_half_a_character_in_a_key_that_is_data_is_told(monkeypatch: pytest.MonkeyPatch, slow_bytes: int, item: Any) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    bad = {"persons": REGISTER["persons"], "accounts": {"a\ud800": item}}

    _, problems = read("register", json.dumps(bad).encode())

    ((code, spot),) = problems
    assert ("unencodable" if item != "x" else "json-no-object", "accounts/a*") == (code, str(spot)[:11])


@BOTH
def test_challenge_v15_two_balances_that_both_say_what_is_wanted(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    bad = change(REPLY, "data", "accounts", 0, "bal", to=[{"type": "CLBD", "amt": "1"}, {"type": "CLBD", "amt": "2"}])

    assert [("several-values", "data/accounts[1]/bal[type=CLBD]/amt")] == read("reply", spelt(bad))[1]


@BOTH
def test_an_element_that_is_no_object_is_parked(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    text = change(LISTS, "data", "entries", 1, to="nothing")
    short = change(LISTS, "data", "entries", 1, to=["000002", "62170002"])

    assert [("json-no-object", "data/entries[2]")] == read("lists", spelt(text))[1]
    assert [("column-count", "data/entries[2]")] == read("lists", spelt(short))[1]


@BOTH
def test_challenge_c2_totals_are_checked_and_name_their_place(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    assert [("total-differs", None, "data/count")] == refused("reply", spelt(change(REPLY, "data", "count", to=3)))
    assert [("total-differs", None, "meta/sum")] == refused("lists", spelt(change(LISTS, "meta", "sum", to="3.51")))


@BOTH
def test_a_kind_of_line_nobody_knows_refuses_the_file(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    assert [("unknown-record", 2, None)] == refused("lines", in_lines([LINES[0], {"kind": "Z"}]))


def test_a_line_that_is_no_json_refuses_the_file_and_is_named() -> None:
    assert [("json-syntax", 2, None)] == refused("lines", in_lines(LINES).replace(b'"ref": "000001", "no"', b'"ref", "no"'))


# ---- two readers, one meaning -------------------------------------------------------------------------------------------------------

LEAVES = (
    st.none() | st.booleans() | st.sampled_from(["", "CLBD", "H", "A", "p1", "x ", "１", "\ud800", "12.00"]) | st.integers(0, 99)
)
KEYS = st.sampled_from(
    [
        "data",
        "accounts",
        "entries",
        "bal",
        "type",
        "amt",
        "holder",
        "name",
        "kind",
        "ref",
        "persons",
        "roles",
        "person",
        "meta",
        "p1",
    ]
)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8)


def spots(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield from spots(value, (*path, key))


@st.composite
def odd_documents(draw: st.DrawFn, tree: Any) -> Any:
    """A good document with other things in a few places."""
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(list(spots(tree))))
        tree = change(tree, *path, to=draw(TREES))
    return tree


def cells_of(key: str, data: bytes) -> tuple[list[Any], list[Any] | None]:
    """Rows by both ways: (record, line, cells) in order; None where the fast one is not sure."""
    walked, cut = JsonCodec(layout(PROFILE, "response", key)), JsonCodec(layout(PROFILE, "response", key))
    slow: list[Any] = []
    fast: list[Any] | None = []
    for piece in walked.pieces([data]):
        slow += [
            (item.record.name if item.record else None, item.line, list(item.cells), item.bad) for item in walked.walk(piece)
        ]
    for piece in cut.pieces([data]):
        cuts = cut.cut(piece)
        if cuts is None:
            return slow, None
        rows = []
        for each in cuts:
            columns = [[None] * len(each.lines) if texts is None else texts.to_pylist() for texts in each.columns]
            order = each.lines if each.order is None else each.order
            rows += [
                (int(at), (each.record.name, int(line), list(cells), None))
                for at, line, cells in zip(order, each.lines, zip(*columns, strict=True), strict=True)
            ]
        fast = [*(fast or []), *(row for _, row in sorted(rows, key=lambda row: row[0]))]
    return slow, fast


def agree(key: str, data: bytes) -> bool:
    """Is it taken fast, and then alike?"""
    try:
        slow, fast = cells_of(key, data)
    except BadFile:
        return False
    if fast is None:
        return False
    known = {record.name: record for record in layout(PROFILE, "response", key).records}
    for one, other in zip(slow, fast, strict=True):
        assert one[:2] == other[:2]
        for field, here, there in zip(known[one[0]].fields, one[2], other[2], strict=True):
            assert here == there or (isinstance(here, BadValue) and not field.is_read)
    return True


@pytest.mark.parametrize("key", list(GOOD))
def test_a_good_document_is_taken_fast(key: str) -> None:
    assert agree(key, GOOD[key])


@settings(max_examples=100, deadline=None)
@given(st.data())
@pytest.mark.parametrize("key", ["reply", "lists", "register"])
def test_both_readers_agree_on_odd_documents(key: str, data: st.DataObject) -> None:
    tree = {"reply": REPLY, "lists": LISTS, "register": REGISTER}[key]
    agree(key, json.dumps(data.draw(odd_documents(tree))).encode())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(LINES).flatmap(odd_documents), max_size=5))
def test_both_readers_agree_on_odd_lines(lines: list[Any]) -> None:
    agree("lines", b"".join(json.dumps(line).encode() + b"\n" for line in lines))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(list(GOOD)), damages)
def test_both_readers_agree_on_damaged_bytes(key: str, blows: Any) -> None:
    agree(key, damaged(GOOD[key], blows))


def all_said(key: str, data: bytes, slow_bytes: int) -> Any:
    """Everything that comes out: rows and problems, or why the file is refused."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "SLOW_BYTES", slow_bytes)
        try:
            return read(key, data)
        except UnreadableFile as caught:
            return sorted((problem.code, problem.place.line or 0) for problem in caught.problems)


@settings(max_examples=100, deadline=None)
@given(st.data())
@pytest.mark.parametrize("key", ["reply", "lists", "register"])
def test_an_odd_document_is_said_alike_whichever_way_it_is_read(key: str, data: st.DataObject) -> None:
    tree = {"reply": REPLY, "lists": LISTS, "register": REGISTER}[key]
    odd = json.dumps(data.draw(odd_documents(tree))).encode()

    assert all_said(key, odd, 1 << 30) == all_said(key, odd, 0)


def leaves(codec: JsonCodec, piece: Any) -> Iterator[Any]:
    """The piece cut as small as it will be."""
    parts = codec.parts(piece)
    if len(parts) < 2:
        yield piece
    for part in parts if len(parts) > 1 else ():
        yield from leaves(codec, part)


@pytest.mark.parametrize("key", list(GOOD))
def test_the_parts_of_a_piece_are_the_piece_with_the_same_numbers(key: str) -> None:
    whole, apart = JsonCodec(layout(PROFILE, "response", key)), JsonCodec(layout(PROFILE, "response", key))
    rows = [(item.record, item.line, item.cells) for piece in whole.pieces([GOOD[key]]) for item in whole.walk(piece)]
    found = []
    for piece in apart.pieces([GOOD[key]]):
        small = list(leaves(apart, piece))
        assert len(small) == len(piece.starts) > 0 or len(piece.starts) == 1 < len(small)
        found += [(item.record, item.line, item.cells) for part in small for item in apart.walk(part)]

    assert sorted(map(repr, rows)) == sorted(map(repr, found))


# ---- large documents ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is large."""
    for module in (json_text, json_pieces, json_stream):
        monkeypatch.setattr(module, "TEXT_MAX", 300)
    monkeypatch.setattr(json_pieces, "_PIECE", 200)
    monkeypatch.setattr(json_pieces, "_BLOCK", 64)
    monkeypatch.setattr(json_stream, "_FIRST_LOOK", 16)


def large(accounts: int) -> dict[str, Any]:
    tree = deepcopy(LISTS)
    tree["data"]["accounts"] = [dict(LISTS["data"]["accounts"][0], no=f"6217{at:06d}") for at in range(accounts)]
    tree["meta"] = {"accounts": accounts, "sum": f"{accounts}.00"}
    return tree


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("block", [7, 50, 10_000])
def test_a_large_document_is_read_element_by_element(indent: int | None, block: int) -> None:
    rows, problems = read("lists", json.dumps(large(40), indent=indent, ensure_ascii=False).encode(), block=block)

    assert [] == problems
    assert ([f"6217{at:06d}" for at in range(40)], [100, 50]) == (
        column(rows["holding"], "account_no"),
        column(rows["movement"], "amount_minor"),
    )


@pytest.mark.usefixtures("small")
def test_a_bad_element_of_a_large_document_has_a_line_and_a_path() -> None:
    bad = change(large(40), "data", "accounts", 20, "type", to="XYZ")
    text = json.dumps(bad, indent=1)
    found = read_files(PROFILE, "response", [(NAMES["lists"], [text.encode()])])
    list(found)

    line = text[: text.index("6217000020")].count("\n") - 1  # of the bracket: ref and no are the next two lines
    assert [(line, "data/accounts[21]/type")] == [(problem.place.line, problem.place.spot) for problem in found.problems]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("key", ["reply", "register"])
def test_a_large_document_that_is_one_object_is_refused(key: str) -> None:
    assert [("json-too-large", None, None)] == refused(key, GOOD[key] + b" " * 300)


@pytest.mark.usefixtures("small")
@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 4000),
    st.sampled_from([b"", b"}", b"]", b",", b'"', b"x", b"NaN", b"\n", b"{", b"[", b'"no":"1",']),
    st.booleans(),
)
def test_a_large_document_that_is_damaged_ends_in_a_named_error_or_in_rows(at: int, bit: bytes, cut: bool) -> None:
    good = spelt(large(40))
    at = min(at, len(good))
    data = good[:at] + bit + (b"" if cut else good[at:])

    assert "refused" == outcome("lists", data) or 40 >= len(read("lists", data)[0]["holding"]) >= 39


# ---- written ------------------------------------------------------------------------------------------------------------------------


def written(side: Any, kinds: dict[str, list[dict[str, Any]]], keys: set[str]) -> dict[str, bytes]:
    tables = {kind: [pa.Table.from_pylist(rows, schema=RECORDS[kind])] for kind, rows in kinds.items()}
    files = {name: b"".join(blocks) for name, blocks in write_files(PROFILE, side, FACTS, tables)}
    by_name = {name: key for key, name in NAMES.items()} | {"CX_902_0001.json": "ask"}
    return {by_name[name]: data for name, data in files.items() if by_name[name] in keys}


PERSON = {"name": "示例甲", "id_type": "resident_id", "id_no": "990101199001010018", "scope": "deposit,wealth"}


def test_an_inquiry_is_written_in_the_order_of_the_profile() -> None:
    files = written("inquiry", {"inquiry": [PERSON | {"line_ref": ""}]}, {"ask"})

    person = '{"seq":"000001","who":{"name":"示例甲","kind":"RIC","number":"990101199001010018"},"scope":"CK,LC"}'
    assert f'{{"head":{{"batch":"202601050000001","count":1}},"body":{{"persons":[{person}]}}}}' == files["ask"].decode()


ANSWER = {
    "outcome": [{"line_ref": "000001", "outcome": "found"}],
    "holding": [
        {
            "line_ref": "000001", "account_no": "62170001", "product": "demand_deposit", "currency": "CNY", "balance_minor": 8810,
            "available_minor": 8000, "holder_name": "示例甲", "custody_id": "a1", "level": "true",
        },
        {
            "line_ref": "000001", "account_no": "62170002", "product": "demand_deposit", "currency": "CNY", "balance_minor": 100,
            "holder_name": "示例甲", "custody_id": "a2",
        },
    ],
    "movement": [
        {
            "line_ref": "000001", "account_no": "62170001", "booked_on": date(2026, 1, 2), "direction": "out", "currency": "CNY",
            "amount_minor": 1200,
        }
    ],
}  # fmt: skip


NOT_COMPARED = {"resolution_minor", "currency", "product"}  # some files say them for all rows


def test_an_answer_is_written_nested_with_the_balance_it_is_asked_for() -> None:
    tree = json.loads(written("response", ANSWER, {"reply"})["reply"], parse_float=str)

    assert (FACTS.batch_no, 2) == (tree["batch"], tree["data"]["count"])
    assert [{"type": "CLBD", "amt": "88.10"}, {"type": "CLAV", "amt": "80.00"}] == tree["data"]["accounts"][0]["bal"]
    assert [{"date": "2026-01-02", "dir": "D", "amt": "12.00"}] == tree["data"]["accounts"][0]["entries"]


def test_references_are_written_once_with_an_id() -> None:
    tree = json.loads(written("response", ANSWER, {"register"})["register"])

    assert {"1": {"name": "示例甲"}} == tree["persons"]
    assert [{"person": "1", "bal": "88.10", "ref": "000001"}] == tree["accounts"]["a1"]["roles"]


@pytest.mark.parametrize("key", list(GOOD))
def test_what_is_written_is_read_again(key: str) -> None:
    rows, problems = read(key, written("response", ANSWER, {key})[key])

    assert [] == problems
    for kind, found in rows.items():
        said = [{name for name in row if row[name] is not None} - NOT_COMPARED for row in found]
        assert [{name: row.get(name) for name in names} for row, names in zip(ANSWER[kind], said, strict=True)] == [
            {name: row[name] for name in names} for row, names in zip(found, said, strict=True)
        ]


def test_several_questions_do_not_fit_into_a_document_of_one() -> None:
    two = {"outcome": [{"line_ref": "000001", "outcome": "found"}, {"line_ref": "000002", "outcome": "no_record"}]}

    with pytest.raises(UnwritableRoster) as caught:
        written("response", two, {"reply"})

    assert ["one-row-a-document"] == [problem.code for problem in caught.value.problems]


TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs"), exclude_characters="\ufeff"), min_size=1, max_size=6).map(
    lambda text: text.strip(" \t\u3000\u00a0") or "x"
)
AMOUNTS = st.integers(-(10**13), 10**13)


@st.composite
def answers(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    numbers = draw(st.lists(st.from_regex(r"[0-9A-Z]{1,20}", fullmatch=True), unique=True, max_size=4))
    holdings = [
        {
            "line_ref": "000001", "account_no": number, "product": "demand_deposit",
            "currency": "CNY", "balance_minor": draw(AMOUNTS),
            "available_minor": draw(st.none() | AMOUNTS), "holder_name": draw(st.none() | TEXTS), "custody_id": number,
        }
        for number in numbers
    ]  # fmt: skip
    movements = [
        {
            "line_ref": "000001", "account_no": row["account_no"], "booked_on": draw(st.dates()), "direction": "in",
            "currency": row["currency"], "amount_minor": draw(st.integers(0, 10**13)), "summary": draw(st.none() | TEXTS),
        }
        for row in holdings
        for _ in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    return {"outcome": [{"line_ref": "000001", "outcome": "found"}], "holding": holdings, "movement": movements}


@settings(max_examples=60, deadline=None)
@given(answers(), st.sampled_from([0, 1 << 30]))
def test_whatever_is_written_is_read_again(rows: dict[str, list[dict[str, Any]]], slow_bytes: int) -> None:
    data = written("response", rows, {"reply"})["reply"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "SLOW_BYTES", slow_bytes)
        found, problems = read("reply", data)

    assert [] == problems
    for kind, wanted in rows.items():
        names = [name for name in wanted[0] if name != "custody_id"] if wanted else []
        assert [{name: row[name] for name in names} for row in wanted] == [
            {name: row[name] for name in names} for row in found.get(kind, [])
        ]


@pytest.mark.parametrize("custody_id", [None, "a1"])
def test_rows_that_stand_under_a_key_need_one_of_their_own(custody_id: str | None) -> None:
    second = ANSWER["holding"][1] | {"custody_id": custody_id, "opened_on": date(2020, 1, 1)}

    with pytest.raises(UnwritableRoster) as caught:
        written("response", ANSWER | {"holding": [ANSWER["holding"][0], second]}, {"register"})

    assert ["json-no-key"] == [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize("encoding", ["utf-8-bom", "gb18030", "gbk"])
@pytest.mark.parametrize("key", ["reply", "lines"])
def test_other_encodings_of_ascii_are_written_and_read(key: str, encoding: str) -> None:
    spec = PROFILE.response.files[key].model_copy(update={"encoding": encoding})
    side = PROFILE.response.model_copy(update={"files": PROFILE.response.files | {key: spec}})
    profile = PROFILE.model_copy(update={"response": side})
    tables = {kind: [pa.Table.from_pylist(rows, schema=RECORDS[kind])] for kind, rows in ANSWER.items()}
    files = {name: b"".join(blocks) for name, blocks in write_files(profile, "response", FACTS, tables)}

    found = read_files(profile, "response", [(NAMES[key], [files[NAMES[key]]])], expected={"batch_no": FACTS.batch_no})

    assert (encoding == "utf-8-bom") == files[NAMES[key]].startswith(b"\xef\xbb\xbf")
    assert {"lines": 3, "reply": 4}[key] == sum(part.table.num_rows for part in found)
    assert {"missing-file"} == {warning.code for warning in found.warnings}  # one file of several
