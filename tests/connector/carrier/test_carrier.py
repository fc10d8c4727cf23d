"""The carrier as a process: one a folder, one lane a bank, no key, no database, nothing in its folders that could command it."""

import errno
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from connector.carrier.journal import Journal
from connector.carrier.process import Carrier, Passed, Road
from tests.carrying import KEY, NOW, Site
from tests.contracts.transport_contract import BYTES, NAME, clean, look, manners, put
from transports.errors import Refused
from transports.folder import Folder, FolderSettings
from transports.relay import Relay, RelaySettings
from transports.relay.lines import BrokenJournal
from transports.transport import Delivery, Presence, Put, Remote


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    return clean(tmp_path / "bank")


@pytest.fixture
def site(tmp_path: Path, bank: Path) -> Site:
    return Site(tmp_path / "site", lambda: Folder(FolderSettings(bank, manners())))


# ---- what lies in its folders -----------------------------------------------------------------------------------------------------


def test_b6_nothing_dropped_into_its_folders_has_an_effect(site: Site, bank: Path) -> None:
    relay, out = site.relay(), site.root / "out" / "B1"
    put(relay)
    before = {path.name for path in out.iterdir()}
    ran = site.root / "ran"
    for name in ("carrier.yaml", "sitecustomize.py", "conftest.py", "journal-key", "x.order.json", "0" * 32 + ".order.json"):
        (out / name).write_text(f"open({str(ran)!r}, 'w')")
        (site.root / "back" / "journal" / name).write_text("banks: []")
    (out / f"{'1' * 32}.order.json").symlink_to("/etc/passwd")
    os.mkfifo(out / f"{'2' * 32}.order.json")
    (out / f"{'3' * 32}.ack.json").mkdir()
    (out / f"{'4' * 32}.recall.json").write_bytes(b"[" * 100_000)

    passed = site.carry()

    assert Passed({"delivered": 1}) == passed
    assert [NAME, f"{NAME}.ok"] == sorted(path.name for path in (bank / "in").iterdir())
    assert not ran.exists()
    assert not before & {path.name for path in out.iterdir()}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "../x"},
        {"name": "a b"},
        {"bank": "B2"},
        {"size": -1},
        {"size": "9"},
        {"turn": 0},
        {"turn": True},
        {"digest": "../../x"},
        {"do": "run"},
        {"schema": "x"},
        {"more": 1},
    ],
    ids=str,
)
def test_an_order_that_is_not_spelt_as_orders_are_is_none(site: Site, bank: Path, change: dict[str, Any]) -> None:
    put(site.relay())
    (path,) = (site.root / "out" / "B1").glob("*.order.json")
    path.write_bytes(json.dumps(json.loads(path.read_bytes()) | change).encode())
    site.carry()

    assert [] == list((bank / "in").iterdir())


@pytest.mark.parametrize("swap", ["link", "pipe", "folder"])
def test_a_parcel_that_is_no_plain_file_is_not_carried(site: Site, bank: Path, swap: str) -> None:
    put(site.relay())
    (parcel,) = (site.root / "out" / "B1").glob("*.parcel")
    parcel.rename(site.root / "elsewhere")
    if swap == "link":
        parcel.symlink_to(site.root / "elsewhere")
    elif swap == "pipe":
        os.mkfifo(parcel)
    else:
        parcel.mkdir()

    assert Passed({"waiting": 1}) == site.carry()
    assert [] == list((bank / "in").iterdir())


def test_a_parcel_with_other_bytes_than_ordered_is_refused(site: Site, bank: Path) -> None:
    relay = site.relay()
    put(relay)
    (parcel,) = (site.root / "out" / "B1").glob("*.parcel")
    parcel.write_bytes(b"\xff" + BYTES[1:])
    site.carry()

    assert "integrity" == put(relay).code
    assert [] == list((bank / "in").iterdir())


class FullArchive(Folder):
    """Nothing can be put away at this bank."""

    def acknowledge(self, name: str) -> None:
        raise Refused("full", "满", code="archive-full")


