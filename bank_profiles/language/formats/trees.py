"""What XML and JSON have in common: records are repeated elements at a path, columns are paths ``a/b`` from there."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator

from bank_profiles.language.fields import FieldRule, long_form
from bank_profiles.language.records import Record

HERE = "."  # the element itself
EVERY = "*"  # each member of an object whose keys are data; as a column: the key its row stands under


class TreeField(FieldRule):
    """A column is a path from the element of its record; a path used twice is written ``a/b#2`` the second time."""

    among: str | None = None  # a beginning of the path that repeats: of those found there only one is wanted …
    when: dict[str, str] = {}  # … the one that says this: {path from there: text}, equality only, several = and


class TreeRecord(Record):
    """One repeated element. ``each``: its path from the element it is inside, or from the top; ``.`` is that element itself."""

    each: str = HERE
    fields: Mapping[str, Annotated[TreeField, BeforeValidator(long_form)]]


def steps(path: str) -> tuple[str, ...]:
    """The steps of a path; none for ``.``. The mark ``#2`` of a path used twice is no part of it."""
    name, mark, number = path.rpartition("#")
    plain = name if mark and number.isdecimal() else path
    return () if plain == HERE else tuple(plain.split("/"))
