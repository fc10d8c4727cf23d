"""A key that is blocked while the drop-box is open proves and opens nothing there within seconds, without a restart (C8)."""

import time
from pathlib import Path

from typer.testing import CliRunner

from connector.assembly import clock
from connector.cli import keys
from connector.ledger import people
from tests.dropbox.test_answers import made, tried
from tests.dropbox.town import BoxTown

WITHIN_S = 10.0  # it is looked for every two seconds


def block(town: BoxTown, alias: str) -> None:
    words = ["block", alias, "--reason", "a laptop was stolen", "--by", "keeper", "--dir", str(town.dir)]
    assert 0 == CliRunner().invoke(keys.app, words).exit_code


def test_c8_a_block_counts_in_an_open_drop_box_within_seconds(tmp_path: Path) -> None:
    with BoxTown(tmp_path) as town, town.serving() as server:
        with town.ledger().begin() as tx:
            people.add(tx, at=clock(), name="keeper", roles=["key_officer"], centre="C1", region="440106", by="li")
        name, parcel = made(town, town.asked().batches()[0])
        clerk = town.clerk(server)
        before = tried(clerk, name, parcel)
        block(town, f"{town.code}/sign")
        ends_at = time.monotonic() + WITHIN_S
        while (after := tried(clerk, name, parcel))["result"] == "good" and time.monotonic() < ends_at:
            time.sleep(0.1)

    assert ("good", "refused") == (before["result"], after["result"])
