"""Stored numbers: the plain reader and the one for columns say the same of every byte, and what is written is read again."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bank_profiles.values.converters import BadValue
from bank_profiles.values.stored import Stored

KINDS = ("packed", "bcd", "zoned", "zoned_leading", "binary")


@st.composite
def fields(draw: st.DrawFn) -> Stored:
    kind, width = draw(st.sampled_from(KINDS)), draw(st.integers(1, 8))
    digits = draw(st.none() | st.integers(1, 2 * width))
    return Stored(kind, width, draw(st.booleans()), draw(st.booleans()), draw(st.booleans()), digits)


def cells_of(field: Stored) -> st.SearchStrategy[bytes]:
    """Any bytes at all, and bytes that are rather numbers: untouched, zoned, packed."""
    near = st.sampled_from([0x00, 0x40, 0x20, 0xF0, 0xF9, 0xC5, 0xD3, 0x30, 0x39, 0x7B, 0x4A, 0x0C, 0x1D, 0x5F, 0x12])
    return st.lists(near, min_size=field.width, max_size=field.width).map(bytes) | st.binary(
        min_size=field.width, max_size=field.width
    )


def one(field: Stored, cell: bytes) -> str | None:
    try:
        return field.read(cell)
    except BadValue:
        return None


@settings(deadline=None)
@given(st.data())
def test_a_column_is_read_as_each_of_its_cells(data: st.DataObject) -> None:
    field = data.draw(fields())
    cells = data.draw(st.lists(cells_of(field), min_size=1, max_size=6))
    expected = [one(field, cell) for cell in cells]
    column = field.read_column(np.frombuffer(b"".join(cells), np.uint8).reshape(-1, field.width))

    assert (None if None in expected else expected) == (None if column is None else column.to_pylist())


@settings(deadline=None)
@given(st.data())
def test_what_is_written_is_read_again(data: st.DataObject) -> None:
    field = data.draw(fields())
    numbers = data.draw(
        st.lists(st.integers(-(10**17), 10**17) | st.integers(-99, 99) | st.integers(0, 10**30), min_size=1, max_size=6)
    )
    texts = [str(number) for number in numbers]
    try:
        cells = [field.write(text) for text in texts]
    except BadValue:
        assert field.write_column(pa.array(texts)) is None
        return
    rows = field.write_column(pa.array(texts))

    assert rows is not None
    assert cells == [row.tobytes() for row in rows]
    assert numbers == [int(field.read(cell)) for cell in cells]


@pytest.mark.parametrize(
    ("field", "cell", "text"),
    [
        (Stored("packed", 3), "12345c", "12345"),
        (Stored("packed", 3), "12345d", "-12345"),
        (Stored("packed", 3), "12345f", "12345"),
        (Stored("packed", 3), "12345b", "-12345"),
        (Stored("packed", 3), "00000d", "00000"),
        (Stored("packed", 5, digits=8), "020180315f", "20180315"),
        (Stored("bcd", 4), "20180315", "20180315"),
        (Stored("zoned", 4), "f1f2f3c4", "1234"),
        (Stored("zoned", 4), "f1f2f3d4", "-1234"),
        (Stored("zoned_leading", 4), "d1f2f3f4", "-1234"),
        (Stored("zoned", 4, host=False), b"123M".hex(), "-1234"),
        (Stored("zoned", 4, host=False), b"000{".hex(), "0000"),
        (Stored("zoned", 4, host=False), b"123t".hex(), "-1234"),
        (Stored("binary", 2), "ffff", "-1"),
        (Stored("binary", 2, signed=False), "ffff", "65535"),
        (Stored("binary", 4, little=True), "01000000", "1"),
        (Stored("binary", 4, digits=8), "00000007", "00000007"),
        (Stored("binary", 8), "8000000000000000", "-9223372036854775808"),
        (Stored("packed", 3), "404040", ""),
        (Stored("zoned", 3), "000000", ""),
    ],
)
def test_examples(field: Stored, cell: str, text: str) -> None:
    assert text == field.read(bytes.fromhex(cell))


@pytest.mark.parametrize(
    ("field", "cell", "code"),
    [
        (Stored("packed", 2), "1a3c", "not-packed"),
        (Stored("packed", 2), "1230", "not-packed"),
        (Stored("packed", 2, signed=False), "123d", "not-packed"),
        (Stored("packed", 2, digits=2), "123c", "too-many-digits"),
        (Stored("zoned", 2), "c1f1", "not-zoned"),
        (Stored("zoned", 2, signed=False), "f1d1", "not-zoned"),
    ],
)
def test_bytes_that_are_no_number_are_said_to_be_none(field: Stored, cell: str, code: str) -> None:
    with pytest.raises(BadValue) as bad:
        field.read(bytes.fromhex(cell))

    assert code == bad.value.code


def test_a_value_that_does_not_fit_is_never_cut() -> None:
    for field, text, code in [
        (Stored("packed", 2), "1234", "too-many-digits"),
        (Stored("binary", 2), "32768", "too-many-digits"),
        (Stored("packed", 2, signed=False), "-1", "negative-number"),
        (Stored("zoned", 2), "1.5", "not-a-number"),
        (Stored("binary", 2), "", "missing-value"),
        (Stored("bcd", 2), "", "missing-value"),
    ]:
        with pytest.raises(BadValue) as bad:
            field.write(text)
        assert code == bad.value.code
