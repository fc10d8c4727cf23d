"""HTTPS, our client against our server over folders: the promises of a road, signed and unsigned."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.transport_contract import Road, TransportContract, arm, clean, manners
from tests.https_line import BANK_SIGNING, OUR_SIGNING, Bank, Town, caps, verify
from transports.https import Https
from transports.transport import Blocks, Put

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
