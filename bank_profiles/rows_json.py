"""``rows/1``: the normal rows of one package as one JSON object, and back again.

``{"schema": "rows/1", "side": "response", "facts": {"batch_no": …, "bank": …, "day": …, "seq": …}, "rows": {"outcome": [{…}], …}}``.
Money is whole minor units under the name with ``_minor``; dates and times are ISO text; units, prices and rates are decimal text.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

import orjson
import pyarrow as pa

from bank_profiles.errors import DataPlace, Problem, Text, UnwritableRoster
from bank_profiles.language.words import SideName
from reconciliation.exchange import RECORDS

SCHEMA = "rows/1"
_MAKERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[str], Any]], ...] = (
    (pa.types.is_date, date.fromisoformat),
    (pa.types.is_time, time.fromisoformat),
    (pa.types.is_decimal, Decimal),
)


@dataclass(frozen=True)
class Rows1:
    """The rows of one package, ready to be written."""

    side: SideName
    facts: Mapping[str, Any]
    tables: dict[str, list[pa.Table]]

    def day(self) -> date:
        return date.fromisoformat(str(self.facts.get("day", "")))

    def made_at(self) -> datetime:
        """The moment the package says it was made; where none is given, the beginning of its day, so that the bytes repeat."""
        given = self.facts.get("made_at")
        return datetime.fromisoformat(str(given)) if given else datetime.combine(self.day(), time(), UTC)


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if value is None or isinstance(value, int | str):
        return value
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def to_json(side: SideName, facts: Mapping[str, Any], tables: Mapping[str, Sequence[pa.Table]]) -> dict[str, Any]:
    """The object ``rows/1``; kinds without rows are left out. Nothing is masked."""
    rows = {
        kind: [{key: plain(value) for key, value in row.items()} for table in parts for row in table.to_pylist()]
        for kind, parts in tables.items()
    }
    rows = {kind: found for kind, found in rows.items() if found}
    said = {key: plain(value) for key, value in facts.items()}
    return {
        "schema": SCHEMA,
        "side": side,
        "facts": said,
        "counts": {kind: len(found) for kind, found in rows.items()},
        "rows": rows,
    }


def from_json(raw: bytes, name: str) -> Rows1:
    """Reads ``rows/1``. Raises UnwritableRoster naming the row and the field that are wrong, never the value."""
    try:
        given = orjson.loads(raw)
    except orjson.JSONDecodeError as broken:
        raise _bad(DataPlace(name, broken.lineno, broken.colno), "this is not JSON", "这不是 JSON") from None
    if not isinstance(given, dict) or given.get("schema") != SCHEMA:
        raise _bad(DataPlace(name), "this is not a rows/1 object", "这不是 rows/1 对象")
    if given.get("side") not in get_args(SideName):
        raise _bad(DataPlace(name, field="side"), "side is neither inquiry nor response", "side 不是 inquiry 或 response")
    rows, facts = given.get("rows"), given.get("facts")
    if not isinstance(rows, dict) or not isinstance(facts, dict):
        raise _bad(DataPlace(name), "facts and rows are missing", "缺少 facts 与 rows")
    tables = {kind: [_table(name, kind, found)] for kind, found in rows.items()}
    return Rows1(given["side"], facts, tables)


def _table(name: str, kind: str, rows: Any) -> pa.Table:
    if kind not in RECORDS or not isinstance(rows, list):
        raise _bad(DataPlace(name, field=f"rows › {kind}"), "this is not a kind of row", "这不是数据行的种类")
    schema = RECORDS[kind]
    made = [_row(name, kind, number, row, schema) for number, row in enumerate(rows, 1)]
    return pa.Table.from_pylist(made, schema=schema)


def _row(name: str, kind: str, number: int, row: Any, schema: pa.Schema) -> dict[str, Any]:
    if not isinstance(row, dict) or (unknown := [key for key in row if key not in schema.names]):
        field = unknown[0] if isinstance(row, dict) else None
        raise _bad(
            DataPlace(name, field=f"{kind} {number} {field or ''}".strip()), "this is not a field of the row", "这不是该行的字段"
        )
    return {column.name: _value(name, f"{kind} {number} {column.name}", column, row.get(column.name)) for column in schema}


def _value(name: str, where: str, column: "pa.Field[pa.DataType]", value: Any) -> Any:
    if value is None:
        if not column.nullable:
            raise _bad(DataPlace(name, field=where), "this field may not be missing", "该字段不能缺少")
        return None
    if pa.types.is_integer(column.type):
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
            raise _bad(DataPlace(name, field=where), "this is not a whole number", "这不是整数")
        return value
    if not isinstance(value, str):
        raise _bad(DataPlace(name, field=where), "this is not a text", "这不是文字")
    maker = next((make for is_of, make in _MAKERS if is_of(column.type)), None)
    try:
        return maker(value) if maker else value
    except (ValueError, InvalidOperation):
        expected = next((text for is_of, text in _SPELLINGS if is_of(column.type)), None)
        raise _bad(DataPlace(name, field=where), "this value cannot be read", "该值无法读取", expected) from None


_ROWS_1 = Text("rows/1 as   profile read --json   gives it", "profile read --json 所给的 rows/1")
_SPELLINGS: tuple[tuple[Callable[[pa.DataType], bool], Text], ...] = (
    (pa.types.is_date, Text("an ISO day (2026-03-01)", "ISO 日期（2026-03-01）")),
    (pa.types.is_time, Text("an ISO time (09:30:00)", "ISO 时间（09:30:00）")),
    (pa.types.is_decimal, Text("a decimal number as text (“12.5”)", "写成文字的小数（“12.5”）")),
)


def _bad(place: DataPlace, en: str, zh: str, expected: Text | None = None) -> UnwritableRoster:
    return UnwritableRoster([Problem(code="bad-rows", place=place, what=Text(en, zh), expected=expected or _ROWS_1)])
