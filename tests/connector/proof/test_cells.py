"""One person, one bank, one class: exactly one status, whatever came; silence is never nothing."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connector.proof.cells import ANSWERED, CLASSES, STATUSES, Asked, cell, standing_of
from reconciliation.coverage import LineAnswer
from reconciliation.words import OUTCOMES, STANDINGS

KINDS = st.frozensets(st.sampled_from(CLASSES))
LINES = st.builds(
    LineAnswer,
    institution=st.just("901"),
    institution_name=st.just("银行"),
    person_key=st.just("R:1"),
    outcome=st.sampled_from(list(OUTCOMES)),
    standing=st.none() | st.sampled_from(list(STANDINGS)),
)
ASKED = st.builds(
    Asked,
    answer=st.none() | LINES,
    answerable=st.none() | KINDS,
    authorised=KINDS,
    held=KINDS,
    over=st.booleans(),
    damaged=st.booleans(),
)


def line(outcome: str, **more: Any) -> LineAnswer:
    return LineAnswer("901", "银行", "R:1", outcome, **more)


@given(ASKED, st.sampled_from(CLASSES))
def test_every_cell_has_one_status_of_the_closed_list(asked: Asked, kind: str) -> None:
    found = cell(asked, kind)

    assert found.status in STATUSES
    assert found.why or found.status in ANSWERED


@given(ASKED, st.sampled_from(CLASSES))
def test_rule_037_only_a_banks_own_word_is_no_record(asked: Asked, kind: str) -> None:
    said = asked.answer.outcome if asked.answer and not asked.answer.is_stopped else None

    if cell(asked, kind).status in {"no_record", "nothing_held"}:
        assert said in {"no_record", "found"}


def test_a_bank_in_one_word() -> None:
    assert "answered" == standing_of(["found", "no_record", "not_applicable"])
    assert "partly" == standing_of(["found", "late"])
    assert ("refused", "withdrawn", "late") == tuple(
        standing_of([one, "not_applicable"]) for one in ("refused", "withdrawn", "late")
    )
    assert "mixed" == standing_of(["late", "damaged"])
    assert "not_applicable" == standing_of(["not_applicable"])


def test_a_line_taken_back_is_withdrawn_even_where_it_was_answered() -> None:
    asked = Asked(line("no_record", standing="withdrawn"), frozenset({"deposit"}), frozenset({"deposit"}))

    assert ("withdrawn", "withdrawn") == (cell(asked, "deposit").status, cell(asked, "deposit").why)