def test_an_answer_the_bank_cannot_put_away_is_told_once_and_keeps_no_other_from_coming(tmp_path: Path, bank: Path) -> None:
    site = Site(tmp_path / "site", lambda: FullArchive(FolderSettings(bank, manners())))
    relay, journal = site.relay(), site.root / "journal" / "journal.jsonl"
    for name in ("one.p7m", "two.p7m"):
        (bank / "out" / name).write_bytes(BYTES)
        (bank / "out" / f"{name}.ok").touch()
        passed = site.carry()
        assert {"fetched": 1} == passed.counts
        assert [name] == [remote.name for remote in relay.list()]
        relay.acknowledge(name)
    assert passed.stopped is not None
    assert "archive-full" == passed.stopped[0]

    said = journal.read_bytes()
    site.carry()

    assert said == journal.read_bytes()


# ---- many banks -------------------------------------------------------------------------------------------------------------------


class Line(Folder):
    """A bank that falls silent, or whose line breaks in a way nobody foresaw."""

    def __init__(self, root: Path, silence: threading.Event | None = None, bug: Exception | None = None) -> None:
        super().__init__(FolderSettings(root, manners()))
        self._silence, self._bug = silence, bug

    def list(self, awaited: Sequence[str] = ()) -> list[Remote]:
        if self._silence is not None:
            self._silence.wait(30)
        if self._bug is not None:
            raise self._bug
        return super().list(awaited)


def _carrier(folder: Path, roads: dict[str, Road]) -> Carrier:
    for code in roads:
        for name in ("out", "back"):
            (folder / name / code).mkdir(parents=True)
    (folder / "back" / "journal").mkdir()
    (folder / "journal").mkdir()
    return Carrier(folder / "out", folder / "back", Journal(folder / "journal", folder / "back", KEY, lambda: NOW), roads)


def _relay(folder: Path, bank: str) -> Relay:
    return Relay(RelaySettings(bank, folder / "out", folder / "back", folder / "state", KEY.public))


def test_a_silent_bank_delays_no_other(tmp_path: Path) -> None:
    silence = threading.Event()
    good, mute = clean(tmp_path / "good"), clean(tmp_path / "mute")
    carrier = _carrier(
        tmp_path, {"B1": Road(lambda: Line(mute, silence), lambda: False), "B2": Road(lambda: Line(good), lambda: False)}
    )
    relay = _relay(tmp_path, "B2")
    put(relay)
    turn = threading.Event()
    rounds = carrier.rounds(lambda: turn.wait(0.05))
    try:
        while "B2" not in next(rounds):
            pass
        assert Put(Delivery.DELIVERED) == put(relay)
        put(relay, "second.p7m")
        while look(relay, "second.p7m") is not Presence.PRESENT:
            assert "B1" not in next(rounds)
    finally:
        silence.set()
        rounds.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "bug", [ValueError("a person's name"), OSError(errno.ENOSPC, "No space left on device")], ids=["bug", "disk"]
)
def test_what_stops_one_bank_stops_no_other_and_the_centre_hears_of_it(tmp_path: Path, bug: Exception) -> None:
    good, bad = clean(tmp_path / "good"), clean(tmp_path / "bad")
    roads = {"B1": Road(lambda: Line(bad, bug=bug), lambda: False), "B2": Road(lambda: Line(good), lambda: False)}
    relay, carrier = _relay(tmp_path, "B2"), _carrier(tmp_path, roads)
    put(relay)

    passed = carrier.once()

    stopped = passed["B1"].stopped
    assert stopped is not None
    assert "person" not in str(stopped)
    assert Put(Delivery.DELIVERED) == put(relay)
    with pytest.raises(Exception, match="carrier cannot reach"):
        _relay(tmp_path, "B1").list()


@pytest.mark.parametrize("damage", ["changed", "cut", "gone"])
def test_a_carrier_whose_own_journal_was_touched_does_not_start(site: Site, damage: str) -> None:
    put(site.relay())
    site.carry()
    path = site.root / "journal" / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(
        {"changed": b"".join(lines).replace(b'"taken"', b'"found"'), "cut": b"".join(lines[:-1]), "gone": b""}[damage]
    )

    with pytest.raises(BrokenJournal):
        site.carry()
