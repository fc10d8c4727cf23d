"""What goes to a bank and when: its hours, its maintenance, what it takes in a minute and a day; what waits says until when."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from sqlalchemy import update

from bank_profiles.catalogue import BANKS
from connector.bankside.invented import invent
from connector.deciding import acts
from connector.hours import agreed
from connector.ledger import people
from connector.ledger.rows import AnyRow
from connector.ledger.tables import roster
from connector.moments import parse
from connector.status import survey
from tests.replies import batches
from tests.town import Town

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 12, 1, 20, 0, tzinfo=SHANGHAI)  # a Tuesday; hxcb takes parcels 08:30-17:00 on working days
MORNING = datetime(2026, 12, 2, 8, 30, tzinfo=SHANGHAI)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    invent(folder, households=2, banks=2)
    return folder


@pytest.fixture
def town(tmp_path: Path, city: Path) -> Iterator[Town]:
    with Town(tmp_path, city, lines_max=1) as made:
        made.intake()
        made.step("gather")
        yield made


def bank(town: Town) -> str:
    return str(town.institutions[0]["code"])


def said(town: Town, **words: object) -> None:
    """The connection says so from now on; None takes a word out."""
    path = town.dir / "connections" / f"{bank(town)}.yaml"
    both = yaml.safe_load(path.read_text("utf-8")) | words
    path.write_text(yaml.safe_dump({key: value for key, value in both.items() if value is not None}), "utf-8")


def sent(town: Town, at: datetime) -> int:
    """How many went in one pass at this moment."""
    return town.step("dispatch", now=at)["dispatch"].by_bank[bank(town)].get("delivered", 0)


def waiting(town: Town) -> list[AnyRow]:
    return [row for row in batches(town, bank(town)) if row.state == "SEALED"]


def limited(town: Town, **limits: int) -> None:
    """The bank's profile says so of its service."""
    text = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").partition("\nexamples:")[0] + "\n"
    words = ", ".join(f"{key}: {value}" for key, value in limits.items())
    text = re.sub(r"limits: {.*}", f"limits: {{lines_max: 2000, {words}}}", text.replace("profile: hxcb", "profile: slow"))
    assert words in text
    (town.dir / "profiles" / "slow").mkdir(parents=True)
    (town.dir / "profiles" / "slow" / "2026.1.yaml").write_text(text, "utf-8")
    said(town, profile="slow")


def test_rule_016_outside_its_hours_nothing_goes_and_what_waits_says_until_when(town: Town) -> None:
    said(town, hours=None)
    everything = len(waiting(town))

    assert sent(town, EVENING) == 0

    row = waiting(town)[0]
    assert row.problem["code"] == "window-closed"
    assert "12-02 08:30" in row.problem["zh"]
    assert parse(row.retry_at) == MORNING
    (told,) = [one for one in survey(town.deployment().parts, EVENING + timedelta(hours=2))["banks"] if one["code"] == bank(town)]
    assert [("window-closed", False)] == [(why["code"], why["alarm"]) for why in told["problems"]]
    assert sent(town, MORNING - timedelta(minutes=1)) == 0
    assert sent(town, MORNING) == everything


def test_urgent_ones_keep_to_the_hours_too_unless_the_connection_says_otherwise(town: Town) -> None:
    said(town, hours=None)
    with town.ledger().begin() as tx:
        tx.execute(update(roster).values(urgent=True))
    kept = sent(town, EVENING)
    said(town, urgent_hours="always")

    assert kept == 0
    assert sent(town, EVENING + timedelta(days=1)) > 0


def test_answers_are_looked_for_within_their_hours_alone(town: Town) -> None:
    said(town, hours=None)
    sent(town, MORNING)
    town.banks_respond()

    night = town.step("collect", now=MORNING.replace(hour=23))["collect"].by_bank[bank(town)]
    day = town.step("collect", now=MORNING.replace(hour=10))["collect"].by_bank[bank(town)]

    assert night == {"fetched": 0, "known": 0, "closed": 1}
    assert day["fetched"] > 0


def test_an_outage_two_persons_agreed_holds_parcels_back_until_it_is_over(town: Town) -> None:
    ends = MORNING + timedelta(hours=6)
    with town.ledger().begin() as tx:
        for name, role in (("wang", "manager"), ("zhao", "operator")):
            people.add(tx, at=EVENING, name=name, roles=[role], centre="C1", region="440106", by="li")
        request = agreed.ask_outage(tx, bank(town), EVENING, ends, reason="core system", by="zhao", now=EVENING)
    unagreed = sent(town, EVENING - timedelta(hours=2))
    with town.ledger().begin() as tx:
        acts.decide(tx, request, agree=True, by="wang", now=EVENING)

    assert unagreed > 0  # asked for is not agreed, and it had not begun
    told = [each for each in survey(town.deployment().parts, EVENING)["rooms"] if each["code"] == "bank-away"]
    assert [(bank(town), False)] == [(each["institution"], each["alarm"]) for each in told]
    with town.ledger().read() as tx:
        parts = town.deployment().parts
        one = parts.banks.working[bank(town)]
        window = agreed.sending(tx, parts, one, one.profile_on(EVENING.date()), EVENING)
    assert window.next_open(MORNING) == ends


def test_no_more_files_a_day_than_the_bank_takes_and_the_rest_goes_on_the_next(town: Town) -> None:
    limited(town, files_per_day=2)
    everything = len(waiting(town))

    today = [sent(town, MORNING), sent(town, MORNING + timedelta(hours=1))]

    assert today == [2, 0]
    assert {"day-full"} == {row.problem["code"] for row in waiting(town)}
    assert len(waiting(town)) == everything - 2
    assert sent(town, MORNING + timedelta(days=1)) == 2


def test_no_more_parcels_in_a_minute_than_the_connection_and_the_profile_say(town: Town) -> None:
    limited(town, messages_per_minute=2)

    passes = [sent(town, MORNING + timedelta(seconds=seconds)) for seconds in (0, 20, 40, 61)]

    assert passes == [2, 0, 0, 2]
