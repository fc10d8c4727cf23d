"""Rows inside rows: carried fields, totals under their own account, the text that means an outcome; both readers, both directions."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.catalogue import load_profile
from bank_profiles.engine import reading
from bank_profiles.errors import UnreadableFile, UnwritableRoster
from bank_profiles.translation import PackageFacts, read_files, write_files
from reconciliation.exchange import RECORDS

PROFILE = load_profile(Path(__file__).parent / "profiles" / "nested.yaml")
GOOD = PROFILE.examples[0].given["reply"]
FACTS = PackageFacts("902", "202601050000001", date(2026, 1, 5), 1, datetime(2026, 1, 5, 1, 30, tzinfo=UTC))
BOTH = pytest.mark.parametrize("slow_bytes", [0, 1 << 30], ids=["fast", "reference"])


def _read(text: str | bytes) -> tuple[dict[str, list[dict[str, Any]]], list[str], list[str]]:
    data = text if isinstance(text, bytes) else text.encode("gb18030")
    found = read_files(PROFILE, "response", [("FK_902_0001.txt", [data])], expected={"batch_no": FACTS.batch_no})
    rows: dict[str, list[dict[str, Any]]] = {}
    for part in found:
        rows.setdefault(part.kind, []).extend(part.table.to_pylist())
    return rows, [problem.code for problem in found.problems], [problem.code for problem in found.warnings]


def _refused(text: str) -> list[tuple[str, int | None]]:
    with pytest.raises(UnreadableFile) as refused:
        _read(text)
    return [(problem.code, problem.place.line) for problem in refused.value.problems]


def _sealed(text: str) -> str:
    """With the digest, the lines and the sum of the trailer put right, so that only the damage meant is left."""
    import hashlib

    lines = text.splitlines()[:-1]
    total = sum(int(line.split("|")[3]) for line in lines if line[0] == "A" and line.split("|")[3].isdigit())
    body = "".join(f"{line}\n" for line in lines)
    digest = hashlib.sha256(body.encode("gb18030")).hexdigest()
    return f"{body}T|{len(lines) + 1}|{total // 100}.{total % 100:02d}|{digest}\n"


@BOTH
def test_what_is_carried_comes_from_the_rows_around(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    rows, problems, warnings = _read(GOOD)

    assert ([], []) == (problems, warnings)
    assert [("000001", "6217000010001234567"), ("000001", "6217000010001234568")] == [
        (row["line_ref"], row["account_no"]) for row in rows["holding"]
    ]
    assert [("000001", "6217000010001234567", 500), ("000001", "6217000010001234567", 700)] == [
        (row["line_ref"], row["account_no"], row["amount_minor"]) for row in rows["movement"]
    ]


def test_it_is_written_as_it_was_read() -> None:
    tables: dict[str, list[pa.Table]] = {}
    for part in read_files(PROFILE, "response", [("FK_902_0001.txt", [GOOD.encode("gb18030")])]):
        tables.setdefault(part.kind, []).append(part.table)

    (file,) = write_files(PROFILE, "response", FACTS, tables)

    assert GOOD == b"".join(file.blocks).decode("gb18030")


@BOTH
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("P|000001|00|2", "P|000001|00|3", ("total-differs", 2)),  # accounts of this person
        ("Z|4|500|700|2003", "Z|5|500|700|2003", ("total-differs", 6)),  # lines of this account
        ("Z|4|500|700|2003", "Z|4|501|700|2003", ("total-differs", 6)),  # only what went out
        ("Z|4|500|700|2003", "Z|4|500|700|2004", ("total-differs", 6)),  # the hash of the serials
        ("E|20260102|2|700|S1002\n", "", ("total-differs", 5)),
        ("Z|2|0|0|0\n", "", ("missing-record", 7)),  # an account that never ends
        ("P|000001|00|2\n", "", ("no-parent", 2)),
        ("Z|4|500|700|2003\n", "Z|4|500|700|2003\nP|000003|00|0\nE|20260101|1|500|S1001\n", ("no-parent", 8)),
    ],
)
def test_each_level_has_its_own_totals(
    monkeypatch: pytest.MonkeyPatch, slow_bytes: int, old: str, new: str, expected: tuple[str, int]
) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    assert expected in _refused(_sealed(GOOD.replace(old, new, 1)))


@BOTH
def test_a_total_that_only_warns_lets_the_file_through(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    rows, problems, warnings = _read(_sealed(GOOD.replace("Z|4|500|700|2003", "Z|4|500|701|2003")))

    assert (2, [], ["total-differs"]) == (len(rows["movement"]), problems, warnings)


@BOTH
def test_one_changed_byte_is_seen_by_the_digest(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    assert [("digest-differs", 10)] == _refused(GOOD.replace("|102|", "|101|"))


@BOTH
def test_rule_038_a_text_that_says_there_is_nothing_is_an_outcome_not_an_account(
    monkeypatch: pytest.MonkeyPatch, slow_bytes: int
) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    text = GOOD.replace("P|000002|01|0\n", "P|000002|01|1\nA|查无开户信息||\nZ|2|0|0|0\n")

    rows, problems, _ = _read(_sealed(text))

    assert [] == problems
    assert 2 == len(rows["holding"])
    assert ["found", "no_record", "no_record"] == [row["outcome"] for row in rows["outcome"]]


@BOTH
@pytest.mark.parametrize("answer", ["查无开户信息。", "查询失败", "无", "N/A"])
def test_rule_038_words_nobody_listed_are_no_account_and_no_outcome(
    monkeypatch: pytest.MonkeyPatch, slow_bytes: int, answer: str
) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    text = GOOD.replace("P|000002|01|0\n", f"P|000002|01|1\nA|{answer}|101|0\nZ|2|0|0|0\n")

    rows, problems, _ = _read(_sealed(text))

    assert ["unknown-answer"] == problems
    assert {"000001"} == {row["line_ref"] for row in rows["holding"]}


@BOTH
def test_rows_inside_one_that_cannot_be_read_are_parked_with_it(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)

    rows, problems, _ = _read(_sealed(GOOD.replace("A|6217000010001234567|101", "A||101")))

    assert ["missing-value"] * 3 == problems
    assert ("000001", 1) == (rows["holding"][0]["line_ref"], len(rows["holding"]))
    assert "movement" not in rows


def test_a_movement_of_no_account_is_not_written() -> None:
    tables = {
        "outcome": [pa.Table.from_pylist([{"line_ref": "000001", "outcome": "found"}], schema=RECORDS["outcome"])],
        "movement": [
            pa.Table.from_pylist(
                [
                    {
                        "line_ref": "000001",
                        "account_no": "1",
                        "booked_on": date(2026, 1, 1),
                        "direction": "in",
                        "currency": "CNY",
                        "amount_minor": 1,
                    }
                ],
                schema=RECORDS["movement"],
            )
        ],
    }

    (file,) = write_files(PROFILE, "response", FACTS, tables)

    with pytest.raises(UnwritableRoster, match="no-parent"):
        list(file.blocks)


# ---- two readers, one meaning -------------------------------------------------------------------------------------------------------


@st.composite
def _replies(draw: st.DrawFn) -> str:
    """A whole reply with persons, accounts and entries by chance."""
    lines = ["H|202601050000001"]
    for person in range(draw(st.integers(0, 4))):
        accounts = draw(st.integers(0, 3))
        lines.append(f"P|{person + 1:06d}|00|{accounts}")
        for account in range(accounts):
            lines.append(f"A|62{person}{account}|101|{draw(st.integers(-(10**6), 10**15))}")
            entries = list(_entries(draw))
            lines += [f"E|20260101|{side}|{amount}|S{serial}" for side, amount, serial in entries]
            out = sum(amount for side, amount, _ in entries if side == 1)
            into = sum(amount for side, amount, _ in entries if side == 2)
            lines.append(f"Z|{len(entries) + 2}|{out}|{into}|{sum(serial for *_, serial in entries) % 10**5}")
    return "\n".join([*lines, "T|0|0|0"]) + "\n"


def _entries(draw: st.DrawFn) -> Iterator[tuple[int, int, int]]:
    for _ in range(draw(st.integers(0, 3))):
        yield draw(st.sampled_from([1, 2])), draw(st.integers(0, 10**15)), draw(st.integers(1000, 9999))


def _result(text: str, slow_bytes: int) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "SLOW_BYTES", slow_bytes)
        try:
            return _read(text)
        except UnreadableFile as refused:
            first = min(problem.place.line or 0 for problem in refused.problems)  # a piece behind it may not have been looked at
            return {problem.code for problem in refused.problems if problem.place.line == first}, first


@settings(max_examples=100, deadline=None)
@given(
    _replies(),
    st.integers(0, 10**6),
    st.sampled_from(["", "drop", "double", "swap", "|", "E|20260101|1|5|S1000", "Z|2|0|0|0", "x"]),
)
def test_fast_and_reference_agree_on_nested_files(text: str, at: int, damage: str) -> None:
    lines = text.splitlines()
    place = at % len(lines)
    if damage == "drop":
        del lines[place]
    elif damage == "double":
        lines.insert(place, lines[place])
    elif damage == "swap":
        lines[place], lines[-place - 1] = lines[-place - 1], lines[place]
    elif damage:
        lines.insert(place, damage)
    sealed = _sealed_or_not("\n".join(lines) + "\n")

    assert _result(sealed, 1 << 30) == _result(sealed, 0)


def _sealed_or_not(text: str) -> str:
    try:
        return _sealed(text)
    except (ValueError, IndexError):
        return text
