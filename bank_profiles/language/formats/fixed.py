"""Records of a fixed number of bytes; columns stand at byte positions."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator

from bank_profiles.language.fields import FieldRule, long_form
from bank_profiles.language.formats.base import FileBase
from bank_profiles.language.records import Record
from bank_profiles.language.words import Padding, Whole


class FixedField(FieldRule):
    """A column of a fixed record."""

    at: Whole | None = None  # 1-based, in bytes
    width: Whole | None = None
    pad: Padding | None = None  # default blank; "0" stands before the number
    align: Literal["left", "right"] | None = None  # default: right with pad "0", else left


class FixedRecord(Record):
    """One kind of line."""

    fields: Mapping[str, Annotated[FixedField, BeforeValidator(long_form)]]


class Fixed(FileBase):
    """Lines of a fixed number of bytes; columns stand at byte positions."""

    format: Literal["fixed"]
    record_bytes: Whole
    counts: Literal["bytes"] = "bytes"
    line_end: Literal["lf", "crlf"] = "lf"  # as written; both are read
    records: Mapping[str, FixedRecord]
