"""What a register or a list of deaths stops at real banks: lines that were not sent never go, those that were are marked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.assembly import clock
from connector.bankside.invented import invent
from connector.deciding import acts
from connector.intake.sheet import read_sheet
from connector.ledger import people, rosters, stops
from connector.ledger.tables import roster
from connector.register import deaths, rounds, taking
from tests.connector.register.office import deaths_sheet, on, register_sheet
from tests.town import Town

HOUSEHOLDS, BANKS = 3, 2


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    city = tmp_path / "city"
    invent(city, households=HOUSEHOLDS, banks=BANKS)
    with Town(tmp_path, city) as made:
        with made.deployment().ledger.begin() as tx:
            for name, role in (("zhao", "operator"), ("qian", "manager")):
                people.add(tx, at=clock(), name=name, roles=[role], centre="C1", region="440106", by="li")
        made.intake()
        yield made


def homes(town: Town) -> list[dict[str, str]]:
    """The city's rows: household_no, programme, name, id_no, id_type, signed_on."""
    found = read_sheet((town.city / "requests.xlsx").read_bytes())
    return [{field: cells[at] for field, cells in found.columns.items()} for at in range(len(found))]


def end(town: Town, household: str, programme: str, *, trial: bool = False) -> taking.Taken:
    parts, now = town.deployment().parts, clock()
    today = f"{parts.day(now):%Y-%m-%d}"
    sheet = register_sheet(on(household, programme=programme, state="停发", ends_on=today, reason="收入超过标准"))
    do = taking.try_out if trial else taking.take
    return do(parts, taking.read(parts, sheet), f"{now:%Y-%m}", "zhao", now)


def report_deaths(town: Town, *rows: dict[str, str]) -> deaths.Taken:
    parts, now = town.deployment().parts, clock()
    sheet = deaths_sheet(*({**row, "died_on": f"{parts.day(now):%Y-%m-%d}"} for row in rows))
    return deaths.take(parts, deaths.read(parts, sheet, now), "公安局", "zhao", now)


def lines(town: Town) -> tuple[int, int]:
    """(lines that lie in batches that are not recalled, lines marked)."""
    with town.ledger().read() as tx:
        live = [row for row in rosters.batches(tx) if row.state != "RECALLED"]
        return sum(row.lines for row in live), sum(len(stops.marked(tx, row.id)) for row in live)


def size(town: Town, household: str) -> int:
    return sum(row["household_no"] == household for row in homes(town))


def test_rule_004_rule_009_lines_that_were_not_sent_stop_at_once(town: Town) -> None:
    town.step("gather")
    before, _ = lines(town)
    first = homes(town)[0]
    persons = size(town, first["household_no"])

    trial = end(town, first["household_no"], first["programme"], trial=True)
    untouched = lines(town)
    taken = end(town, first["household_no"], first["programme"])
    town.step("gather", "dispatch")

    assert (before, 0) == untouched
    assert trial.ended == taken.ended
    assert (persons * BANKS, 0) == (taken.ended["unsent"], taken.ended["marked"])
    assert (before - persons * BANKS, 0) == lines(town)


def test_rule_004_rule_009_lines_that_were_sent_are_marked(town: Town) -> None:
    town.step("gather", "dispatch")
    first = homes(town)[0]
    persons = size(town, first["household_no"])

    trial = end(town, first["household_no"], first["programme"], trial=True)
    taken = end(town, first["household_no"], first["programme"])

    assert trial.ended == taken.ended
    assert (0, persons * BANKS) == (taken.ended["unsent"], taken.ended["marked"])
    assert persons * BANKS == lines(town)[1]


def test_a_dead_person_s_lines_stop_and_the_household_is_asked_no_more(town: Town) -> None:
    town.step("gather")
    before, _ = lines(town)
    first = homes(town)[0]

    taken = report_deaths(town, first)
    town.step("gather", "dispatch")

    assert 1 == taken.found["stopped"]
    assert before - size(town, first["household_no"]) * BANKS == lines(town)[0]


def test_while_a_list_waits_its_lines_are_not_sent_and_the_others_are(town: Town) -> None:
    (town.dir / "rounds.yaml").write_text("two_persons: {deaths: 0}\n", "utf-8")
    town.step("gather")
    before, _ = lines(town)
    first = homes(town)[0]
    persons = size(town, first["household_no"])
    taken = report_deaths(town, first)
    assert taken.waits is not None

    town.step("dispatch")
    town.step("gather", "dispatch")
    with town.ledger().read() as tx:
        sent = sum(row.lines for row in rosters.batches(tx) if row.state == "SENT")
    with town.deployment().ledger.begin() as tx:
        acts.decide(tx, taken.waits, agree=False, by="qian", now=clock())
    town.step("gather", "dispatch")

    assert before - persons * BANKS == sent
    assert (before, 0) == lines(town), "the list was returned: everybody is asked"


def test_a_round_is_asked_and_answered_to_its_report(town: Town) -> None:
    town.journey()
    first = homes(town)[0]
    (town.dir / "rounds.yaml").write_text(
        f"programmes: {{{first['programme']}: {{every: month, day: 1, as_of: round_day}}}}\nwaits_for_register: false\n", "utf-8"
    )
    parts, now = town.deployment().parts, clock()
    sheet = register_sheet(on(first["household_no"], programme=first["programme"]))
    taking.take(parts, taking.read(parts, sheet), f"{now:%Y-%m}", "zhao", now)

    made = rounds.make_due(parts, now)
    town.journey()

    rows = [row for row in town._inquiries() if row.check_type == "定期"]
    assert {"asked": 1, "left_out": 0} == made
    assert [True] == [row.concluded_at is not None for row in rows]
    with town.ledger().read() as tx:
        kinds = {row.kind for row in tx.execute(roster.select())}
    assert {"new", "month"} == kinds
