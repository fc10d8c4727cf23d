"""What is told of whole columns by their bytes alone is so of every text."""

import re
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from bank_profiles.values.arrays import all_digits, has_any
from bank_profiles.values.kernels import read_column
from bank_profiles.values.line_refs import LineRef
from bank_profiles.values.numbers import BLANKS

texts = st.lists(st.none() | st.text("0123456789-+. \t\u3000\u00a0示１", max_size=8), max_size=5)


@given(texts)
def test_digits_alone_are_seen_in_every_text(written: list[str | None]) -> None:
    column: Any = pa.array(written, pa.string())
    together = "".join(text or "" for text in written)

    assert (set(together) <= set("0123456789")) == all_digits(column)
    assert (set(together) <= set("0123456789-")) == all_digits(column, or_minus=True)


@given(texts)
def test_where_no_blank_may_stand_none_does(written: list[str | None]) -> None:
    """A no spares the trimming."""
    column: Any = pa.array(written, pa.string())

    assert has_any(column, BLANKS) or all(set(text or "").isdisjoint(BLANKS) for text in written)
    assert not has_any(pa.array(["000001", None, "示例", "A-1"]), BLANKS)


@given(st.lists(st.none() | st.text("0123456789A", max_size=9), max_size=4))
def test_a_column_of_references_is_taken_as_each_of_them_is(written: list[str | None]) -> None:
    """Mostly they are six digits, which no expression need look at."""
    fits = all(text is None or re.fullmatch(LineRef().pattern, text) for text in written)

    assert fits == (read_column(LineRef(), pa.array(written, pa.string())) is not None)
