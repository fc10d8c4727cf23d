"""Receipts of packages, through real roads and steps: they move batches, prove that a package arrived, and never answer a line."""

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bank_profiles.package_names import PackageFacts
from connector.answers import receipts
from connector.assembly import clock
from connector.bankside.clerk import Clerk
from connector.ledger import rosters
from connector.ledger.rows import AnyRow
from connector.lifecycle import Move, State
from connector.moments import moment
from reconciliation.words import RECEIPTS
from tests.connector.answers.receipting import arrived, batch, behave, first, receipting_town, said
from tests.replies import batches, reply
from tests.town import Town
from transports.transport import Delivery


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A batch a line, all of them sent: each test takes batches of its own."""
    with receipting_town(tmp_path_factory.mktemp("asked"), households=9, lines_max=1) as made:
        made.step("gather", "dispatch")
        yield made


def sent(town: Town) -> AnyRow:
    """A batch the bank holds and has said nothing of."""
    return next(row for row in batches(town, first(town)) if row.state == State.SENT)


def now_of(town: Town, row: AnyRow) -> AnyRow:
    """The batch as it stands."""
    return next(one for one in batches(town, first(town)) if one.id == row.id)


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


def test_rule_035_each_code_of_a_refused_package_is_kept_with_its_batch(asked: Town) -> None:
    codes = [code for code in RECEIPTS if code != "received"]
    rows = [row for row in batches(asked, first(asked)) if row.state == State.SENT][: len(codes)]
    for row, code in zip(rows, codes, strict=True):
        receipt(asked, row, code)
    asked.step("collect", "settle")
    refused = [now_of(asked, row) for row in rows]

    assert {State.REJECTED} == {row.state for row in refused}
    assert [("package-refused", code) for code in codes] == [(row.problem["code"], row.problem["reason"]) for row in refused]
    assert [[(code, False)] for code in codes] == [said(asked, row.id) for row in rows]
    assert {("not_answered", 1)} == {pair for row in refused for pair in row.counts.items()}


def test_rule_035_a_bank_that_refuses_the_package_is_simulated(town: Town) -> None:
    behave(town, "refuses_package")
    town.step("gather", "dispatch")
    town.banks_respond()
    town.step("collect", "settle")

    assert (State.REJECTED, "document_mismatch") == (batch(town).state, batch(town).problem["reason"])


def test_a_receipt_names_the_package_as_it_went_or_bare(asked: Town) -> None:
    row = sent(asked)
    receipt(asked, row, "received", number="", package=row.parcel_name.removesuffix(".p7m"))
    receipt(asked, row, "signature", number="", package=row.parcel_name, again=1)
    asked.step("collect", "settle")

    assert [("received", True), ("signature", False)] == said(asked, row.id)
    assert State.REJECTED == now_of(asked, row).state  # accepted first, refused once it was opened


def test_a_receipt_of_a_batch_nobody_sent_is_set_apart_and_changes_nothing(asked: Town) -> None:
    row = sent(asked)
    receipt(asked, row, "signature", number="202601019999999", again=2)
    asked.step("collect", "settle")

    assert ("quarantined", "receipt-unknown") == arrived(asked)[-1]
    assert (State.SENT, []) == (now_of(asked, row).state, said(asked, row.id))


def test_a_receipt_of_another_banks_batch_is_set_apart_and_changes_nothing_there(town: Town) -> None:
    town.step("gather", "dispatch")
    (theirs,) = batches(town, str(town.institutions[1]["code"]))
    with town.ledger().begin() as tx:  # numbers are a bank's own: only so is this one no number of ours
        rosters.set_batch(tx, theirs.id, number="888877776666")

    for again, said_of in enumerate(({"number": "888877776666"}, {"number": "", "package": theirs.parcel_name}), 1):
        receipt(town, batch(town), "parse", again=again, **said_of)
    town.step("collect", "settle")

    assert [("quarantined", "receipt-unknown")] * 2 == arrived(town)
    (after,) = batches(town, theirs.institution)
    assert (theirs.state, theirs.problem, theirs.due_at) == (after.state, after.problem, after.due_at)
    assert State.SENT == batch(town).state


def test_a_receipt_that_comes_again_in_other_bytes_says_nothing_new(town: Town) -> None:
    town.step("gather", "dispatch")
    for again in range(3):
        receipt(town, batch(town), "received", again=again)
    town.step("collect", "settle")
    first_word = batch(town)
    receipt(town, first_word, "received", again=7)
    town.step("collect", "settle")

    assert (State.ACCEPTED, first_word.accepted_at, first_word.due_at) == (
        batch(town).state,
        batch(town).accepted_at,
        batch(town).due_at,
    )


def test_a_file_of_a_hundred_thousand_receipts_writes_one_word_for_each_package(town: Town) -> None:
    town.step("gather", "dispatch")
    parts, row = town.deployment().parts, batch(town)
    bank = parts.banks.working[row.institution]
    one = receipts.Receipt(row.number, None, "received", accepted=True, said_at=None)
    hostile = [one, *(dataclasses.replace(one, package=f"x{each}") for each in range(100))]
    hostile += [dataclasses.replace(one, code="parse", accepted=False)] + [dataclasses.replace(one, batch_no="0")] * 100_000

    with parts.ledger.read() as tx:
        found, strange = receipts.sifted(tx, bank, bank.edition(row.edition), hostile)

    assert (["received", "parse"], 100_000) == ([each.code for each in found], strange)


def test_a_receipt_proves_what_was_in_doubt_and_sets_the_clock(asked: Town) -> None:
    row = sent(asked)
    with asked.ledger().begin() as tx:  # as after a line that broke behind the last byte
        rosters.set_batch(tx, row.id, now=clock(), state=State.SEALED, sent_at=None, due_at=None, delivered_at=None)
        rosters.move(tx, row.id, Move.LOSE_SIGHT, clock())
    receipt(asked, row, "received", again=3)
    asked.step("collect", "settle")
    proved = now_of(asked, row)

    assert State.ACCEPTED == proved.state
    assert None not in (proved.delivered_at, proved.accepted_at, proved.due_at)


def test_a_receipt_of_a_batch_that_never_left_is_set_apart(town: Town) -> None:
    town.step("gather")
    receipt(town, batch(town), "received")
    town.step("collect", "settle")

    assert [("quarantined", "receipt-unknown")] == arrived(town)
    assert State.SEALED == batch(town).state


def test_a_receipt_that_comes_after_the_answer_is_kept_and_moves_nothing(town: Town) -> None:
    behave(town, "no_receipt")
    town.step("gather", "dispatch")
    town.banks_respond()
    town.step("collect", "settle")
    receipt(town, batch(town), "parse")
    town.step("collect", "settle")

    assert State.ANSWERED == batch(town).state
    assert [("parse", False)] == said(town)


def test_rule_034_a_receipt_that_does_not_come_is_an_alarm_of_its_own_after_working_hours(asked: Town) -> None:
    row, parts = sent(asked), asked.deployment().parts
    at = datetime(2026, 3, 5, 16, 0, tzinfo=parts.zone)  # a Thursday: two hours are worked until 18:00, the others on Friday
    with asked.ledger().begin() as tx:
        rosters.set_batch(tx, row.id, now=clock(), sent_at=moment(at))

    def told(after: timedelta) -> list[tuple[str, bool]]:
        with parts.ledger.read() as tx:
            found = receipts.told(tx, parts, at + after)
        return [(one["code"], one["alarm"]) for one in found if one["batch"] == row.number]

    assert [] == told(timedelta(hours=18))  # 10:00 on Friday: three of the four hours are worked
    assert [("receipt-missing", True)] == told(timedelta(hours=19, minutes=1))

    receipt(asked, row, "received", again=4)
    asked.step("collect", "settle")
    assert [] == told(timedelta(days=3))


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
