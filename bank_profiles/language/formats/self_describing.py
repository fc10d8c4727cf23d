"""A file that says itself which columns it has: names and number of rows in a header of single lines, then rows of fixed width.

    header        one line a field, in the order of the profile
    003           how many columns
    FundCode …    their names, one a line
    00000010      how many rows
    rows          each column as wide as the profile says: it is the dictionary
    trailer       one line

The exchange of fund data by JR/T 0017 is made so.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator

from bank_profiles.language.fields import long_form
from bank_profiles.language.formats.base import FileBase
from bank_profiles.language.formats.fixed import WideField
from bank_profiles.language.records import Record
from bank_profiles.language.words import Block, Whole


class DictionaryField(WideField):
    """What a column is, and how wide, if a file has it. In a header or trailer, which have a line for each field, no width is needed."""

    widths: dict[str, Whole] = {}  # in files of these versions instead

    def width_in(self, version: str) -> int:
        return self.widths.get(version, self.width or 0)


class Dictionary(Record):
    """The columns that rows may have: which ones, and in which order, each file says. All are written, in this order.

    Names are compared without regard to case. One that is required must be there; one that is not known refuses the file.
    """

    fields: Mapping[str, Annotated[DictionaryField, BeforeValidator(long_form)]]


class Version(Block):
    """A field of the header that says by which edition of the layout the file is made. Another one refuses the file."""

    field: str
    reads: tuple[str, ...]
    writes: str


class SelfDescribing(FileBase):
    """One record gives rows; one with ``place: first`` is the header, one with ``place: last`` the trailer, if there is one."""

    format: Literal["self_describing"]
    line_end: Literal["lf", "crlf"] = "lf"  # as written; both are read
    column_digits: Whole = 3  # the number of columns is written with so many digits
    row_digits: Whole = 8
    version: Version | None = None
    records: Mapping[str, Dictionary]

    @property
    def written_version(self) -> str:
        return self.version.writes if self.version else ""
