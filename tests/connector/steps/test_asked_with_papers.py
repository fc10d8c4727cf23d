"""The authorization goes with the question: a household waits for its scan, the bank gets it and looks nobody up without it."""

import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bank_profiles.catalogue import BANKS
from bank_profiles.packing.steps import unpack
from bank_profiles.papers import Carried
from connector.assembly import clock
from connector.authorization import AuthorizationError
from connector.bankside.clerk import Asked, Clerk
from connector.bankside.invented import invent
from connector.deciding import acts
from connector.intake import scans
from connector.ledger import authorizations, people
from connector.ledger.rows import AnyRow
from connector.objects.folder import FolderStore
from connector.status import survey
from connector.steps import papers as going
from tests.replies import batches, questions
from tests.town import Town

AUTHORIZATION = 'authorization: {carries: scan, digest: sm3, name: "SQ_{batch}.txt", letter: "核函{date:yyyy}-{seq:4}"}'


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Three households brought in; no scan is attached."""
    city = tmp_path / "city"
    invent(city, households=3, banks=2)
    with Town(tmp_path, city) as made:
        made.intake()
        yield made


def wants(town: Town, authorization: str = AUTHORIZATION) -> str:
    """The city bank under another name, which wants the authorizations for its own file."""
    code = str(town.institutions[0]["code"])
    note = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").replace("profile: hxcb", "profile: papers")
    note = note.partition("\nexamples:")[0].replace("inquiry:\n", f"inquiry:\n  {authorization}\n", 1) + "\n"
    town.speaks(code, "papers", {"2026.1": note}, {"2026.1": note})
    return code


def registered(town: Town) -> list[AnyRow]:
    with town.ledger().read() as tx:
        return list(authorizations.listing(tx, "C1"))


def scan_of(paper: AnyRow) -> bytes:
    return f"%PDF-1.7 {paper.number} of {paper.household_no}".encode()


def attach(town: Town, *some: AnyRow) -> None:
    parts = town.deployment().parts
    for paper in some:
        scans.attach(parts, paper.id, scan_of(paper), "li", clock())


def awaited(town: Town, code: str) -> list[dict[str, Any]]:
    """What status says of scans that a bank's lines wait for."""
    (bank,) = [bank for bank in survey(town.deployment().parts, clock())["banks"] if bank["code"] == code]
    return [why for why in bank["problems"] if why["code"] == "scans-awaited"]


def opened(town: Town, batch: AnyRow) -> dict[str, bytes]:
    """What the bank finds in the parcel of a batch."""
    desk = town.desk(batch.institution)
    profile = desk.profile(clock())
    objects = FolderStore(town.dir / "objects")
    blocks = desk.channel(profile).open(lambda: objects.get(batch.parcel_digest), clock())
    return {name: b"".join(each) for name, each in unpack(profile.inquiry.package, batch.parcel_name, blocks)}


def test_rule_001_a_household_is_not_asked_before_its_scans_are_there_and_then_it_is(town: Town) -> None:
    code = wants(town)
    found = registered(town)
    first = [paper for paper in found if paper.household_no == found[0].household_no]
    waiting = [town.step("gather")["gather"].counts["unscanned"]]
    (told,) = awaited(town, code)

    attach(town, *first)
    waiting.append(town.step("gather")["gather"].counts["unscanned"])
    attach(town, *found[1:])
    counts = town.step("gather")["gather"].counts

    asked = batches(town, code)
    assert waiting[0] > waiting[1] > 0
    assert "unscanned" not in counts
    assert [str(waiting[0])] == told["about"]
    assert [] == awaited(town, code)
    assert waiting[0] == sum(batch.lines for batch in asked)
    assert len(asked) >= 2


def test_a_wrong_scan_is_replaced_until_a_parcel_holds_it_whoever_else_was_asked(town: Town) -> None:
    code = wants(town)
    found = registered(town)
    for paper in found:
        scans.attach(town.deployment().parts, paper.id, scan_of(paper) + b" wrong", "li", clock())
    parts = town.deployment().parts
    with parts.ledger.begin() as tx:
        without = going.harmless(parts, tx, clock())
        people.add(tx, at=clock(), name="sun", roles=["approver"], centre="C1", region="320507", by="li")

    assert {str(bank["code"]) for bank in town.institutions} - {code} == without

    ask = functools.partial(scans.ask_replace, parts, harmless=without, reason="the wrong file", by="li", now=clock())
    request = ask(found[0].id, scan_of(found[0]))
    with parts.ledger.begin() as tx:
        acts.decide(tx, request, agree=True, by="sun", now=clock())
    late = ask(found[1].id, scan_of(found[1]))
    town.step("gather")

    (batch,) = batches(town, code)
    assert {scan_of(found[0])} < {content for name, content in opened(town, batch).items() if name.endswith(".scan")}
    with pytest.raises(AuthorizationError, match="holds the scan already"), parts.ledger.begin() as tx:
        acts.decide(tx, late, agree=True, by="sun", now=clock())
    with pytest.raises(AuthorizationError, match=f"A parcel for {code} holds"):
        ask(found[2].id, scan_of(found[2]))


