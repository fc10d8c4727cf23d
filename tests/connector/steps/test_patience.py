"""A server that asks for patience gets it from every node: nothing is sent and nothing fetched before the time it named."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from connector.assembly import clock
from connector.steps.runner import StepResult
from tests.callbacks.town import CHANNEL, CallBackTown
from tests.certificates import tls_settings
from tests.replies import batches
from transports.folder import Folder, FolderSettings
from transports.https import HttpsServer, Peer, ServerSettings
from transports.manners import Manners
from transports.transport import Blocks, Delivery, Put

WAIT_S = 1800


class Busy(Folder):
    """A bank that takes nothing now."""

    def __init__(self, root: Path, calls: list[str]) -> None:
        super().__init__(FolderSettings(root, Manners("/", "/", after_read="leave")))
        self._calls = calls

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        self._calls.append(name)
        return Put(Delivery.RETRY, "remote-busy", "Later.", "稍后。")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[CallBackTown]:
    with CallBackTown(tmp_path, channel=CHANNEL.replace("call_back: true", "collect: {collect: /answers}")) as made:
        made.intake()
        made.step("gather")
        yield made


@pytest.fixture
def calls(town: CallBackTown) -> Iterator[list[str]]:
    """What reached the bank's server, which asks for half an hour."""
    reached: list[str] = []
    tls = tls_settings(town.folder, town.bank, town.issuer, town.ours.pin, file="busy")
    peers = (Peer("centre", tls.pins),)
    settings = ServerSettings("127.0.0.1", 0, tls, peers, lambda: clock().timestamp(), base="/cx/v1", retry_after_s=WAIT_S)
    with HttpsServer(settings, lambda _peer: Busy(town.root, reached)) as server:
        said = yaml.safe_load(town.connection.read_text("utf-8"))
        town.amend(town.connection, address=said["address"] | {"port": server.port})
        yield reached


def why(passed: dict[str, StepResult], step: str, code: str) -> str:
    return str(passed[step].problems[code]["code"])


def test_h2_retry_after_is_kept_by_the_ledger_and_heeded_by_the_next_process(town: CallBackTown, calls: list[str]) -> None:
    now: datetime = clock() + timedelta(seconds=1)
    first = town.step("dispatch", now=now)
    meanwhile = town.step("dispatch", "collect", now=now + timedelta(seconds=WAIT_S - 60))

    assert {"retry": 1} == first["dispatch"].counts
    assert 1 == len(calls)
    assert ["asked-for-patience"] * 2 == [why(meanwhile, step, town.code) for step in ("dispatch", "collect")]

    town.step("dispatch", now=now + timedelta(seconds=WAIT_S + 60))
    assert 2 == len(calls)
    assert "SEALED" == batches(town, town.code)[0].state
