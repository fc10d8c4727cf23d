"""When a road fails another carries the same parcels under the same names; what no look can tell, two persons say."""

import hashlib
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bank_profiles.catalogue import BANKS
from connector.assembly import clock
from connector.bankside.invented import invent
from connector.deciding import acts
from connector.hours import deadlines
from connector.ledger import audit, people, rosters
from connector.ledger.errors import LedgerError
from connector.ledger.tables import attempt
from connector.lifecycle import Move
from connector.moments import moment, parse
from connector.status import survey
from tests.replies import batches
from tests.town import FOLDERS, Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    city = tmp_path / "city"
    invent(city, households=3, banks=4)
    with Town(tmp_path, city) as made:
        with made.ledger().begin() as tx:
            for name in ("chen", "wu"):
                people.add(tx, at=clock(), name=name, roles=["manager", "approver"], centre="C1", region="440106", by="li")
        yield made


@pytest.fixture
def code(town: Town) -> str:
    """A bank on SFTP whose folders are mounted here, too, in case the line fails."""
    code = str(town.institutions[0]["code"])
    note = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").partition("\nexamples:")[0]
    note = note.replace("profile: hxcb", "profile: two-roads")
    channel = note[note.index("channel:") : note.index("\ninquiry:")]
    other = "\n".join(
        f"    {line.strip()}" for line in channel.replace("kind: sftp", "kind: folder").splitlines()[1:] if line.strip()
    )
    note = note.replace("\ninquiry:", f"\nfallbacks:\n  - {other.strip()}\n\ninquiry:")
    town.speaks(code, "two-roads", {"2026.1": note + "\n"}, {"2026.1": note + "\n"})
    connection = town.dir / "connections" / f"{code}.yaml"
    said = yaml.safe_load(connection.read_text("utf-8"))
    said["fallbacks"] = [{"kind": "folder", "folder": str(town.servers[code].root), "after": "4h"}]
    connection.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
    return code


def state(town: Town, code: str) -> str:
    return str(batches(town, code)[0].state)


def decided(town: Town, code: str, how: str, **more: Any) -> None:
    """One person asks, another agrees."""
    with town.ledger().begin() as tx:
        number = batches(town, code)[0].number
        request = acts.ask_resolve_batch(tx, code, number, how, reason="asked by telephone", by="chen", now=clock(), **more)
        with pytest.raises(LedgerError):
            acts.decide(tx, request, agree=True, by="chen", now=clock())
        acts.decide(tx, request, agree=True, by="wu", now=clock())


def told(town: Town, code: str) -> list[tuple[str, bool]]:
    """What status tells of the bank, and whether a person must look at it."""
    banks = survey(town.deployment().parts, clock() + timedelta(hours=2))["banks"]
    return [(why["code"], why["alarm"]) for bank in banks if bank["code"] == code for why in bank["problems"]]


def roads(town: Town) -> list[tuple[str, str]]:
    with town.ledger().read() as tx:
        return [(row.road, row.delivery) for row in tx.execute(attempt.select().order_by(attempt.c.number))]


def test_rule_027_what_failed_for_hours_goes_by_the_other_road_under_the_same_name_with_the_same_bytes(
    town: Town, code: str
) -> None:
    town.intake()
    town.step("gather")
    parcel = batches(town, code)[0]
    with town.servers[code].away():
        town.step("dispatch")
        town.step("dispatch", now=clock() + timedelta(hours=3))
        assert "SEALED" == state(town, code)
        town.step("dispatch", now=clock() + timedelta(hours=5))
    assert "SENT" == state(town, code)

    inbox = town.servers[code].root / FOLDERS["hxcb"][0]
    found = next(inbox.glob("*.p7m"))
    assert (parcel.parcel_name, parcel.parcel_digest) == (found.name, hashlib.sha256(found.read_bytes()).hexdigest())
    assert {("sftp", "retry"), ("folder", "delivered")} <= set(roads(town))
    town.banks_respond()
    town.step("collect", "settle")
    assert "ANSWERED" == state(town, code)


def test_two_persons_choose_the_other_road_at_once(town: Town, code: str) -> None:
    town.intake()
    town.step("gather")
    decided(town, code, "by-road", road="folder")

    with town.servers[code].away():
        town.step("dispatch")

    assert "SENT" == state(town, code)


def test_what_two_persons_decided_stands_in_status_in_place_of_the_old_trouble(town: Town, code: str) -> None:
    town.intake()
    town.step("gather")
    with town.servers[code].away():
        town.step("dispatch")
    (before, _), *_ = told(town, code)
    assert not before.startswith("decided-")
    with town.ledger().begin() as tx:
        row = batches(town, code)[0]
        rosters.set_batch(tx, row.id, problem={"code": before, "zh": "连不上", "en": "cannot be reached"})

    decided(town, code, "by-road", road="folder")
    assert ("decided-by-road", False) in told(town, code)

    town.step("dispatch")
    assert [] == told(town, code)


