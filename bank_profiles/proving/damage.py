"""Damage to a good file: cut, a byte changed, another encoding, a row twice or not at all, a total off by one, a code nobody knows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from bank_profiles.codecs import codec_for
from bank_profiles.codecs.codec import BadFile, BadLine, Item, Sheaf
from bank_profiles.encodings import decode, encode
from bank_profiles.engine.heralds import is_herald
from bank_profiles.language.formats import shows_its_end
from bank_profiles.layouts.layout import LINES, Field, FileLayout, RecordLayout
from bank_profiles.values.converters import BadValue, CodeList, Codes

Way = Literal["cut", "byte", "encoding", "doubled", "left out", "total", "code"]
WAYS: tuple[Way, ...] = ("cut", "byte", "encoding", "doubled", "left out", "total", "code")

_CUTS = (0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9)
_BYTES = 60  # of one file; of a workbook fewer, as it must be opened each time
_BYTES_OF_BOOK = 12
_ROWS = 4  # of each record
_OTHER_ENCODINGS = ("utf-8", "gb18030", "cp037")


@dataclass(frozen=True)
class Damaged:
    """A file that is no longer good. ``record``: what the damage is about; ``must``: the profile has what must notice it."""

    way: Way
    data: bytes
    record: str | None = None
    field: str | None = None
    must: bool = False


def damaged(layout: FileLayout, data: bytes) -> Iterator[Damaged]:
    """Every damage that is tried on a file."""
    yield from _cuts(layout, data)
    yield from _changed_bytes(layout, data)
    yield from _encodings(layout, data)
    items = _items(layout, data)
    if items is not None:
        yield from _rows(layout, items)
        yield from _totals(layout, items)
        yield from _codes(layout, items)
    else:
        yield from _lines(data)


# ---- bytes --------------------------------------------------------------------------------------------------------------------------


def _cuts(layout: FileLayout, data: bytes) -> Iterator[Damaged]:
    """At many places, and behind whole lines: such a file looks good to its end."""
    places = {int(len(data) * share) for share in _CUTS} | {len(data) - 3}
    ends = [at + 1 for at, byte in enumerate(data) if byte == 0x0A][:-1] if layout.spec.format not in ("excel",) else []
    size = getattr(layout.spec, "record_bytes", None)
    ends = ends or (list(range(size, len(data), size)) if size and len(data) % size == 0 else [])
    places |= set(ends[:: max(len(ends) // 6, 1)]) | set(ends[-2:])
    must = _is_proved(layout)
    return (Damaged("cut", data[:at], must=must) for at in sorted(places) if 0 < at < len(data))


def _changed_bytes(layout: FileLayout, data: bytes) -> Iterator[Damaged]:
    many = _BYTES_OF_BOOK if layout.spec.format == "excel" else _BYTES
    for number in range(min(many, len(data))):
        at = (number * 2 + 1) * len(data) // (2 * min(many, len(data)))
        byte = data[at]
        other = 0x30 + (byte - 0x30 + 1) % 10 if 0x30 <= byte <= 0x39 else byte ^ 0x01
        yield Damaged("byte", data[:at] + bytes([other]) + data[at + 1 :])


def _encodings(layout: FileLayout, data: bytes) -> Iterator[Damaged]:
    if layout.spec.format == "excel":
        return
    try:
        text = decode(data, layout.encoding)
    except UnicodeError:
        return  # stored numbers between: no text to say in another encoding
    for name in _OTHER_ENCODINGS:
        try:
            if name != layout.encoding and (other := encode(text, name)) != data:
                yield Damaged("encoding", other)
        except UnicodeError:
            continue


def _lines(data: bytes) -> Iterator[Damaged]:
    """Of a file whose rows cannot be put together again one by one: its lines as they are."""
    lines = data.splitlines(keepends=True)
    for at in _some(range(len(lines))):
        yield Damaged("doubled", b"".join([*lines[: at + 1], *lines[at:]]))
        yield Damaged("left out", b"".join([*lines[:at], *lines[at + 1 :]]))


# ---- rows ---------------------------------------------------------------------------------------------------------------------------


def _items(layout: FileLayout, data: bytes) -> list[Item] | None:
    """The rows as the codec walks them; None where they cannot be put together again."""
    if any(record.is_continuation or record.shares_line for record in layout.records):
        return None
    items = _walked(layout, data)
    if items is None or any(
        item.record is None or item.bad or any(isinstance(cell, BadValue) for cell in item.cells) for item in items
    ):
        return None
    again = _together(layout, items)
    if again is None:
        return None
    back = _walked(layout, again)
    return items if back is not None and [_said(item) for item in back] == [_said(item) for item in items] else None


def _walked(layout: FileLayout, data: bytes) -> list[Item] | None:
    """All rows of a file; None where it is none of this layout: what stands before a table is no row, and not put together again."""
    codec = codec_for(layout)
    try:
        return [item for piece in codec.pieces([data]) for item in codec.walk(piece)]
    except BadFile:
        return None


def _said(item: Item) -> Any:
    cells = [cell.strip() if isinstance(cell, str) else cell for cell in item.cells]
    return (item.record.name if item.record else None, [cell or None for cell in cells])


def _together(layout: FileLayout, items: Sequence[Item]) -> bytes | None:
    """A file of these rows; None where they do not fit together."""
    codec = codec_for(layout)
    body = [item for item in items if item.record is not None and not is_herald(layout, item.record)]
    first = next((number for number, item in enumerate(items) if item in body), len(items))
    try:
        heads = [codec.compose([_sheaf(item)]) for item in items[:first]]
        middle = codec.compose(_sheaves(layout, body)) if body else b""
        tails = [
            codec.compose([_sheaf(item)]) for item in items[first:] if item.record is not None and is_herald(layout, item.record)
        ]
        blocks = [*heads, middle, *tails]
        return None if any(block is None for block in blocks) else b"".join(block or b"" for block in blocks) + codec.end()
    except (BadLine, BadValue, UnicodeError):
        return None


def _sheaf(item: Item) -> Sheaf:
    assert item.record is not None
    return Sheaf(item.record, [pa.array([cell], pa.string()) for cell in item.cells], np.zeros(1, np.int64))


def _sheaves(layout: FileLayout, items: Sequence[Item]) -> list[Sheaf]:
    """The rows by record, each with its place and the row it is inside of."""
    by_record: dict[str, list[tuple[int, int, Item]]] = {}
    for order, item in enumerate(items):
        assert item.record is not None
        outer = by_record.get(item.record.inside or "", [])
        by_record.setdefault(item.record.name, []).append((order, len(outer) - 1, item))
    made = []
    for record in layout.records:
        if rows := by_record.get(record.name):
            columns = [pa.array([item.cells[at] for _, _, item in rows], pa.string()) for at in range(len(record.fields))]
            orders = np.array([order for order, _, _ in rows], np.int64)
            made.append(
                Sheaf(record, columns, orders, np.array([parent for _, parent, _ in rows], np.int64) if record.inside else None)
            )
    return made


def _rows(layout: FileLayout, items: Sequence[Item]) -> Iterator[Damaged]:
    """A row with all inside it, twice and not at all."""
    for record in layout.records:
        if is_herald(layout, record):
            continue
        places = [number for number, item in enumerate(items) if item.record == record]
        must = _counts(layout, record)
        if shows_its_end(layout.spec) and not must:
            continue  # nothing promises to notice it, and no line of it can be lost on the road: checks/files.py says nothing either
        for at in _some(places):
            end = _end(layout, items, at)
            for way, kept in (("doubled", [*items[:end], *items[at:]]), ("left out", [*items[:at], *items[end:]])):
                data = _together(layout, kept)
                if data is not None:
                    yield Damaged("doubled" if way == "doubled" else "left out", data, record.name, must=must)


def _end(layout: FileLayout, items: Sequence[Item], at: int) -> int:
    """Behind the last row that stands inside this one."""
    record = items[at].record
    assert record is not None
    for number in range(at + 1, len(items)):
        other = items[number].record
        if other is None or record.name not in layout.around(other.name):
            return number
    return len(items)


def _counts(layout: FileLayout, record: RecordLayout) -> bool:
    """Is there a total that must notice one row of it more or less?"""
    return any(
        total.kind == "digest" or (total.kind == "count" and not total.where and {record.name, LINES} & set(total.records))
        for total in layout.totals
        if not total.warns
    )


def _is_proved(layout: FileLayout) -> bool:
    """Would a file that ends too early be noticed: by its form, a record at its end, a count?"""
    return shows_its_end(layout.spec) or layout.tail is not None


def _totals(layout: FileLayout, items: Sequence[Item]) -> Iterator[Damaged]:
    """Every total says one more than is there."""
    for number, item in enumerate(items):
        for at, field in enumerate(item.record.fields if item.record else ()):
            cell = item.cells[at]
            if field.total is None or not isinstance(cell, str) or not any(sign.isdigit() for sign in cell):
                continue
            data = _together(layout, _with(items, number, at, _one_more(cell)))
            if data is not None and item.record is not None:
                yield Damaged("total", data, item.record.name, field.name, must=True)


def _one_more(cell: str) -> str:
    """The last digit one more, as in counting: 000009 → 000010."""
    at = len(cell)
    for at in range(len(cell) - 1, -1, -1):
        if cell[at].isdigit():
            bigger = "0" if cell[at] == "9" else str(int(cell[at]) + 1)
            cell = cell[:at] + bigger + cell[at + 1 :]
            if bigger != "0":
                return cell
    return cell


def _codes(layout: FileLayout, items: Sequence[Item]) -> Iterator[Damaged]:
    """Every column with a map holds a code it does not have."""
    tried: Counter[tuple[str, str]] = Counter()
    for number, item in enumerate(items):
        for at, field in enumerate(item.record.fields if item.record else ()):
            codes = _codes_of(field)
            if codes is None or item.record is None or not item.cells[at] or tried[(item.record.name, field.name)] >= 2:
                continue
            if unknown := _unknown(layout, field, codes):
                data = _together(layout, _with(items, number, at, unknown))
                if data is not None:
                    tried[(item.record.name, field.name)] += 1
                    yield Damaged("code", data, item.record.name, field.name, must=codes.keeps is None)


def _codes_of(field: Field) -> Codes | None:
    converter = field.converter
    return converter if isinstance(converter, Codes) else converter.codes if isinstance(converter, CodeList) else None


def _unknown(layout: FileLayout, field: Field, codes: Codes) -> str | None:
    """A text of the length of a code that is none, and does not mean "missing"."""
    longest = max(map(len, codes.to_word), default=1)
    for text in ("9" * longest, "8" * longest, "Z" * longest, "X" * longest, "7", "Q", "示"):
        if text in codes.to_word or text in field.missing:
            continue
        try:
            codec_for(layout).fit(field, text)
        except BadValue:
            continue
        return text
    return None


def _with(items: Sequence[Item], number: int, at: int, text: str) -> list[Item]:
    cells = [*items[number].cells]
    cells[at] = text
    return [*items[:number], replace(items[number], cells=cells), *items[number + 1 :]]


def _some(places: Sequence[int]) -> list[int]:
    """The first, the last and a few between."""
    if len(places) <= _ROWS:
        return list(places)
    return [places[number * (len(places) - 1) // (_ROWS - 1)] for number in range(_ROWS)]
