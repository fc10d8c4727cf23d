"""A carrier between the centre and a bank keeps the promises of a road; its word counts only where its journal holds."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pytest

from tests.carrying import Carried, Site
from tests.contracts.transport_contract import BYTES, DIGEST, NAME, Road, TransportContract, arm, clean, look, manners, put
from transports.crashpoint import Crash
from transports.errors import Refused, Unreachable
from transports.folder import Folder, FolderSettings
from transports.relay import book
from transports.relay.lines import BrokenJournal, read, spelt, walk
from transports.sealing.journal_key import JournalKey
from transports.transport import Delivery, Presence, Put, Remote, Transport

__all__ = ["arm"]


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    return clean(tmp_path / "bank")


@pytest.fixture
def road(tmp_path: Path, bank: Path) -> Road:
    def opened(**changes: Any) -> Transport:
        site = Site(tmp_path / "site", lambda: Folder(FolderSettings(bank, manners(**changes))))
        return Carried(site, **{name: changes[name] for name in changes if name == "file_bytes_max"})

    return Road(bank, opened)


@pytest.fixture
def site(tmp_path: Path, bank: Path) -> Site:
    return Site(tmp_path / "site", lambda: Folder(FolderSettings(bank, manners())))


class TestRelay(TransportContract):
    """All promises, with a carrier in between."""

    # the centre reads a file the carrier closed; that the bank still writes shows itself to the carrier
    test_a_file_that_changes_while_it_is_read_is_not_taken_for_whole = None


# ---- what the journal has not said yet --------------------------------------------------------------------------------------------


def test_until_the_journal_speaks_a_parcel_is_in_doubt_and_a_look_knows_nothing(site: Site) -> None:
    relay = site.relay()

    assert (Delivery.IN_DOUBT, "with-the-carrier") == _said(put(relay))
    assert Presence.UNKNOWN is look(relay)
    assert (Delivery.IN_DOUBT, "with-the-carrier") == _said(put(relay))

    site.carry()
    assert Presence.PRESENT is look(relay)
    assert Put(Delivery.DELIVERED) == put(relay)
    assert [] == list((site.root / "out" / "B1").iterdir())


def test_a_crash_between_our_book_and_the_order_is_finished_by_the_look(site: Site, arm: Callable[[str], None]) -> None:
    relay = site.relay()
    arm("O15@2")  # the second file that is handed over is the order
    with pytest.raises(Crash):
        put(relay)
    arm("")

    assert Presence.UNKNOWN is look(site.relay())
    site.carry()
    assert Presence.PRESENT is look(site.relay())


def test_a_refusal_is_handed_on_once_and_the_next_put_is_another_try(site: Site, bank: Path) -> None:
    relay = site.relay()
    (bank / "in").rmdir()
    put(relay)
    site.carry()

    assert Presence.ABSENT is look(relay)
    assert (Delivery.REFUSED, "missing") == _said(put(relay))
    (bank / "in").mkdir()
    assert (Delivery.IN_DOUBT, "with-the-carrier") == _said(put(relay))
    site.carry()
    assert Put(Delivery.DELIVERED) == put(relay)


def test_other_bytes_at_the_bank_are_told_as_different(site: Site, bank: Path) -> None:
    relay = site.relay()
    (bank / "in" / NAME).write_bytes(b"other")
    put(relay)
    site.carry()

    assert Presence.DIFFERENT is look(relay)
    assert (Delivery.REFUSED, "collision") == _said(put(relay))


def test_a_parcel_not_taken_yet_comes_back_and_may_go_again(site: Site, bank: Path) -> None:
    relay = site.relay()
    put(relay)
    assert not relay.recall(NAME, len(BYTES), DIGEST)
    site.carry()

    assert relay.recall(NAME, len(BYTES), DIGEST)
    assert Presence.ABSENT is look(relay)
    assert [] == list((bank / "in").iterdir())
    put(relay)
    site.carry()
    assert Put(Delivery.DELIVERED) == put(relay)


def test_a_parcel_that_was_taken_is_not_called_back(site: Site) -> None:
    relay = site.relay()
    put(relay)
    site.carry()

    assert not relay.recall(NAME, len(BYTES), DIGEST)


def test_a_parcel_that_never_reached_the_bank_is_given_back_though_it_was_tried(site: Site, bank: Path) -> None:
    relay = site.relay()
    put(relay)
    _unreachable(site)
    assert not relay.recall(NAME, len(BYTES), DIGEST)
    _unreachable(site)

    assert relay.recall(NAME, len(BYTES), DIGEST)
    site.carry()
    assert [] == [*(bank / "in").iterdir(), *(site.root / "out" / "B1").iterdir()]


@pytest.mark.parametrize("label", ["CR2", "CR3"])
def test_a_parcel_whose_sending_nobody_saw_the_end_of_is_not_given_back(
    site: Site, arm: Callable[[str], None], label: str
) -> None:
    relay = site.relay()
    put(relay)
    _unreachable(site)
    arm(label)
    with pytest.raises(Crash):
        site.carry()
    arm("")
    assert not relay.recall(NAME, len(BYTES), DIGEST)
    _unreachable(site)
    assert not relay.recall(NAME, len(BYTES), DIGEST)

    site.carry()
    assert Presence.PRESENT is look(relay)


def test_a_parcel_is_asked_back_once_a_turn(site: Site) -> None:
    relay = site.relay()
    put(relay)
    for _ in range(3):
        assert not relay.recall(NAME, len(BYTES), DIGEST)
    site.carry()
    assert relay.recall(NAME, len(BYTES), DIGEST)

    assert ["begun", "recalled"] == _whats(site)


def test_behind_a_gap_that_copies_an_old_recall_does_not_take_the_next_turn_back(site: Site) -> None:
    relay, out = site.relay(), site.root / "out" / "B1"
    put(relay)
    relay.recall(NAME, len(BYTES), DIGEST)
    (recall,) = out.glob("*.recall.json")
    old = recall.read_bytes()
    site.carry()
    put(relay)
    recall.write_bytes(old)
    site.carry()

    assert Put(Delivery.DELIVERED) == put(relay)


def test_rule_23_the_bank_is_told_only_after_the_centre_asked(site: Site, bank: Path) -> None:
    (bank / "out" / "a.p7m").write_bytes(b"1")
    (bank / "out" / "a.p7m.ok").touch()
    relay = site.relay()
    site.carry()
    site.carry()

    assert ["a.p7m"] == [remote.name for remote in relay.list()]
    assert [b"1"] == list(relay.get("a.p7m"))
    site.carry()
    assert (bank / "out" / "a.p7m").exists()
    relay.acknowledge("a.p7m")
    assert [] == relay.list()
    site.carry()
    assert [] == relay.list()
    assert [b"1"] == [path.read_bytes() for path in (bank / "out" / "done").iterdir()]
    assert [] == list((site.root / "back" / "B1").iterdir())


def test_an_answer_that_did_not_cross_the_gap_yet_is_not_offered(site: Site, bank: Path) -> None:
    (bank / "out" / "a.p7m").write_bytes(b"1")
    (bank / "out" / "a.p7m.ok").touch()
    site.carry()
    answer = next((site.root / "back" / "B1").iterdir())
    content = answer.read_bytes()
    answer.unlink()
    assert [] == site.relay().list()

    answer.write_bytes(content)
    assert ["a.p7m"] == [remote.name for remote in site.relay().list()]


def test_other_bytes_than_the_journal_vouches_for_are_not_taken(site: Site, bank: Path) -> None:
    (bank / "out" / "a.p7m").write_bytes(b"1")
    (bank / "out" / "a.p7m.ok").touch()
    site.carry()
    next((site.root / "back" / "B1").iterdir()).write_bytes(b"2")

    with pytest.raises(Refused) as refused:
        list(site.relay().get("a.p7m"))

    assert "journal-broken" == refused.value.code


def test_that_a_bank_cannot_be_reached_is_told_the_centre_once_and_taken_back(site: Site, bank: Path) -> None:
    (bank / "out").rename(bank / "away")
    for _ in range(3):
        site.carry()
    lines = (site.root / "journal" / "journal.jsonl").read_bytes().splitlines()
    with pytest.raises(Unreachable) as told:
        site.relay().list()

    assert ("missing", 2) == (told.value.code, len(lines))
    (bank / "away").rename(bank / "out")
    site.carry()
    assert [] == site.relay().list()


# ---- answers that are asked for by their question --------------------------------------------------------------------------------


class Asked(Folder):
    """A bank that shows no listing: it offers only what is asked for."""

    heard: ClassVar[list[tuple[str, ...]]] = []

    def list(self, awaited: Sequence[str] = ()) -> list[Remote]:
        self.heard.append(tuple(awaited))
        return [remote for remote in super().list() if remote.name in awaited]


@pytest.fixture
def asked(tmp_path: Path, bank: Path) -> Site:
    Asked.heard.clear()
    (bank / "out" / "Q1").write_bytes(b"1")
    (bank / "out" / "Q1.ok").touch()
    return Site(tmp_path / "site", lambda: Asked(FolderSettings(bank, manners())))


def test_what_is_awaited_reaches_the_carrier_and_the_bank(asked: Site) -> None:
    relay = asked.relay(asks=True)
    assert [] == relay.list(["Q1", "Q2"])
    asked.carry()
    assert ["Q1"] == [remote.name for remote in relay.list(["Q1", "Q2"])]
    asked.carry()
    relay.list([])
    asked.carry()

    assert [("Q1", "Q2"), ("Q1", "Q2"), ()] == Asked.heard
    assert 2 == _whats(asked).count("asks")
    assert 1 == len(list((asked.root / "out" / "B1").glob("awaited-*")))


def test_a_road_that_lists_by_itself_is_not_told_what_is_awaited(asked: Site) -> None:
    asked.relay().list(["Q1"])

    assert [] == list((asked.root / "out" / "B1").iterdir())


def test_an_older_asking_that_comes_again_changes_nothing(asked: Site) -> None:
    relay, out = asked.relay(asks=True), asked.root / "out" / "B1"
    relay.list(["Q1"])
    (first,) = out.glob("awaited-*")
    old = first.read_bytes()
    relay.list(["Q2"])
    first.write_bytes(old)
    asked.carry()
    for path in out.glob("awaited-*"):
        path.unlink()
    first.write_bytes(old)
    asked.carry()

    assert [("Q2",), ()] == Asked.heard


def test_a_centre_that_lost_its_book_is_heard_again(asked: Site) -> None:
    for names in (["Q1"], ["Q2"], ["Q3"]):
        asked.relay(asks=True).list(names)
        asked.carry()
    shutil.rmtree(asked.root / "state")
    (asked.root / "journal" / "laid-out.json").unlink()
    asked.carry()
    asked.relay(asks=True).list(["Q4"])
    asked.carry()

    assert ("Q4",) == Asked.heard[-1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'{"bank":"B2","names":["Q1"],"number":1,"schema":"carrier-awaited/1"}',
        b'{"bank":"B1","names":["../Q1"],"number":1,"schema":"carrier-awaited/1"}',
        b'{"bank":"B1","names":[1],"number":1,"schema":"carrier-awaited/1"}',
        b'{"bank":"B1","names":["Q1"],"number":2,"schema":"carrier-awaited/1"}',
        b'{"bank":"B1","names":["Q1"],"number":1,"schema":"x"}',
        b"[" * 100_000,
    ],
    ids=["empty", "nothing", "other bank", "climbs", "no name", "other number", "other schema", "deep"],
)
def test_b6_an_asking_that_is_not_spelt_as_one_is_none(asked: Site, content: bytes) -> None:
    (asked.root / "out" / "B1" / "awaited-000000000001.json").write_bytes(content)
    asked.carry()

    assert [()] == Asked.heard


def test_a_crash_right_after_the_asking_was_heard_loses_no_answer(asked: Site, arm: Callable[[str], None]) -> None:
    asked.relay(asks=True).list(["Q1"])
    arm("CR12")
    with pytest.raises(Crash):
        asked.carry()
    arm("")
    asked.carry()

    assert ["Q1"] == [remote.name for remote in asked.relay(asks=True).list(["Q1"])]


# ---- a gap in between -------------------------------------------------------------------------------------------------------------


def _cross(source: Path, target: Path, *, moves: bool) -> None:
    """What a one-way gap does: whole files under their names, in any order, copied or moved."""
    for path in sorted(source.rglob("*"), key=lambda path: path.name[::-1]):
        there = target / path.relative_to(source)
        if path.is_file():
            shutil.copy(path, there)
            if moves:
                path.unlink()


@pytest.mark.parametrize("moves", [True, False], ids=["moves", "copies"])
def test_behind_a_one_way_gap_all_arrives_once_and_nothing_is_left(tmp_path: Path, bank: Path, moves: bool) -> None:
    ours = Site(tmp_path / "centre", lambda: Folder(FolderSettings(bank, manners())))
    theirs = Site(tmp_path / "dmz", ours.bank)
    relay = ours.relay()
    (bank / "out" / "a.p7m").write_bytes(b"1")
    (bank / "out" / "a.p7m.ok").touch()
    names = [f"CX_{number}.p7m" for number in range(5)]

    for turn in range(6):
        for name in names:
            put(relay, name)
        for remote in relay.list():
            assert [b"1"] == list(relay.get(remote.name))
            relay.acknowledge(remote.name)
        if turn < 4:  # then both sides are left to themselves
            _cross(ours.root / "out", theirs.root / "out", moves=moves)
        theirs.carry()
        _cross(theirs.root / "back", ours.root / "back", moves=moves)

    assert [Put(Delivery.DELIVERED)] * 5 == [put(relay, name) for name in names]
    assert sorted(names) == sorted(path.name for path in (bank / "in").iterdir() if path.suffix != ".ok")
    assert ["a.p7m"] == [path.name for path in (bank / "out" / "done").iterdir()]
    assert [] == relay.list()
    assert [] == [*(ours.root / "out" / "B1").iterdir(), *(theirs.root / "out" / "B1").iterdir()]
    assert [] == list((theirs.root / "back" / "B1").iterdir())


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Folders may say no to us, even where tests run as root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.fixture
def gap(bank: Path) -> Iterator[tuple[Site, Site]]:
    """Centre and carrier on either side. The centre's out takes files and shows none, its back shows files and takes none."""
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        root.chmod(0o755)
        ours = Site(root / "centre", lambda: Folder(FolderSettings(bank, manners())))
        theirs = Site(root / "dmz", ours.bank)
        (ours.root / "state").mkdir(mode=0o777)
        (ours.root / "state").chmod(0o777)
        (ours.root / "out" / "B1").chmod(0o333)
        for folder in ("back/B1", "back/journal"):
            (ours.root / folder).chmod(0o555)
        yield ours, theirs
        (ours.root / "out" / "B1").chmod(0o755)


