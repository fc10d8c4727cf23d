"""What a bank is told of an appeal, and how it may correct itself: by an answer to the re-check, or by revising its first one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bank_profiles.catalogue import BANKS
from connector.assembly import clock
from connector.bankside.invented import invent
from connector.ledger import answers, people
from tests.connector.appeals.conftest import Appealing
from tests.connector.appeals.test_appeals import asked_and_answered, decided, opened
from tests.replies import batches, questions, reply
from tests.town import Town

PLACE = "            查询目的: {to: purpose, longest: 40}\n"


@pytest.fixture
def named(tmp_path: Path) -> Iterator[Appealing]:
    """A town whose first bank has in its questions a place for the disputed accounts."""
    city = tmp_path / "city"
    made = invent(city, households=2, banks=2)
    note = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").partition("\nexamples:")[0] + "\n"
    assert PLACE in note
    note = note.replace("profile: hxcb", "profile: naming")
    note = note.replace(PLACE, f"{PLACE}            异议账号: {{to: accounts, longest: 200}}\n")
    with Town(tmp_path, city) as town:
        town.speaks(made.institutions[0].code, "naming", {"2026.1": note}, {"2026.1": note})
        with town.deployment().ledger.begin() as tx:
            for name, role in (("zhao", "operator"), ("qian", "manager")):
                people.add(tx, at=clock(), name=name, roles=[role], centre="C1", region="440106", by="li")
        town.intake()
        town.journey()
        yield Appealing(town)


def disputable(appealing: Appealing) -> tuple[str, str, dict[str, Any], dict[str, Any]]:
    """A household, the first bank, a counted account of a person there who has others, and the report."""
    bank = appealing.town.institutions[0]["code"]
    for household in appealing.households():
        report = json.loads(appealing.done("report", household, "--format", "json"))
        counted = [
            row for row in report["holdings"] if row["handling"] == "counted" and row["currency"] == "CNY" and row["cny_fen"]
        ]
        for row in counted:
            others = [
                one for one in counted if one["person_key"] == row["person_key"] and one["institution"] == row["institution"]
            ]
            if row["institution"] == bank and len(others) > 1 and not row["parent_account_no"]:
                return household, row["institution"], row, report
    raise AssertionError("nobody has two accounts at one bank")


def test_rule_068_a_bank_whose_questions_can_name_accounts_is_asked_of_those_alone_and_the_others_stay(named: Appealing) -> None:
    household, bank, row, before = disputable(named)
    number = opened(named, household, bank, "--accounts", "-", typed=f"{bank},{row['account_no']}\n")
    raised = str(int(row["balance_minor"]) + 100)
    named.bank_mends(
        lambda rows: [one | {"balance_minor": raised} if one["account_no"] == row["account_no"] else one for one in rows]
    )
    asked_and_answered(named, number)
    decided(named, number, "--corrected")
    named.town.step("conclude")

    first, *_, again = batches(named.town, bank)
    after = json.loads(named.done("report", household, "--format", "json"))

    assert {None} == set(questions(named.town, first)["accounts"].to_pylist())
    assert [row["account_no"]] == questions(named.town, again)["accounts"].to_pylist()
    assert before["total_cny_fen"] + 100 == after["total_cny_fen"]
    assert len(before["holdings"]) == len(after["holdings"])


def test_rule_069_a_bank_that_revises_its_first_answer_has_corrected_it_too(named: Appealing) -> None:
    household, bank, row, before = disputable(named)
    number = opened(named, household, bank)
    early = named.run("appeal", "decide", str(number), "--corrected", "--reason", "r", "--by", "zhao")
    named.bank_mends(
        lambda rows: [
            one | {"balance_minor": str(int(row["balance_minor"]) + 100)} if one["account_no"] == row["account_no"] else one
            for one in rows
        ]
    )
    reply(named.town, batches(named.town, bank)[0], again=1)
    named.town.step("collect", "settle")
    with named.town.ledger().read() as tx:
        (apart,) = [file for file in answers.inbounds(tx, bank) if file.state == "quarantined"]
    request = json.loads(named.done("release", "--answer", str(apart.id), "--reason", "a revision", "--by", "zhao", "--json"))
    named.done("approve", str(request["id"]), "--by", "qian")
    named.town.step("settle")

    decided(named, number, "--corrected")
    named.town.step("conclude")

    after = json.loads(named.done("report", household, "--format", "json"))
    assert "appeal-bank-awaited" == getattr(early.exception, "code", None)
    assert before["total_cny_fen"] + 100 == after["total_cny_fen"]
    (line,) = {json.dumps(one["appeal"]) for one in after["answers"] if one["appeal"] and one["person_key"] == row["person_key"]}
    assert json.loads(line)["was"]["edition"] == 1
    assert json.loads(line)["is"]["edition"] == 2
    assert {"revised", "appeal"} <= {mark for one in after["answers"] for mark in one["marks"]}
