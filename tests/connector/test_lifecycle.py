"""Every move of a batch stands in one table, and nothing else is a move."""

import pytest

from connector.lifecycle import MOVES, Move, State, WrongMove, after


def test_every_state_can_be_reached() -> None:
    assert set(State) == {State.SEALED} | set(MOVES.values())


def test_what_was_recalled_never_moves_again_and_what_was_rejected_is_only_made_anew() -> None:
    assert not {state for state, _ in MOVES} & {State.RECALLED}
    assert {Move.REMAKE} == {move for state, move in MOVES if state is State.REJECTED}


def test_a_batch_is_recalled_only_before_it_was_sent() -> None:
    assert {State.SEALED, State.HELD} == {state for state, move in MOVES if move is Move.RECALL}


def test_rule_040_a_late_answer_still_counts() -> None:
    assert after(State.EXPIRED, Move.ANSWER) is State.ANSWERED


def test_rule_034_a_late_receipt_does_not_make_the_bank_punctual() -> None:
    assert after(State.EXPIRED, Move.ACCEPT) is State.EXPIRED


def test_a_released_batch_is_looked_for_before_it_is_put_again() -> None:
    assert after(State.HELD, Move.RELEASE) is State.IN_DOUBT


def test_rule_029_nothing_in_doubt_is_put_again_but_by_a_look_that_found_it_missing() -> None:
    assert {Move.CLEAR} == {move for (state, move), then in MOVES.items() if state is State.IN_DOUBT and then is State.SEALED}


@pytest.mark.parametrize("move", list(Move))
def test_a_move_the_table_does_not_know_is_a_bug(move: Move) -> None:
    with pytest.raises(WrongMove):
        after(State.RECALLED, move)
