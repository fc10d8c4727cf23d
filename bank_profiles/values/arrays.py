"""Small things done to whole Arrow columns: their numbers, their flags, their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    Column = pa.Array[Any]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def valid(column: Column) -> Flags:
    return flags(column.is_valid())


def flags(column: Any) -> Flags:
    """False for null."""
    return np.asarray(column.fill_null(False).to_numpy(zero_copy_only=False), bool)


def ints(column: Column) -> Ints:
    """The numbers of a column, 0 for null."""
    return np.asarray(column.fill_null(0).to_numpy(zero_copy_only=False), np.int64)


def largest(numbers: Ints) -> int:
    """The greatest size, whatever the sign."""
    return max(abs(int(numbers.min())), abs(int(numbers.max()))) if len(numbers) else 0


def any_below_zero(column: Column) -> bool:
    return bool((ints(column) < 0).any())


def exact_sum(column: Column) -> int:
    """A sum that 64 bits need not hold; null counts nothing."""
    numbers = ints(column)
    return (int((numbers >> 32).sum()) << 32) + int((numbers & 0xFFFFFFFF).sum())


def with_nulls_of(column: Column, numbers: npt.NDArray[Any]) -> Column:
    return pa.array(numbers, pa.int64(), mask=~valid(column) if column.null_count else None)


def glued(*columns: Any, between: str = "") -> Column:
    """Texts side by side as one, a string in every row; null where one of them is."""
    return cast("Column", pc.binary_join_element_wise(*columns, between))


def character_lengths(texts: Any) -> Column:
    """How many characters each text has; null for null."""
    return cast("Column", pc.utf8_length(texts))


def byte_lengths(texts: Any) -> Column:
    """How many bytes of UTF-8 each text has; null for null."""
    return cast("Column", pc.binary_length(texts))


def strings(starts: npt.NDArray[np.int32], codes: npt.NDArray[np.uint8]) -> Column:
    """Texts from their UTF-8, one behind the other, and where each begins; behind the last start stands their end."""
    offsets, data = pa.py_buffer(starts.data), pa.py_buffer(np.ascontiguousarray(codes).data)
    return pa.StringArray.from_buffers(len(starts) - 1, offsets, data)


def starts_of(texts: Column) -> npt.NDArray[np.int32]:
    """Where each text begins in the bytes of all, and where the last one ends."""
    offsets: Any = texts.buffers()[1]
    return np.frombuffer(memoryview(offsets), np.int32)[texts.offset : texts.offset + len(texts) + 1]


def sizes(texts: Any) -> Ints:
    """How many bytes each text has, 0 for null."""
    return ints(pc.binary_length(texts))


def codes_of(texts: Column) -> npt.NDArray[np.uint8]:
    """The bytes of all texts; of a slice those of its neighbours too."""
    data = texts.buffers()[2]
    return np.empty(0, np.uint8) if data is None else np.frombuffer(memoryview(data), np.uint8)


def all_digits(texts: Column, *, or_minus: bool = False) -> bool:
    """Is there nothing but digits in any text? Of a slice the answer may be a needless no."""
    codes = codes_of(texts)
    digits = codes - np.uint8(ord("0")) < 10  # other bytes wrap around to something large
    return bool((digits | (codes == ord("-")) if or_minus else digits).all())


def has_any(texts: Column, characters: str) -> bool:
    """May one of these characters stand in some text? Told by the bytes they begin with; no only where there is none."""
    codes = codes_of(texts)
    return any(bool((codes == start).any()) for start in {character.encode()[0] for character in characters})


def byte_matrix(texts: Column, width: int) -> npt.NDArray[np.uint8] | None:
    """The bytes of texts that are all so long, one row a text, nulls left out; None where one has another length."""
    present = texts.drop_null()
    data = present.buffers()[2]
    if not len(present):
        return np.empty((0, width), np.uint8)
    offsets = starts_of(present)
    if data is None or (np.diff(offsets) != width).any():
        return None
    return np.frombuffer(memoryview(data), np.uint8)[offsets[0] : offsets[-1]].reshape(-1, width)
