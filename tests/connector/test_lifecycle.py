"""Every move of a batch stands in one table, and nothing else is a move."""

import pytest

from connector.lifecycle import MOVES, Move, State, WrongMove, after


def test_every_state_can_be_reached() -> None:
    assert set(State) == {State.SEALED} | set(MOVES.values())


def test_what_was_rejected_or_recalled_never_moves_again() -> None:
    assert not {state for state, _ in MOVES} & {State.REJECTED, State.RECALLED}


def test_a_batch_is_recalled_only_before_it_was_sent() -> None:
    assert {State.SEALED} == {state for state, move in MOVES if move is Move.RECALL}


def test_rule_040_a_late_answer_still_counts() -> None:
    assert after(State.EXPIRED, Move.ANSWER) is State.ANSWERED


def test_a_released_batch_is_looked_for_before_it_is_put_again() -> None:
    assert after(State.HELD, Move.RELEASE) is State.IN_DOUBT


@pytest.mark.parametrize("move", list(Move))
def test_a_move_the_table_does_not_know_is_a_bug(move: Move) -> None:
    with pytest.raises(WrongMove):
        after(State.RECALLED, move)
