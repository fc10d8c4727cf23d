"""A tree of objects and lists: columns are paths ``a/b`` relative to the object of their record."""

from collections.abc import Mapping
from typing import Literal

from bank_profiles.language.formats.base import FileBase
from bank_profiles.language.records import Record


class JsonRecord(Record):
    """One repeated object: alone or in a list. ``each``: its path from the object it is inside, or from the top."""

    each: str = "."


class Json(FileBase):
    """One document."""

    format: Literal["json"]
    records: Mapping[str, JsonRecord]
