"""What every kind of record has in common, whatever the format: which rows it gives, how it is told, what it stands inside."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from bank_profiles.language.fields import FieldRule, FieldSpec
from bank_profiles.language.words import Block, Gives


def same_names(value: Any) -> Any:
    """``by: [a, b]`` is short for ``by: {a: a, b: b}``."""
    names = [value] if isinstance(value, str) else value
    return {name: name for name in names} if isinstance(names, list | tuple) else names


class Record(Block):
    """One kind of line, element or row range. Formats add where it stands (formats/)."""

    gives: Gives | None = None  # nothing: a header, a trailer, a level above
    place: Literal["first", "last"] | None = None
    when: dict[str, str] = {}  # column: text, equality only, several = and; written as well as read
    times: Literal["one", "optional", "any", "at_least_one"] | None = None
    inside: str | None = None  # the record this one belongs to: in lines the last one before it, in trees the one around it
    by: Annotated[dict[str, str], BeforeValidator(same_names)] = {}  # with inside: not the last row before it, but the one whose
    # columns say the same: {our column: its column}; a list where both have the same names
    carry: tuple[str, ...] = ()  # fields of the records around it that its rows have too
    always: dict[str, str] = {}  # our field: our word, for what the bank does not send
    implies: Literal["found"] | None = None  # an account in the answer is itself the answer "found": the bank says no outcome
    says_outcome: dict[str, dict[str, str]] = {}  # column: {text: outcome}: such a row is no holding but this outcome of its line
    fields: Mapping[str, FieldSpec]

    @property
    def placed(self) -> dict[str, FieldRule]:
        """The columns that have a place in it; the others are made of them."""
        return {column: rule for column, rule in self.fields.items() if not rule.is_virtual}

    @property
    def occurs(self) -> str:
        """How often it must stand in the file; a header or trailer exactly once, so that a lost one is an error."""
        return self.times or ("one" if self.place else "any")
