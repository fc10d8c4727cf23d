"""A carrier at work: one process a folder, every bank in a lane of its own, so that a silent one, a full disk or a bug delays no other."""

import dataclasses
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bank_profiles.errors import Problems
from config.yaml_file import BadSettings
from connector.carrier.inward import carry_back
from connector.carrier.journal import Journal
from connector.carrier.lane import Lane
from connector.carrier.outward import carry_out
from transports.errors import TransportError
from transports.transport import Transport

LANES_AT_ONCE = 16


@dataclasses.dataclass(frozen=True)
class Road:
    """A bank as the carrier travels to it. ``open`` gives the line; ``leaves``: what was read stays at the bank."""

    open: Callable[[], Transport]
    leaves: Callable[[], bool]


@dataclasses.dataclass(frozen=True)
class Passed:
    """What one pass did at a bank, and what stopped it: (code, zh, en), or nothing."""

    counts: dict[str, int]
    stopped: tuple[str, str, str] | None = None


@dataclasses.dataclass(frozen=True)
class Carrier:
    """``out`` and ``back`` hold a folder for each bank; ``roads`` is asked by the bank's code."""

    out: Path
    back: Path
    journal: Journal
    roads: Mapping[str, Road]

    def once(self) -> dict[str, Passed]:
        """One pass over every bank, side by side; the centre is given the news of each as soon as it is done."""
        self.journal.lay_out()
        with ThreadPoolExecutor(LANES_AT_ONCE, thread_name_prefix="lane") as executor:
            work = {code: executor.submit(self._pass, code) for code in self.roads}
            return {code: future.result() for code, future in work.items()}

    def _pass(self, code: str) -> Passed:
        """Both ways of one bank; the way back is tried where the way out is stopped, too."""
        counts: dict[str, int] = {}
        stopped: tuple[str, str, str] | None = None
        try:
            with self._lane(code) as lane:
                for way in (carry_out, self._back_of(code)):
                    try:
                        _add(counts, way(lane))
                    except TransportError as trouble:
                        stopped = self._trouble(lane, trouble)
        except Problems as wrong:
            stopped = wrong.problems[0].code, wrong.render("zh"), wrong.render("en")
        except (BadSettings, TransportError) as wrong:
            stopped = wrong.code, wrong.zh, wrong.en
        except OSError as disk:
            stopped = _of_our_disk(disk)
        except Exception as bug:
            stopped = _our_fault(bug)
        return Passed(counts, stopped or self._lay_out())

    @contextmanager
    def _lane(self, code: str) -> Any:
        with self.roads[code].open() as line:
            yield Lane(code, self.out / code, self.back / code, line, self.journal)

    def _back_of(self, code: str) -> Callable[[Lane], dict[str, int]]:
        leaves = self.roads[code].leaves()
        return lambda lane: carry_back(lane, leaves=leaves)

    def _trouble(self, lane: Lane, trouble: TransportError) -> tuple[str, str, str]:
        """What keeps us from the bank, told the centre once."""
        if lane.memory.trouble != trouble.code:
            lane.told("unreachable", code=trouble.code)
        return trouble.code, trouble.zh, trouble.en

    def _lay_out(self) -> tuple[str, str, str] | None:
        try:
            self.journal.lay_out()
        except OSError as disk:
            return _of_our_disk(disk)
        return None


def _add(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for ended, count in more.items():
        counts[ended] = counts.get(ended, 0) + count


def _of_our_disk(disk: OSError) -> tuple[str, str, str]:
    why = disk.strerror or type(disk).__name__
    return (
        "carrier-disk",
        f"前置机本机的目录或磁盘有问题（{why}），稍后将重试；请检查本机目录、权限与剩余空间",
        f"a folder or the disk of this machine fails ({why}); it is tried again. Look at its folders, rights and room",
    )


def _our_fault(bug: Exception) -> tuple[str, str, str]:
    kind = type(bug).__name__
    return (
        "our-fault",
        f"程序内部错误（{kind}）；其他银行不受影响，请把本行告知维护者",
        f"our fault ({kind}); the other banks go on. Tell the maintainers this line",
    )
