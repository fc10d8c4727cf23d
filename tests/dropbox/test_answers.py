"""Answers tried, submitted and followed: what is wrong is told at once, the same again is the same, an answered batch is closed."""

import dataclasses
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from connector.assembly import clock
from connector.bankside.lookup import Answer
from connector.ledger import answers
from connector.ledger.rows import AnyRow
from tests.dropbox.town import BASE, BEGUN, FOLDERS, BoxTown, Clerk, Reply
from tests.replies import reply
from tests.scripted_scanner import EICAR, HANGS_UP, NAME, ScriptedScanner
from transports import wrong_seals
from transports.channel import Channel
from transports.sealing.refusals import OUTWARD, OUTWARD_CODE


def made(town: BoxTown, row: AnyRow, **changes: Any) -> tuple[str, bytes]:
    """An answer out of the bank's house."""
    name = reply(town, row, **changes)
    path = town.servers[row.institution].root / FOLDERS[1] / name
    content = path.read_bytes()
    path.unlink()
    return name, content


def untouched(town: BoxTown) -> AnyRow:
    """A batch nobody has said anything about."""
    notes = town.dir / "dropbox" / town.code / "notes"
    return next(row for row in town.batches() if row.state == "SENT" and not (notes / f"{row.id}.json").exists())


def tried(clerk: Clerk, name: str, content: bytes, **asked: str) -> Any:
    query = "".join(f"&{key}={value}" for key, value in asked.items())
    return clerk.post(f"/answer-checks?name={name}{query}", content).said


def submit(clerk: Clerk, number: str, *names: str) -> Reply:
    return clerk.post(f"/batches/{number}/submission", {"files": list(names)})


# ---- tried --------------------------------------------------------------------------------------------------------------------------


def test_what_is_wrong_with_an_answer_is_told_in_both_languages(clerk: Clerk, town: BoxTown) -> None:
    first, second = town.batches()[:2]
    cases = [
        (made(town, first, number="C1-404"), "batch-unknown"),
        (made(town, first, bank=town.codes[1]), "answer-of-another"),
        (made(town, second, again=1), "other-batch"),
        (("FK.p7m", b"no seal at all"), "not-sealed"),
    ]
    for (name, content), code in cases[:3]:
        told = tried(clerk, name, content, batch=first.number)
        assert ("refused", True) == (told["result"], code in [each["code"] for each in told["problems"]]), (code, told)
        assert all(each["zh"] and each["en"] and each["zh"] != each["en"] for each in told["problems"])
    told = tried(clerk, *cases[3][0])
    assert ("refused", ["seal-refused", "wrong-name"]) == (told["result"], [each["code"] for each in told["problems"]])


def test_a_name_that_is_not_the_agreed_one_is_told_with_one_that_is(clerk: Clerk, town: BoxTown) -> None:
    row = untouched(town)
    right, content = made(town, row, again=6)
    told = tried(clerk, "wrong.zip", content, batch=row.number)
    brought = clerk.put(row.number, "wrong.zip", content)
    clerk.call("DELETE", f"{BASE}/batches/{row.number}/answers/wrong.zip")

    assert "good" == tried(clerk, right, content, batch=row.number)["result"]
    assert ("incomplete", ["wrong-name"]) == (told["result"], [each["code"] for each in told["problems"]])
    assert told["problems"] == brought.said["problems"]
    example = told["problems"][0]["en"].rpartition(" ")[2]
    assert "good" == tried(clerk, example, content, batch=row.number)["result"]


def test_a13_an_answer_that_is_not_sealed_by_the_bank_is_refused(clerk: Clerk, town: BoxTown) -> None:
    name, _ = made(town, town.batches()[0], again=2)
    theirs = made(town, town.batches(town.codes[1])[0])[1]

    for content in (b"PK\x03\x04 plain", theirs):
        assert "refused" == tried(clerk, name, content)["result"]


