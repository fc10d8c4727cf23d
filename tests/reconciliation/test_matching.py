"""Promises of matching.py: one outcome a line, by position, nothing dropped, silence never an answer."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.exchange import OUTCOME_CODE, OUTCOME_WORD
from reconciliation.matching import FINDINGS, Matched, Matcher, match, positions
from tests.reconciliation.rows import BATCH, outcome, table

Rows = list[dict[str, Any]]


def judged(lines: int, outcomes: Rows, holdings: Rows = [], movements: Rows = [], parked: list[str] = []) -> Matched:  # noqa: B006
    tables = table("outcome", *outcomes), table("holding", *holdings), table("movement", *movements)
    return match(lines, BATCH, *tables, pa.array(parked, pa.string()))[0]


def words(matched: Matched) -> list[str]:
    return [OUTCOME_WORD[code] for code in matched.outcome]


def findings(matched: Matched) -> list[tuple[int, str]]:
    return [(row["position"], row["code"]) for row in matched.findings.to_pylist()]


@pytest.mark.parametrize("ref", ["000017", "17", " 000017 ", f"{BATCH}000017", f"{BATCH}#17", f"{BATCH}-000017"])
def test_a_line_is_known_by_its_position_however_it_is_written(ref: str) -> None:
    expected = [16]
    assert expected == positions(pa.array([ref]), BATCH).tolist()


@pytest.mark.parametrize(
    "ref",
    ["", "0", "000000", "R1", "-1", "1.0", "１７", "20260921-0043000017", f"{BATCH}", f"{BATCH}17x", "9" * 10, "000101", None],
)
def test_a_reference_of_no_line_is_nobody(ref: str | None) -> None:
    expected = [-1]
    assert expected == positions(pa.array([ref], pa.string()), BATCH, lines=100).tolist()


def test_digits_that_begin_like_the_batch_number_are_still_a_position() -> None:
    expected = [11, 2, 6]
    assert expected == positions(pa.array(["12", "1000003", "000007"]), "1").tolist()


@given(st.lists(st.integers(1, 999_999)), st.booleans())
def test_positions_are_those_that_were_written(numbers: list[int], with_batch: bool) -> None:
    refs = [f"{BATCH if with_batch else ''}{number:06d}" for number in numbers]
    expected = [number - 1 for number in numbers]

    assert expected == positions(pa.chunked_array([pa.array(refs, pa.string())]), BATCH).tolist()


def test_rule_036_every_line_has_exactly_one_outcome() -> None:
    matched = judged(4, [outcome(1), outcome(2, "no_record"), outcome(4, "refused.authority")], [{"ref": 1}])

    expected = ["found", "no_record", "not_answered", "refused.authority"]
    assert expected == words(matched)
    assert {"not_answered": 1, "found": 1, "no_record": 1, "refused.authority": 1} == matched.counts()
    assert [] == findings(matched)


def test_rule_037_silence_is_never_no_account() -> None:
    expected = ["not_answered"] * 3
    assert expected == words(judged(3, []))


def test_fault_c12_rule_039_what_nobody_asked_for_is_set_apart() -> None:
    stray = {"line_ref": "20260101-0001000001"}
    matched = judged(1, [outcome(1, "no_record"), outcome(2)], [stray], [stray, {"ref": 9}])

    assert ["no_record"] == words(matched)
    assert {"outcome": 1, "holding": 1, "movement": 2} == {kind: len(rows) for kind, rows in matched.not_asked.items()}
    assert ["20260101-0001000001"] == matched.not_asked["holding"].column("line_ref").to_pylist()


@pytest.mark.parametrize(("accounts", "movements"), [(2, 1), (1, 2), (0, 1), (None, 0)])
def test_fault_c13_rule_042_a_declared_count_that_did_not_come_makes_the_line_partial(
    accounts: int | None, movements: int
) -> None:
    matched = judged(2, [outcome(1, "found", accounts, movements), outcome(2, "no_record", 0, 0)], [{"ref": 1}], [{"ref": 1}])

    assert ["partial", "no_record"] == words(matched)
    assert [(0, "count-gap")] == findings(matched)


def test_a_count_gap_says_declared_and_delivered() -> None:
    [gap] = judged(1, [outcome(1, accounts=3)], [{"ref": 1}]).findings.to_pylist()

    assert (3, 1, "holding") == (gap["declared"], gap["delivered"], gap["kind"])


def test_rule_045_a_parked_row_makes_its_line_partial_and_leaves_the_others() -> None:
    matched = judged(3, [outcome(1), outcome(2), outcome(3, "no_record")], [{"ref": 1}, {"ref": 2}], parked=["000002", "000099"])

    assert ["found", "partial", "no_record"] == words(matched)
    assert [(1, "rows-parked")] == findings(matched)


@pytest.mark.parametrize("blocks", [1, 2])
def test_fault_c14_two_different_outcomes_make_a_line_partial(blocks: int) -> None:
    rows = table("outcome", outcome(1, "no_record"), outcome(2, "no_record"), outcome(1, "name_mismatch"))
    matcher = Matcher(2, BATCH)
    for block in [rows] if blocks == 1 else [rows.slice(0, 2), rows.slice(2)]:
        matcher.add("outcome", block)
    matched = matcher.finish()

    assert ["partial", "no_record"] == words(matched)
    assert [(0, "two-outcomes")] == findings(matched)


def test_the_same_outcome_twice_is_one_outcome() -> None:
    matched = judged(1, [outcome(1, "no_record"), outcome(1, "no_record")])

    assert (["no_record"], []) == (words(matched), findings(matched))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("no_record", "partial"),
        ("pending", "partial"),
        ("refused.other", "partial"),
        ("technical_failure", "partial"),
        ("name_mismatch", "name_mismatch"),
        ("id_unknown", "id_unknown"),
    ],
)
def test_accounts_against_the_outcome_are_found_out(word: str, expected: str) -> None:
    matched = judged(1, [outcome(1, word)], [{"ref": 1}])

    assert [expected] == words(matched)
    assert [(0, "accounts-against-outcome")] == findings(matched)


def test_found_without_an_account_is_partial_unless_the_bank_declares_none() -> None:
    matched = judged(2, [outcome(1), outcome(2, "found", 0)])

    assert ["partial", "found"] == words(matched)
    assert [(0, "found-without-accounts")] == findings(matched)


def test_accounts_without_an_outcome_are_partial_where_the_bank_gives_outcomes() -> None:
    matched = judged(3, [outcome(1, "no_record")], [{"ref": 2}])

    assert ["no_record", "partial", "not_answered"] == words(matched)
    assert [(1, "accounts-without-outcome")] == findings(matched)


def test_a_bank_without_outcome_rows_says_found_by_the_account() -> None:
    matched = judged(2, [], [{"ref": 2}])

    assert (["not_answered", "found"], []) == (words(matched), findings(matched))


def test_fault_c11_a_row_sent_twice_is_noticed_and_satisfies_the_declared_count() -> None:
    again = {"ref": 1, "account_no": "6217", "balance_minor": 5}
    matched = judged(1, [outcome(1, "found", 2)], [again, {"ref": 1, "account_no": "6218"}, again])

    assert ["found"] == words(matched)
    assert [(0, "rows-repeated")] == findings(matched)
    assert [3] == matched.delivered["holding"].tolist()


def test_fault_c11_equal_bookings_without_anything_to_tell_them_apart_are_two_bookings() -> None:
    assert [] == findings(judged(1, [outcome(1, "found", 1, 2)], [{"ref": 1}], [{"ref": 1}, {"ref": 1}]))


def test_movements_need_their_account() -> None:
    matched = judged(2, [outcome(1), outcome(2)], [{"ref": 1}, {"ref": 2, "account_no": "7"}], [{"ref": 1}, {"ref": 2}])

    assert [(1, "movement-without-account")] == findings(matched)
    assert ["found", "found"] == words(matched)


def test_placed_rows_carry_their_position_in_order() -> None:
    rows = table("holding", {"ref": 3}, {"ref": 1, "account_no": "a"}, {"ref": 9}, {"ref": 1, "account_no": "b"})
    placed = Matcher(3, BATCH).add("holding", rows)

    assert [0, 0, 2] == placed.column("position").to_pylist()
    assert ["a", "b", "6200"] == placed.column("account_no").to_pylist()
    assert pa.int32() == placed.schema.field("position").type


def test_every_finding_has_words_in_both_languages() -> None:
    assert all(zh and en for zh, en in FINDINGS.values())


ANSWERS = st.lists(
    st.tuples(st.integers(1, 6), st.sampled_from(["found", "no_record", "name_mismatch", "partial"]), st.integers(0, 3)),
    max_size=8,
)


@given(ANSWERS, st.data())
def test_blocks_and_their_order_change_nothing(answers: list[tuple[int, str, int]], data: st.DataObject) -> None:
    outcomes = [outcome(ref, word, count) for ref, word, count in answers]
    holdings = [{"ref": ref, "account_no": str(n)} for ref, _, count in answers for n in range(count)]
    whole = judged(6, outcomes, holdings)
    blocks = [("outcome", row) for row in outcomes] + [("holding", row) for row in holdings]
    matcher = Matcher(6, BATCH)
    for kind, row in data.draw(st.permutations(blocks)):
        matcher.add(kind, table(kind, row))
    streamed = matcher.finish()

    assert words(whole) == words(streamed)
    assert whole.findings.equals(streamed.findings)


def test_a_hundred_thousand_lines_are_matched_without_a_loop() -> None:
    lines = 100_000
    said = np.where(np.arange(lines) % 3 == 0, "no_record", "name_mismatch")
    refs = pa.array([f"{position:06d}" for position in range(1, lines + 1)])
    none = pa.nulls(lines, pa.int64())
    more = dict.fromkeys(("declared_accounts", "declared_movements", "declared_balance_minor"), none)
    rows = pa.table({"line_ref": refs, "outcome": said, **more, "currency": pa.nulls(lines, pa.string())})
    matcher = Matcher(lines, BATCH)
    matcher.add("outcome", rows)
    matched = matcher.finish()

    assert OUTCOME_CODE["no_record"] == matched.outcome[99_999]
    assert {"no_record": 33_334, "name_mismatch": 66_666} == matched.counts()
