"""What a line remembers: numbers that are never given or taken twice, whoever counts."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.errors import Refused, Unreachable
from transports.tcp.session import Numbers
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
    given_out = [Numbers(8, kept=tmp_path / "n").next() for _ in range(5)]  # the one before died without a word

    assert [1, 2, 3, 4, 5] == given_out


def test_processes_that_share_a_file_count_on_together(tmp_path: Path) -> None:
    code = "import sys, pathlib; from transports.tcp.session import Numbers; n = Numbers(8, kept=pathlib.Path(sys.argv[1]))\n"
    run = [sys.executable, "-c", f"{code}print(*[n.next() for _ in range(40)])", str(tmp_path / "n")]
    processes = [subprocess.Popen(run, stdout=subprocess.PIPE) for _ in range(2)]

    given_out = [int(number) for each in processes for number in each.communicate()[0].split()]

    assert [*range(1, 81)] == sorted(given_out)


def test_two_receivers_that_share_a_file_take_no_number_twice(tmp_path: Path) -> None:
    one, other = Numbers(8, kept=tmp_path / "n"), Numbers(8, kept=tmp_path / "n")
    one.accept(1)

    assert refused(other, 1) == "sequence-replayed"


def test_a_question_waits_for_another_s_answer_and_not_for_ever(tmp_path: Path) -> None:
    one, other = Numbers(8, kept=tmp_path / "n"), Numbers(8, kept=tmp_path / "n")

    with one.turn(1), pytest.raises(Unreachable) as waited, other.turn(0.1):
        raise AssertionError
    with other.turn(0):
        pass

    assert waited.value.code == "line-in-use"


def test_a_damaged_count_is_told_and_never_read_as_none(tmp_path: Path) -> None:
    (tmp_path / "n").write_bytes(b"\x00\x00")

    with pytest.raises(Refused) as damaged:
        Numbers(8, kept=tmp_path / "n").next()

    assert damaged.value.code == "numbers-unreadable"


def test_a_small_cycle_kept_in_a_file_turns_too(tmp_path: Path) -> None:
    (tmp_path / "n").write_text("98")

    assert [Numbers(2, kept=tmp_path / "n").next() for _ in range(3)] == [99, 1, 2]  # a restart after each
