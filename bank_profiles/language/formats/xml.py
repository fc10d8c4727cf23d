"""A tree of elements: columns are paths ``a/b/@c`` relative to the element of their record."""

from collections.abc import Mapping
from typing import Literal

from bank_profiles.language.formats.base import FileBase
from bank_profiles.language.records import Record


class XmlRecord(Record):
    """One repeated element. ``each``: its path from the element it is inside, or from the root; ``.`` is that element itself."""

    each: str = "."


class Xml(FileBase):
    """One document; everything is matched by namespace, never by prefix."""

    format: Literal["xml"]
    root: str
    records: Mapping[str, XmlRecord]