WRONG_SEALS: list[Callable[[Channel, bytes, datetime], bytes]] = [
    wrong_seals.flipped,
    wrong_seals.for_another,
    wrong_seals.by_a_stranger,
    wrong_seals.unsigned,
    wrong_seals.weaker,
    lambda channel, content, at: wrong_seals.honest(channel, content, at)[:-40],
    lambda channel, content, at: wrong_seals.honest(channel, content, at) + b"more",
    lambda channel, content, at: BEGUN + content,
]


def test_a15_whatever_is_wrong_with_a_seal_its_bank_hears_one_answer(clerk: Clerk, town: BoxTown) -> None:
    desk, row = town.desk(town.code), untouched(town)
    name, _ = made(town, row, again=7)
    parcels = [wrong(desk.channel(desk.profile(clock())), b"an answer", clock()) for wrong in WRONG_SEALS]

    heard = {clerk.post(f"/answer-checks?name={name}&batch={row.number}", parcel).body for parcel in parcels}
    assert 1 == len(heard)
    (problem,) = json.loads(heard.pop())["problems"]
    assert (OUTWARD_CODE, *OUTWARD) == (problem["code"], problem["en"], problem["zh"])


def test_a15_the_operator_sees_what_the_bank_is_not_told(clerk: Clerk, town: BoxTown) -> None:
    desk, row = town.desk(town.code), untouched(town)
    channel = desk.channel(desk.profile(clock()))
    causes = {}
    for again, wrong in ((8, wrong_seals.unsigned), (9, wrong_seals.by_a_stranger)):
        name, _ = made(town, row, again=again)
        clerk.put(row.number, name, wrong(channel, b"an answer", clock()))
        submitted = submit(clerk, row.number, name)
        town.step("collect", "settle")
        (problem,) = clerk.call("GET", submitted.headers["location"]).said["problems"]
        assert (OUTWARD_CODE, *OUTWARD) == (problem["code"], problem["en"], problem["zh"])
        with town.ledger().read() as tx:
            causes[wrong] = next(each.problem["code"] for each in answers.inbounds(tx) if each.name == name)

    assert {wrong_seals.unsigned: "seal-unsigned", wrong_seals.by_a_stranger: "seal-signer-unknown"} == causes


def test_a_file_that_cannot_be_read_is_told_by_place_and_lines_without_result_by_number(clerk: Clerk, town: BoxTown) -> None:
    row = town.batches()[0]
    broken = tried(clerk, *made(town, row, again=3, text=lambda file: file[:-9]))
    half = tried(clerk, *made(town, row, again=4, rows=_first_only))

    assert ("refused", {}) == (broken["result"], broken["counts"])
    assert ("incomplete", True) == (half["result"], "silence-is-not-nil" in [each["code"] for each in half["problems"]])
    assert not any("profiles/" in each["en"] for each in broken["problems"])


def _first_only(answer: Answer) -> Answer:
    first = answer.outcome["line_ref"][0].as_py()
    kept = {
        kind: table.filter([ref == first for ref in table["line_ref"].to_pylist()])
        for kind in ("outcome", "holding", "movement")
        if len(table := getattr(answer, kind))
    }
    return dataclasses.replace(answer, **kept)


def test_nothing_of_a_trial_is_kept_or_counted(clerk: Clerk, town: BoxTown) -> None:
    row = town.batches()[0]
    name, content = made(town, row, again=5)

    def state() -> tuple[int, list[str]]:
        with town.ledger().read() as tx:
            files = len(answers.inbounds(tx))
        return files, sorted(str(path) for path in (town.dir / "dropbox").rglob("*") if path.is_file())

    before = state()
    assert "good" == tried(clerk, name, content)["result"]
    assert before == state()


