"""What lies in a box ends with its purpose: nothing erased lives on there, nothing waits for ever; and nobody calls without end."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connector.assembly import clock
from connector.deciding import acts
from connector.dropbox.pace import Pace
from connector.dropbox.problems import Refusal
from connector.ledger import people
from tests.dropbox.town import BEGUN, BoxTown

LATER = timedelta(days=3650 + 62)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[BoxTown]:
    with BoxTown(tmp_path) as made:
        yield made.asked()


def files(town: BoxTown) -> list[str]:
    """What lies in the box, notes apart."""
    box = town.dir / "dropbox" / town.code
    return sorted(str(path.relative_to(box)) for path in box.rglob("*") if path.is_file() and path.parent.name != "notes")


def test_i21_what_is_retired_is_gone_from_the_boxes_too(town: BoxTown) -> None:
    with town.serving() as server:
        clerk = town.clerk(server)
        batch = clerk.get("/batches").said["items"][0]
        number = batch["batch"]
        parcel = clerk.get(f"/batches/{number}/parcel").body
        ((name, answer),) = town.bank_answers(batch["parcel"]["name"], parcel)
        clerk.put(number, name, answer)
        clerk.put(number, "half.p7m", BEGUN + b"abc", (0, 4))
        clerk.post(f"/batches/{number}/submission", {"files": [name]})
    town.step("collect", "settle", "conclude")
    before = files(town)
    town.step("retire")
    uploads_dropped = files(town)

    with town.ledger().begin() as tx:
        people.add(tx, at=clock(), name="wang", roles=["manager"], centre="C1", region="440106", by="li")
    town.step("retire", now=clock() + LATER)
    with town.ledger().begin() as tx:
        acts.decide(tx, people.of_act(tx, "retire-month")[0].id, agree=True, by="wang", now=clock())
    town.step("retire", now=clock() + LATER)

    kept = [f"done/{name}", f"out/{batch['parcel']['name']}"]
    assert [*kept, "uploads/"] == [each if not each.startswith("uploads/") else "uploads/" for each in before]
    assert kept == uploads_dropped
    assert [] == files(town)


def test_an_upload_waits_as_long_as_its_batch_may_be_answered(town: BoxTown) -> None:
    with town.serving() as server:
        clerk = town.clerk(server)
        number = clerk.get("/batches").said["items"][0]["batch"]
        clerk.put(number, "half.p7m", BEGUN + b"abcdef", (0, 4))
    town.step("retire")
    assert 1 == sum(each.startswith("uploads/") for each in files(town))

    town.step("retire", now=clock() + LATER)
    assert 0 == sum(each.startswith("uploads/") for each in files(town))


def test_who_calls_too_often_is_told_when_to_come_again(town: BoxTown) -> None:
    with town.serving(calls_per_minute=3) as server:
        clerk = town.clerk(server)
        said = [clerk.get("/batches") for _ in range(5)]

    assert [200, 200, 200, 429, 429] == [each.status for each in said]
    assert "too-many-calls" == said[-1].said["code"]
    assert 0 < int(said[-1].headers["retry-after"]) <= 60


def test_one_caller_does_not_use_up_the_calls_of_another() -> None:
    at = [0.0]
    pace = Pace(2, lambda: at[0])
    for _ in range(2):
        pace.count("A")
    with pytest.raises(Refusal) as often:
        pace.count("A")
    pace.count("B")
    at[0] = 60.0
    pace.count("A")

    assert (429, "60") == (often.value.status, often.value.headers["Retry-After"])
