"""The worst day, as a drill: a key is blocked by one command, which lists what it protected; and the work stops or goes on as it must."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from connector.assembly import clock
from connector.bankside.invented import invent
from connector.cli.console import show
from connector.cli.keys_touched import touched_text
from connector.ledger import answers, people
from connector.reports.dossier import Reader
from tests.town import Town

BY = ("--by", "officer")
BOTH = (*BY, "--with", "second")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Six households, asked of two banks and reported."""
    city = tmp_path_factory.mktemp("city")
    invent(city, households=6, banks=2)
    with Town(tmp_path_factory.mktemp("town"), city) as made:
        with made.ledger().begin() as tx:
            for name, role in (("officer", "key_officer"), ("second", "approver")):
                people.add(tx, at=clock(), name=name, roles=[role], centre="C1", region="440106", by="li")
        made.intake()
        made.journey()
        yield made


def said(town: Town, *words: str) -> dict[str, Any]:
    done = town.command("keys", *words, "--json")
    assert 0 == done.returncode, done.stderr
    return dict(orjson.loads(done.stdout))


def codes(town: Town) -> list[str]:
    return [each["code"] for each in town.institutions]


def uses(found: dict[str, Any], what: str) -> dict[str, set[str]]:
    """institution → what the key was used for there."""
    told: dict[str, set[str]] = {}
    for each in found[what]:
        told.setdefault(each["institution"], set()).update(each["uses"])
    return told


def test_c8_our_signing_key_touched_every_batch_and_every_household(town: Town) -> None:
    found = said(town, "touched", "us/sign")

    assert {code: {"sign"} for code in codes(town)} == uses(found, "batches")
    assert ([], 6) == (found["files"], len({each["household"] for each in found["reports"]}))
    assert [(code, ["our_sign"]) for code in sorted(codes(town))] == [
        (each["connection"], each["as"]) for each in found["connections"]
    ]


def test_states_are_told_in_the_language_spoken(
    town: Town, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)  # a narrow screen folds a word
    for key in ("us/sign", "us/decrypt"):
        show(touched_text(said(town, "touched", key), ZoneInfo("Asia/Shanghai")))
    told = capsys.readouterr().out
    assert {"已反馈": True, "已读入": True, "ANSWERED": False, "opened": False} == {word: word in told for word in (*_ZH, *_RAW)}


_ZH, _RAW = ("已反馈", "已读入"), ("ANSWERED", "opened")


def test_c8_our_decryption_key_touched_every_file_that_came(town: Town) -> None:
    found = said(town, "touched", "us/decrypt")

    assert {code: {"decrypt"} for code in codes(town)} == uses(found, "files")
    assert {"opened"} == {each["state"] for each in found["files"]}
    assert 6 == len({each["household"] for each in found["reports"]})


def test_c8_a_banks_keys_touched_that_bank_only(town: Town) -> None:
    for code in codes(town):
        sign, encrypt = said(town, "touched", f"{code}/sign"), said(town, "touched", f"{code}/encrypt")
        assert ({code: {"verify"}}, {}) == (uses(sign, "files"), uses(sign, "batches"))
        assert ({}, {code: {"encrypt"}}) == (uses(encrypt, "files"), uses(encrypt, "batches"))
        assert [code] == [each["connection"] for each in sign["connections"]]


def test_c8_the_rings_own_keys_tell_the_checkpoints_and_the_months(town: Town) -> None:
    assert 0 == town.command("audit", "checkpoint").returncode
    assert said(town, "touched", "audit")["checkpoints"]
    wrapped = said(town, "touched", "master")["data_keys"]
    assert f"segment {clock():%Y-%m}" in wrapped


def test_c8_no_persons_data_is_told(town: Town) -> None:
    with town.ledger().read() as tx:
        parts = town.deployment().parts
        cases = Reader(tx, parts, clock()).read(list(answers.inquiries(tx, parts.centre))).cases
    names = {person.name for case in cases for person in case.household.members}
    shown = town.command("--lang", "en", "keys", "touched", "us/sign").stdout
    assert names
    assert not [name for name in names if name in shown]


def test_c8_a_blocked_key_opens_nothing_until_two_persons_take_it_back(town: Town) -> None:
    """What arrives meanwhile waits as it came; nothing of it is lost or refused."""
    key = said(town, "touched", "us/decrypt")["key"]["id"]
    with town.ledger().begin() as tx:
        last = list(answers.inbounds(tx))[-1]
        answers.set_inbound(tx, last.id, state="arrived", problem=None)  # as if it had come just now
    found = said(town, "block", "us/decrypt", "--reason", "a disk was stolen", *BY)
    assert "blocked" == found["key"]["state"]
    assert last.id in [each["id"] for each in found["files"]]

    assert "key-blocked" in str(town.step("settle")["settle"])
    assert "arrived" == _state(town, last.id)
    assert 0 == town.command("keys", "restore", key, "--reason", "it was found", *BOTH).returncode
    town.step("settle")
    assert "duplicate" == _state(town, last.id)


def _state(town: Town, file: int) -> str:
    with town.ledger().read() as tx:
        row = answers.find_inbound(tx, file)
    assert row is not None
    return str(row.state)
