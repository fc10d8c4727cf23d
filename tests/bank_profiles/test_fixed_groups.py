"""A fixed file of people with their accounts in the same line, and entries with long texts, there and back through the whole engine."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.catalogue import load_profile
from bank_profiles.codecs.fixed.codec import FixedCodec
from bank_profiles.engine import reading
from bank_profiles.engine.reading import FileReading
from bank_profiles.engine.writing import FileWriting
from bank_profiles.errors import UnreadableFile, UnwritableRoster
from bank_profiles.layouts.making import layout
from reconciliation.exchange import RECORDS
from tests.bank_profiles.generated import DAMAGES, damaged

LAYOUT = layout(load_profile(Path(__file__).parent / "profiles" / "groups.yaml"), "response", "reply")
DAY = date(2026, 1, 5)
TEXT = st.lists(st.sampled_from(["转账", "工资2026年", "A-1", "亅倈億"]), max_size=9).map("".join).map(lambda text: text or None)
ACCOUNT = st.fixed_dictionaries({"account_no": st.text("0123456789", min_size=1, max_size=20), "balance_minor": st.integers(-(10**9), 10**12)})  # fmt: skip
ENTRY = st.fixed_dictionaries(
    {
        "amount_minor": st.integers(0, 10**12),
        "direction": st.sampled_from(["in", "out"]),
        "summary": TEXT,
        "counterparty_name": TEXT,
    }
)
PEOPLE = st.lists(st.lists(ACCOUNT, max_size=2), max_size=6)
Tables = Mapping[str, Sequence[Mapping[str, Any]]]


def _rows(
    people: Sequence[Sequence[Mapping[str, Any]]], entries: Sequence[Mapping[str, Any]] = ()
) -> dict[str, list[dict[str, Any]]]:
    refs = [f"{number:06d}" for number in range(1, len(people) + 1)]
    common = {"product": "demand_deposit", "currency": "CNY"}
    return {
        "outcome": [
            {"line_ref": ref, "outcome": "found", "declared_accounts": len(accounts)}
            for ref, accounts in zip(refs, people, strict=True)
        ],
        "holding": [
            {"line_ref": ref, **account, "as_of": DAY, **common}
            for ref, accounts in zip(refs, people, strict=True)
            for account in accounts
        ],
        "movement": [
            {"line_ref": "000001", "account_no": "1", "booked_on": DAY, "currency": "CNY", **entry} for entry in entries
        ],
    }


def _written(rows: Tables) -> bytes:
    tables = {kind: [pa.Table.from_pylist(list(found), schema=RECORDS[kind])] for kind, found in rows.items()}
    return b"".join(FileWriting(LAYOUT, "R.dat", {}).blocks(tables))


def _read(data: bytes, slow_bytes: int) -> tuple[dict[str, list[dict[str, Any]]], FileReading]:
    """``slow_bytes``: up to this size only the reference reader reads."""
    old, reading.SLOW_BYTES = reading.SLOW_BYTES, slow_bytes
    try:
        one = FileReading(LAYOUT, "R.dat")
        found: dict[str, list[dict[str, Any]]] = {"outcome": [], "holding": [], "movement": []}
        for rows in one.rows([data]):
            found[rows.kind] += rows.table.drop_columns(
                [n for n in rows.table.column_names if n == "resolution_minor"]
            ).to_pylist()
        return found, one
    finally:
        reading.SLOW_BYTES = old


def _told(rows: Tables) -> dict[str, list[dict[str, Any]]]:
    return {
        kind: [{name: row.get(name) for name in RECORDS[kind].names if name != "resolution_minor"} for row in found]
        for kind, found in rows.items()
    }


def test_a_good_file_is_read_fast_but_for_its_trailer(monkeypatch: pytest.MonkeyPatch) -> None:
    account, entry = {"account_no": "6217", "balance_minor": 1}, {"amount_minor": 1, "direction": "in", "summary": "摘要" * 20}
    data = _written(_rows([[account], [account, account]] * 40, [entry] * 200))
    walked: list[str] = []
    walk = FixedCodec.walk
    monkeypatch.setattr(FixedCodec, "walk", lambda codec, piece: walked.append(piece.where) or walk(codec, piece))
    _read(data, 0)

    assert ["last"] == walked


@settings(max_examples=60, deadline=None)
@given(PEOPLE, st.lists(ENTRY, max_size=5))
def test_what_was_written_is_read_by_both_readers(people: Any, entries: Any) -> None:
    rows = _rows(people, entries)
    data = _written(rows)

    assert _told(rows) == _read(data, 0)[0] == _read(data, 1 << 30)[0]
    assert 0 == data.count(b"\n") % 10


@settings(max_examples=100, deadline=None)
@given(
    PEOPLE, st.lists(ENTRY, max_size=3), st.lists(st.tuples(st.sampled_from(DAMAGES), st.floats(0, 1)), min_size=1, max_size=2)
)
def test_both_readers_say_the_same_of_damaged_files(people: Any, entries: Any, blows: Any) -> None:
    data = damaged(_written(_rows(people, entries)), blows)

    assert _said(data, 0) == _said(data, 1 << 30)


def _said(data: bytes, slow_bytes: int) -> Any:
    try:
        found, one = _read(data, slow_bytes)
    except UnreadableFile as refused:
        return [problem.en for problem in refused.problems]
    return found, [problem.en for problem in one.problems], [warning.en for warning in one.warnings]


def test_challenge_c1_a_lost_group_is_seen_by_the_count_in_its_own_line() -> None:
    account = {"account_no": "6217", "balance_minor": 0}
    data = _written(_rows([[account], [account, account]]))
    lost = data.replace(b"6217                ", b" " * 20, 1).replace(b" " * 20 + b"0" * 15 + b"20260105", b" " * 43, 1)

    with pytest.raises(UnreadableFile) as refused:
        _read(lost, 1 << 30)
    assert [("total-differs", 1)] == [(problem.code, problem.place.line) for problem in refused.value.problems]


def test_more_accounts_than_the_line_has_room_for_are_not_written() -> None:
    account = {"account_no": "6217", "balance_minor": 1}

    with pytest.raises(UnwritableRoster) as refused:
        _written(_rows([[account] * 3]))
    assert ["too-many-groups"] == [problem.code for problem in refused.value.problems]


def test_a_text_that_cannot_be_parted_is_not_written() -> None:
    entry = {"amount_minor": 1, "direction": "in", "summary": "字 " * 40 + "尾"}

    with pytest.raises(UnwritableRoster) as refused:
        _written(_rows([[]], [entry]))
    assert ["cannot-be-parted"] == [problem.code for problem in refused.value.problems]


def test_an_inquiry_goes_out_behind_its_lengths_and_is_read_again() -> None:
    asked = layout(load_profile(Path(__file__).parent / "profiles" / "groups.yaml"), "inquiry", "ask")
    row = {"line_ref": "000001", "name": "示例甲", "id_type": "resident_id", "id_no": "990101199001011234"}
    table = pa.Table.from_pylist([row], schema=RECORDS["inquiry"])
    data = b"".join(FileWriting(asked, "Q.dat", {}).blocks({"inquiry": [table]}))

    assert (b"\x00\x54\x00\x00", b"\x00\x0a\x00\x00000001") == (data[:4], data[84:])
    with suppress(StopIteration):
        (rows,) = FileReading(asked, "Q.dat").rows([data])
        assert [row] == [{name: value for name, value in each.items() if value is not None} for each in rows.table.to_pylist()]


def test_a_text_the_encoding_does_not_have_is_not_written_in_parts_either(tmp_path: Path) -> None:
    text = (Path(__file__).parent / "profiles" / "groups.yaml").read_text("utf-8").replace("gb18030", "big5")
    (tmp_path / "groups.yaml").write_text(text, "utf-8")
    big5 = layout(load_profile(tmp_path / "groups.yaml"), "response", "reply")
    entry = {"amount_minor": 1, "direction": "in", "summary": "转账" * 9}
    tables = {kind: [pa.Table.from_pylist(list(found), schema=RECORDS[kind])] for kind, found in _rows([[]], [entry]).items()}

    with pytest.raises(UnwritableRoster) as refused:
        list(FileWriting(big5, "R.dat", {}).blocks(tables))
    assert ["unencodable"] == [problem.code for problem in refused.value.problems]
    assert "值中含 big5 没有的字符" in refused.value.problems[0].zh
