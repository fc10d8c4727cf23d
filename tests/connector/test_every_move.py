"""Every move of the lifecycle's table is walked on a real deployment, by the commands and steps that make it; a new move fails here until it is."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.assembly import clock
from connector.ledger import rosters
from connector.lifecycle import MOVES, Move, State
from tests.one_bank import OneBank, garbled, nothing_yet, one_bank


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[OneBank]:
    with one_bank(tmp_path, households=18, lines_max=1) as made:  # one line a parcel, so that every batch goes its own way
        yield made


def before_sending(walk: OneBank) -> None:
    """Held, released into doubt, called back, and what may reach a batch there."""
    back, sent, spoilt, held_back, receipted, refused, answered = held = walk.fresh(7, State.SEALED)
    doubted = walk.fresh(6, State.SEALED)
    walk.one("recall", back)
    walk.one("hold", *held[1:], *doubted)
    walk.one("recall", held_back)
    walk.two("resolve", sent, "--received")
    for number in doubted:
        walk.two("release", number)
    walk.one("hold", doubted[0])
    walk.two("resolve", doubted[1], "--received")
    walk.two("resolve", doubted[2], "--not-received")
    walk.receipt("received", receipted, doubted[3])
    walk.receipt("signature", refused, doubted[4])
    walk.answer(spoilt, text=garbled)
    walk.answer(answered, doubted[5])


def at_the_bank(walk: OneBank) -> None:
    """A pass that died, one that sent the rest, and what the bank says of it."""
    walk.killed_after_the_put()
    walk.town.step("dispatch")
    through, rejected, held, silent = accepted = walk.fresh(4)
    held_at_once, rejected_at_once, in_parts, spoilt = walk.fresh(4)
    walk.receipt("received", *accepted)
    walk.receipt("received", through)
    walk.answer(through)
    walk.receipt("parse", rejected, rejected_at_once)
    walk.one("hold", held, held_at_once)
    walk.answer(in_parts, rows=nothing_yet)
    walk.answer(in_parts, again=1)
    walk.answer(spoilt, text=garbled)
    walk.two("remake", rejected)
    assert State.ACCEPTED == walk.batch(silent).state


def after_the_deadline(walk: OneBank) -> None:
    """Silence, and what comes after it."""
    late = walk.fresh(4)
    walk.town.step("conclude", now=clock() + timedelta(days=40))
    walk.receipt("received", late[0])
    walk.receipt("other", late[1])
    walk.one("hold", late[2])
    walk.answer(late[3])


def test_every_state_and_every_move_is_reached_by_commands(walk: OneBank, monkeypatch: pytest.MonkeyPatch) -> None:
    walked: set[tuple[State, Move]] = set()
    move = rosters.move

    def seen(tx: Any, key: int, what: Move, now: Any, **values: Any) -> State:
        walked.add((State(rosters.find_batch(tx, key).state), what))
        return move(tx, key, what, now, **values)

    monkeypatch.setattr(rosters, "move", seen)

    before_sending(walk)
    at_the_bank(walk)
    after_the_deadline(walk)

    assert set() == MOVES.keys() - walked
    assert set() == set(State) - {MOVES[each] for each in walked} - {State.SEALED}
