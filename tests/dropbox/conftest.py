"""A town of two banks with boxes, asked once, for everything that does not change the whole of it; and its open drop-box."""

from collections.abc import Iterator

import pytest

from tests.dropbox.town import BoxTown, Clerk
from transports.https import CallServer, Deadlines


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BoxTown]:
    with BoxTown(tmp_path_factory.mktemp("town"), households=6, banks=2, lines_max=2) as made:
        yield made.asked()


@pytest.fixture(scope="module")
def server(town: BoxTown) -> Iterator[CallServer]:
    with town.serving(deadlines=Deadlines(transfer_s=4.0), head_s=2.0) as opened:
        yield opened


@pytest.fixture
def clerk(town: BoxTown, server: CallServer) -> Clerk:
    return town.clerk(server)


@pytest.fixture
def other(town: BoxTown, server: CallServer) -> Clerk:
    return town.clerk(server, town.codes[1])
