"""What may come between two steps: a crash, another process, a new edition, a bank out of reach, a bank that adds to its answer."""

import dataclasses
import os
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow.compute as pc
import pytest

from bank_profiles.catalogue import BANKS
from connector.assembly import clock
from connector.bankside.invented import invent
from connector.bankside.lookup import Answer
from connector.deciding import acts
from connector.intake import door
from connector.ledger import answers, people, rosters
from connector.ledger.errors import LedgerError
from connector.ledger.tables import member
from tests.kills import one_pass
from tests.replies import batches, reply
from tests.town import Town

LATER = timedelta(days=60)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three households, four institutions."""
    folder = tmp_path_factory.mktemp("city")
    invent(folder, households=3, banks=4)
    return folder


@pytest.fixture
def town(tmp_path: Path, city: Path) -> Iterator[Town]:
    with Town(tmp_path, city) as made:
        yield made


def states(town: Town) -> set[str]:
    with town.ledger().read() as tx:
        return {batch.state for batch in rosters.batches(tx)}


def versions(town: Town) -> set[int]:
    return {report["version"] for report in town.reports().values()}


def test_an_answer_proves_a_delivery_nobody_recorded(town: Town) -> None:
    assert one_pass(town, label="O21"), "the pass was not killed after its first put"
    town.banks_respond()

    town.step("collect", "settle")  # before any dispatch could look
    answered = states(town)
    town.step("dispatch")
    town.banks_respond()
    town.step("collect", "settle", "conclude")

    assert "ANSWERED" in answered
    assert {"ANSWERED"} == states(town)
    assert {1} == versions(town)


def test_a_report_is_renewed_by_what_it_has_not_read_whatever_the_clocks_say(town: Town) -> None:
    town.intake()
    town.step("gather", "dispatch")
    town.banks_respond()
    town.step("collect")
    early = clock()
    town.step("conclude", now=early + LATER)
    silent = town.reports()

    town.step("settle", now=early)  # a pass that began earlier commits later
    town.step("conclude", now=early + LATER)

    assert all(report["asked"]["lines_not_answered"] for report in silent.values())
    assert {2} == versions(town)
    assert not any(report["asked"]["lines_not_answered"] for report in town.reports().values())


def test_an_answer_is_read_in_the_edition_it_was_asked_in(town: Town, tmp_path: Path) -> None:
    code = town.institutions[1]["code"]
    new_from = clock().date() + timedelta(days=2)
    _two_editions(town, code, new_from)
    town.intake()
    town.step("gather", "dispatch")
    town.banks_respond(code)
    more = invent(tmp_path / "more", households=3, banks=4, seed=9)
    parts = town.deployment().parts
    door.take_in(parts, door.read_rows(more.requests.read_bytes(), parts), "li", clock())
    town.step("gather", now=clock() + timedelta(days=3))

    town.step("collect", "settle")

    assert [("2026.1", "ANSWERED"), ("2026.2", "SEALED")] == [(b.edition, b.state) for b in batches(town, code)]


def test_a_bank_that_can_no_longer_answer_what_a_person_authorised_is_not_asked_with_an_empty_scope(town: Town) -> None:
    code = town.institutions[1]["code"]
    town.intake()
    with town.ledger().begin() as tx:
        tx.execute(member.update().values(scope="deposit"))
    connection = town.dir / "connections" / f"{code}.yaml"
    right = connection.read_text("utf-8")
    connection.write_text(right.replace("profile: gdyz", "profile: zsyh"), "utf-8")
    town.step("gather")  # planned for while its profile is not there
    _two_editions(town, code, clock().date() + timedelta(days=2))
    _answers_only(town, "trust")

    town.step("gather", "dispatch")
    town.banks_respond(*(one["code"] for one in town.institutions if one["code"] != code))
    town.step("collect", "settle", "conclude")

    assert [] == batches(town, code)
    reports = town.reports().values()
    assert 3 == len(reports)
    assert all({code} == {bank["institution"] for bank in report["not_answered"]} for report in reports)


def _answers_only(town: Town, word: str) -> None:
    """The bank's new notice: these classes and no more."""
    for path in (town.dir / "profiles" / "zsyh").glob("*.yaml"):
        path.write_text(re.sub(r"(?m)^answers: .*$", f"answers: [{word}]", path.read_text("utf-8")), "utf-8")


