"""A mount that hangs: every act has its end, what it means for a put is said by stage, and a process is never kept by it.

What hangs is a call of the system that really does not return: opening a pipe nobody writes into.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.transport_contract import BYTES, NAME, Road, clean, look, manners, put
from transports import folder as room
from transports import hands, shelf
from transports.errors import Unreachable
from transports.folder import Deadlines, Folder, FolderSettings
from transports.transport import Delivery, Presence, Put, Transport

SOON = Deadlines(act_s=0.2, synced_per_s=1e12)


@pytest.fixture
def road(tmp_path: Path) -> Road:
    root = clean(tmp_path / "mount")
    return Road(root, lambda **changes: Folder(FolderSettings(root, manners(**changes), SOON)))


class Hanging:
    """Makes a call of the system hang until it is let go; ``after`` the act itself was done, or before."""

    def __init__(self, pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        os.mkfifo(pipe)
        self._pipe, self._patch = pipe, monkeypatch
        self._inside = 0

    def at(self, home: Any, call: str, *, after: bool = False, which: Callable[..., bool] = lambda *_args: True) -> None:
        real = getattr(home, call)

        def hangs(*args: Any, **more: Any) -> Any:
            done = real(*args, **more) if after else None
            if which(*args):
                self._inside += 1
                self._pipe.read_bytes()
            return done if after else real(*args, **more)

        self._patch.setattr(home, call, hangs)

    def let_go(self) -> None:
        self._patch.undo()
        while self._inside:
            with self._pipe.open("wb"):
                self._inside -= 1
            time.sleep(0.02)


@pytest.fixture
def hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    hanging = Hanging(tmp_path / "pipe", monkeypatch)
    yield hanging
    hanging.let_go()


def back(root: Path) -> None:
    """Until the mount answers again."""
    ends_at = time.monotonic() + 5
    while hands.hangs(root):
        assert time.monotonic() < ends_at
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("home", "call", "after", "delivery"),
    [
        (os, "lstat", False, Delivery.RETRY),
        (room, "_created", False, Delivery.RETRY),
        (room, "_write_all", False, Delivery.RETRY),
        (os, "fsync", False, Delivery.RETRY),
        (os, "link", False, Delivery.IN_DOUBT),
        (os, "link", True, Delivery.IN_DOUBT),
    ],
    ids=["look", "create", "write", "sync", "rename not done", "rename done"],
)
def test_a9_a_put_on_a_hung_mount_ends_and_says_how_far_it_came(
    road: Road, hanging: Hanging, home: Any, call: str, after: bool, delivery: Delivery
) -> None:
    hanging.at(home, call, after=after)
    began = time.monotonic()

    with road.open() as transport:
        said = put(transport)
        again = put(transport)

    assert (delivery, "folder-silent") == (said.delivery, said.code)
    assert (Delivery.RETRY, "folder-silent") == (again.delivery, again.code)
    assert time.monotonic() - began < 2
    hanging.let_go()
    back(road.root)
    with road.open() as transport:
        assert look(transport) in (Presence.ABSENT, Presence.UNFINISHED)
        assert Put(Delivery.DELIVERED) == put(transport)
    assert [NAME, f"{NAME}.ok"] == road.sent()
    assert (road.root / "in" / NAME).read_bytes() == BYTES


def listed(transport: Transport) -> object:
    return transport.list()


def fetched(transport: Transport) -> object:
    return list(transport.get("a.p7m"))


@pytest.mark.parametrize(
    ("verb", "home", "call"),
    [(listed, os, "scandir"), (fetched, shelf, "plain"), (fetched, os, "lstat")],
    ids=["list", "open", "look"],
)
def test_a9_taking_from_a_hung_mount_ends_and_loses_nothing(
    road: Road, hanging: Hanging, verb: Callable[[Transport], object], home: Any, call: str
) -> None:
    road.offer("a.p7m", BYTES)
    hanging.at(home, call)
    began = time.monotonic()

    with road.open() as transport, pytest.raises(Unreachable) as silent:
        verb(transport)

    assert silent.value.code == "folder-silent"
    assert time.monotonic() - began < 2
    hanging.let_go()
    back(road.root)
    with road.open() as transport:
        assert [remote.name for remote in transport.list()] == ["a.p7m"]
        assert b"".join(transport.get("a.p7m")) == BYTES
        transport.acknowledge("a.p7m")
    assert (road.root / "out" / "done" / "a.p7m").read_bytes() == BYTES


def test_a9_a_mount_that_hangs_while_a_file_is_archived_is_asked_again(road: Road, hanging: Hanging) -> None:
    road.offer("a.p7m", BYTES)
    with road.open() as transport:
        list(transport.get("a.p7m"))
        hanging.at(os, "link", after=True)
        with pytest.raises(Unreachable) as silent:
            transport.acknowledge("a.p7m")

    assert silent.value.code == "folder-silent"
    hanging.let_go()
    back(road.root)
    with road.open() as transport:
        list(transport.get("a.p7m"))
        transport.acknowledge("a.p7m")
    assert {BYTES} == {path.read_bytes() for path in (road.root / "out" / "done").iterdir()}
    assert sorted(path.name for path in (road.root / "out").iterdir()) == ["done"]


def test_passes_that_come_again_and_again_pile_up_no_threads(road: Road, hanging: Hanging) -> None:
    hanging.at(os, "lstat")
    with road.open() as transport:
        put(transport)
    threads = threading.active_count()

    for _ in range(20):
        with road.open() as transport:
            assert put(transport).code == "folder-silent"

    assert threads == threading.active_count()


def test_rule_094_a_hung_mount_stops_no_other_folder(road: Road, hanging: Hanging, tmp_path: Path) -> None:
    hanging.at(os, "lstat", which=lambda path, *_args: str(path).startswith(str(road.root)))
    with road.open() as transport:
        assert put(transport).code == "folder-silent"

    other = clean(tmp_path / "other")
    with Folder(FolderSettings(other, manners(), SOON)) as transport:
        assert Put(Delivery.DELIVERED) == put(transport)


def test_a_process_ends_although_its_mount_hangs(tmp_path: Path) -> None:
    root = clean(tmp_path / "mount")
    os.mkfifo(tmp_path / "pipe")
    program = f"""