def _over(gap: tuple[Site, Site]) -> None:
    """The gap takes what lies in out, and lays into back what is not there yet. It takes nothing away there."""
    ours, theirs = gap
    _cross(ours.root / "out", theirs.root / "out", moves=True)
    theirs.carry()
    for path in (path for path in (theirs.root / "back").rglob("*") if path.is_file()):
        there = ours.root / "back" / path.relative_to(theirs.root / "back")
        if not there.exists():
            there.write_bytes(path.read_bytes())
            there.chmod(0o644)


def test_an_out_that_may_only_be_written_and_a_back_that_may_only_be_read_are_enough(gap: tuple[Site, Site], bank: Path) -> None:
    ours = gap[0]
    (bank / "out" / "a.p7m").write_bytes(b"1")
    (bank / "out" / "a.p7m.ok").touch()
    for turn in range(4):
        with _as_nobody():
            relay = ours.relay(asks=True)
            said = put(relay)
            for remote in relay.list([NAME] if turn < 2 else []):
                assert [b"1"] == list(relay.get(remote.name))
                relay.acknowledge(remote.name)
        _over(gap)

    assert Put(Delivery.DELIVERED) == said
    assert [NAME] == [path.name for path in (bank / "in").iterdir() if path.suffix != ".ok"]
    assert ["a.p7m"] == [path.name for path in (bank / "out" / "done").iterdir()]
    with _as_nobody():
        assert [] == ours.relay().list()