def _two_editions(town: Town, code: str, new_from: object) -> None:
    """The mainframe bank under another name, whose response lines grow by ten bytes from a day on."""
    own = town.dir / "profiles" / "zsyh"
    shutil.copytree(BANKS / "gdyz", own)
    note = (own / "2026.1.yaml").read_text("utf-8").replace("profile: gdyz", "profile: zsyh")
    note = note.partition("\nexamples:")[0] + "\n"
    first = "effective: {from: 2026-01-01}"
    (own / "2026.1.yaml").write_text(
        note.replace(first, f"effective: {{from: 2026-01-01, to: {_day_before(new_from)}}}"), "utf-8"
    )
    wider = note.replace("version: 2026.1", "version: 2026.2").replace("record_bytes: 450", "record_bytes: 460")
    (own / "2026.2.yaml").write_text(wider.replace(first, f"effective: {{from: {new_from}}}"), "utf-8")
    connection = town.dir / "connections" / f"{code}.yaml"
    connection.write_text(connection.read_text("utf-8").replace("profile: gdyz", "profile: zsyh"), "utf-8")


def _day_before(day: object) -> object:
    return day - timedelta(days=1)  # type: ignore[operator]


def test_no_household_waits_for_ever_on_a_bank_out_of_reach(town: Town) -> None:
    code = town.institutions[0]["code"]
    town.servers[code].stop()
    town.intake()
    town.step("gather", "dispatch")
    town.banks_respond()
    town.step("collect", "settle", "conclude")
    waiting = town.reports()

    town.step("conclude", now=clock() + LATER)
    told = town.reports()
    town.servers[code].start()
    town.step("dispatch", now=clock() + LATER)
    town.banks_respond()
    town.step("collect", "settle", "conclude", now=clock() + LATER)

    assert {} == waiting
    assert {code} == {bank["institution"] for report in told.values() for bank in report["not_answered"]}
    assert {2} == versions(town)
    assert all(not report["not_answered"] for report in town.reports().values())


def test_at_a_bank_that_leaves_its_files_another_file_of_the_same_name_and_size_is_taken(town: Town) -> None:
    code = town.institutions[1]["code"]
    town.intake()
    town.journey()
    lying = next(path for path in (town.servers[code].root / "download").iterdir() if path.suffix == ".p7m")
    content = lying.read_bytes()

    lying.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(lying, (2_000_000_000, 2_000_000_000))
    town.step("collect", "settle")
    again = town.step("collect")["collect"].by_bank[code]

    with town.ledger().read() as tx:
        assert ["opened", "refused"] == [row.state for row in answers.inbounds(tx, code)]
    assert {"fetched": 0, "known": 0} == again


def test_a_bank_that_repeats_what_it_said_and_adds_to_it_does_not_contradict_itself(town: Town) -> None:
    code = town.institutions[0]["code"]
    town.intake()
    town.step("gather", "dispatch")
    batch = batches(town, code)[0]
    reply(town, batch, rows=_first_line_only)
    town.step("collect", "settle")
    partly = batches(town, code)[0].counts["not_answered"]

    reply(town, batch, again=1)
    town.step("collect", "settle")

    assert batch.lines - 1 == partly
    assert "not_answered" not in batches(town, code)[0].counts
    with town.ledger().read() as tx:
        assert ["opened", "opened"] == [row.state for row in answers.inbounds(tx, code)]


def _first_line_only(answer: Answer) -> Answer:
    tables = {kind: getattr(answer, kind) for kind in ("outcome", "holding", "movement")}
    first = tables["outcome"]["line_ref"][0]
    return dataclasses.replace(answer, **{kind: t.filter(pc.equal(t["line_ref"], first)) for kind, t in tables.items()})


def test_a_release_of_what_moved_on_is_told_and_changes_nothing(town: Town) -> None:
    code = town.institutions[0]["code"]
    town.intake()
    town.step("gather", "dispatch")
    batch = batches(town, code)[0]
    reply(town, batch, text=lambda content: content.replace(b"T|", b"T|9", 1))
    town.step("collect", "settle")
    with town.ledger().begin() as tx:
        people.add(tx, at=clock(), name="wang", roles=["manager"], centre="C1", region="440106", by="li")
        people.add(tx, at=clock(), name="zhao", roles=["operator"], centre="C1", region="440106", by="li")
        request = acts.ask_release_batch(tx, code, batch.number, reason="the bank sent it again", by="zhao", now=clock())
    held = batches(town, code)[0].state
    reply(town, batch, again=1)
    town.step("collect", "settle")

    with pytest.raises(LedgerError) as told, town.ledger().begin() as tx:
        acts.decide(tx, request, agree=True, by="wang", now=clock())

    assert ("HELD", "ANSWERED") == (held, batches(town, code)[0].state)
    assert "batch-moved-on" == told.value.code
    assert told.value.zh
