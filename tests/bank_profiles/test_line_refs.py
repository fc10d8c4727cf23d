"""The reference of a line is a position, or batch number and position; another text parks its row, and nothing of it is shown."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bank_profiles.engine import reading
from bank_profiles.values.converters import BadValue
from bank_profiles.values.kernels import read_column
from bank_profiles.values.line_refs import LineRef
from reconciliation.line_refs import positions
from tests.bank_profiles.test_reading import HXCB, _read

BATCH_NO = "202601050000001"


def _reads(line_ref: LineRef, text: str) -> bool:
    try:
        return line_ref.read(text) == text
    except BadValue:
        return False


@pytest.mark.parametrize("text", ["1", "17", "000017", "0000000017", "999999"])
def test_a_position_may_have_any_zeros_before_it(text: str) -> None:
    assert _reads(LineRef(), text)
    assert not _reads(LineRef(alone=False), text) or len(text) > 6


@pytest.mark.parametrize("text", ["R1", "", "-1", "1.0", "1234567", "１７", f"{BATCH_NO}000017", "6217000010001234567"])
def test_what_is_no_position_is_not_taken_for_one(text: str) -> None:
    assert not _reads(LineRef(), text)


@pytest.mark.parametrize("text", [f"{BATCH_NO}000017", f"{BATCH_NO}-17", f"{BATCH_NO}#000017"])
def test_batch_number_and_position_are_one_reference(text: str) -> None:
    assert _reads(LineRef(alone=False), text)
    assert [16] == positions(pa.array([text]), BATCH_NO).tolist()


@given(text=st.text(st.sampled_from("0123456789AB-#/ ."), max_size=24), alone=st.booleans())
def test_columns_are_read_as_single_texts_are(text: str, alone: bool) -> None:
    line_ref = LineRef(alone=alone)

    assert (read_column(line_ref, pa.array([text])) is not None) == _reads(line_ref, text)


@pytest.mark.parametrize("slow_bytes", [0, 1 << 30], ids=["fast", "reference"])
def test_a_row_that_refers_to_no_line_is_parked_and_masked(monkeypatch: pytest.MonkeyPatch, slow_bytes: int) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    one = _read("hxcb", "detail", HXCB.replace("D|000001|", "D|990101199001010018|", 1).encode("gb18030"))

    (problem,) = one.problems
    assert ("bad-line-ref", None, 2) == (problem.code, problem.line_ref, problem.place.line)
    assert problem.what.en.startswith("“9901*")
    assert "199001" not in problem.en + problem.zh
    assert problem.what.zh.endswith("不是查询的行号")
