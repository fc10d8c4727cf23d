"""An answer that was taken is known again for the whole retention, after its month was retired too; what was never good occupies nothing."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bank_profiles.package_names import PackageFacts
from connector.assembly import clock
from connector.bankside.clerk import Asked, Clerk, Sealed
from connector.bankside.misbehaviour import part_of
from connector.deciding import acts
from connector.ledger import people
from tests.connector.answers.receipting import arrived, batch, editions, first, receipting_town
from tests.replies import questions
from tests.town import Town

LATER = timedelta(days=3650 + 62)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with receipting_town(tmp_path, "silent", "no_receipt") as made:
        made.step("gather", "dispatch")
        made.banks_respond(*[str(one["code"]) for one in made.institutions[1:]])
        yield made


def sealed(town: Town, part: int = 1, of: int = 1, *, again: int = 0) -> Sealed:
    """The bank's answer (a package of it), sealed anew each time: other bytes, the same content."""
    desk, row = town.desk(first(town)), batch(town)
    clerk = Clerk(desk, desk.profile(clock()), clock())
    facts = PackageFacts(
        row.institution, row.number, row.sequence_day, row.sequence + 100 * again, clock(), package_no=part, packages=of
    )
    answer = clerk.say(Asked(facts, questions(town, row)))
    (parcel,) = clerk.parcels(facts, part_of(answer, part, of) if of > 1 else answer)
    return parcel


def deliver(town: Town, parcel: Sealed) -> None:
    desk = town.desk(first(town))
    digest = desk.objects().put([parcel.content])[0]
    desk.mailbox(desk.profile(clock())).put(parcel.name, lambda: iter([parcel.content]), len(parcel.content), digest)
    town.step("collect", "settle")


def retire(town: Town) -> None:
    """Ten years later two persons end the month."""
    town.step("conclude", "retire", now=clock() + LATER)
    with town.deployment().ledger.begin() as tx:
        people.add(tx, at=clock(), name="wang", roles=["manager"], centre="C1", region="440106", by="li")
        for request in people.of_act(tx, "retire-month"):
            acts.decide(tx, request.id, agree=True, by="wang", now=clock())
    assert 1 == town.step("retire", now=clock() + LATER)["retire"].counts["erased"]


def test_rule_028_a_known_answer_is_a_duplicate_by_its_bytes_and_by_its_content_after_its_month_was_retired_too(
    town: Town,
) -> None:
    answer, anew = sealed(town), sealed(town, again=1)
    deliver(town, answer)
    deliver(town, dataclasses.replace(answer, name=anew.name.replace("01-01", "01-02")))
    deliver(town, anew)
    assert ["opened", "duplicate", "duplicate"] == [state for state, _ in arrived(town)]

    later = sealed(town, again=2)
    retire(town)
    deliver(town, dataclasses.replace(answer, name=anew.name.replace("01-01", "01-03")))
    deliver(town, later)

    assert ["duplicate", "duplicate"] == [state for state, _ in arrived(town)][-2:]
    assert 1 == len(editions(town))


def test_rule_044_a_package_whose_others_were_retired_is_set_apart_and_the_lane_goes_on(town: Town) -> None:
    one, two, other = sealed(town, 1, 2), sealed(town, 2, 2), sealed(town, 1, 2, again=1)
    deliver(town, one)
    retire(town)

    deliver(town, two)
    deliver(town, dataclasses.replace(other, name=one.name.replace("01-01", "01-09")))

    assert [("quarantined", "answer-month-retired"), ("duplicate", None)] == arrived(town)[-2:]
    assert 1 == len(editions(town))


def test_rule_028_junk_under_the_name_of_an_answer_occupies_nothing(town: Town) -> None:
    answer = sealed(town)
    deliver(town, dataclasses.replace(answer, content=answer.content[:-40] + bytes(40)))
    deliver(town, answer)

    assert ["refused", "opened"] == [state for state, _ in arrived(town)]
    assert "not_answered" not in batch(town).counts
