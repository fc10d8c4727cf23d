"""Who may do what, of the verbs of a batch's life and of the clock: role by role; and nobody of another centre does anything here."""

from collections.abc import Iterator

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from connector.assembly import clock
from connector.cli.verbs import app
from connector.ledger import audit, people
from connector.ledger.people import Role
from connector.ledger.tables import batch
from connector.lifecycle import State
from tests.one_bank import OneBank, one_bank

CENTRE = {Role.OPERATOR, Role.MANAGER}
CLERKS = {*CENTRE, Role.TOWN_CLERK}
WHY = ("--reason", "looked")
SPAN = ("--from", "2026-09-01T10:00", "--to", "2026-09-01T11:00")
# What would come next fails (no such batch, no such household, an empty file): only who asks is tried. FILE and BANK are put in.
VERBS: dict[tuple[str, ...], set[Role]] = {
    ("hold", "BANK", "0", *WHY): CENTRE,
    ("recall", "BANK", "0", *WHY): CENTRE,
    ("again", "BANK", "0", *WHY): CENTRE,
    ("remake", "BANK", "0", *WHY): CENTRE,
    ("release", "BANK", "0", *WHY): CENTRE,
    ("release", "--answer", "9999", *WHY): CENTRE,
    ("resolve", "BANK", "0", "--received", *WHY): CENTRE,
    ("register", "take", "FILE"): CLERKS,
    ("register", "round"): CLERKS,
    ("deaths", "take", "FILE"): CLERKS,
    ("deaths", "look", "1", "1", "--same", *WHY): CLERKS,
    ("appeal", "open", "nobody", "--banks", "BANK", "--received", "2026-09-01", *WHY): CENTRE,
    ("appeal", "ask", "9999"): CENTRE,
    ("appeal", "decide", "9999", "--upheld", *WHY): CENTRE,
    ("calendar", "take", "FILE", *WHY): {Role.MANAGER, Role.ADMINISTRATOR},
    ("bank", "outage", "BANK", "--from", "2026-09-02T10:00", "--to", "2026-09-01T10:00", *WHY): CENTRE,
    ("statistics", "close", "--month", "2031-01"): {Role.MANAGER, Role.SUPERVISOR, Role.ADMINISTRATOR},
    ("statistics", "reopen", "--month", "2031-01", *WHY): {Role.MANAGER, Role.SUPERVISOR},
    ("statistics", "accept-refusal", "BANK", "0", "1", *WHY): CENTRE,
    ("statistics", "outage", *SPAN, *WHY): {Role.MANAGER, Role.ADMINISTRATOR},
}
HARMLESS = {"outage"}  # of what an allowed one really does


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneBank]:
    with one_bank(tmp_path_factory.mktemp("may"), households=4, lines_max=1) as made:
        (made.town.folder / "empty.csv").write_bytes(b"")
        with made.town.ledger().begin() as tx:
            for role in Role:
                home = {"centre": "C1", "region": "440106"}
                people.add(tx, at=clock(), name=f"a-{role}", roles=[role], by="li", **home)
                people.add(tx, at=clock(), name=f"far-{role}", roles=[role], by="li", **home | {"centre": "C2"})
        made.town.step("gather")
        yield made


def code_of(house: OneBank, words: tuple[str, ...], by: str) -> str:
    """The code of what stopped a verb; empty where nothing did."""
    put = {"BANK": house.code, "FILE": str(house.town.folder / "empty.csv")}
    line = [*(put.get(word, word) for word in words), "--by", by, "--dir", str(house.town.dir)]
    ended = CliRunner().invoke(app, line)
    return str(getattr(ended.exception, "code", "")) if ended.exception else ""


def audited(house: OneBank) -> int:
    with house.town.ledger().read() as tx:
        return len(list(audit.newest(tx, 10_000)))


@pytest.mark.parametrize("words", VERBS, ids=lambda words: " ".join(words[:3]))
def test_each_verb_is_for_its_roles_alone_and_for_nobody_of_another_centre(house: OneBank, words: tuple[str, ...]) -> None:
    before = audited(house)
    refused = {role for role in Role if code_of(house, words, f"a-{role}") == "role-missing"}

    assert set(Role) - VERBS[words] == refused
    assert {"other-centre"} == {code_of(house, words, f"far-{role}") for role in Role}
    assert "user-unknown" == code_of(house, words, "nobody")
    assert before == audited(house) or HARMLESS & set(words)


def test_a_batch_of_another_centre_in_the_same_database_is_none_of_ours(house: OneBank) -> None:
    (number,) = house.fresh(1, State.SEALED)
    with house.town.ledger().begin() as tx:
        tx.execute(update(batch).where(batch.c.number == number).values(centre="C2"))

    verbs = (
        ("hold",),
        ("recall",),
        ("again",),
        ("remake",),
        ("release",),
        ("resolve", "--received"),
        ("statistics", "accept-refusal"),
    )
    told = {verb: code_of(house, (*_verb(verb), house.code, number, *_more(verb), *WHY), "a-manager") for verb in verbs}

    assert State.SEALED == house.batch(number).state
    assert {"batch-not-found", "batch-not-held", "batch-not-open", "batch-unknown"} >= set(told.values()), told
    assert "" not in told.values()


def _verb(verb: tuple[str, ...]) -> tuple[str, ...]:
    return verb if verb[0] == "statistics" else verb[:1]


def _more(verb: tuple[str, ...]) -> tuple[str, ...]:
    return ("1",) if verb[0] == "statistics" else verb[1:]


def test_an_act_is_not_decided_by_somebody_of_another_centre_nor_twice(house: OneBank) -> None:
    (number,) = house.fresh(1, State.SEALED)
    house.one("hold", number)
    assert 5 == house.command("release", house.code, number, "--reason", "x", "--by", "chen")
    with house.town.ledger().read() as tx:
        (request,) = [row.id for row in people.waiting(tx, "C1") if row.act == "release-batch"]

    assert {"other-centre", "role-missing"} == {code_of(house, ("approve", str(request)), f"far-{role}") for role in Role}
    assert State.HELD == house.batch(number).state
    assert "" == code_of(house, ("approve", str(request)), "a-manager")
    assert "approval-decided" == code_of(house, ("approve", str(request)), "a-approver")
    assert State.IN_DOUBT == house.batch(number).state
