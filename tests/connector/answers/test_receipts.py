"""Receipts of packages, through real roads and steps: they move batches, prove that a package arrived, and never answer a line."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bank_profiles.package_names import PackageFacts
from connector.answers import receipts
from connector.assembly import clock
from connector.bankside.clerk import Clerk
from connector.bankside.misbehaviour import part_of
from connector.ledger import rosters
from connector.ledger.rows import AnyRow
from connector.lifecycle import Move, State
from connector.moments import moment, parse
from reconciliation.words import RECEIPTS
from tests.connector.answers.receipting import arrived, batch, behave, first, receipting_town, said
from tests.replies import reply
from tests.town import Town
from transports.transport import Delivery

SILENT = ("silent",)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with receipting_town(tmp_path) as made:
        yield made


def receipt(town: Town, of: AnyRow, code: str, *, package: str | None = None, number: str | None = None, again: int = 0) -> None:
    """The bank puts a receipt of a batch into its folder by hand."""
    desk = town.desk(of.institution)
    profile = desk.profile(clock())
    facts = PackageFacts(
        of.institution, of.number if number is None else number, of.sequence_day, of.sequence + 100 * again, clock()
    )
    (parcel,) = Clerk(desk, profile, clock()).receipts(facts, code, package)
    digest = desk.objects().put([parcel.content])[0]
    put = desk.mailbox(profile).put(parcel.name, lambda: iter([parcel.content]), len(parcel.content), digest)
    assert put.delivery is Delivery.DELIVERED


def test_rule_034_a_receipt_is_no_answer_and_the_answer_that_follows_is_none(town: Town) -> None:
    town.step("gather", "dispatch")
    receipt(town, batch(town), "received")
    town.step("collect", "settle")
    row = batch(town)

    assert (State.ACCEPTED, {"not_answered": row.lines}) == (row.state, row.counts)
    assert row.accepted_at is not None
    assert row.delivered_at is not None
    assert [("received", True)] == said(town)
    assert [("opened", None)] == arrived(town)

    reply(town, row)
    town.step("collect", "settle")

    assert State.ANSWERED == batch(town).state
    assert 0 == batch(town).counts.get("not_answered", 0)
    assert row.accepted_at == batch(town).accepted_at


def test_a_simulated_bank_sends_its_receipt_before_its_answer_and_once(town: Town) -> None:
    town.step("gather", "dispatch")
    town.banks_respond()
    town.banks_respond()
    town.step("collect", "settle")

    assert State.ANSWERED == batch(town).state
    assert [("received", True)] == said(town)
    assert [("opened", None), ("opened", None)] == arrived(town)
    assert batch(town).complete_at is not None


@pytest.mark.parametrize("code", [code for code in RECEIPTS if code != "received"])
def test_rule_035_each_code_of_a_refused_package_is_kept_with_its_batch(town: Town, code: str) -> None:
    town.step("gather", "dispatch")
    receipt(town, batch(town), code)
    town.step("collect", "settle")
    row = batch(town)

    assert (State.REJECTED, "package-refused", code) == (row.state, row.problem["code"], row.problem["reason"])
    assert [(code, False)] == said(town)
    assert {"not_answered": row.lines} == row.counts


def test_rule_035_a_bank_that_refuses_the_package_is_simulated(town: Town) -> None:
    behave(town, "refuses_package")
    town.step("gather", "dispatch")
    town.banks_respond()
    town.step("collect", "settle")

    assert (State.REJECTED, "document_mismatch") == (batch(town).state, batch(town).problem["reason"])


def test_a_receipt_names_the_package_as_it_went_or_bare(town: Town) -> None:
    town.step("gather", "dispatch")
    row = batch(town)
    receipt(town, row, "received", number="", package=row.parcel_name.removesuffix(".p7m"))
    receipt(town, row, "signature", number="", package=row.parcel_name, again=1)
    town.step("collect", "settle")

    assert [("received", True), ("signature", False)] == said(town)
    assert State.REJECTED == batch(town).state  # accepted first, refused once it was opened


def test_a_receipt_of_a_batch_nobody_sent_is_set_apart_and_changes_nothing(town: Town) -> None:
    town.step("gather", "dispatch")
    row = batch(town)
    receipt(town, row, "signature", number="202601019999999")
    town.step("collect", "settle")

    assert [("quarantined", "receipt-unknown")] == arrived(town)
    assert (State.SENT, []) == (batch(town).state, said(town))


def test_a_receipt_of_a_batch_that_never_left_is_set_apart(town: Town) -> None:
    town.step("gather")
    receipt(town, batch(town), "received")
    town.step("collect", "settle")

    assert [("quarantined", "receipt-unknown")] == arrived(town)
    assert State.SEALED == batch(town).state


def test_a_receipt_proves_what_was_in_doubt_and_sets_the_clock(town: Town) -> None:
    town.step("gather", "dispatch")
    with town.ledger().begin() as tx:  # as after a line that broke behind the last byte
        row = batch(town)
        rosters.set_batch(tx, row.id, now=clock(), state=State.SEALED, sent_at=None, due_at=None, delivered_at=None)
        rosters.move(tx, row.id, Move.LOSE_SIGHT, clock())
    receipt(town, row, "received")
    town.step("collect", "settle")
    proved = batch(town)

    assert State.ACCEPTED == proved.state
    assert None not in (proved.delivered_at, proved.accepted_at, proved.due_at)


def test_a_receipt_that_comes_after_the_answer_is_kept_and_moves_nothing(town: Town) -> None:
    behave(town, "no_receipt")
    town.step("gather", "dispatch")
    town.banks_respond()
    town.step("collect", "settle")
    receipt(town, batch(town), "parse")
    town.step("collect", "settle")

    assert State.ANSWERED == batch(town).state
    assert [("parse", False)] == said(town)


def test_rule_034_a_receipt_that_does_not_come_is_an_alarm_of_its_own_after_working_hours(town: Town) -> None:
    town.step("gather", "dispatch")
    parts = town.deployment().parts
    sent = datetime(2026, 3, 5, 16, 0, tzinfo=parts.zone)  # a Thursday: two hours are worked until 18:00, the others on Friday
    with town.ledger().begin() as tx:
        rosters.set_batch(tx, batch(town).id, now=clock(), sent_at=moment(sent))

    def told(after: timedelta) -> list[tuple[str, bool]]:
        with parts.ledger.read() as tx:
            found = receipts.told(tx, parts, sent + after)
        return [(one["code"], one["alarm"]) for one in found if one["institution"] == first(town)]

    assert [] == told(timedelta(hours=18))  # 10:00 on Friday: three of the four hours are worked
    assert [("receipt-missing", True)] == told(timedelta(hours=19, minutes=1))

    receipt(town, batch(town), "received")
    town.step("collect", "settle")
    assert [] == told(timedelta(days=3))
    assert parse(batch(town).accepted_at) is not None


def test_a_bank_refuses_by_a_receipt_what_it_cannot_open(town: Town) -> None:
    town.step("gather", "dispatch")
    folder = town.servers[first(town)].root / "in" / "cx"
    (parcel,) = folder.glob("*.p7m")
    sealed = bytearray(parcel.read_bytes())
    sealed[len(sealed) // 2] ^= 1
    parcel.write_bytes(sealed)
    town.banks_respond(first(town))
    town.step("collect", "settle")

    assert (State.REJECTED, "signature") == (batch(town).state, batch(town).problem["reason"])


def test_the_parts_a_simulated_bank_deals_out_hold_every_line_once(town: Town) -> None:
    town.step("gather", "dispatch")
    from tests.replies import questions

    desk = town.desk(first(town))
    clerk = Clerk(desk, desk.profile(clock()), clock())
    from connector.bankside.clerk import Asked

    row = batch(town)
    whole = clerk.say(Asked(PackageFacts(row.institution, row.number, row.sequence_day, 1, clock()), questions(town, row)))
    dealt = [part_of(whole, number).outcome.column("line_ref").to_pylist() for number in (1, 2, 3)]

    assert sorted(whole.outcome.column("line_ref").to_pylist()) == sorted(ref for part in dealt for ref in part)