def test_sent_by_hand_is_an_act_of_two_persons(town: Town, code: str, tmp_path: Path) -> None:
    """The very parcel is taken out and carried there; what the bank answers is matched as if a road had carried it."""
    town.intake()
    town.step("gather")
    pouch, inbox = tmp_path / "pouch", town.servers[code].root / FOLDERS["hxcb"][0]
    pouch.mkdir()
    (batch,) = batches(town, code)

    done = town.command("parcel", code, batch.number, "--to", str(pouch), "--by", "chen")
    assert 0 == done.returncode, done.stderr
    again = town.command("parcel", code, batch.number, "--to", str(pouch), "--by", "chen")
    assert (2, True, True) == (again.returncode, "file-exists" in again.stderr, batch.parcel_name in again.stderr)
    (carried,) = pouch.iterdir()
    assert (batch.parcel_name, batch.parcel_digest) == (carried.name, hashlib.sha256(carried.read_bytes()).hexdigest())
    decided(town, code, "by-hand")

    assert "SENT" == state(town, code)
    town.step("dispatch")
    assert ("SENT", []) == (state(town, code), list(inbox.iterdir()))
    shutil.copy(carried, inbox)
    (inbox / f"{carried.name}.ok").touch()
    town.banks_respond()
    town.step("collect", "settle")
    assert "ANSWERED" == state(town, code)
    with town.ledger().read() as tx:
        acts_of_it = {row.what: row.detail for row in audit.newest(tx, 60)}
    assert batch.parcel_digest == acts_of_it["parcel-taken-out"]["digest"] == acts_of_it["resolve-batch-done"]["digest"]


@pytest.mark.parametrize("minutes", [-60 * 24, 60])
def test_a_parcel_is_not_handed_over_before_it_was_sealed_or_in_the_future(town: Town, code: str, minutes: int) -> None:
    town.intake()
    town.step("gather")

    with pytest.raises(LedgerError) as refused:
        decided(town, code, "by-hand", handed_at=clock() + timedelta(minutes=minutes))

    assert "handed-at-wrong" == refused.value.code
    assert "SEALED" == state(town, code)


def test_the_deadline_of_what_was_sent_by_hand_runs_from_the_moment_the_bank_had_it(town: Town, code: str) -> None:
    town.intake()
    town.step("gather")
    at = clock()

    decided(town, code, "by-hand", handed_at=at)

    (batch,) = batches(town, code)
    assert moment(at) == batch.sent_at
    assert parse(batch.due_at) > at


@pytest.mark.parametrize(("how", "ends"), [("received", "SENT"), ("not-received", "SEALED")])
def test_a_doubt_no_look_can_settle_is_settled_by_two_persons(town: Town, code: str, how: str, ends: str) -> None:
    town.intake()
    town.step("gather")
    with town.ledger().begin() as tx:
        row = batches(town, code)[0]
        rosters.begin_attempt(tx, row.id, 1, clock(), "sftp")
        rosters.end_attempt(tx, row.id, 1, "in_doubt", "line-broken", clock())
        rosters.move(tx, row.id, Move.LOSE_SIGHT, clock())

    decided(town, code, how)

    assert ends == state(town, code)
    assert ([] if how == "received" else [("decided-not-received", False)]) == told(town, code)
    with town.ledger().read() as tx:
        assert rosters.may_have_arrived(tx, row.id) is (how == "received")


@pytest.mark.parametrize("how", ["received", "by-hand"])
def test_the_clock_of_what_persons_brought_is_the_banks_own(town: Town, code: str, how: str) -> None:
    town.intake()
    town.step("gather")
    parts = town.deployment().parts
    now = clock()
    with town.ledger().begin() as tx:
        row = batches(town, code)[0]
        if how == "received":
            rosters.move(tx, row.id, Move.LOSE_SIGHT, now)
        request = acts.ask_resolve_batch(tx, code, row.number, how, reason="asked by telephone", by="chen", now=now)
        acts.decide(tx, request, agree=True, by="wu", now=now, due_at=acts.banks_own(parts, tx))

    bank = parts.banks.working[code]
    own = deadlines.bank_deadline(parts, bank, bank.edition(row.edition).service, got_at=now).at
    assert moment(own) == batches(town, code)[0].due_at
    assert moment(own) != moment(acts.after_release(row, now).at)


def test_what_is_answered_is_nobodys_to_resolve(town: Town, code: str) -> None:
    town.intake()
    town.journey()
    with town.ledger().begin() as tx, pytest.raises(LedgerError, match="answered"):
        acts.ask_resolve_batch(tx, code, batches(town, code)[0].number, "by-hand", reason="x", by="chen", now=clock())


def test_a_fallback_the_profile_does_not_know_is_refused(town: Town, code: str) -> None:
    connection = town.dir / "connections" / f"{code}.yaml"
    connection.write_text(connection.read_text("utf-8").replace("kind: folder", "kind: media"), "utf-8")

    assert {"fallback-unknown"} == {why["code"] for why in town.deployment().parts.banks.broken.values()}
