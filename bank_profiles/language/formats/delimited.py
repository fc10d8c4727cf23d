"""Lines of columns with a separator between them."""

from typing import Literal

from bank_profiles.language.formats.base import FileBase
from bank_profiles.language.words import Separator


class Delimited(FileBase):
    """No quoting unless said, so the separator cannot stand inside a text."""

    format: Literal["delimited"]
    separator: Separator
    line_end: Literal["lf", "crlf"] = "lf"  # as written; both are read
