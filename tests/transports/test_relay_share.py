"""The centre makes its own place in what it shares with a carrier; a share that is away is waited for, and named, and nothing is held."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.carrying import Site
from tests.contracts.transport_contract import BYTES, DIGEST, NAME, clean, look, manners, put
from transports import hands, shelf
from transports.errors import Refused, Unreachable
from transports.folder import Deadlines, Folder, FolderSettings
from transports.relay import Relay, share
from transports.transport import Delivery, Presence, Put


@pytest.fixture
def site(tmp_path: Path) -> Site:
    bank = clean(tmp_path / "bank")
    return Site(tmp_path / "site", lambda: Folder(FolderSettings(bank, manners())))


def test_before_the_carriers_first_run_the_centre_makes_the_banks_folder_itself(site: Site) -> None:
    (site.root / "out" / "B1").rmdir()
    relay = site.relay()

    assert (Delivery.IN_DOUBT, "with-the-carrier") == _said(put(relay))
    site.carry()
    assert Put(Delivery.DELIVERED) == put(relay)


def test_behind_a_gap_what_is_awaited_finds_its_folder_too(site: Site) -> None:
    (site.root / "out" / "B1").rmdir()
    site.relay(asks=True).list(["x.pkg"])

    assert ["awaited-000000000001.json"] == [path.name for path in (site.root / "out" / "B1").iterdir()]


@pytest.mark.parametrize("name", ["out", "back"])
def test_a_share_that_is_not_there_is_tried_again_and_named(site: Site, name: str) -> None:
    away = site.root / name
    away.rename(site.root / "elsewhere")
    ended = put(site.relay())

    assert (Delivery.RETRY, "share-missing") == _said(ended)
    assert str(away) in ended.zh
    assert str(away) in ended.en

    (site.root / "elsewhere").rename(away)
    assert (Delivery.IN_DOUBT, "with-the-carrier") == _said(put(site.relay()))


def test_answers_that_cannot_be_seen_are_not_none(site: Site) -> None:
    (site.root / "back").rename(site.root / "elsewhere")

    with pytest.raises(Unreachable) as away:
        site.relay().list()
    assert "share-missing" == away.value.code


def test_a_folder_that_was_used_and_is_gone_is_a_share_that_is_not_mounted(site: Site) -> None:
    put(site.relay())
    site.carry()
    assert Put(Delivery.DELIVERED) == put(site.relay())
    (site.root / "out" / "B1").rmdir()

    assert (Delivery.RETRY, "share-missing") == _said(put(site.relay(), name="HX_QRY_20261121_0002.zip"))
    assert [] == list((site.root / "out").iterdir())


def test_a_share_where_nothing_may_be_made_is_a_persons_to_mend(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    (site.root / "out" / "B1").rmdir()

    def denied(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "mkdir", denied)
    with pytest.raises(Refused) as refused:
        share.make_place(site.root / "out", "B1", used=False)
    assert "permission" == refused.value.code


@pytest.fixture
def hanging(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Makes a call of the system hang where it touches what lies below a folder; at the end it answers again."""
    answers = threading.Event()

    def hang(home: Any, call: str, below: str) -> None:
        real = getattr(home, call)

        def hangs(path: Path, *more: Any, **said: Any) -> Any:
            if path.is_relative_to(site.root / below):
                answers.wait()
            return real(path, *more, **said)

        monkeypatch.setattr(share, "PATIENCE", Deadlines(act_s=0.2))
        monkeypatch.setattr(home, call, hangs)

    yield hang
    answers.set()
    while any(hands.hangs(site.root / name) for name in ("out", "back")):
        time.sleep(0.01)


VERBS: dict[str, Callable[[Relay], object]] = {
    "look": look,
    "recall": lambda relay: relay.recall(NAME, len(BYTES), DIGEST),
    "list": lambda relay: relay.list(),
    "get": lambda relay: list(relay.get(NAME)),
    "acknowledge": lambda relay: relay.acknowledge(NAME),
}


@pytest.mark.parametrize("verb", VERBS)
def test_rule_094_a_share_that_hangs_is_told_in_time_and_the_book_is_not_held(
    site: Site, hanging: Callable[..., None], verb: str
) -> None:
    put(site.relay())
    hanging(shelf, "entries", "back")

    for _ in range(2):  # the second would wait at the lock for ever, had the first one kept it
        with pytest.raises(Unreachable) as told:
            VERBS[verb](site.relay())
        assert "share-missing" == told.value.code
    assert (Delivery.RETRY, "share-missing") == _said(put(site.relay()))


def test_what_cannot_be_tidied_now_changes_nothing_in_what_the_journal_says(site: Site, hanging: Callable[..., None]) -> None:
    put(site.relay())
    site.carry()
    hanging(Path, "unlink", "out")

    assert Presence.PRESENT is look(site.relay())
    assert Put(Delivery.DELIVERED) == put(site.relay())


def test_a_segment_of_which_nothing_was_copied_yet_stays(site: Site) -> None:
    put(site.relay())
    site.carry()
    (segment,) = site.segments()
    content = segment.read_bytes()
    segment.write_bytes(b"")
    assert Presence.UNKNOWN is look(site.relay())

    with segment.open("r+b") as copied:  # as one who copies into the file he opened
        copied.write(content)
    assert Presence.PRESENT is look(site.relay())


def _said(ended: Put) -> tuple[Delivery, str]:
    return ended.delivery, ended.code
