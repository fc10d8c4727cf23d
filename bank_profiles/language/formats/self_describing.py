"""A file that says itself which columns it has: a header of single lines with their names in it, then rows of fixed width.

    header        one line a field; ``columns`` stands for their number and, one a line, their names
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


class DescribedField(WideField):
    """A column of rows, as wide as this; or a line of the header or trailer, of any width."""

    widths: dict[str, Whole] = {}  # in files of these versions instead
    columns: Whole | None = None  # in a header: here stand the number of columns, in so many digits, and their names

    def width_in(self, version: str) -> int:
        return self.widths.get(version, self.width or 0)


class DescribedRecord(Record):
    """Header, rows or trailer. The columns of rows are those a row may have: which ones, and in which order, each file says.

    Names are compared without regard to case. One that is required must be there; one that is not known refuses the file. All are
    written, in this order.
    """

    fields: Mapping[str, Annotated[DescribedField, BeforeValidator(long_form)]]


class Version(Block):
    """A field of the header that says by which edition of the layout the file is made. Another one refuses the file."""

    field: str
    reads: tuple[str, ...]
    writes: str


class SelfDescribing(FileBase):
    """One record gives rows; one with ``place: first`` is the header, one with ``place: last`` the trailer, if there is one."""

    format: Literal["self_describing"]
    line_end: Literal["lf", "crlf"] = "lf"  # as written; both are read
    version: Version | None = None
    records: Mapping[str, DescribedRecord]

    @property
    def written_version(self) -> str:
        return self.version.writes if self.version else ""
