"""The watch over a line: a nearer end counts, even one that comes while the thread looks at the clock."""

import threading
import time
from typing import Any

from transports.sftp.watch import Watch


class Overtaken(Watch):
    """While its thread first looks, the act it looks at ends and one with a nearer end begins."""

    def __init__(self, hang_up: Any, nearer: float) -> None:
        self.nearer = nearer
        super().__init__(hang_up)

    def __getattribute__(self, name: str) -> Any:
        if name != "_due" or threading.current_thread().name != "sftp-watch":
            return super().__getattribute__(name)
        due, self._due = super().__getattribute__("_due"), self.nearer
        return due


def test_an_act_with_a_nearer_end_is_cut_in_time_whatever_the_thread_looked_at() -> None:
    hung_up = threading.Event()
    watch = Overtaken(hung_up.set, time.monotonic() + 0.2)

    watch._begin(time.monotonic() + 60)
    while watch._wakes == float("inf"):
        time.sleep(0.001)
    watch._begin(watch.nearer)

    assert hung_up.wait(5)
    assert watch.late
