"""A line's reference on the wire, read back: batch number and position, or the position alone where the file names the batch."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

pc: Any = pyarrow.compute  # its stubs ask whether a value is a scalar or an array; these functions need not know

_SEPARATORS = "#-_/: "
_WIDTH = 6  # a position is written with at least six digits, so that it can follow the batch number without a separator
_WIDTH_MAX = 9  # nine digits always fit 32 bits


def positions(line_ref: "pa.ChunkedArray[Any] | pa.Array[Any]", batch_no: str, lines: int | None = None) -> npt.NDArray[np.int32]:
    """The 0-based positions of a column of references: int32, -1 = no line of this batch.

    ``000017``, ``17`` and ``<batch_no>000017`` (or with a separator) are all position 16. ``lines`` is the length of the batch.
    """
    text: Any = line_ref.combine_chunks() if isinstance(line_ref, pa.ChunkedArray) else line_ref
    digits = _without_batch_no(pc.ascii_trim_whitespace(text.fill_null("")), batch_no)
    length = pc.binary_length(digits)
    readable = pc.and_(pc.ascii_is_decimal(digits), pc.and_(pc.greater(length, 0), pc.less_equal(length, _WIDTH_MAX)))
    place: npt.NDArray[np.int32] = pc.if_else(readable, digits, "0").cast(pa.int32()).to_numpy(zero_copy_only=False) - np.int32(1)
    if lines is not None:
        place[place >= lines] = -1
    return place


def _without_batch_no(text: Any, batch_no: str) -> Any:
    ours = pc.starts_with(text, pattern=batch_no)
    if not batch_no or not pc.any(ours).as_py():
        return text
    rest = pc.utf8_slice_codeunits(text, len(batch_no))
    bare = pc.utf8_ltrim(rest, characters=_SEPARATORS)
    separated = pc.less(pc.binary_length(bare), pc.binary_length(rest))
    padded = pc.greater_equal(pc.binary_length(rest), _WIDTH)
    return pc.if_else(pc.and_(ours, pc.or_(separated, padded)), bare, text)
