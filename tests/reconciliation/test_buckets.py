"""Every line stands in one bucket; which one, case by case of the definition."""

import numpy as np
import pytest

from reconciliation.buckets import BUCKETS, NEVER, Course, Whereabouts, buckets, laid, spans, tally, word_of
from reconciliation.exchange import OUTCOME_CODE

DUE = 1000


def _said(*words: str) -> "np.typing.NDArray[np.uint8]":
    return np.array([OUTCOME_CODE[word] for word in words], dtype=np.uint8)


def _bucket(course: Course, *editions: tuple[int, str], stopped: int = NEVER, upheld: bool = False) -> str:
    """The bucket of one line whose bank said these words at these times."""
    answers = laid(1, [(number, at, _said(word)) for number, (at, word) in enumerate(editions, 1)])
    found = buckets(answers, np.array([stopped]), np.array([upheld]), course)
    return word_of(int(found[0]))


BANK = Course(Whereabouts.BANK, DUE)


@pytest.mark.parametrize("word", ["found", "no_record", "name_mismatch", "id_unknown"])
def test_rule_082_a_whole_answer_is_on_time_or_late(word: str) -> None:
    assert "B1" == _bucket(BANK, (DUE, word))
    assert "B2" == _bucket(BANK, (DUE + 1, word))


def test_rule_082_refused_partial_failed_and_silent_are_apart() -> None:
    assert "B3" == _bucket(BANK, (5, "refused.other"))
    assert "X4" == _bucket(BANK, (5, "refused.authority"), upheld=True)
    assert "B4" == _bucket(BANK, (5, "partial"))
    assert "B5" == _bucket(BANK, (5, "technical_failure"))
    assert "B6" == _bucket(BANK) == _bucket(BANK, (5, "pending"))


def test_a_partial_answer_is_partial_until_its_last_part_which_sets_the_time() -> None:
    assert "B2" == _bucket(BANK, (5, "partial"), (DUE + 1, "found"))
    assert "B1" == _bucket(BANK, (5, "partial"), (DUE, "found"))


def test_a_revision_does_not_move_the_time() -> None:
    assert "B1" == _bucket(BANK, (5, "found"), (DUE + 1, "no_record"))


def test_a_failure_after_an_answer_takes_nothing_away() -> None:
    assert "B1" == _bucket(BANK, (5, "found"), (6, "technical_failure"))


@pytest.mark.parametrize(
    ("where", "bucket"),
    [
        (Whereabouts.WAITING, "W"),
        (Whereabouts.IN_DOUBT, "X2"),
        (Whereabouts.OURS, "X3"),
        (Whereabouts.DAMAGED, "B5"),
        (Whereabouts.REJECTED, "B3"),
        (Whereabouts.MENDED, "X4"),
        (Whereabouts.RECALLED, "X1"),
    ],
)
def test_an_unanswered_line_is_where_its_batch_is(where: Whereabouts, bucket: str) -> None:
    assert bucket == _bucket(Course(where, DUE))
    assert "B1" == _bucket(Course(where, DUE), (5, "found"))


def test_rule_009_a_withdrawn_line_is_out_before_it_was_due_and_answered_only() -> None:
    assert "X1" == _bucket(BANK, stopped=5)
    assert "X1" == _bucket(BANK, (9, "found"), stopped=5)
    assert "B1" == _bucket(BANK, (4, "found"), stopped=5)
    assert "B6" == _bucket(BANK, stopped=DUE + 1)


def test_our_outage_and_our_moved_deadline_are_not_the_banks() -> None:
    down = Course(Whereabouts.BANK, DUE, outage=True)

    assert "X3" == _bucket(down) == _bucket(down, (DUE + 5, "found"))
    assert "B1" == _bucket(down, (DUE, "found"))
    assert "X3" == _bucket(Course(Whereabouts.BANK, DUE, promised=DUE + 9), (DUE + 5, "found"))
    assert "B2" == _bucket(Course(Whereabouts.BANK, DUE, promised=DUE + 9), (DUE + 10, "found"))


def test_without_a_deadline_an_answer_is_in_time() -> None:
    assert "B1" == _bucket(Course(Whereabouts.BANK), (5, "found"))


def test_a_batch_is_counted_whole_and_its_times_are_grouped() -> None:
    first, second = _said("found", "no_record", "not_answered", "partial"), _said("no_record", "not_answered", "found", "found")
    answers = laid(4, [(1, 7, first), (2, DUE + 7, second)])
    found = buckets(answers, np.full(4, NEVER), np.zeros(4, dtype=bool), BANK)

    assert {"B1": 2, "B2": 2} == tally(found)
    assert [(7, 2), (DUE + 7, 2)] == spans(answers, found)
    assert {2: 1} == dict(answers.corrected)
    assert 11 == len(BUCKETS)
