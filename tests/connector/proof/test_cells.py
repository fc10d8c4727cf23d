"""One person, one bank, one class: exactly one status, whatever came; silence is never nothing."""

import re
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connector.proof import cells
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


def test_every_reason_is_said_in_words() -> None:
    source = Path(cells.__file__).read_text("utf-8") + Path(cells.__file__).with_name("accounting.py").read_text("utf-8")
    codes = set(re.findall(r'Cell\("\w+", "([\w-]+)"\)', source)) | {"awaited", "unreadable-file-came", "recalled", "pending"}
    noted = [{"note": {"code": "line-not-carried", "zh": "写不进", "en": "cannot be written"}}]

    assert len(codes) > 12
    assert [] == [code for code in codes if cells.why_in_words(code)[0].isascii()]
    assert ("写不进", "cannot be written") == cells.why_in_words("line-not-carried", noted)
