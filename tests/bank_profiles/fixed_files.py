"""Fixed files for tests: layouts made from the words of a profile, rows made by chance, and what two readers must agree on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from bank_profiles.codecs.codec import Codec, Cut, Item, Sheaf
from bank_profiles.codecs.fixed.codec import FixedCodec
from bank_profiles.errors import ProfilePlace
from bank_profiles.language.formats.fixed import Fixed, FixedField, FixedRecord
from bank_profiles.layouts.cells import trimmed
from bank_profiles.layouts.layout import Field, FileLayout, RecordLayout
from bank_profiles.values.converters import BadValue, Plain

HERE = ProfilePlace("test.yaml", 1)


def made(words: Mapping[str, Any], encoding: str = "gb18030") -> FileLayout:
    """The layout of a fixed file, every column read as text."""
    spec = Fixed.model_validate({"name": "f.dat", "format": "fixed", **words})
    records = tuple(_record(name, record, encoding) for name, record in spec.records.items())
    return FileLayout("f", spec, encoding, records, HERE)


def _record(name: str, record: FixedRecord, encoding: str) -> RecordLayout:
    columns = list(record.fields)
    return RecordLayout(
        name=name,
        kind=record.gives,
        place=record.place,
        occurs=record.occurs,
        when={columns.index(column): text for column, text in record.when.items()},
        fields=tuple(
            _field(i, column, rule, record, encoding) for i, (column, rule) in enumerate(record.fields.items(), start=1)
        ),
        always={},
        rule=HERE,
        spec=record,
        inside=record.inside,
    )


def _field(number: int, column: str, rule: FixedField, record: FixedRecord, encoding: str) -> Field:
    return Field(
        column,
        number,
        HERE,
        encoding,
        rule,
        target=rule.to,
        converter=Plain(),
        says=rule.const if rule.const is not None else record.when.get(column),
        trim=rule.trim or "both",
        span=(rule.at - 1, rule.at - 1 + rule.width) if rule.at and rule.width else None,
        pad=rule.pad or " ",
        align_right=rule.align == "right",
    )


# ---- writing ------------------------------------------------------------------------------------------------------------------------


def written(
    layout: FileLayout, portions: Sequence[Sequence[tuple[str, Sequence[Mapping[str, str]], Sequence[int], Any]]]
) -> bytes | None:
    """A file of these portions: (record, rows, their order, their parents); marks are filled in. None where some text does not fit."""
    codec = FixedCodec(layout)
    blocks = [codec.compose([sheaf(layout, *part) for part in portion]) for portion in portions]
    return None if None in blocks else b"".join([*(block or b"" for block in blocks), codec.end()])


def sheaf(
    layout: FileLayout, name: str, rows: Sequence[Mapping[str, str]], order: Sequence[int], parents: Sequence[int] | None = None
) -> Sheaf:
    record = layout.record(name)
    columns = [
        pa.array([field.says if field.says is not None else row.get(field.name, "") for row in rows], pa.string())
        for field in record.fields
    ]
    return Sheaf(record, columns, np.array(order, np.int64), None if parents is None else np.array(parents, np.int64))


def flat(layout: FileLayout, name: str, rows: Sequence[Mapping[str, str]]) -> bytes:
    """One record's rows, header and trailer around them where the layout has them."""
    portions: list[list[Any]] = [[(name, rows, range(len(rows)), None)]]
    head = [[(layout.head.name, [{}], [0], None)]] if layout.head else []
    tail = [[(layout.tail.name, [{}], [0], None)]] if layout.tail else []
    data = written(layout, [*head, *portions, *tail])
    assert data is not None
    return data


# ---- reading ------------------------------------------------------------------------------------------------------------------------


def read(layout: FileLayout, data: bytes, size: int = 1 << 20) -> tuple[Codec, list[Item]]:
    """Every row by the plain reader; the fast one must say the same wherever it says anything."""
    codec = FixedCodec(layout)
    items: list[Item] = []
    for piece in codec.pieces(data[at : at + size] for at in range(0, len(data), size)):
        walked = list(codec.walk(piece))
        agree(codec.cut(piece), walked)
        by_parts = [item for part in codec.parts(piece) for item in codec.walk(part)]
        assert [(item.record, item.line, _codes(item)) for item in walked] == [
            (item.record, item.line, _codes(item)) for item in by_parts
        ]
        items += walked
    return codec, items


def _codes(item: Item) -> list[Any]:
    return [cell.code if isinstance(cell, BadValue) else cell for cell in item.cells]


def agree(cuts: Sequence[Cut] | None, items: Sequence[Item]) -> None:
    """The same rows, in the same order, of the same texts."""
    if cuts is None:
        return
    assert all(item.bad is None and item.record is not None for item in items)
    found = sorted(
        (order, cut.record.name, line, row)
        for cut in cuts
        for order, line, row in zip(
            (cut.lines if cut.order is None else cut.order).tolist(), cut.lines.tolist(), _rows(cut), strict=True
        )
    )
    assert [(item.record.name, item.line, texts(item)) for item in items if item.record] == [each[1:] for each in found]


def _rows(cut: Cut) -> list[tuple[str | None, ...]]:
    columns = [column.to_pylist() if column is not None else [""] * len(cut.lines) for column in cut.columns]
    rows = zip(*columns, strict=True)
    return [tuple(_shown(field, cell) for field, cell in zip(cut.record.fields, row, strict=True)) for row in rows]


def texts(item: Item) -> tuple[str | None, ...]:
    """The texts of a row, trimmed."""
    assert item.record is not None
    return tuple(_shown(field, cell) for field, cell in zip(item.record.fields, item.cells, strict=True))


def _shown(field: Field, cell: Any) -> Any:
    return trimmed(field, cell) if isinstance(cell, str) else cell
