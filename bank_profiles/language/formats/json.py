"""A tree of objects and lists: columns are paths ``a/b`` relative to the object of their record."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from bank_profiles.language.fields import long_form
from bank_profiles.language.formats.base import FileBase
from bank_profiles.language.formats.trees import TreeField, TreeRecord
from bank_profiles.language.words import YesNo


class JsonField(TreeField):
    """A member of an object. Strings, numbers, true and false are all read as the text that was received; null is "not there"."""

    written: Literal["text", "number", "boolean"] = Field("text", alias="as")  # how the value is written


class JsonRecord(TreeRecord):
    """One repeated object: alone or in a list, or each member of an object (``each: accounts/*``; the column ``*`` is its key)."""

    rows: Literal["objects", "lists"] = "objects"  # lists: a row is a list of its columns, in their order
    strict: YesNo = False  # a member in it that no column names makes the row bad; else it is passed over
    others: Literal["refuse", "skip"] = "refuse"  # objects of this place that are of none of its records
    id: str | None = None  # the column other records refer to this one by
    refer: dict[str, str] = {}  # column: the record whose id it holds; what that record says may be carried
    fields: Mapping[str, Annotated[JsonField, BeforeValidator(long_form)]]


class Json(FileBase):
    """One document, or (``lines``) one document a line."""

    format: Literal["json"]
    lines: YesNo = False
    records: Mapping[str, JsonRecord]
