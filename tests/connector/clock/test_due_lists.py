"""What is overdue, due today and due next stands in its list, per bank, with whose turn it is; what is answered stands in none."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connector.bankside.invented import invent
from connector.cli import due as verb
from connector.cli.console import speak
from connector.clock.due import lists
from connector.ledger import rosters
from connector.lifecycle import Move
from tests.town import Town

ZONE = ZoneInfo("Asia/Shanghai")
SENT_AT = datetime(2026, 12, 16, 10, tzinfo=ZONE)  # a Wednesday: hxcb promises Friday the 18th, gdyz Monday the 21st
WEDNESDAY, THURSDAY, FRIDAY, MONDAY, TUESDAY = (SENT_AT + timedelta(days=days) for days in (0, 1, 2, 5, 6))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("due")
    invent(folder / "city", households=2, banks=2)
    with Town(folder, folder / "city") as made:
        made.intake()
        made.step("gather", "dispatch", now=SENT_AT)
        yield made


def due(town: Town, now: datetime, bank: str | None = None) -> dict[str, Any]:
    parts = town.deployment(lambda: now).parts
    with parts.ledger.read() as tx:
        return lists(tx, parts, now, bank)


def seen(town: Town, now: datetime) -> dict[str, list[str]]:
    """list → the profiles of the banks in it (hxcb is the first, gdyz the second), of batches."""
    names = {institution["code"]: name for institution, name in zip(town.institutions, ("hxcb", "gdyz"), strict=True)}
    found: dict[str, list[str]] = {}
    for bank in due(town, now)["banks"]:
        for when in ("overdue", "today", "next"):
            found.setdefault(when, []).extend(names[bank["code"]] for _ in bank[when])
    return {when: banks for when, banks in found.items() if banks}


def test_rule_066_overdue_today_and_next_per_bank(town: Town) -> None:
    assert [{}, {"next": ["hxcb"]}, {"today": ["hxcb"], "next": ["gdyz"]}] == [
        seen(town, day) for day in (WEDNESDAY, THURSDAY, FRIDAY)
    ]
    assert {"overdue": ["hxcb"], "today": ["gdyz"]} == seen(town, MONDAY)
    assert {"overdue": ["gdyz", "hxcb"]} == {when: sorted(banks) for when, banks in seen(town, TUESDAY).items()}


def test_rule_066_a_weekend_looks_ahead_to_the_next_working_day(town: Town) -> None:
    assert {"overdue": ["hxcb"], "next": ["gdyz"]} == seen(town, FRIDAY + timedelta(days=1))


def test_rule_066_it_says_whose_turn_it_is_and_how_late_in_working_days(town: Town) -> None:
    code = town.institutions[0]["code"]
    (bank,) = due(town, TUESDAY, code)["banks"]
    (batch,) = bank["overdue"]

    assert ("bank", "remind", 2) == (batch["turn"], batch["do"]["code"], batch["workdays_late"])


def test_rule_066_households_are_listed_by_number_against_the_centres_own_promise(town: Town) -> None:
    taken_in = datetime.fromisoformat(due(town, TUESDAY)["households"]["overdue"][0]["received_at"])
    found = due(town, taken_in)["households"]

    assert {"overdue": 0, "today": 0} == {when: len(found[when]) for when in ("overdue", "today")}
    assert {"household_no", "received_at", "due_at", "provisional"} == set(due(town, TUESDAY)["households"]["overdue"][0])


def test_rule_066_what_we_hold_ourselves_is_our_turn(town: Town) -> None:
    code = town.institutions[1]["code"]
    ledger = town.ledger()
    with ledger.read() as read:
        (row,) = rosters.batches(read, code)
    with ledger.begin() as tx:
        rosters.move(tx, row.id, Move.HOLD, SENT_AT)
    (bank,) = due(town, TUESDAY, code)["banks"]
    assert [("us", "decide")] == [(each["turn"], each["do"]["code"]) for each in bank["overdue"]]


def test_nothing_due_is_no_finding(town: Town) -> None:
    ended = town.command("--lang", "en", "due")
    unknown = town.command("--lang", "en", "due", "--bank", "000")

    assert (0, True) == (ended.returncode, "nothing is overdue" in ended.stdout)
    assert (4, True) == (unknown.returncode, "no institution 000" in unknown.stderr)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_rule_066_the_lists_are_told_in_words(town: Town, language: str) -> None:
    found = due(town, TUESDAY)
    speak(language)
    try:
        said = [line for each in found["banks"] for line in verb.bank_lines(each, ZONE)]
    finally:
        speak("zh")

    assert any({"zh": "逾期", "en": "overdue"}[language] in line for line in said)
    assert any({"zh": "催办该行", "en": "remind the bank"}[language] in line for line in said)


def test_an_answered_batch_is_due_no_more(town: Town) -> None:
    town.banks_respond(town.institutions[0]["code"])
    town.step("collect", "settle")

    assert {"overdue": ["gdyz"]} == seen(town, TUESDAY)