import os
from pathlib import Path
from tests.contracts.transport_contract import manners, put
from transports.folder import Deadlines, Folder, FolderSettings

os.fsync = lambda _file: Path({str(tmp_path / "pipe")!r}).read_bytes()
with Folder(FolderSettings(Path({str(root)!r}), manners(), Deadlines(0.2, 1e12))) as road:
    print(put(road).code)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)

    assert ended.stdout.strip() == "folder-silent"


def test_a_slow_disk_is_given_the_time_its_bytes_need() -> None:
    assert Deadlines().syncing(600 * 1024 * 1024) == 630


@pytest.mark.parametrize("often", [23, 37])
def test_a_file_dropped_half_read_is_closed_wherever_the_collector_finds_it(tmp_path: Path, often: int) -> None:
    """It may run in the midst of an act, and at the end of the process, when no other thread runs any more."""
    (tmp_path / "a").write_bytes(bytes(3_000_000))
    program = f"""
import gc, os, time
from pathlib import Path
from transports.folder import LocalFiles

gc.set_threshold({often}, 1, 1)
for _ in range(1000):
    files = LocalFiles(Path({str(tmp_path)!r}))
    reading = files.read("/a", 1_000_000)
    next(reading)
    ring = [reading]
    ring.append(ring)
    files.stat("/a")
gc.collect()
time.sleep(0.2)
print(len(os.listdir("/proc/self/fd")))
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)
    assert int(ended.stdout) < 30