def test_a_segment_that_cannot_be_taken_away_is_proved_once(gap: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch) -> None:
    ours = gap[0]
    with _as_nobody():
        put(ours.relay())
    _over(gap)
    proved: list[int] = []
    monkeypatch.setattr(book, "walk", lambda lines, head, key: proved.append(len(lines)) or walk(lines, head, key))
    with _as_nobody():
        for _ in range(3):
            assert Presence.PRESENT is look(ours.relay())

    assert 1 == len(proved)


# ---- the journal is not believed, it is checked -----------------------------------------------------------------------------------


def _journal(site: Site) -> Path:
    """Three lines of a delivery in one segment, not taken in yet."""
    relay = site.relay()
    put(relay)
    site.carry()
    (segment,) = site.segments()
    return segment


def _changed(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b'"taken"', b'"put"'), *lines[2:]]


def _signed_by_another(lines: list[bytes]) -> list[bytes]:
    line, _ = read(lines[1].rstrip())
    return [lines[0], spelt(line, JournalKey.make()), *lines[2:]]


@pytest.mark.parametrize(
    "damage",
    [
        _changed,
        _signed_by_another,
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: lines[1:],
        lambda lines: [lines[0], lines[2], lines[1]],
        lambda lines: [lines[0], b"{}\n", *lines[1:]],
        lambda lines: [lines[0], b'{"n":' + b"[" * 100_000 + b"\n", *lines[1:]],
        lambda lines: [lines[0].replace(b'"n":1', b'"n": 1'), *lines[1:]],
    ],
    ids=["changed", "other key", "dropped", "no beginning", "swapped", "no line", "deep", "other spelling"],
)
def test_a_journal_that_was_touched_is_refused_loudly_and_stays(site: Site, damage: Callable[[list[bytes]], list[bytes]]) -> None:
    segment = _journal(site)
    segment.write_bytes(b"".join(damage(segment.read_bytes().splitlines(keepends=True))))
    relay = site.relay()

    for verb in (lambda: look(relay), relay.list, lambda: list(relay.get("a")), lambda: relay.acknowledge("a")):
        with pytest.raises(BrokenJournal) as broken:
            verb()
        assert "journal-broken" == broken.value.code
    assert (Delivery.REFUSED, "journal-broken") == _said(put(relay))
    assert segment.exists()


