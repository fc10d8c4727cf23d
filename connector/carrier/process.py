"""A carrier at work: one process a folder, every bank in a lane of its own, so that a silent one, a full disk or a bug delays no other."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from bank_profiles.errors import Problems
from config.yaml_file import BadSettings
from connector.carrier.inward import carry_back
from connector.carrier.journal import Journal
from connector.carrier.lane import Lane, OpenLane
from connector.carrier.outward import carry_out, give_back_all
from transports.errors import TransportError
from transports.transport import Transport

Stopped = tuple[str, str, str]  # code, Chinese, English


@dataclasses.dataclass(frozen=True)
class Road:
    """A bank as the carrier travels to it. ``open`` gives the line; ``leaves``: what was read stays at the bank."""

    open: Callable[[], Transport]
    leaves: Callable[[], bool]

    def stopped(self) -> "Stopped | None":
        """What would keep us from setting out, as far as settings, profile, pins and keys tell; nothing is connected."""
        return _caught(lambda: self.open().close())


@dataclasses.dataclass(frozen=True)
class Passed:
    """What one pass did at a bank, and what stopped it, if anything."""

    counts: dict[str, int]
    stopped: Stopped | None = None


@dataclasses.dataclass(frozen=True)
class Carrier:
    """``out`` and ``back`` hold a folder for each bank; ``roads`` is asked by the bank's code."""

    out: Path
    back: Path
    journal: Journal
    roads: Mapping[str, Road]

    def once(self) -> dict[str, Passed]:
        """One pass over every bank, side by side; the centre is given the news of each as soon as it is done."""
        with self._executor() as executor:
            work = {code: executor.submit(self._pass, code) for code in self.roads}
            passed = {code: future.result() for code, future in work.items()}
        _caught(self._lives)
        return passed

    def rounds(self, wait: Callable[[], object]) -> Iterator[dict[str, Passed]]:
        """For ever: whoever is idle begins a pass, ``wait``, what was done since. Who is not done yet is not waited for."""
        at_work: dict[str, Future[Passed]] = {}
        with self._executor() as executor:
            while True:
                at_work |= {code: executor.submit(self._pass, code) for code in self.roads if code not in at_work}
                wait()
                _caught(self._lives)
                done = {code: future.result() for code, future in at_work.items() if future.done()}
                at_work = {code: future for code, future in at_work.items() if code not in done}
                yield done

    def _lives(self) -> None:
        self.journal.sign_of_life()
        self.journal.lay_out()

    def _executor(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(max(1, len(self.roads)), thread_name_prefix="lane")

    def _pass(self, code: str) -> Passed:
        """Both ways of one bank, then the centre is given what is new; what stops one bank stops no other, foreseen or not."""
        counts: dict[str, int] = {}
        stopped = _caught(lambda: self._travel(code, counts))
        if stopped is not None:
            _caught(lambda: self._tell(code, stopped[0]))
        return Passed(counts, stopped or _caught(self.journal.lay_out))

    def _travel(self, code: str, counts: dict[str, int]) -> None:
        road = self.roads[code]
        place = Lane(code, self.out / code, self.back / code, self.journal)
        if given := give_back_all(place):
            counts["given_back"] = given
        leaves = road.leaves()
        with road.open() as line:
            lane = OpenLane(code, place.out, place.back, self.journal, line)
            carry_out(lane, counts)
            carry_back(lane, counts, leaves=leaves)

    def _tell(self, code: str, why: str) -> None:
        """What keeps us from a bank, told the centre once."""
        if self.journal.memory(code).trouble != why:
            self.journal.say(bank=code, what="unreachable", way="back", code=why)


def _caught(act: Callable[[], None]) -> Stopped | None:
    try:
        act()
    except Problems as wrong:
        return wrong.problems[0].code, wrong.render("zh"), wrong.render("en")
    except (BadSettings, TransportError) as wrong:
        return wrong.code, wrong.zh, wrong.en
    except OSError as disk:
        return _of_our_disk(disk)
    except Exception as bug:
        return _our_fault(bug)
    return None


def _of_our_disk(disk: OSError) -> Stopped:
    why = disk.strerror or type(disk).__name__
    return (
        "carrier-disk",
        f"前置机本机的目录或磁盘有问题（{why}），稍后将重试；请检查本机目录、权限与剩余空间",
        f"a folder or the disk of this machine fails ({why}); it is tried again. Look at its folders, rights and room",
    )


def _our_fault(bug: Exception) -> Stopped:
    kind = type(bug).__name__
    return (
        "our-fault",
        f"程序内部错误（{kind}）；其他银行不受影响，请把本行告知维护者",
        f"our fault ({kind}); the other banks go on. Tell the maintainers this line",
    )
