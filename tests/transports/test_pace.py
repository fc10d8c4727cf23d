"""The pace of a peer is kept by all who call it: over objects, over processes, and over a clock that is set back."""

import subprocess
import sys
import time
from pathlib import Path

from transports.pace import Pace


class Clock:
    """A time that only waiting moves."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_a_pace_keeps_the_minute() -> None:
    clock = Clock()
    pace = Pace(20, clock=clock, sleep=clock.sleep)
    for _ in range(4):
        pace.wait()
    clock.now += 60
    pace.wait()

    assert [3.0, 3.0, 3.0] == clock.slept


def test_no_pace_never_waits(tmp_path: Path) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError

    pace = Pace(0, tmp_path / "pace", sleep=sleep)
    for _ in range(100):
        pace.wait()


def test_whoever_calls_anew_keeps_the_pace_of_those_before(tmp_path: Path) -> None:
    clock = Clock()
    for _ in range(3):
        Pace(20, tmp_path / "pace", clock=clock, sleep=clock.sleep).wait()

    assert [3.0, 3.0] == clock.slept


def test_processes_keep_one_pace(tmp_path: Path) -> None:
    code = "import sys, pathlib; from transports.pace import Pace; Pace(600, pathlib.Path(sys.argv[1]), sleep=print).wait()"
    began = time.time()
    processes = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "pace")], stdout=subprocess.PIPE) for _ in range(3)]
    waited = [float(each.communicate()[0] or 0) for each in processes]

    assert 0.3 <= float((tmp_path / "pace").read_text()) - began  # three turns were taken
    assert len(waited) == 3


def test_a_clock_that_was_set_back_holds_nobody_up(tmp_path: Path) -> None:
    clock = Clock()
    Pace(20, tmp_path / "pace", clock=lambda: clock.now + 86_400, sleep=clock.sleep).wait()
    Pace(20, tmp_path / "pace", clock=clock, sleep=clock.sleep).wait()

    assert [] == clock.slept


def test_a_file_that_a_power_cut_emptied_is_a_new_one(tmp_path: Path) -> None:
    clock = Clock()
    (tmp_path / "pace").touch()
    Pace(20, tmp_path / "pace", clock=clock, sleep=clock.sleep).wait()

    assert [] == clock.slept