def test_b5_the_virus_scanner_is_asked_and_without_its_word_nothing_is_said(tmp_path: Path) -> None:
    with BoxTown(tmp_path) as town, ScriptedScanner(manners=[b"stream: OK\0", HANGS_UP]) as script:
        row = town.asked().batches()[0]
        name, content = made(town, row)
        ill = made(town, row, again=1, text=lambda file: file + EICAR)
        settings = town.dir / "service.yaml"
        said = yaml.safe_load(settings.read_text("utf-8")) | {"scanner": script.settings}
        settings.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
        with town.serving() as server:
            clerk = town.clerk(server)
            good = tried(clerk, name, content)
            silent = clerk.post(f"/answer-checks?name={name}", content)
            infected = tried(clerk, *ill)

    assert ("good", 503, "not-scanned") == (good["result"], silent.status, silent.said["code"])
    assert ("refused", ["infected"]) == (infected["result"], [each["code"] for each in infected["problems"]])
    assert NAME in infected["problems"][0]["en"]


# ---- submitted ----------------------------------------------------------------------------------------------------------------------


def test_rule_028_the_same_submission_again_is_the_same_and_an_answered_batch_is_closed(clerk: Clerk, town: BoxTown) -> None:
    row = untouched(town)
    name, content = made(town, row)
    clerk.put(row.number, name, content)
    first, again = submit(clerk, row.number, name), submit(clerk, row.number, name)
    assert (202, first.said) == (again.status, again.said)
    assert 200 == clerk.put(row.number, name, content).status  # it is here, and stays
    assert (409, "collision") == ((reply := clerk.put(row.number, name, content + b"x")).status, reply.said["code"])
    assert 409 == clerk.call("DELETE", f"{BASE}/batches/{row.number}/answers/{name}").status

    clerk.put(row.number, "other.p7m", BEGUN + b"another answer")
    assert "submission-pending" == submit(clerk, row.number, "other.p7m").said["code"]
    town.step("collect", "settle")
    assert "accepted" == submit(clerk, row.number, name).said["state"]
    assert "batch-answered" == submit(clerk, row.number, "other.p7m").said["code"]
    assert "batch-answered" == clerk.put(row.number, "third.p7m", BEGUN).said["code"]
    assert "batch-answered" in [each["code"] for each in tried(clerk, *made(town, row, again=1))["problems"]]
    with town.ledger().read() as tx:
        assert 1 == len(answers.editions(tx, row.id))


def test_rule_027_a_batch_answered_on_another_road_is_closed_here(clerk: Clerk, town: BoxTown) -> None:
    row = untouched(town)
    name, content = made(town, row)
    (town.dir / "dropbox" / town.code / "in" / name).write_bytes(content)  # as if any road had brought it
    town.step("collect", "settle")
    clerk.put(row.number, name, content)

    assert (409, "batch-answered") == ((reply := submit(clerk, row.number, name)).status, reply.said["code"])


def test_an_answer_that_is_refused_says_why_and_the_next_one_is_taken(clerk: Clerk, town: BoxTown) -> None:
    row = untouched(town)
    name, broken = made(town, row, text=lambda file: file[:-9])
    clerk.put(row.number, name, broken)
    submitted = submit(clerk, row.number, name)
    town.step("collect", "settle")
    told = clerk.call("GET", submitted.headers["location"]).said
    assert ("refused", None) == (told["state"], told["slip"])
    assert told["problems"][0]["zh"]

    _, good = made(town, row)
    assert 201 == clerk.put(row.number, name, good).status
    second = submit(clerk, row.number, name)
    town.step("collect", "settle")
    assert "accepted" == clerk.call("GET", second.headers["location"]).said["state"]
    assert "refused" == clerk.call("GET", submitted.headers["location"]).said["state"]


def test_what_is_not_whole_is_not_submitted_and_all_of_it_is_named(clerk: Clerk, town: BoxTown) -> None:
    row = untouched(town)
    clerk.put(row.number, "half.p7m", BEGUN + b"0123456789", (0, 4))
    reply = submit(clerk, row.number, "half.p7m", "none.p7m")

    assert (422, ["/files/0", "/files/1"]) == (reply.status, [each["pointer"] for each in reply.said["errors"]])


# ---- receipts -----------------------------------------------------------------------------------------------------------------------


