"""Records of a fixed number of bytes; columns stand at byte positions."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, StringConstraints

from bank_profiles.language.fields import FieldRule, long_form
from bank_profiles.language.formats.base import FileBase
from bank_profiles.language.formats.lines import LineRecord
from bank_profiles.language.words import Block, Padding, Whole, YesNo, one_or_more

Absent = Literal["zeros", "blanks"]
Store = Literal["packed", "bcd", "zoned", "zoned_leading", "binary"]  # a number as a program keeps it: values/stored.py


def _nul(value: Any) -> Any:
    """Programs in C and COBOL fill with zero bytes, which nobody can write in YAML as they are."""
    return "\0" if value == "nul" else value


FieldPadding = Annotated[str, BeforeValidator(_nul), StringConstraints(pattern=r"^[\x00 -~]$")]


class WideField(FieldRule):
    """A column of so many bytes."""

    width: Whole | None = None
    pad: FieldPadding | None = None  # default blank; "0" stands before the number; nul: zero bytes
    align: Literal["left", "right"] | None = None  # default: right with pad "0", else left
    store: Store | None = None  # default: text
    digits: Whole | None = None  # a stored number has so many; default: all there is room for
    signed: YesNo = True  # has a stored number a sign?
    order: Literal["big", "little"] = "big"  # of a binary number: which byte comes first


class FixedField(WideField):
    """A column of a fixed record. One that stands in continuations only has no place of its own."""

    at: Whole | None = None  # 1-based, in bytes


class Repeat(Block):
    """A group that stands several times in its outer record, side by side: a COBOL OCCURS. Each one is a row."""

    at: Whole  # of the first group, from the start of the outer record (or group)
    width: Whole
    times: Whole  # how many there are, or there is room for
    counted_by: str | None = None  # the column of the outer record that says how many there are: OCCURS DEPENDING ON
    shrinks: YesNo = False  # the record ends behind its last group; else the room of all stays
    absent: Annotated[tuple[Absent, ...], BeforeValidator(one_or_more)] = ()  # a group of nothing else is not there


class FixedRecord(LineRecord):
    """One kind of line, or a group repeated in one; then its columns are counted from the start of the group."""

    record_bytes: Whole | None = None  # default: the file's
    repeat: Repeat | None = None
    fields: Mapping[str, Annotated[FixedField, BeforeValidator(long_form)]]


class RecordLength(Block):
    """Every record has its length before it (a record descriptor word). ``at`` and ``width``: the digits within those bytes."""

    bytes: Whole = 4
    at: Whole = 1
    width: Whole | None = None  # default: to the end
    order: Literal["big", "little"] = "big"
    self_inclusive: YesNo = False  # the length counts these bytes too


class Filler(Block):
    """Lines of nothing but one character, which fill the file up to a multiple of ``block`` lines."""

    character: Padding
    block: Whole


class Fixed(FileBase):
    """Lines, or records without line ends, of so many bytes; columns stand at byte positions."""

    format: Literal["fixed"]
    record_bytes: Whole | None = None  # of records that do not say it themselves; without the line end
    counts: Literal["bytes", "chars"] = "bytes"
    line_end: Literal["lf", "crlf", "cr", "none"] = "lf"  # as written; lf and crlf are both read
    record_length: RecordLength | None = None  # then there are no line ends
    skip_first_bytes: Whole = 0  # before the first record
    skip_last_bytes: Whole = 0  # behind the last one
    short_lines: Literal["refuse", "pad"] = "refuse"  # pad: blanks at the end were cut off
    long_lines: Literal["refuse", "ignore_blank"] = "refuse"  # ignore_blank: blanks too many
    filler: Filler | None = None
    records: Mapping[str, FixedRecord]

    def bytes_of(self, record: FixedRecord) -> int:
        """How long a record is (with ``shrinks``: at most); 0 where nothing says it."""
        return record.record_bytes or self.record_bytes or 0
