"""A bank whose line gives an answer only to its question, reached by a carrier: the carrier cannot know what to ask, the centre can."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bank_profiles.catalogue import BANKS, Catalogue
from config.road import Road
from config.yaml_file import BadSettings
from connector.carrier.joining import ZONE
from connector.roads import Journey, open_road
from tests.carrying import Site
from tests.certificates import authority, leaf
from tests.contracts.transport_contract import BYTES, put
from tests.transports.tcp.lines import Lines
from transports.manners import Ready
from transports.tcp import HOUSE, Codes, Tcp
from transports.transport import Delivery, Put

NOTE = dataclasses.replace(HOUSE, codes=Codes(put=("PQ", "PA"), look=("LQ", "LA"), collect=("CQ", "CA")))


def test_what_the_centre_waits_for_is_asked_for_over_a_real_line(tmp_path: Path) -> None:
    lines = Lines(tmp_path / "bank", NOTE)
    lines._manners = {"ready": Ready("renamed")}
    with lines.serve() as server:
        site = Site(tmp_path / "site", lambda: Tcp(lines.settings(server.port)))
        relay = site.relay(asks=True)
        for name in ("q1.zip", "q2.zip"):
            put(relay, name)
        site.carry()
        assert [Put(Delivery.DELIVERED)] * 2 == [put(relay, name) for name in ("q1.zip", "q2.zip")]
        (lines.root / "out" / "q1.zip.answer").write_bytes(BYTES)
        site.carry()
        assert [] == relay.list(["q1.zip", "q2.zip"])  # nobody asked yet

        site.carry()
        (ready,) = relay.list(["q1.zip", "q2.zip"])

        assert "q1.zip.answer" == ready.name
        assert BYTES == b"".join(relay.get(ready.name))
        relay.acknowledge(ready.name)
        assert [] == relay.list(["q2.zip"])
        site.carry()
        assert [] == relay.list(["q2.zip"])


def _journey(folder: Path, profile: str, **road: Any) -> Journey:
    """As a carrier sets out: nobody's institution, no key of ours."""
    channel = Catalogue([BANKS]).pick(profile, datetime(2026, 12, 1, tzinfo=UTC).date()).channel
    said = {"address": {"host": "127.0.0.1", "port": 1}, "pins": [f"SHA256:{'A' * 43}"], **road}
    return Journey(channel, Road.model_validate(said), folder, lambda: datetime(2026, 12, 1, tzinfo=UTC), ZONE)


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    """Both ends of a line, as secrets below the folder."""
    ours = leaf(authority())
    for name, pem in (("certificate", ours.pem), ("key", ours.key_pem), ("authority", ours.pem)):
        path = tmp_path / "secrets" / "line" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pem)
        path.chmod(0o600)
    return {name: f"secret:line/{name}" for name in ("certificate", "key", "authority")}


def test_a_bank_that_wants_messages_signed_by_our_key_is_refused_by_name(tmp_path: Path, keys: dict[str, str]) -> None:
    with pytest.raises(BadSettings, match="a carrier has none"):
        open_road(_journey(tmp_path, "xsyh", line=keys))