def test_rule_035_a_refusal_names_its_reason_and_ends_the_batch(other: Clerk, town: BoxTown) -> None:
    row = town.batches(town.codes[1])[0]
    path = f"/batches/{row.number}/receipt"
    refused = {"result": "refused", "reason": "document_missing", "note": "缺少第 3 页"}

    assert ["accepted", "accepted"] == [other.post(path, {"result": "received"}).said["state"] for _ in range(2)]
    assert ["rejected", "rejected"] == [other.post(path, refused).said["state"] for _ in range(2)]
    assert (409, "receipt-conflict") == ((reply := other.post(path, {"result": "received"})).status, reply.said["code"])
    assert "batch-closed" == other.put(row.number, "x.p7m", BEGUN).said["code"]
    kept = b"".join(path.read_bytes() for path in town.dir.rglob("*") if path.is_file() and path.suffix in (".json", ".db"))
    assert "缺少第 3 页".encode() not in kept


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ({}, ["missing-key"]),
        ({"result": "maybe", "x": 1, "reason": "none"}, ["unknown-key", "bad-value", "bad-value"]),
        ({"result": "refused"}, ["missing-key"]),
        ({"result": "received", "reason": "parse"}, ["bad-value"]),
        ({"result": "received", "note": "a\u0000b"}, ["bad-value"]),
        (b'{"result":"received","result":"refused"}', ["not-json"]),
        (b"[]", ["not-json"]),
        (b"\xff", ["not-json"]),
        (b"[" * 5000, ["not-json"]),
    ],
)
def test_everything_wrong_with_a_body_is_told_at_once(clerk: Clerk, town: BoxTown, said: Any, codes: list[str]) -> None:
    row = town.batches()[0]
    reply = clerk.post(f"/batches/{row.number}/receipt", said, Accept_Language="en-GB, zh;q=0.5")

    assert (codes, "en", "application/problem+json") == (
        reply.codes,
        reply.headers["content-language"],
        reply.headers["content-type"],
    )
    assert codes[0] == json.loads(reply.body)["code"]


# ---- downloads ----------------------------------------------------------------------------------------------------------------------


def test_b15_a_download_is_saved_and_never_shown(clerk: Clerk, town: BoxTown) -> None:
    row = town.batches()[0]
    reply = clerk.get(f"/batches/{row.number}/parcel")

    assert reply.headers["content-disposition"].startswith('attachment; filename="')
    assert ("nosniff", "no-store") == (reply.headers["x-content-type-options"], reply.headers["cache-control"])
    assert not {"set-cookie", "location"} & set(reply.headers)


def test_head_tells_of_a_parcel_and_sends_none_of_it(clerk: Clerk, town: BoxTown) -> None:
    row = town.batches()[0]
    with clerk.line() as line:
        said = []
        for method in ("HEAD", "GET"):
            line.request(method, f"{BASE}/batches/{row.number}/parcel")
            answer = line.getresponse()
            said.append((answer.status, answer.headers["content-length"], answer.headers["etag"], len(answer.read())))

    told = (200, str(row.parcel_size), f'"{row.parcel_digest}"')
    assert [(*told, 0), (*told, row.parcel_size)] == said


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-0", 206, (0, 1)),
        ("bytes=-5", 206, (-5, None)),
        ("bytes=10-999999999", 206, (10, None)),
        ("bytes=999999999-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=5-2", 416, None),
        ("bytes=0-1,3-4", 200, (0, None)),
        ("pages=1-2", 200, (0, None)),
    ],
)
def test_ranges_are_those_of_rfc_9110(clerk: Clerk, town: BoxTown, asked: str, status: int, span: Any) -> None:
    path = f"/batches/{town.batches()[0].number}/parcel"
    whole, reply = clerk.get(path), clerk.get(path, Range=asked)

    assert status == reply.status
    assert span is None or whole.body[slice(*span)] == reply.body
    assert 200 == clerk.get(path, Range="bytes=0-0", If_Range='"changed"').status
