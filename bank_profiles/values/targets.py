"""What a column may mean, and of which type that is: the target field decides the type, the profile only the spelling."""

from collections.abc import Callable
from typing import Literal

import pyarrow as pa

from reconciliation.exchange import RECORDS
from reconciliation.words import (
    ASSET_CLASSES,
    DIRECTIONS,
    ID_TYPES,
    OUTCOMES,
    PRODUCTS,
    RECEIPTS,
    REVISIONS,
    STATUSES,
    YES_NO,
    Word,
)

Kind = Literal["text", "word", "words", "currency", "money", "decimal", "integer", "date", "time"]

SKIP = "skip"
CODE = "_code"  # product_code: the field for the code of a word
BATCH_DIGITS = 15  # a batch number is its day, yyyyMMdd, and seven digits
POSITION_DIGITS = 6  # a line's position in its batch is written with six digits

# What all rows of a file may have in common, said once in a header: ``one_per_file`` of a side names it.
ONCE: dict[str, Kind] = {
    "as_of": "date",
    "window_from": "date",
    "window_to": "date",
    "scope": "words",
    "purpose": "text",
}

# Facts of a whole file, in headers and trailers: what the writer of a package knows of it.
FACTS: dict[str, Kind] = {
    "batch_no": "text",
    "bank": "text",
    "day": "date",
    "made_time": "time",
    "seq": "integer",
    "part": "integer",  # which of the files of its name this is, and how many there are
    "parts": "integer",
    "package_no": "integer",  # which of the packages of one answer this is, and how many there are
    "packages": "integer",
    "revision": "word",  # an answer that takes the place of an earlier one says so
    **ONCE,
}

# Closed lists by target: a column of these holds our words once its map is applied.
WORDS: dict[str, dict[str, Word]] = {
    "id_type": ID_TYPES,
    "scope": ASSET_CLASSES,
    "outcome": {word: row for word, row in OUTCOMES.items() if word != "not_answered"},  # silence is never said by a code
    "product": PRODUCTS,
    "status": STATUSES,
    "direction": DIRECTIONS,
    "code": RECEIPTS,
    "accepted": YES_NO,
    "revision": REVISIONS,
}

# Without these a row means nothing.
REQUIRED = {
    "inquiry": ("line_ref", "name", "id_type", "id_no"),
    "outcome": ("line_ref", "outcome"),
    "holding": ("line_ref", "account_no", "product", "currency", "balance"),
    "movement": ("line_ref", "account_no", "booked_on", "direction", "currency", "amount"),
    "receipt": ("code",),
}


def column_of(kind: str, target: str) -> str:
    """The column of the record's table that a target fills: money is kept under the name with ``_minor``."""
    names = RECORDS[kind].names
    return target if target in names else f"{target}_minor"


def targets(kind: str | None) -> dict[str, Kind]:
    """Every target of a record that gives ``kind`` rows (None: headers and trailers) with its type, in the record's order."""
    return dict(FACTS if kind is None else _TARGETS[kind])


def in_chinese(kind: str) -> str:
    """What rows of a kind are called; the word of the language stands behind."""
    return f"{_ROWS[kind]}（{kind}）" if kind in _ROWS else kind


_ROWS = {"inquiry": "查询行", "outcome": "结果行", "holding": "账户行", "movement": "流水行", "receipt": "回执行"}


def _kind(field: "pa.Field[pa.DataType]") -> Kind:
    if field.name.endswith("_minor"):
        return "money"
    if field.name == "currency":
        return "currency"
    if field.name in WORDS:
        return "words" if field.name == "scope" else "word"
    return next((kind for is_of, kind in _BY_TYPE if is_of(field.type)), "text")


_BY_TYPE: tuple[tuple[Callable[[pa.DataType], bool], Kind], ...] = (
    (pa.types.is_date, "date"),
    (pa.types.is_time, "time"),
    (pa.types.is_decimal, "decimal"),
    (pa.types.is_integer, "integer"),
)
_TARGETS = {
    name: {field.name.removesuffix("_minor"): _kind(field) for field in schema if field.name != "resolution_minor"}
    for name, schema in RECORDS.items()
}
