"""An appeal asks the disputed banks anew, beside what was asked first; what they correct flows into a further version of the report."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.assembly import clock
from connector.ledger import answers, audit
from connector.moments import parse
from connector.status import survey
from tests.connector.appeals.conftest import Appealing

TODAY = f"{clock():%Y-%m-%d}"


@pytest.fixture
def disputed(appealing: Appealing) -> tuple[str, str, dict[str, Any]]:
    """A household, a bank that found something of it, and a counted holding of there."""
    for household in appealing.households():
        report = json.loads(appealing.done("report", household, "--format", "json"))
        for row in report["holdings"]:
            if (
                row["handling"] == "counted"
                and row["currency"] == "CNY"
                and not row["parent_account_no"]
                and row["balance_minor"]
            ):
                return household, row["institution"], row
    raise AssertionError("the town has no counted holding")


def opened(appealing: Appealing, household: str, bank: str, *more: str | Path, typed: str | None = None) -> int:
    words = ["--banks", bank, "--received", TODAY, "--reason", "not mine", "--by", "zhao", "--json", *more]
    return int(json.loads(appealing.done("appeal", "open", household, *words, typed=typed))["id"])


def asked_and_answered(appealing: Appealing, number: int) -> None:
    appealing.done("appeal", "ask", str(number), "--by", "zhao")
    appealing.town.journey()


def decided(appealing: Appealing, number: int, *how: str) -> None:
    asked = json.loads(appealing.done("appeal", "decide", str(number), *how, "--reason", "as answered", "--by", "zhao", "--json"))
    appealing.done("approve", str(asked["id"]), "--by", "qian")


def without(account: str) -> Any:
    return lambda rows: [row for row in rows if account not in (row["account_no"], row["parent_account_no"])]


def everything_asked(appealing: Appealing, before: int) -> list[Any]:
    """What the ledger holds of the first questions: batches, editions, reports, as plain values."""
    with appealing.town.deployment().ledger.read() as tx:
        found: list[Any] = []
        for row in answers.inquiries(tx, "C1"):
            if not row.appeal:
                places = {one.roster for one in answers.members_of(tx, row.id)}
                batches = [batch for roster in places for batch in answers.batches_of(tx, roster)]
                editions = [tuple(edition) for batch in batches for edition in answers.editions(tx, batch.id)]
                found.append(([tuple(batch) for batch in batches], editions, answers.reports_of(tx, row.id)[:before]))
        return found


def test_rule_068_an_appeal_asks_only_the_disputed_bank_in_a_linked_inquiry_and_leaves_the_first_as_it_was(
    appealing: Appealing, disputed: tuple[str, str, dict[str, Any]]
) -> None:
    household, bank, _ = disputed
    first = everything_asked(appealing, 1)
    number = opened(appealing, household, bank)

    asked_and_answered(appealing, number)

    with appealing.town.deployment().ledger.read() as tx:
        new = answers.latest_inquiry(tx, "C1", household + "#A")
        assert new is not None
        assert (True, True, "申诉") == (new.appeal, new.urgent, new.check_type)
        rosters = {answers.roster_row(tx, one.roster).institutions[0] for one in answers.members_of(tx, new.id)}
        kinds = {
            (answers.roster_row(tx, one.roster).kind, *answers.roster_row(tx, one.roster).institutions)
            for one in answers.members_of(tx, new.id)
        }
    assert {bank} == rosters
    assert {("appeal", bank)} == kinds
    assert first == everything_asked(appealing, 1)
    shown = json.loads(appealing.done("appeal", "show", str(number), "--json"))
    assert ["answered"] == [each["rechecked"] for each in shown["banks"]]


def test_rule_068_of_a_disputed_account_only_its_holder_is_asked_about_and_its_number_stands_sealed(
    appealing: Appealing, disputed: tuple[str, str, dict[str, Any]]
) -> None:
    household, bank, row = disputed
    number = opened(appealing, household, bank, "--accounts", "-", typed=f"{bank},{row['account_no']}\n")

    appealing.done("appeal", "ask", str(number), "--by", "zhao")

    with appealing.town.deployment().ledger.read() as tx:
        new = answers.latest_inquiry(tx, "C1", household + "#A")
        assert new is not None
        assert 1 == len(answers.members_of(tx, new.id))
        records = b"".join(audit.export(tx))
    database = (appealing.town.dir / "ledger.db").read_bytes() + records
    assert row["account_no"].encode() not in database
    assert row["account_no"] not in appealing.done("appeal", "show", str(number))


def test_rule_069_what_was_corrected_flows_into_a_further_version_and_the_first_stays_readable(
    appealing: Appealing, disputed: tuple[str, str, dict[str, Any]]
) -> None:
    household, bank, row = disputed
    before = json.loads(appealing.done("report", household, "--format", "json"))
    number = opened(appealing, household, bank, "--accounts", "-", typed=f"{bank},{row['account_no']}\n")
    appealing.bank_mends(without(row["account_no"]))
    asked_and_answered(appealing, number)

    decided(appealing, number, "--corrected")
    appealing.town.step("conclude")

    after = json.loads(appealing.done("report", household, "--format", "json"))
    assert (1, 2) == (before["version"], after["version"])
    assert before["total_cny_fen"] - row["cny_fen"] == after["total_cny_fen"]
    (line,) = [one for one in after["answers"] if one["appeal"]]
    assert (bank, number, ["appeal"]) == (line["institution"], line["appeal"]["number"], line["marks"])
    assert all(len(line["appeal"][which]["digest"]) == 64 for which in ("was", "is"))
    assert line["appeal"]["was"]["digest"] != line["appeal"]["is"]["digest"]
    old = json.loads(appealing.done("report", household, "--version", "1", "--format", "json"))
    assert (before["total_cny_fen"], before["holdings"], 2) == (old["total_cny_fen"], old["holdings"], old["superseded_by"])
    listed = json.loads(appealing.done("report", household, "--versions", "--json"))
    assert [1, 2] == [each["version"] for each in listed["versions"]]
    assert f"第 {number} 号申诉" in appealing.done("report", household)


def test_rule_069_what_is_upheld_changes_no_figure_and_the_report_says_so(
    appealing: Appealing, disputed: tuple[str, str, dict[str, Any]]
) -> None:
    household, bank, _ = disputed
    before = json.loads(appealing.done("report", household, "--format", "json"))
    number = opened(appealing, household, bank)
    asked_and_answered(appealing, number)

    decided(appealing, number, "--upheld")
    appealing.town.step("conclude")

    after = json.loads(appealing.done("report", household, "--format", "json"))
    assert (1, before["total_cny_fen"]) == (after["version"], after["total_cny_fen"])
    assert [(number, "upheld", {bank: "upheld"})] == [
        (one["number"], one["state"], one["institutions"]) for one in after["appeals"]
    ]


def test_rule_069_silence_neither_upholds_nor_corrects(appealing: Appealing, disputed: tuple[str, str, dict[str, Any]]) -> None:
    household, bank, _ = disputed
    number = opened(appealing, household, bank)
    appealing.done("appeal", "ask", str(number), "--by", "zhao")
    appealing.town.step("gather", "dispatch")

    for how in ("--upheld", "--corrected"):
        ended = appealing.run("appeal", "decide", str(number), how, "--reason", "r", "--by", "zhao")
        assert "appeal-bank-awaited" == getattr(ended.exception, "code", None)


def test_rule_070_the_re_check_has_its_own_ten_working_days_apart_from_the_banks(
    appealing: Appealing, disputed: tuple[str, str, dict[str, Any]]
) -> None:
    household, bank, _ = disputed
    number = opened(appealing, household, bank)
    appealing.done("appeal", "ask", str(number), "--by", "zhao")
    appealing.town.step("gather", "dispatch")
    parts = appealing.town.deployment().parts

    shown = json.loads(appealing.done("appeal", "show", str(number), "--json"))

    day, due = date.fromisoformat(TODAY), parts.day(parse(shown["due_at"]))
    for _ in range(10):
        day = parts.calendar.next_workday(day)
    assert day == due
    assert shown["banks"][0]["due_at"] not in (None, shown["due_at"])
    late = survey(parts, parse(shown["due_at"]) + timedelta(hours=1))["rooms"]
    assert [("appeal-overdue", True, [f"#{number}"])] == [
        (one["code"], one["alarm"], one["about"]) for one in late if one["code"].startswith("appeal")
    ]


def test_an_appeal_under_a_paper_that_is_over_needs_a_new_one(
    appealing: Appealing, disputed: tuple[str, str, dict[str, Any]]
) -> None:
    household, bank, _ = disputed
    papers = {one["authorization_no"] for one in json.loads(appealing.done("report", household, "--format", "json"))["persons"]}
    for paper in papers:
        appealing.done("authorization", "withdraw", paper, "--household", household, "--reason", "r", "--by", "zhao")
    number = opened(appealing, household, bank)

    ended = appealing.run("appeal", "ask", str(number), "--by", "zhao")

    assert "authorization-ended" == getattr(ended.exception, "code", None)
    assert "received" == json.loads(appealing.done("appeal", "show", str(number), "--json"))["state"]


def test_a_bank_that_was_not_asked_and_a_decided_appeal_are_refused(
    appealing: Appealing, disputed: tuple[str, str, dict[str, Any]]
) -> None:
    household, bank, _ = disputed
    words = ["--received", TODAY, "--reason", "r", "--by", "zhao"]
    stranger = appealing.run("appeal", "open", household, "--banks", "000000000000", *words)
    number = opened(appealing, household, bank)
    decided(appealing, number, "--declined")

    again = appealing.run("appeal", "ask", str(number), "--by", "zhao")

    assert "appeal-bank-not-asked" == getattr(stranger.exception, "code", None)
    assert "appeal-asked-already" == getattr(again.exception, "code", None)
    assert "不予受理" in appealing.done("appeal", "list")


def test_one_person_alone_decides_no_appeal(appealing: Appealing, disputed: tuple[str, str, dict[str, Any]]) -> None:
    household, bank, _ = disputed
    number = opened(appealing, household, bank)
    words = ("appeal", "decide", str(number), "--declined", "--reason", "r", "--by", "qian", "--json")
    request = json.loads(appealing.done(*words))["id"]

    alone = appealing.run("approve", str(request), "--by", "qian")

    assert "same-person" == getattr(alone.exception, "code", None)
    assert "received" == json.loads(appealing.done("appeal", "show", str(number), "--json"))["state"]