def test_the_bank_gets_every_scan_under_seal_and_answers(town: Town) -> None:
    code = wants(town)
    attach(town, *registered(town))

    town.journey()

    (batch,) = batches(town, code)
    files = opened(town, batch)
    numbers = set(questions(town, batch).column("authorization_no").to_pylist())
    due = {hashlib.new("sm3", scan_of(paper)).hexdigest() for paper in registered(town) if paper.number in numbers}
    assert due == {name.removesuffix(".scan") for name in files if name.endswith(".scan")}
    assert all(hashlib.new("sm3", files[f"{digest}.scan"]).hexdigest() == digest for digest in due)
    assert "ANSWERED" == batch.state
    assert [0, 0, 0] == [report["asked"]["lines_not_answered"] for report in town.reports().values()]
    assert "refused.authority" not in {line[3] for line in town.lines()}


def test_a_bank_that_wants_no_papers_is_asked_at_once(town: Town) -> None:
    wants(town)
    other = str(town.institutions[1]["code"])

    town.step("gather")

    (batch,) = batches(town, other)
    assert not [name for name in opened(town, batch) if name.endswith(".scan") or name.startswith("SQ_")]


def test_the_number_of_the_letter_goes_without_a_scan(town: Town) -> None:
    code = wants(town, AUTHORIZATION.replace("scan,", "letter,"))

    town.journey()

    (batch,) = batches(town, code)
    (listed,) = [content for name, content in opened(town, batch).items() if name.startswith("SQ_")]
    assert all(line.split("\t")[1:] == ["-", f"核函{clock():%Y}-0001"] for line in listed.decode().splitlines())
    assert "ANSWERED" == batch.state


def test_the_simulated_bank_refuses_who_comes_without_a_paper_and_looks_up_the_others(town: Town) -> None:
    code = wants(town, AUTHORIZATION.replace("scan,", "letter,"))
    town.step("gather")
    (batch,) = batches(town, code)
    desk, lines = town.desk(code), questions(town, batch)
    profile = desk.profile(clock())
    first = lines.column("authorization_no")[0].as_py()
    agreed = profile.inquiry.authorization
    assert agreed is not None
    came = Carried(agreed)
    came.read(f"SQ_{batch.number}.txt", "SQ", [f"{first}\t-\tL1\n".encode()])

    said = Clerk(desk, profile, clock()).say(Asked(facts=None, lines=lines, papers=came))  # type: ignore[arg-type]

    with_paper = {row["line_ref"] for row in lines.to_pylist() if row["authorization_no"] == first}
    refused = {row["line_ref"] for row in said.outcome.to_pylist() if row["outcome"] == "refused.authority"}
    assert refused == {row["line_ref"] for row in lines.to_pylist()} - with_paper
    assert with_paper
    assert not refused & set(said.holding.column("line_ref").to_pylist())


def test_scans_that_do_not_fit_into_one_parcel_go_in_several(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    code = wants(town)
    attach(town, *registered(town))
    monkeypatch.setattr(going, "SCANS_MAX", 1)

    town.journey()

    asked = batches(town, code)
    assert len(asked) > 1
    assert all(1 == sum(name.endswith(".scan") for name in opened(town, batch)) for batch in asked)
    assert {"ANSWERED"} == {batch.state for batch in asked}
    assert [0, 0, 0] == [report["asked"]["lines_not_answered"] for report in town.reports().values()]


@pytest.mark.parametrize("digest", ["sha256", "sm3"])
def test_rule_008_the_digest_of_the_very_scan_goes_without_it(town: Town, digest: str) -> None:
    code = wants(town, AUTHORIZATION.replace("scan, digest: sm3", f"digest, digest: {digest}"))
    attach(town, *registered(town))

    town.journey()

    (batch,) = batches(town, code)
    files = opened(town, batch)
    (listed,) = [content.decode() for name, content in files.items() if name.startswith("SQ_")]
    due = {(paper.number, hashlib.new(digest, scan_of(paper)).hexdigest()) for paper in registered(town)}
    assert due == {(line.split("\t")[0], line.split("\t")[1]) for line in listed.splitlines()}
    assert not [name for name in files if name.endswith(".scan")]
    assert "ANSWERED" == batch.state
