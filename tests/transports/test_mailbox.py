"""Listings no disk can hold, clocks nobody can wait for: the order of acts against a peer made up for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.transport_contract import manners
from transports.errors import Refused, Unreachable
from transports.files import Entry
from transports.looks import KeptLooks, Looks
from transports.mailbox import Mailbox
from transports.manners import Ready


class Peer:
    """Says what a test wants it to say."""

    def __init__(self, *entries: Entry) -> None:
        self.listing = list(entries)
        self.content: dict[str, bytes] = {}

    def stat(self, path: str) -> Entry | None:
        there = self.content.get(path)
        return None if there is None else Entry(path, len(there), 0.0)

    def stats(self, *paths: str) -> list[Entry | None]:
        return [self.stat(path) for path in paths]

    begin = stats

    def entries(self, folder: str) -> Iterator[Entry]:
        yield from self.listing

    def write(self, path: str, blocks: Iterator[bytes], size: int, *looks: str) -> list[Entry | None]:
        self.content[path] = b"".join(blocks)
        return self.stats(*looks)

    def read(self, path: str, size: int) -> Iterator[bytes]:
        yield self.content[path][:size]

    def rename(self, old: str, new: str) -> None:
        self.content[new] = self.content.pop(old)

    def remove(self, path: str) -> None:
        self.content.pop(path, None)

    def close(self) -> None:
        """Nothing is open."""


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_b1_names_no_disk_can_hold_are_left_out_too() -> None:
    names = ["../../etc/cron.d/x", "/etc/passwd", "a/b", "a\0b", "x" * 4096, "..", "."]
    mailbox = Mailbox(Peer(*(Entry(name, 1, 0.0) for name in [*names, "good"])), manners(ready=Ready("renamed")))

    assert ["good"] == [remote.name for remote in mailbox.list()]
    assert len(names) == len(mailbox.strange)


def test_an_endless_listing_ends() -> None:
    class Endless(Peer):
        def entries(self, folder: str) -> Iterator[Entry]:
            while True:
                yield Entry("same", 1, 0.0)

    mailbox = Mailbox(Endless(), manners(ready=Ready("renamed"), entries_max=1000))

    assert ["same"] == [remote.name for remote in mailbox.list()]
    assert ["listing-cut"] == [reason for reason, _ in mailbox.strange]


def test_a_size_that_stands_still_between_two_looks_is_the_signal() -> None:
    clock = Clock()
    peer = Peer(Entry("a", 5, 1.0))
    mailbox = Mailbox(peer, manners(ready=Ready("stable_size", for_s=120)), looks=Looks(clock))

    assert mailbox.list() == []
    clock.now += 119
    assert mailbox.list() == []
    clock.now += 1
    assert ["a"] == [remote.name for remote in mailbox.list()]


@pytest.mark.parametrize("changed", [Entry("a", 6, 1.0), Entry("a", 5, 2.0)], ids=["size", "time"])
def test_a_file_that_still_changes_waits_anew(changed: Entry) -> None:
    clock = Clock()
    peer = Peer(Entry("a", 5, 1.0))
    mailbox = Mailbox(peer, manners(ready=Ready("stable_size", for_s=120)), looks=Looks(clock))
    mailbox.list()
    clock.now += 120
    peer.listing = [changed]

    assert mailbox.list() == []


def listed(kept: Path, clock: Clock, *there: Entry) -> list[str]:
    """A pass of a process of its own."""
    looks = KeptLooks(kept / "looks" / "a.json", clock)
    return [remote.name for remote in Mailbox(Peer(*there), manners(ready=Ready("stable_size", for_s=120)), looks=looks).list()]


def test_the_two_looks_may_be_two_processes(tmp_path: Path) -> None:
    clock, whole = Clock(), Entry("a", 5, 1.5)

    assert [] == listed(tmp_path, clock, whole)
    clock.now += 60
    assert [] == listed(tmp_path, clock, whole, Entry("b", 1, 2.0))
    clock.now += 60
    assert ["a"] == listed(tmp_path, clock, whole, Entry("b", 1, 2.0))
    clock.now += 60
    assert ["a", "b"] == listed(tmp_path, clock, whole, Entry("b", 1, 2.0))


@pytest.mark.parametrize("damage", [b"", b"[1]", b'{"a": 1}', b'{"a": ["x", 1, 1]}', b"\xff"])
def test_looks_that_were_lost_or_damaged_only_mean_to_wait_anew(tmp_path: Path, damage: bytes) -> None:
    clock, whole = Clock(), Entry("a", 5, 1.5)
    listed(tmp_path, clock, whole)
    clock.now += 120
    (tmp_path / "looks" / "a.json").write_bytes(damage)

    assert [] == listed(tmp_path, clock, whole)
    clock.now += 120
    assert ["a"] == listed(tmp_path, clock, whole)


def test_a_clock_set_back_settles_nothing_early_and_nothing_never(tmp_path: Path) -> None:
    clock, whole = Clock(), Entry("a", 5, 1.5)
    listed(tmp_path, clock, whole)
    clock.now -= 1_000_000

    assert [] == listed(tmp_path, clock, whole)
    clock.now += 120
    assert ["a"] == listed(tmp_path, clock, whole)


def test_looks_that_cannot_be_kept_are_told(tmp_path: Path) -> None:
    (tmp_path / "looks").write_text("a file where a folder should be")

    with pytest.raises(Unreachable) as told:
        listed(tmp_path, Clock(), Entry("a", 5, 1.5))

    assert "local-storage" == told.value.code


def test_an_archive_with_a_thousand_of_a_name_is_a_persons_business() -> None:
    peer = Peer()
    peer.content = {"out/a": b"x", "out/done/a": b"x"} | {f"out/done/a.{turn}": b"x" for turn in range(2, 1000)}

    with pytest.raises(Refused) as refused:
        Mailbox(peer, manners()).acknowledge("a")

    assert refused.value.code == "archive-full"
