"""What a line keeps beside its connection: the numbers are the key's wherever the bank is reached, the pace is the bank's whoever is asked for."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bank_profiles.language.lines import LineTcp
from config.road import Road
from connector.founding import keep_secret
from connector.roads import Journey
from connector.roads.lines import numbers

LINE = LineTcp.model_validate(
    {
        "kind": "line_tcp",
        "framing": {"kind": "length_prefix", "digits": "8"},
        "messages": "house",
        "mac": "hmac-sha256",
        "sequence": "key",
        "tls": "none",
        "seal": "cms-aes256gcm",
    }
)


def journey(folder: Path, host: str, **more: Any) -> Journey:
    road = Road.model_validate({"address": {"host": host, "port": 9000}, "mac": "secret:b/mac"})
    return Journey(LINE, road, folder, lambda: datetime.now(UTC), ZoneInfo("Asia/Shanghai"), **more)


def test_a_new_address_goes_on_counting_and_a_new_key_begins(tmp_path: Path) -> None:
    keep_secret(tmp_path, "b/mac", b"k" * 32)
    here, there = (numbers(journey(tmp_path, host), LINE) for host in ("10.0.0.1", "10.0.0.2"))
    (tmp_path / "secrets" / "b" / "mac").unlink()
    keep_secret(tmp_path, "b/mac", b"n" * 32)

    assert here is not None
    assert here == there != numbers(journey(tmp_path, "10.0.0.1"), LINE)


def test_the_messages_a_minute_are_one_count_over_openings_and_entities(tmp_path: Path) -> None:
    for _ in range(2):  # each entity opens a line of its own
        journey(tmp_path, "10.0.0.1", messages_per_minute=60_000, institution="centre-of-data").pace().wait()

    assert ["centre-of-data-line_tcp"] == [path.name for path in (tmp_path / "lanes" / "pace").iterdir()]
