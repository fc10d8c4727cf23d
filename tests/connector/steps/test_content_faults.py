"""Content faults that need the whole service (C3, C13, C14, C16–C18, C24): what the ledger holds after an answer that is not as it should be."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.compute as pc
import pytest

from connector.assembly import clock
from connector.bankside.invented import invent
from connector.bankside.lookup import Answer
from connector.deciding import acts
from connector.founding import KEY_DAYS
from connector.ledger import answers, people
from connector.ledger.rows import AnyRow
from connector.lifecycle import State
from tests.replies import batches, reply, with_rows
from tests.town import Town
from transports.sealing.keyring.index import BLOCKED, RETIRED

pytestmark = pytest.mark.xdist_group("content faults")
KINDS = ("outcome", "holding", "movement")
OTHER = {"account_no": "6299", "product": "trust", "currency": "CNY", "balance_minor": 77700}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Three households asked at four banks, none of which has answered."""
    city = invent(tmp_path / "city", households=3, banks=4)
    with Town(tmp_path, city.folder) as made:
        made.intake()
        made.step("gather", "dispatch")
        yield made


@pytest.fixture
def code(town: Town) -> str:
    """The first bank: delimited files in a zip."""
    institution: dict[str, str] = town.institutions[0]
    return institution["code"]


def batch(town: Town, code: str) -> AnyRow:
    return batches(town, code)[-1]


def arrived(town: Town, code: str) -> list[tuple[str, str | None]]:
    """How each file of a bank ended, and why."""
    with town.ledger().read() as tx:
        return [(row.state, (row.problem or {}).get("code")) for row in answers.inbounds(tx, code)]


def lines(keep: Callable[[int], bool]) -> Callable[[Answer], Answer]:
    """Only the answers to some of the lines."""

    def changed(answer: Answer) -> Answer:
        refs = [ref for number, ref in enumerate(answer.outcome["line_ref"].to_pylist()) if keep(number)]
        tables = {kind: getattr(answer, kind) for kind in KINDS}
        return dataclasses.replace(
            answer, **{kind: t.filter(pc.is_in(t["line_ref"], pc.cast(refs, "string"))) for kind, t in tables.items()}
        )

    return changed


def refusing(answer: Answer) -> Answer:
    """Every line refused: another answer than the first."""
    rows = [
        row | {"outcome": "refused.other", "declared_accounts": 0, "declared_movements": 0} for row in answer.outcome.to_pylist()
    ]
    return Answer(
        answer.outcome.from_pylist(rows, answer.outcome.schema), answer.holding.slice(0, 0), answer.movement.slice(0, 0)
    )


def release_newest(town: Town, code: str) -> None:
    """Two persons release a bank's newest file, and it is read."""
    with town.ledger().begin() as tx:
        for name, role in (("zhang", "operator"), ("wang", "approver")):
            people.add(tx, at=clock(), name=name, roles=[role], centre="C1", region="440106", by="li")
        inbound = list(answers.inbounds(tx, code))[-1].id
        request = acts.ask_release_answer(tx, inbound, reason="the bank was asked and stands by it", by="zhang", now=clock())
    with town.ledger().begin() as tx:
        acts.decide(tx, request, agree=True, by="wang", now=clock())
    town.step("settle")


def test_fault_c13_rule_037_a_line_without_an_answer_is_not_answered_and_never_no_record(town: Town, code: str) -> None:
    reply(town, batch(town, code))
    town.step("collect", "settle")
    whole = batch(town, code).counts

    other = town.institutions[1]["code"]
    reply(town, batch(town, other), rows=lines(lambda number: number == 0))
    town.step("collect", "settle")
    few = batch(town, other).counts

    assert batch(town, other).lines - 1 == few["not_answered"]
    assert 1 == sum(count for word, count in few.items() if word != "not_answered")
    assert "not_answered" not in whole


def test_fault_c14_rows_for_lines_nobody_asked_about_are_set_apart_and_the_others_count(town: Town, code: str) -> None:
    stranger = {"line_ref": "000099", "outcome": "found", "declared_accounts": 1, "declared_movements": 0}
    more = with_rows("outcome", stranger)
    reply(town, batch(town, code), rows=lambda answer: with_rows("holding", OTHER | {"line_ref": "000099"})(more(answer)))
    town.step("collect", "settle")

    assert batch(town, code).lines == sum(batch(town, code).counts.values())
    assert State.ANSWERED == batch(town, code).state
    assert "777" not in str(town.lines())


