"""A lane promises: one holder at a time, gone with its holder, and an overtaken holder is refused."""

import os
import signal
import threading
from pathlib import Path

import pytest

from connector.ledger import lanes
from connector.ledger.ledger import Ledger


def epoch_of(ledger: Ledger, bank: str, folder: Path) -> int | None:
    with lanes.hold(ledger, bank, folder) as lane:
        return lane.epoch if lane else None


def in_child(ledger_url: str, folder: Path) -> int:
    """A process that holds the lane of bank 902 until it is killed; returns once it holds it."""
    ready, done = os.pipe()
    child = os.fork()
    if child == 0:
        with lanes.hold(Ledger.open(ledger_url), "902", folder) as lane:
            os.write(done, str(lane.epoch if lane else 0).encode())
            signal.pause()
    assert os.read(ready, 8) == b"1"
    return child


def end(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def free_again(ledger: Ledger, folder: Path) -> int:
    """The next epoch once the lane is free: PostgreSQL takes a moment to see that a connection died."""
    for _ in range(500):
        if epoch := epoch_of(ledger, "902", folder):
            return epoch
        threading.Event().wait(0.01)
    raise AssertionError("the lane was never freed")


class TestLane:
    """On both databases alike."""

    def test_a_held_lane_is_not_given_twice(self, ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
        with lanes.hold(ledger, "902", tmp_path) as lane:
            again = epoch_of(ledger, "902", tmp_path)
            elsewhere = epoch_of(Ledger.open(ledger_url), "902", tmp_path)
            other_bank = epoch_of(ledger, "903", tmp_path)

        assert (1, None, None, 1) == (lane and lane.epoch, again, elsewhere, other_bank)

    def test_each_holder_has_a_greater_epoch(self, ledger: Ledger, tmp_path: Path) -> None:
        assert [1, 2, 3] == [epoch_of(ledger, "902", tmp_path) for _ in range(3)]

    def test_a_lane_is_free_after_an_error(self, ledger: Ledger, tmp_path: Path) -> None:
        with pytest.raises(ZeroDivisionError), lanes.hold(ledger, "902", tmp_path):
            raise ZeroDivisionError

        assert 2 == epoch_of(ledger, "902", tmp_path)

    @pytest.mark.parametrize("bank", ["../../etc/passwd", "..", "银行", "step:gather"])
    def test_a_strange_code_stays_inside_the_folder(self, ledger: Ledger, tmp_path: Path, bank: str) -> None:
        before = set(tmp_path.parent.iterdir())

        assert 1 == epoch_of(ledger, bank, tmp_path / "deployment")
        assert before == set(tmp_path.parent.iterdir())

    def test_h5_a_lane_dies_with_its_killed_holder(self, ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
        child = in_child(ledger_url, tmp_path)
        while_it_lived = epoch_of(ledger, "902", tmp_path)
        end(child)

        assert (None, 2) == (while_it_lived, free_again(ledger, tmp_path))

    def test_h5_a_fork_of_the_holder_does_not_keep_the_lane(self, ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
        """A worker process outlives its parent: the lane must not."""
        ready, done = os.pipe()
        child = os.fork()
        if child == 0:
            with lanes.hold(Ledger.open(ledger_url), "902", tmp_path):
                grandchild = os.fork()
                if grandchild == 0:
                    signal.pause()
                os.write(done, str(grandchild).encode())
                signal.pause()
        grandchild = int(os.read(ready, 16))
        end(child)
        try:
            assert 2 == free_again(ledger, tmp_path)
        finally:
            os.kill(grandchild, signal.SIGKILL)

    def test_h5_an_overtaken_holder_is_refused(self, ledger: Ledger, tmp_path: Path) -> None:
        """It was stopped, its lock was lost, another took the lane: its epoch is no longer the lane's."""
        first = epoch_of(ledger, "902", tmp_path)
        second = epoch_of(ledger, "902", tmp_path)
        assert first
        assert second

        with ledger.begin() as tx:
            assert [False, True, False] == [
                lanes.still(tx, "902", first),
                lanes.still(tx, "902", second),
                lanes.still(tx, "904", 1),
            ]

    def test_h5_many_threads_never_hold_one_lane_together(self, ledger: Ledger, tmp_path: Path) -> None:
        inside, most, epochs = [], [], []

        def work() -> None:
            for _ in range(10):
                with lanes.hold(ledger, "902", tmp_path) as lane:
                    if lane:
                        inside.append(1)
                        most.append(len(inside))
                        epochs.append(lane.epoch)
                        inside.pop()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert {1} == set(most)
        assert len(epochs) == len(set(epochs))
