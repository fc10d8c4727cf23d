"""What every file has in common, whatever its format."""

from collections.abc import Mapping
from typing import Literal

from bank_profiles.language.records import Record
from bank_profiles.language.words import Block, Whole, YesNo

Encoding = Literal[  # each is in bank_profiles/encodings
    "gb18030",
    "gbk",  # read as gb18030; a character of four bytes is not written
    "utf-8",
    "utf-8-bom",
    "utf-16",  # the byte order mark says which byte comes first
    "utf-16-le",
    "utf-16-be",
    "big5",
    "big5-hkscs",
    "shift_jis",
    "ascii",
    "latin-1",
    "cp1252",
    "cp850",
    "cp037",  # from here on EBCDIC
    "cp500",
    "cp1047",
    "cp935",  # with simplified Chinese
    "cp937",  # with traditional Chinese
    "cp1388",  # with simplified Chinese, all of GBK
]


BY_BATCH = "{batch}"  # the name of what travels without one: a message on a line


class FileBase(Block):
    """One file of a side."""

    name: str = BY_BATCH
    required: YesNo = True  # a file that is not required may be left out of a package
    times: Literal["one", "optional", "at_least_one", "any"] | None = None  # files of this name in one package
    rows_max: Whole | None = None  # when we write: more rows go into further parts, {part:n}
    encoding: Encoding | None = None
    records: Mapping[str, Record]

    @property
    def occurs(self) -> str:
        """How many files of this name a package has."""
        return self.times or ("one" if self.required else "optional")