def test_a_whole_segment_that_is_missing_is_a_gap(site: Site, bank: Path) -> None:
    _journal(site).unlink()
    (bank / "out" / "a.p7m").write_bytes(b"1")
    (bank / "out" / "a.p7m.ok").touch()
    site.carry()

    with pytest.raises(BrokenJournal):
        site.relay().list()


def _laid_out_anew(site: Site) -> None:
    """What a person does on the carrier when the centre lacks lines."""
    (site.root / "journal" / "laid-out.json").unlink()
    site.carry()


def test_a_segment_lost_in_the_gap_is_made_good_by_laying_all_out_anew(site: Site) -> None:
    relay = site.relay()
    for name in ("one.p7m", "two.p7m", "three.p7m"):
        put(relay, name)
        site.carry()
        if name != "two.p7m":
            continue
        site.segments()[-1].unlink()
    with pytest.raises(BrokenJournal):
        look(relay, "three.p7m")
    _laid_out_anew(site)

    assert [Presence.PRESENT] * 3 == [look(relay, name) for name in ("one.p7m", "two.p7m", "three.p7m")]
    assert [] == site.segments()


def test_a_book_restored_from_an_older_copy_is_made_good_by_laying_all_out_anew(site: Site, tmp_path: Path) -> None:
    relay = site.relay()
    for name in ("one.p7m", "two.p7m", "three.p7m", "four.p7m"):
        put(relay, name)
        site.carry()
        look(relay, name)
        if name == "two.p7m":
            shutil.copytree(site.root / "state", tmp_path / "copy")
    shutil.rmtree(site.root / "state")
    shutil.move(tmp_path / "copy", site.root / "state")
    assert Presence.ABSENT is look(site.relay(), "four.p7m")
    _laid_out_anew(site)

    assert Presence.PRESENT is look(site.relay(), "four.p7m")


