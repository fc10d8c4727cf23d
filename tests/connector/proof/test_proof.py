"""For any household every person × bank × class is accounted for, whatever happened, and each with its evidence."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
from typer.testing import CliRunner, Result

from connector.assembly import clock
from connector.authorization import State
from connector.bankside.invented import invent
from connector.cli.verbs import app
from connector.intake import papers
from connector.ledger import people
from connector.proof.accounting import prove
from connector.proof.cells import CLASSES, STATUSES
from connector.proof.schema import proof_schema
from connector.reports.standing import draw
from tests.town import Town

BEHAVIOURS = (["answers"], ["refuses"], ["silent"], ["miscounts"], ["truncated"])
LATER = timedelta(days=40)
PUBLISHED = Path(__file__).resolve().parents[3] / "docs" / "schema" / "proof.v1.json"
_SCHEMA = jsonschema.Draft202012Validator(proof_schema())


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Three households; of five banks one answers, one refuses all, one is silent, one miscounts, one sends what nobody can open."""
    city = tmp_path / "city"
    made = invent(city, households=3, banks=len(BEHAVIOURS))
    behaviours = {bank.code: said for bank, said in zip(made.institutions, BEHAVIOURS, strict=True)}
    with Town(tmp_path, city, behaviours=behaviours) as town:
        yield town


def run(town: Town, *words: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, words), "--dir", str(town.dir)])


def proofs(town: Town, later: timedelta = timedelta()) -> list[dict[str, Any]]:
    now = clock() + later
    parts = town.deployment(lambda: now).parts
    return [prove(parts, row.household_key, now) for row in town._inquiries()]


def expect_nothing_missing(proof: dict[str, Any]) -> None:
    """Each person, bank and class exactly once, with a status; the sums are those of the cells."""
    _SCHEMA.validate(json.loads(orjson.dumps(proof)))
    coverage = proof["coverage"]
    whole = {
        (person["person"], bank["institution"], kind)
        for person in proof["persons"]
        for bank in coverage["banks"]
        for kind in CLASSES
    }
    told = [(line["person"], line["institution"], kind) for line in proof["lines"] for kind in line["cells"]]
    statuses = [said["status"] for line in proof["lines"] for said in line["cells"].values()]

    assert (len(told), set(told)) == (len(whole), whole)
    assert coverage["cells"] == len(told) == coverage["persons"] * coverage["institutions"] * coverage["classes"]
    assert set(statuses) <= STATUSES.keys()
    assert coverage["by_status"] == {status: statuses.count(status) for status in STATUSES if status in statuses}
    for line in proof["lines"]:
        answered = {said["status"] for said in line["cells"].values()} & {"found", "nothing_held", "no_record", "refused"}
        if answered and line["outcome"]:
            batch = proof["batches"][line["batch"].partition("#")[0]]
            assert len(line["answer"]["digest"]) == len(batch["parcel"]["digest"]) == 64
            assert batch["delivered_at"] or any(one["delivery"] == "delivered" for one in batch["attempts"])
            assert batch["keys"]["sealed"]
            assert batch["keys"]["opened"]


def standings(proof: dict[str, Any]) -> list[str]:
    return [bank["standing"] for bank in proof["coverage"]["banks"]]


def test_the_published_schema_is_the_programs_own() -> None:
    published = json.loads(PUBLISHED.read_text("utf-8"))

    jsonschema.Draft202012Validator.check_schema(published)
    assert proof_schema() == published, "run docs/make_docs.py"


def test_rule_037_every_bank_is_named_by_what_it_did_and_none_as_silent_that_refused(town: Town) -> None:
    town.intake()
    before = proofs(town)
    town.journey()
    during = proofs(town)

    town.step("conclude", now=clock() + LATER)
    after = proofs(town, LATER)

    for proof in (*before, *during, *after):
        expect_nothing_missing(proof)
    assert [["open"] * 5] * 3 == [standings(proof) for proof in before]
    assert [["answered", "refused", "open", "damaged", "open"]] * 3 == [standings(proof) for proof in during]
    assert [["answered", "refused", "late", "damaged", "late"]] * 3 == [standings(proof) for proof in after]
    assert ["unreadable-file-came"] == after[0]["coverage"]["banks"][4]["why"]
    (parts, row) = (town.deployment().parts, town._inquiries()[0])
    report = next(draw(parts, [row], clock() + LATER)[1])
    names = [bank["institution"] for bank in after[0]["coverage"]["banks"]]
    assert [names[1]] == [bank["institution"] for bank in report["refused_all"]]
    assert names[1] not in [bank["institution"] for bank in report["not_answered"]]


