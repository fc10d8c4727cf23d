"""HTTPS, our client against our server over folders: the promises of a road, signed and unsigned."""

import dataclasses
import hashlib
import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.transport_contract import BYTES, DIGEST, NAME, Road, TransportContract, arm, clean, in_blocks, manners, put
from tests.cutting_proxy import CuttingProxy, Direction
from tests.https_line import BANK_SIGNING, OUR_SIGNING, Bank, Town, caps, verify
from transports.https import Https
from transports.transport import Blocks, Delivery, Put

__all__ = ["arm"]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def bank(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    with Bank(town, tmp_path_factory.mktemp("bank")) as bank:
        yield bank


@pytest.fixture(scope="module")
def signing_bank(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    with Bank(town, tmp_path_factory.mktemp("signing"), signing=BANK_SIGNING, verify=verify) as bank:
        yield bank


@pytest.fixture
def _the_banks_own_crashes_are_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in ("mailbox", "folder"):
        monkeypatch.setattr(f"transports.{room}.crashpoint", lambda label: None)


class Watched(Https):
    """Our client; while it puts, nobody waits for the bank to be done."""

    putting = False

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        Watched.putting = True
        try:
            return super().put(name, blocks, size, digest)
        finally:
            Watched.putting = False


@dataclasses.dataclass(frozen=True)
class LineRoad(Road):
    """A road whose far side works on after ours has ended."""

    bank: Bank

    def sent(self) -> list[str]:
        if not Watched.putting:
            self.bank.wait_until_idle()
        return super().sent()


def road_to(bank: Bank, town: Town, **settings: Any) -> Road:
    clean(bank.root)

    def open_(**changes: Any) -> Https:
        bank.manners = manners(**changes)
        return Watched(town.client(bank.server.port, caps=caps(**changes), **settings))

    return LineRoad(bank.root, open_, bank)


@pytest.mark.usefixtures("_the_banks_own_crashes_are_not_ours")
class TestHttps(TransportContract):
    """All promises, over our own server."""

    @pytest.fixture
    def road(self, bank: Bank, town: Town) -> Road:
        return road_to(bank, town)


@pytest.mark.usefixtures("_the_banks_own_crashes_are_not_ours")
class TestHttpsSigned(TransportContract):
    """All promises again, each message and each reply signed."""

    @pytest.fixture
    def road(self, signing_bank: Bank, town: Town) -> Road:
        return road_to(signing_bank, town, signing=OUR_SIGNING)


# ---- lines that break --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("percent", [0, 1, 3, 25, 50, 75, 90, 98])
def test_a_put_cut_anywhere_is_finished_by_the_next_and_never_taken_for_delivered_too_early(
    bank: Bank, town: Town, direction: Direction, percent: int, whole: dict[Direction, int]
) -> None:
    clean(bank.root)
    bank.manners = manners()
    with (
        CuttingProxy(bank.server.port, direction=direction, after=whole[direction] * percent // 100) as proxy,
        Https(town.client(proxy.port)) as line,
    ):
        first = put(line)
        bank.wait_until_idle()
        arrived = (bank.root / "in" / f"{NAME}.ok").exists()
        again = put(line)

    assert first.delivery is not Delivery.REFUSED
    assert arrived or first.delivery is not Delivery.DELIVERED
    assert not arrived or first.delivery is not Delivery.RETRY
    assert Put(Delivery.DELIVERED) == again
    assert (bank.root / "in" / NAME).read_bytes() == BYTES


@pytest.fixture(scope="module")
def whole(bank: Bank, town: Town) -> dict[Direction, int]:
    """Bytes on the wire, each way, of one undisturbed put."""
    clean(bank.root)
    bank.manners = manners()
    with CuttingProxy(bank.server.port) as proxy, Https(town.client(proxy.port)) as line:
        assert Put(Delivery.DELIVERED) == put(line)
        time.sleep(0.1)
        return dict(proxy.carried)


def test_a_server_that_stops_lets_nobody_hang(town: Town, tmp_path: Path) -> None:
    with Bank(town, clean(tmp_path)) as bank:
        stopped = threading.Event()

        def blocks() -> Iterator[bytes]:
            for block in in_blocks(BYTES):
                yield block
                if not stopped.is_set():
                    stopped.set()
                    threading.Thread(target=bank.server.stop).start()
                    time.sleep(0.5)

        with Https(town.client(bank.server.port)) as line:
            assert line.put(NAME, blocks, len(BYTES), DIGEST).delivery in (Delivery.RETRY, Delivery.IN_DOUBT, Delivery.DELIVERED)
            assert (Delivery.RETRY, "unreachable") == ((later := put(line)).delivery, later.code)


def test_large_parcels_pass_without_being_held_in_memory(bank: Bank, town: Town) -> None:
    clean(bank.root)
    bank.manners = manners()
    block, count = b"x" * 1_000_000, 150
    digest = _digest(iter([block] * count))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Https(town.client(bank.server.port)) as line:
        assert Put(Delivery.DELIVERED) == line.put(NAME, lambda: iter([block] * count), len(block) * count, digest)
        (bank.root / "in" / NAME).rename(bank.root / "out" / NAME)
        (bank.root / "in" / f"{NAME}.ok").rename(bank.root / "out" / f"{NAME}.ok")
        assert digest == _digest(line.get(NAME))

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60 * 1024  # KiB, both sides, of twice 150 MB


def _digest(blocks: Iterator[bytes]) -> str:
    running = hashlib.sha256()
    for block in blocks:
        running.update(block)
    return running.hexdigest()
