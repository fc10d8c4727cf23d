"""Who is not let in hears why: TLS's own alert reaches the caller, whatever it was sending meanwhile."""

from pathlib import Path
from typing import Any

import pytest

from tests.certificates import authority, early, expired, leaf
from tests.contracts.transport_contract import BYTES, clean, put
from tests.faults.table import came, promised
from tests.https_line import Bank, Town
from transports.https import Https

SHOWN: dict[str, Any] = {
    "expired": lambda town: expired(town.issuer),
    "not valid yet": lambda town: early(town.issuer),
    "of a stranger": lambda _town: leaf(authority("Somebody")),
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(tmp_path_factory.mktemp("town"))


@pytest.mark.parametrize("which", SHOWN)
@pytest.mark.parametrize("size", [0, 4_000_000], ids=["small", "while it sends"])
def test_h28_our_server_says_that_a_certificate_is_not_taken(town: Town, tmp_path: Path, which: str, size: int) -> None:
    certificate, key = SHOWN[which](town).write(tmp_path, "shown")
    with (
        Bank(town, clean(tmp_path / "bank")) as bank,
        Https(town.client(bank.server.port, tls=town.our_tls(certificate=certificate, key=key))) as line,
    ):
        ends = [came(lambda: put(line, "A.p7m", BYTES + b"x" * size)), came(line.list)]

    assert [promised("H28", "call-back")] * 2 == ends
    assert 0 == bank.opened