def test_a_segment_that_is_half_across_the_gap_is_waited_for(site: Site) -> None:
    segment = _journal(site)
    raw = segment.read_bytes()
    segment.write_bytes(raw[:-10])
    assert Presence.UNKNOWN is look(site.relay())

    segment.write_bytes(raw)
    assert Presence.PRESENT is look(site.relay())


def test_lines_known_already_may_come_again_but_not_other_ones_in_their_place(site: Site) -> None:
    segment = _journal(site)
    raw = segment.read_bytes()
    assert Presence.PRESENT is look(site.relay())
    segment.write_bytes(raw)
    assert Presence.PRESENT is look(site.relay())

    last = raw.splitlines()[-1]
    line, _ = read(last)
    segment.write_bytes(raw.replace(last + b"\n", spelt(replace(line, code="x"), site.key)))
    with pytest.raises(BrokenJournal):
        look(site.relay())


def test_the_segments_taken_in_are_kept_as_they_came(site: Site) -> None:
    raw = _journal(site).read_bytes()
    look(site.relay())

    assert [] == site.segments()
    assert raw == (site.root / "state" / "journal" / "journal-000000000001.jsonl").read_bytes()
    head = orjson.loads((site.root / "state" / "head.json").read_bytes())["head"]
    assert len(raw.splitlines()) == head["n"]


def _said(said: Put) -> tuple[Delivery, str]:
    return said.delivery, said.code


def _whats(site: Site) -> list[str]:
    return [orjson.loads(line)["what"] for line in (site.root / "journal" / "journal.jsonl").read_bytes().splitlines()]


def _unreachable(site: Site) -> None:
    """A pass while the bank cannot be reached: nothing of a parcel leaves."""

    class Line(Folder):
        def look(self, name: str, size: int, digest: str) -> Presence:
            raise Unreachable("away", "away", code="unreachable")

        def put(self, *parcel: object) -> Put:  # type: ignore[override]
            return Put(Delivery.RETRY, "unreachable")

    Site(site.root, lambda: Line(FolderSettings(site.root, manners()))).carry()
