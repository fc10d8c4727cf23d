"""A front-end machine that was taken over: it holds the key of its journal and the shared folders, and may still only lie about deliveries."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.carrying import KEY, Site
from tests.contracts.transport_contract import BYTES, DIGEST, NAME, clean, manners
from transports.errors import Refused, Unreachable
from transports.folder import Folder, FolderSettings
from transports.relay.lines import BEGINNING, BrokenJournal, Line, spelt
from transports.relay.orders import stem_of

AT = "2026-11-21T08:30:00.000000Z"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    bank = clean(tmp_path / "bank")
    return Site(tmp_path / "site", lambda: Folder(FolderSettings(bank, manners())))


def told(site: Site, *said: dict[str, Any]) -> None:
    """The journal a thief of the key would write: numbered, chained and signed as it should be."""
    previous, written = BEGINNING, b""
    for number, each in enumerate(({"bank": "", "what": "begun", "code": KEY.public}, *said), 1):
        line = Line(**{"n": number, "at": AT, "previous": previous, "bank": "B1", "way": "back", **each})
        previous, written = line.own_digest, written + spelt(line, KEY)
    (site.root / "back" / "journal" / "journal-000000000001.jsonl").write_bytes(written)


def offer(**more: Any) -> dict[str, Any]:
    return {"what": "fetched", "name": NAME, "size": len(BYTES), "digest": DIGEST, **more}


def answer(site: Site) -> Path:
    return site.root / "back" / "B1" / (stem_of(NAME, DIGEST) + ".answer")


@pytest.mark.parametrize(
    "line",
    [
        offer(bank="../../stolen"),
        offer(bank="B1/x"),
        offer(bank="B\0"),
        offer(name="../../stolen.zip"),
        offer(name="a\0b.zip"),
        offer(name="a\u202eb.zip"),
        offer(name="n" * 300),
        offer(size=-1),
        offer(size=2**63),
        offer(modified=1e300),
        offer(modified=-1e300),
        offer(digest="../x"),
        offer(turn=2**63),
        {"what": "refused", "name": NAME, "code": "\x1b[2J Zhang San 110101199003070011"},
        {"what": "unreachable", "code": "Zhang San 110101199003070011"},
        {"what": "look", "strange": (("name-control", "Zhang San 110101199003070011"),)},
        {"what": "look", "strange": (("\x1b[2J", "‹18 bytes, #5e884898›"),)},
        {"what": "look", "name": "/etc/passwd"},
    ],
    ids=str,
)
def test_b1_e5_what_a_signed_line_says_is_hostile_too(site: Site, line: dict[str, Any]) -> None:
    """No path, no person, no escape and no number the ledger cannot hold comes in by a carrier; who signs such a line is broken."""
    told(site, line)
    relay = site.relay()

    with pytest.raises(BrokenJournal):
        relay.list()

    assert [] == list(site.root.parent.rglob("*stolen*"))


@pytest.mark.parametrize("made", ["link", "pipe", "socket", "folder", "other bytes", "longer"])
def test_b1_an_answer_that_is_no_plain_file_of_its_bytes_is_not_taken(site: Site, made: str, tmp_path: Path) -> None:
    told(site, offer())
    secret = tmp_path / "secret"
    secret.write_bytes(BYTES)  # even with the right bytes: what a link leads to is ours
    path = answer(site)
    if made == "link":
        path.symlink_to(secret)
    elif made == "pipe":
        os.mkfifo(path)
    elif made == "socket":
        handle = os.open(path.parent, os.O_RDONLY)
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(f"/proc/self/fd/{handle}/s")
        (path.parent / "s").rename(path)
        os.close(handle)
    elif made == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"x" * (len(BYTES) + (made == "longer")))
    relay = site.relay()

    offered = [remote.name for remote in relay.list()]
    with pytest.raises((Refused, Unreachable)):
        list(relay.get(NAME))

    assert offered == ([NAME] if made == "other bytes" else [])


@pytest.mark.parametrize("made", ["link", "pipe", "folder", "huge"])
def test_b1_a_journal_that_is_no_plain_file_tells_nothing_and_holds_nobody_up(site: Site, made: str) -> None:
    path = site.root / "back" / "journal" / "journal-000000000001.jsonl"
    if made == "link":
        path.symlink_to("/dev/zero")
    elif made == "pipe":
        os.mkfifo(path)
    elif made == "folder":
        path.mkdir()
    else:
        with path.open("wb") as file:
            file.truncate(3 << 30)

    assert [] == site.relay().list()
