"""The published schema of ``rows/1``, what ``profile read --json`` prints: every field with its type, its names and its closed list."""

from typing import Any

import pyarrow as pa

from bank_profiles.values.targets import FACTS, WORDS
from reconciliation.elements import FIELDS, LISTS, NOT_AT_HAND, NOT_AT_HAND_ZH, Element
from reconciliation.exchange import RECORDS

SCHEMA_ID = "rows.v1.json"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_OF_WORD = {"text": "string", "integer": "integer", "date": "string", "time": "string"}


def rows_schema() -> dict[str, Any]:
    """A JSON Schema (2020-12). Money is a whole number of minor units; dates and times are ISO texts; decimals are texts."""
    return {
        "$schema": _DRAFT,
        "$id": SCHEMA_ID,
        "title": "rows/1",
        "description": "Normal rows of one file or package of a bank / 一个银行文件或包的标准数据行",
        "type": "object",
        "required": ["schema", "side", "facts", "counts", "rows"],
        "properties": {
            "schema": {"const": "rows/1"},
            "side": {"enum": ["inquiry", "response", "receipt"]},
            "facts": {
                "type": "object",
                "properties": {name: {"type": _OF_WORD.get(kind, "string")} for name, kind in FACTS.items()},
            },
            "counts": {"type": "object", "properties": {kind: {"type": "integer", "minimum": 0} for kind in RECORDS}},
            "rows": {
                "type": "object",
                "additionalProperties": False,
                "properties": {kind: {"type": "array", "items": {"$ref": f"#/$defs/{kind}"}} for kind in RECORDS},
            },
            "papers": {
                "description": "Of a question that came with its authorizations / 随查询送出的授权书材料",
                "type": "object",
                "properties": {"letter": {"type": "string"}, "without": {"type": "array", "items": {"type": "string"}}},
            },
        },
        "$defs": {kind: _record(schema) for kind, schema in RECORDS.items()} | {f"{name}_list": _words(name) for name in WORDS},
    }


def _record(schema: pa.Schema) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [column.name for column in schema if not column.nullable],
        "properties": {column.name: _field(column) for column in schema},
    }


def _field(column: "pa.Field[pa.DataType]") -> dict[str, Any]:
    said = FIELDS[column.name]
    described = {"title": said.zh, "description": said.en, "x-mzt073": _element(said)}
    if column.name in WORDS and column.name != "scope":
        of: dict[str, Any] = {"$ref": f"#/$defs/{column.name}_list"}
        return described | ({"anyOf": [of, {"type": "null"}]} if column.nullable else of)
    kind = _type(column.type)
    return described | ({"type": [kind.pop("type"), "null"]} | kind if column.nullable else kind)


def _type(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_integer(kind):
        return {"type": "integer"}
    if pa.types.is_date(kind):
        return {"type": "string", "format": "date"}
    if pa.types.is_time(kind):
        return {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]$"}
    if pa.types.is_decimal(kind):
        return {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
    return {"type": "string"}


def _words(name: str) -> dict[str, Any]:
    """A closed list, each word with its names."""
    return {
        "description": f"{LISTS[name].zh} / {LISTS[name].en}",
        "x-mzt073": _element(LISTS[name]),
        "oneOf": [{"const": word, "title": row.zh, "description": row.en} for word, row in WORDS[name].items()],
    }


def _element(said: Element) -> str:
    return said.element or f"{NOT_AT_HAND} / {NOT_AT_HAND_ZH}"
