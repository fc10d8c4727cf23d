"""Lines of columns with a separator between them, with titles or without."""

from collections.abc import Mapping
from typing import Literal

from bank_profiles.language.formats.base import FileBase
from bank_profiles.language.formats.lines import LineRecord
from bank_profiles.language.formats.tables import Table, TitledRecord
from bank_profiles.language.words import Block, Comment, Quote, Separator, Whole, YesNo


class RepeatedColumns(Block):
    """The columns behind those of the record around this one, to the end of the line: so many at a time are a row."""

    times: Literal["rest"]


class DelimitedRecord(TitledRecord, LineRecord):
    """One kind of line, or of group in a line."""

    rest: Literal["refuse", "ignore", "text"] = "refuse"  # more columns than fields: are not read, or are part of the last one
    repeat: RepeatedColumns | None = None  # this record is a group of columns of the record it is ``inside``


class Delimited(FileBase, Table):
    """No quoting unless said, so the separator cannot stand inside a text. Without ``title_row`` columns stand in the profile's order."""

    format: Literal["delimited"]
    separator: Separator
    quote: Quote | None = None  # a cell that begins with it goes to the next one; doubled inside it is one
    ends_with_separator: YesNo = False  # behind the last column, too
    ends_with: Comment | None = None  # every line ends with this sign
    short_rows: Literal["refuse", "pad"] = "refuse"  # pad: columns at the right may be left out, they are missing then
    line_end: Literal["lf", "crlf", "cr"] = "lf"  # as written; lf and crlf are both read, cr only where it is said
    skip_first: Whole = 0  # so many lines are of no record
    blank_lines: Literal["refuse", "skip"] = "refuse"  # between rows; at the end they are always forgiven
    comments: Comment | None = None  # lines that begin so are of no record
    records: Mapping[str, DelimitedRecord]
