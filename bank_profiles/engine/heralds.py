"""Headers and trailers of a whole file, which say facts and totals: whether the rows around them must wait for what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bank_profiles.layouts.layout import FileLayout, RecordLayout
from reconciliation.exchange import RECORDS

if TYPE_CHECKING:
    import pyarrow as pa

    Column = pa.Array[Any]


def is_herald(layout: FileLayout, record: RecordLayout) -> bool:
    """A header or trailer of the whole file: it gives no rows and none stand inside it."""
    stands_alone = record.inside is None and not record.is_continuation
    return record.kind is None and stands_alone and record.name not in {other.inside for other in layout.records}


def may_go_together(layout: FileLayout, records: Sequence[RecordLayout]) -> bool:
    """May all rows of these records be read at once, whatever their order? Not where a row needs a fact that one among them says."""
    said = [
        field.target
        for record in records
        if is_herald(layout, record)
        for field in record.columns
        if field.target and not field.batch_of_inquiry
    ]
    return len(set(said)) == len(said) and _awaited(layout).isdisjoint(said)


def _awaited(layout: FileLayout) -> frozenset[str]:
    """Facts that rows take over from headers; and the batch, which rows may say as well."""
    kinds = {record.kind for record in layout.records if record.kind}
    names = {name for kind in kinds for name in RECORDS[kind].names}
    made = {field.made.fact for record in layout.records for field in record.derived if field.made and field.made.fact}
    return frozenset(names | made | {"batch_no"})


def facts_said(record: RecordLayout, values: Mapping[int, Column]) -> dict[str, Any]:
    """What the rows of a header say, the last of them first."""
    said: dict[str, Any] = {}
    for index, field in enumerate(record.columns):
        if field.target and index in values and len(given := values[index].drop_null()):
            said[field.target] = given[-1].as_py()
    return said
