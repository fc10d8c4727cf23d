"""Our server and our client keep every promise of a road, in dialects that have nothing in common but the promises."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.transport_contract import Road, TransportContract, arm
from tests.transports.tcp.lines import ESB, SMALL, Lines
from transports.retrying import Retrying

__all__ = ["arm"]


@pytest.fixture(autouse=True)
def _points_of_the_client_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sides run in this process; the crash is the client's."""
    for room in ("mailbox", "folder"):
        monkeypatch.setattr(f"transports.{room}.crashpoint", lambda _label: None)


class TestHouseOverTls(TransportContract):
    """Our own dialect, mutual TLS with pinned keys, one line kept."""

    @pytest.fixture
    def road(self, tmp_path: Path) -> Iterator[Road]:
        lines = Lines(tmp_path, page_bytes=64 * 1024)
        with lines.serve() as server:
            yield Road(lines.root, lines.opened(server.port))


class TestEsbWithMac(TransportContract):
    """A bus of a bank: lengths that count themselves, GB18030, a MAC instead of TLS, a line for each message."""

    @pytest.fixture
    def road(self, tmp_path: Path) -> Iterator[Road]:
        lines = Lines(tmp_path, ESB, tls=False, page_bytes=64 * 1024)
        with lines.serve() as server:
            yield Road(lines.root, lines.opened(server.port, connection="one_per_message"))


class TestSmallFramesWithPatience(TransportContract):
    """Two bytes of length and frames of 16 kB: parts and pages all over, with retrying around."""

    @pytest.fixture
    def road(self, tmp_path: Path) -> Iterator[Road]:
        lines = Lines(tmp_path, SMALL)
        with lines.serve() as server:
            opened = lines.opened(server.port)
            yield Road(lines.root, lambda **wanted: Retrying(opened(**wanted), sleep=lambda _seconds: None))
