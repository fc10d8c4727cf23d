"""What every file has in common, whatever its format."""

from collections.abc import Mapping
from typing import Literal

from bank_profiles.language.records import Record
from bank_profiles.language.words import Block, YesNo

Encoding = Literal["gb18030", "utf-8"]


class FileBase(Block):
    """One file of a side."""

    name: str
    required: YesNo = True  # a file that is not required may be left out of a package
    encoding: Encoding | None = None
    records: Mapping[str, Record]