def test_what_a_proof_says_can_be_checked_against_what_is_kept(town: Town, tmp_path: Path) -> None:
    town.intake()
    town.journey()
    household = town._inquiries()[0].household_key
    file = tmp_path / "proof.json"
    assert 1 == run(town, "proof", household, "--format", "json", "--out", file).exit_code  # a bank is silent: a finding
    good = run(town, "proof", "--check", file, "--json")
    proof = json.loads(file.read_bytes())
    number, batch = next((number, batch) for number, batch in proof["batches"].items() if batch["files"])
    digest = batch["files"][0]["digest"]
    (town.dir / "objects" / digest[:2] / digest[2:4] / digest).write_bytes(b"something else")
    proof["batches"][number]["state"] = "ANSWERED."
    file.write_bytes(json.dumps(proof).encode())

    bad = run(town, "proof", "--check", file, "--json")

    assert (0, True, []) == (good.exit_code, json.loads(good.stdout)["ok"], json.loads(good.stdout)["wrong"])
    assert 7 == bad.exit_code
    assert {"proof-changed", "object-broken"} == {one["code"] for one in json.loads(bad.stdout)["wrong"]}


def test_a_proof_shows_no_person_and_comes_as_a_workbook_too(town: Town, tmp_path: Path) -> None:
    town.intake()
    town.journey()
    parts, row = town.deployment().parts, town._inquiries()[0]
    persons = next(draw(parts, [row], clock())[1])["persons"]

    shown = run(town, "proof", row.household_key, "--all").stdout + run(town, "proof", row.household_key, "--json").stdout
    run(town, "proof", row.household_key, "--format", "xlsx", "--out", tmp_path / "proof.xlsx")

    for person in persons:
        assert person["name"] not in shown
        assert person["person_key"].partition(":")[2] not in shown
    assert b"PK" == (tmp_path / "proof.xlsx").read_bytes()[:2]


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_silently_missing_after_acts_in_any_order(town: Town, seed: int) -> None:
    chance = random.Random(seed)
    town.intake()

    def withdraw() -> None:
        row = chance.choice(town._inquiries())
        number = next(draw(town.deployment().parts, [row], clock())[1])["persons"][0]["authorization_no"]
        if not any(one["number"] == number for one in closed):
            closed.append({"number": number})
            papers.close(town.deployment().parts, number, row.household_no, State.REVOKED, "by the family", "li", clock())

    closed: list[dict[str, str]] = []
    acts: list[Callable[[], object]] = [
        lambda: town.step("gather", "dispatch"),
        lambda: town.banks_respond(chance.choice(town.institutions)["code"]),
        lambda: town.step("collect", "settle"),
        lambda: town.step("conclude"),
        withdraw,
    ]
    town.step("gather")
    for _ in range(8):
        chance.choice(acts)()
        for proof in proofs(town):
            expect_nothing_missing(proof)
    for proof in proofs(town, LATER):
        expect_nothing_missing(proof)
        assert "open" not in proof["coverage"]["by_status"]


def test_rule_009_lines_taken_back_are_told_as_such_neither_silent_nor_answered(town: Town) -> None:
    with town.deployment().ledger.begin() as tx:
        people.add(tx, at=clock(), name="zhao", roles=["operator"], centre="C1", region="440106", by="li")
    town.intake()
    town.step("gather", "dispatch")
    row = town._inquiries()[0]
    report = next(draw(town.deployment().parts, [row], clock())[1])
    for number in {one["authorization_no"] for one in report["persons"]}:
        words = (number, "--household", row.household_no, "--reason", "by the family", "--by", "zhao")
        assert 0 == run(town, "authorization", "withdraw", *words).exit_code
    town.banks_respond()
    town.step("collect", "settle")

    proof, *others = proofs(town)
    report = next(draw(town.deployment().parts, [row], clock())[1])

    expect_nothing_missing(proof)
    assert {"withdrawn"} == set(standings(proof))
    assert all("withdrawn" not in standings(other) for other in others)
    assert len(BEHAVIOURS) == len(report["stopped"])
    assert ([], [], False) == (report["not_answered"], report["holdings"], report["complete"])
    assert {"withdrawn"} == {mark for line in report["answers"] for mark in line["marks"]}
