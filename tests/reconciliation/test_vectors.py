"""Promises of vectors.py: two bytes a line, and editions folded so that nothing said is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.errors import MismatchedEdition
from reconciliation.exchange import NOT_ANSWERED, OUTCOME_CODE, OUTCOME_WORD
from reconciliation.vectors import (
    Bytes,
    CurrentVector,
    count_outcomes,
    fold,
    pack_current,
    pack_outcomes,
    silent,
    unpack_current,
    unpack_outcomes,
)

LINES = 12
VECTORS = st.lists(st.integers(0, len(OUTCOME_WORD) - 1), min_size=LINES, max_size=LINES).map(
    lambda v: np.array(v, dtype=np.uint8)
)


def vector(*words: str) -> Bytes:
    return np.array([OUTCOME_CODE[word] for word in words], dtype=np.uint8)


def folded(editions: list[Bytes]) -> CurrentVector:
    current = silent(len(editions[0]))
    for number, outcome in enumerate(editions, start=1):
        current = fold(current, outcome, number)
    return current


@given(VECTORS, VECTORS)
def test_what_is_packed_comes_back(outcome: Bytes, edition: Bytes) -> None:
    opened = unpack_current(pack_current(CurrentVector(outcome, edition)), LINES)

    assert (outcome.tolist(), edition.tolist()) == (opened.outcome.tolist(), opened.edition.tolist())
    assert outcome.tolist() == unpack_outcomes(pack_outcomes(outcome), LINES).tolist()


def test_a_line_without_account_costs_far_less_than_four_bytes() -> None:
    lines = 100_000
    current = fold(silent(lines), np.full(lines, OUTCOME_CODE["no_record"], dtype=np.uint8), 1)

    assert len(pack_current(current)) < lines // 100


def test_rule_041_a_later_edition_wins_where_it_answers() -> None:
    current = folded([vector("found", "no_record", "not_answered"), vector("not_answered", "found", "no_record")])

    expected = [("found", 1), ("found", 2), ("no_record", 2)]
    assert expected == [
        (OUTCOME_WORD[code], edition) for code, edition in zip(current.outcome, current.edition.tolist(), strict=True)
    ]


@pytest.mark.parametrize("later", ["not_answered", "pending", "technical_failure"])
def test_not_yet_never_takes_the_place_of_an_answer(later: str) -> None:
    current = folded([vector("found", "pending"), vector(later, later)])

    assert [OUTCOME_CODE["found"], 1] == [current.outcome[0], current.edition[0]]
    assert OUTCOME_CODE["pending" if later == "not_answered" else later] == current.outcome[1]


@given(st.lists(VECTORS, min_size=1, max_size=6), st.integers(0, 5))
def test_a_silent_edition_changes_nothing(editions: list[Bytes], place: int) -> None:
    quiet = np.full(LINES, NOT_ANSWERED, dtype=np.uint8)
    with_silence = [*editions[:place], quiet, *editions[place:]]

    assert folded(editions).outcome.tolist() == folded(with_silence).outcome.tolist()


@given(st.lists(VECTORS, min_size=1, max_size=6))
def test_every_line_holds_what_its_edition_said(editions: list[Bytes]) -> None:
    current = folded(editions)
    expected = [editions[edition - 1][line] if edition else NOT_ANSWERED for line, edition in enumerate(current.edition.tolist())]

    assert expected == current.outcome.tolist()
    assert LINES == sum(current.counts().values())


@given(st.lists(VECTORS, min_size=1, max_size=4))
def test_folding_the_last_edition_again_changes_nothing(editions: list[Bytes]) -> None:
    current = folded(editions)
    again = fold(current, editions[-1], len(editions))

    assert current.outcome.tolist() == again.outcome.tolist()


@pytest.mark.parametrize("broken", [b"", b"no zlib", pack_outcomes(vector("found")), pack_outcomes(np.full(2, 250, np.uint8))])
def test_bytes_that_are_no_vector_of_the_batch_are_refused(broken: bytes) -> None:
    with pytest.raises(MismatchedEdition):
        unpack_outcomes(broken, 2)


def test_an_edition_of_another_batch_is_refused() -> None:
    with pytest.raises(MismatchedEdition):
        fold(silent(2), vector("found"), 1)


def test_a_vector_never_opens_beyond_its_batch() -> None:
    with pytest.raises(MismatchedEdition):
        unpack_outcomes(pack_outcomes(np.zeros(10_000_000, dtype=np.uint8)), 2)


def test_counts_name_only_what_occurs() -> None:
    expected = {"not_answered": 1, "found": 2}
    assert expected == count_outcomes(vector("found", "not_answered", "found"))
