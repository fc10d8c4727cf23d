"""What a line remembers: numbers that are never given or taken twice, and a pace that is kept."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.tcp.session import Numbers, Pace
from transports.tcp.words import Garbled


def refused(numbers: Numbers, number: int) -> str:
    with pytest.raises(Garbled) as error:
        numbers.accept(number)
    return error.value.code


def test_numbers_grow_by_one_and_begin_anew_after_the_last() -> None:
    numbers = Numbers(2)

    given_out = [numbers.next() for _ in range(200)]

    assert [*range(1, 100), *range(1, 100), 1, 2] == given_out


def test_t7_a12_a_number_that_was_taken_is_not_taken_again(tmp_path: Path) -> None:
    numbers = Numbers(8, kept=tmp_path / "n")
    for number in (1, 2, 5):
        numbers.accept(number)

    assert ["sequence-replayed"] * 4 == [refused(numbers, old) for old in (5, 4, 1, 0)]
    assert refused(Numbers(8, kept=tmp_path / "n"), 5) == "sequence-replayed"  # nor after a restart


def test_t8_a_gap_no_restart_explains_is_refused() -> None:
    numbers = Numbers(8)
    numbers.accept(1)
    numbers.accept(900)

    assert refused(numbers, 5_000) == "sequence-gap"
    assert refused(Numbers(8, gap_max=1), 2) == "sequence-gap"
    assert refused(numbers, 10**8) == "sequence-replayed"


def test_t9_after_the_largest_number_comes_one() -> None:
    numbers = Numbers(4, gap_max=10)
    for number in (*range(1, 10_000), 1, 2, 5):
        numbers.accept(number)

    assert refused(numbers, 9_999) == "sequence-replayed"


def test_t10_a_peer_that_counts_anew_is_refused_until_a_person_agrees(tmp_path: Path) -> None:
    numbers = Numbers(8, kept=tmp_path / "n")
    numbers.accept(5_000)
    assert refused(numbers, 1) == "sequence-replayed"

    (tmp_path / "n").unlink()

    Numbers(8, kept=tmp_path / "n").accept(1)


@given(st.lists(st.integers(0, 120), max_size=60))
def test_no_number_is_taken_twice_within_a_cycle(wanted: list[int]) -> None:
    numbers, taken = Numbers(6), []
    for number in wanted:
        try:
            numbers.accept(number)
        except Garbled:
            continue
        taken.append(number)

    assert taken == sorted(set(taken))


def test_numbers_are_never_given_twice_whatever_becomes_of_the_process(tmp_path: Path) -> None:
    given_out = []
    for _ in range(5):
        numbers = Numbers(8, kept=tmp_path / "n")  # the one before died without a word
        given_out += [numbers.next() for _ in range(130)]

    assert sorted(set(given_out)) == given_out
    receiver = Numbers(8)
    for number in given_out:
        receiver.accept(number)  # and what a restart skipped is no gap


def test_a_small_cycle_kept_in_a_file_turns_too(tmp_path: Path) -> None:
    given_out = [Numbers(2, kept=tmp_path / "n").next() for _ in range(4)]  # a restart after each

    assert given_out == [1, 50, 99, 49]


def test_a_pace_keeps_the_minute() -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(20, lambda: now[0], sleep)
    for _ in range(4):
        pace.wait()
    now[0] += 60
    pace.wait()

    assert slept == [3.0, 3.0, 3.0]


def test_no_pace_never_waits() -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError

    pace = Pace(0, lambda: 0.0, sleep)
    for _ in range(100):
        pace.wait()