def test_fault_c14_an_account_more_than_the_bank_declared_makes_its_line_partial(town: Town, code: str) -> None:
    def more(answer: Answer) -> Answer:
        first = answer.outcome["line_ref"][0].as_py()
        rows = [row | ({"outcome": "found"} if row["line_ref"] == first else {}) for row in answer.outcome.to_pylist()]
        said = dataclasses.replace(answer, outcome=answer.outcome.from_pylist(rows, answer.outcome.schema))
        return with_rows("holding", OTHER | {"line_ref": first})(said)

    reply(town, batch(town, code), rows=more)
    town.step("collect", "settle")

    assert 1 == batch(town, code).counts["partial"]
    assert batch(town, code).lines == sum(batch(town, code).counts.values())


@pytest.mark.parametrize("place", [0, 1], ids=["its name", "its name and header"])
def test_fault_c03_an_answer_that_names_another_institution_is_set_apart_and_its_batch_held(town: Town, place: int) -> None:
    code, stranger = (town.institutions[at]["code"] for at in (place, 1 - place))
    before = batch(town, code).counts
    reply(town, batch(town, code), bank=stranger)
    town.step("collect", "settle")

    assert [("quarantined", "answer-of-another")] == arrived(town, code)
    assert (State.HELD, before) == (batch(town, code).state, batch(town, code).counts)

    release_newest(town, code)

    assert [("opened", None)] == arrived(town, code)
    assert State.ANSWERED == batch(town, code).state


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "turned round"])
def test_fault_c16_an_answer_in_two_files_is_whole_once_both_came_in_any_order(
    town: Town, code: str, order: tuple[int, int]
) -> None:
    halves = [lines(lambda number: number < 2), lines(lambda number: number >= 2)]
    awaited = batch(town, code)
    reply(town, awaited, again=order[0], rows=halves[order[0]])
    town.step("collect", "settle")
    half = batch(town, code)
    reply(town, awaited, again=order[1], rows=halves[order[1]])
    town.step("collect", "settle")
    whole = batch(town, code)

    assert half.counts["not_answered"] > 0
    assert "not_answered" not in whole.counts
    assert (State.ANSWERED, [("opened", None)] * 2) == (whole.state, arrived(town, code))


def test_fault_c18_a_correction_before_the_original_stands_until_two_persons_say_otherwise(town: Town, code: str) -> None:
    awaited = batch(town, code)
    reply(town, awaited, again=1, rows=refusing)  # the second file of the bank, delivered first
    town.step("collect", "settle")
    corrected = batch(town, code).counts
    reply(town, awaited)
    town.step("collect", "settle")

    assert {"refused.other": awaited.lines} == corrected == batch(town, code).counts
    assert [("opened", None), ("quarantined", "answer-differs")] == arrived(town, code)

    release_newest(town, code)
    with town.ledger().read() as tx:
        assert 2 == len(answers.editions(tx, awaited.id))  # the first stays visible


def test_fault_c24_an_answer_sealed_for_another_bank_is_refused_unread(town: Town, code: str) -> None:
    stranger = next(bank["code"] for bank in town.institutions if bank["code"] != code)
    certificate = town.desk(stranger).ring.certificate("us/decrypt").pem
    town.desk(code).ring.import_certificate("stranger/encrypt", certificate, use="encrypt")
    before = batch(town, code).counts
    reply(town, batch(town, code), keys={"centre_encrypt": "stranger/encrypt"})
    town.step("collect", "settle")

    assert [("refused", "seal-not-for-us")] == arrived(town, code)
    assert (State.SENT, before) == (batch(town, code).state, batch(town, code).counts)


@pytest.mark.parametrize(
    ("state", "ended"), [(RETIRED, ("opened", None)), (BLOCKED, ("arrived", None))]
)  # a block may be taken back
def test_fault_c24_yesterdays_key_opens_while_it_is_retired_and_nothing_once_it_is_blocked(
    town: Town, code: str, state: str, ended: tuple[str, str | None]
) -> None:
    ring = town.ring()
    (old,) = (entry for entry in ring.list() if (entry.alias, entry.own) == ("us/decrypt", True))
    ring.new("us/decrypt", "encrypt", "ec-p256", KEY_DAYS, clock())
    ring.set_state(old.id, state)
    reply(town, batch(town, code))  # the bank has not heard of the new key
    town.step("collect", "settle")

    assert [ended] == arrived(town, code)
