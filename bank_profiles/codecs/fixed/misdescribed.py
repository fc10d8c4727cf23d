"""A fixed file that is whole but laid out otherwise than its profile says: with line ends, with longer records, with names in UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np

from bank_profiles.codecs.codec import BadFile, BadLine
from bank_profiles.codecs.fixed.cells import span
from bank_profiles.codecs.fixed.frames import Slices, gathered
from bank_profiles.codecs.fixed.width import FixedFormat
from bank_profiles.encodings import ENCODINGS
from bank_profiles.errors import Text
from bank_profiles.values.stored import stored

_JUNK = b"\r\n\x1a"
_LOOKED_AT = 64  # records
_TWICE = 2
_ALIKE = 0.9  # so much of each record is of the same kind of sign as in all others
_WORD = 2  # Chinese characters: fewer may pass as UTF-8 by chance


# ---- records of another length ------------------------------------------------------------------------------------------------------


def as_described(blocks: Iterable[bytes], form: FixedFormat, frames: Slices) -> Iterator[bytes]:
    """The blocks of a file without line ends, once its beginning is looked at. Raises BadFile where another layout is plain."""
    large = gathered(blocks)
    first, second = next(large, b""), next(large, None)
    if form.has_text_only and ENCODINGS[form.cells.encoding].family == "ascii":
        _check_line_ends(first, frames)
        if second is None and form.spec.short_lines == "refuse":
            _check_length(first.rstrip(_JUNK), form, frames)
    return chain([first] if first else [], [] if second is None else [second], large)


def _check_line_ends(data: bytes, frames: Slices) -> None:
    for end, name in ((b"\n", "lf"), (b"\r\n", "crlf"), (b"\r", "cr")):
        step = frames.size + len(end)
        at = range(frames.first or frames.size, min(len(data), step * _LOOKED_AT), step)
        if len(at) >= _TWICE and all(data.startswith(end, place) for place in at):
            raise BadFile(
                "record-length",
                Text(f"every {_nth(step)} byte is a line end", f"每 {step} 字节有一个换行"),
                Text(f"records of {frames.size} bytes without line ends", f"记录为 {frames.size} 字节，无换行"),
                Text(
                    f"new edition with   line_end: {name}. The whole file is refused",
                    f"登记   line_end: {name}   的新版本。整个文件已拒收",
                ),
                1,
            )


def _nth(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _check_length(data: bytes, form: FixedFormat, frames: Slices) -> None:
    """Where no number of records of the profile's length is so long: is it so many of another length?"""
    size, total = frames.size, len(data)
    if {frames.first or size, frames.last or size} != {size} or not total % size:
        return
    lengths = (number for number in range(max(size // 2, 1), 2 * size + 1) if total % number == 0 and total // number >= _TWICE)
    fitting = [number for number in lengths if _records_of(data, number, form)]
    if not fitting:
        return
    found = min(fitting, key=lambda number: abs(number - size))
    times = f"{total:,} {{}} = {total // found:,} × {found}"
    raise BadFile(
        "record-length",
        Text(f"{times.format('bytes')}, the profile has {size}", f"{times.format('字节')}，画像为 {size}"),
        Text(f"records of {size} bytes", f"记录为 {size} 字节"),
        Text(
            f"did the bank add columns? new edition with records of {found} bytes. The whole file is refused",
            f"银行增加了字段？登记记录长 {found} 字节的新版本。整个文件已拒收",
        ),
        1,
    )


def _records_of(data: bytes, length: int, form: FixedFormat) -> bool:
    """Parted so, is each of them one of the profile's records by its marks, or at least of the same build as the others?"""
    rows = [data[at : at + length] for at in range(0, min(len(data), length * _LOOKED_AT), length)]
    if any(record.when for record in form.bodies):
        return all(_is_known(row, form) for row in rows)
    codes = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, length)
    kinds = _KINDS[codes]
    return bool((kinds == kinds[0]).all(axis=0).mean() >= _ALIKE)


def _is_known(row: bytes, form: FixedFormat) -> bool:
    try:
        return form.record_of(form.cells.row(row)) is not None
    except (BadLine, UnicodeDecodeError):
        return False


def _kinds() -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Digits, blanks, other ASCII, what is beyond."""
    kinds = np.full(256, 3, np.uint8)
    kinds[:128] = 2
    kinds[ord("0") : ord("9") + 1] = 1
    kinds[ord(" ")] = 0
    return kinds


_KINDS = _kinds()


# ---- texts of another encoding ------------------------------------------------------------------------------------------------------


def texts_in_utf8(bodies: Sequence[bytes], form: FixedFormat) -> bool:
    """Are most texts beyond ASCII good UTF-8, if perhaps cut at the end of their column? What is around them need not be."""
    if form.cells.in_chars or form.cells.encoding in ("utf-8", "utf-8-bom") or ENCODINGS[form.cells.encoding].family != "ascii":
        return False
    cells = {cell for row in bodies[: _LOOKED_AT * 4] for cell in _texts(row, form) if not cell.isascii()}
    return bool(cells) and _TWICE * sum(map(_is_utf8, cells)) > len(cells)


def _texts(row: bytes, form: FixedFormat) -> Iterator[bytes]:
    try:
        record = form.record_of(row)
    except BadLine:
        return
    for field in record.fields if record is not None else ():
        if field.span is not None and stored(field.spelt, form.cells.encoding) is None:
            yield row[slice(*span(field))].strip()


def _is_utf8(cell: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(cell)
    except UnicodeDecodeError:
        return False
    return sum("\u4e00" <= sign <= "\u9fff" for sign in text) >= _WORD
