"""A carrier killed at any point: nothing is lost, nothing goes twice under another name, and its journal holds."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from tests.carrying import Site
from tests.contracts.transport_contract import BYTES, DIGEST, NAME, clean, look, manners, put
from transports import crashpoint
from transports.folder import Folder, FolderSettings
from transports.transport import Delivery, Presence, Put

_FORK = multiprocessing.get_context("fork")
ANSWER = "R_902.zip.p7m"
OUT = ["CR1", "CR2", "O14", "O16", "O17", "O18", "O19", "O20", "CR3", "CR4"]
BACK = ["N3", "CR5", "CR6"]
TOLD = ["N15", "O18", "N14", "CR7", "CR8"]
JOURNAL = ["CR9", "CR9@2", "CR9@3", "CR10"]


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    return clean(tmp_path / "bank")


@pytest.fixture
def site(tmp_path: Path, bank: Path) -> Site:
    return Site(tmp_path / "site", lambda: Folder(FolderSettings(bank, manners())))


def killed(site: Site, label: str) -> None:
    """A pass in a process of its own, which SIGKILL ends at this point."""
    process = _FORK.Process(target=_armed, args=(site, label))
    process.start()
    process.join(30)
    assert -signal.SIGKILL == process.exitcode


def _armed(site: Site, label: str) -> None:
    crashpoint.arm(label)
    site.carry()
    os._exit(0)


@pytest.mark.parametrize("label", OUT + JOURNAL)
def test_killed_on_the_way_out_the_parcel_arrives_once(site: Site, bank: Path, label: str) -> None:
    relay = site.relay()
    put(relay)
    killed(site, label)
    site.carry()

    assert Put(Delivery.DELIVERED) == put(relay)
    assert [NAME, f"{NAME}.ok"] == sorted(path.name for path in (bank / "in").iterdir())
    assert (bank / "in" / NAME).read_bytes() == BYTES
    assert [] == list((site.root / "out" / "B1").iterdir())


@pytest.mark.parametrize("label", ["CR3", "O20"])
def test_killed_after_the_put_it_is_looked_for_and_not_put_again(site: Site, bank: Path, label: str) -> None:
    put(site.relay())
    killed(site, label)
    before = (bank / "in" / NAME).stat()
    site.carry()

    assert Presence.PRESENT is look(site.relay())
    assert before.st_ino == (bank / "in" / NAME).stat().st_ino


@pytest.mark.parametrize("label", [*BACK, "CR9@2", "CR10"])
def test_killed_on_the_way_back_the_answer_comes_once(site: Site, bank: Path, label: str) -> None:
    _offer(bank)
    killed(site, label)
    site.carry()
    relay = site.relay()

    assert [ANSWER] == [remote.name for remote in relay.list()]
    assert BYTES == b"".join(relay.get(ANSWER))
    assert 1 == len(list((site.root / "back" / "B1").iterdir()))


@pytest.mark.parametrize("label", [*TOLD, "CR9"])
def test_killed_while_the_bank_is_told_nothing_is_lost(site: Site, bank: Path, label: str) -> None:
    _offer(bank)
    site.carry()
    relay = site.relay()
    assert BYTES == b"".join(relay.get(ANSWER))
    relay.acknowledge(ANSWER)
    killed(site, label)
    site.carry()

    assert [] == relay.list()
    assert {BYTES} == {path.read_bytes() for path in (bank / "out" / "done").iterdir()}
    assert ["done"] == [path.name for path in (bank / "out").iterdir()]
    assert [] == list((site.root / "out" / "B1").iterdir())


@pytest.mark.parametrize("label", ["CR9", "CR11", "CR10"])
def test_killed_while_a_parcel_is_given_back_it_is_given_back_and_never_sent(site: Site, bank: Path, label: str) -> None:
    relay = site.relay()
    put(relay)
    relay.recall(NAME, len(BYTES), DIGEST)
    killed(site, label)
    site.carry()

    assert relay.recall(NAME, len(BYTES), DIGEST)
    assert [] == [*(bank / "in").iterdir(), *(site.root / "out" / "B1").iterdir()]


def test_a_half_line_is_what_a_crash_left_and_nobody_acted_on_it(site: Site) -> None:
    put(site.relay())
    killed(site, "CR9")
    assert not (site.root / "journal" / "journal.jsonl").read_bytes().endswith(b"\n")
    site.carry()

    assert Presence.PRESENT is look(site.relay())


def _offer(bank: Path) -> None:
    (bank / "out" / ANSWER).write_bytes(BYTES)
    (bank / "out" / f"{ANSWER}.ok").touch()
