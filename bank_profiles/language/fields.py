"""One column of a bank: what it means, how it is spelt, what is demanded of it. Where it stands is each format's own (formats/)."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from bank_profiles.language.words import (
    BLOCK,
    WORD,
    Block,
    Direction,
    Grouping,
    OneOrMore,
    Part,
    Point,
    SignWord,
    Trim,
    Unit,
    Whole,
    YesNo,
    word_or_block,
)


class Equals(Block):
    """A control total: computed when we write, checked when we read. Exactly one of count, sum, hash and digest.

    It runs over the rows under the nearest record both stand in: a trailer inside an account counts the lines of that account.
    """

    count: OneOrMore | None = None  # rows of these records of the same file; ``lines``: all lines, header and trailer included
    sum: str | None = None  # "record.target", over the rows as received, as written
    hash: str | None = None  # "record.column": the digits of a column added up as numbers
    take: Part | None = None  # of the hashed column only these characters: from (1-based), how many
    modulo: Whole | None = None  # a hash total keeps so many digits
    per: Whole | None = None  # a count of blocks: so many rows make one, the last one may be short
    digest: Literal["sm3", "sha256", "md5"] | None = None  # of all bytes before the line this stands in
    where: dict[str, str] = {}  # only rows whose column says this
    severity: Literal["error", "warning"] = "error"  # warning: a difference is reported, the file is taken


class SignBy(Block):
    """The sign of an amount stands in another column: ``{by: 借贷, minus: D, plus: [C, ""]}``. A text of neither kind is no sign."""

    by: str
    minus: OneOrMore  # the first one is written
    plus: OneOrMore


Sign = Annotated[Annotated[SignWord, Tag(WORD)] | Annotated[SignBy, Tag(BLOCK)], Discriminator(word_or_block)]


class Year(Block):
    """The year of a date that is written without one. ``until`` and ``near`` name another column of the row, or the fact ``day``."""

    until: str | None = None  # the latest such day that is not after this one: a list of what went before
    near: str | None = None  # the one nearest to this one: an entry near its value date

    @property
    def anchor(self) -> str:
        return self.until or self.near or ""


class FieldRule(Block):
    """One column of the bank: which of our fields it is (the target decides the type) and how it is spelt."""

    # what it means
    targets: OneOrMore = Field(default=(), alias="to")  # fields of the record, facts of the file, or "skip"
    const: str | None = None  # written; on reading it must be exactly this
    same_as: Literal["inquiry.batch_no"] | None = None
    equals: Equals | None = None
    # what it is made of; with one of these it takes no place in the record, and is only read
    join: tuple[str, ...] | None = None  # other columns, one behind the other
    first_of: tuple[str, ...] | None = None  # the first of these columns that is not missing
    of: str | None = None  # with ``take``: the column it is a part of; without ``of``: of itself
    # how it is spelt
    take: Part | None = None  # only these characters: from (1-based), how many
    map: str | None = None
    list: str | None = None  # several words in one column, by this separator
    unit: Unit | None = None
    decimals: Whole | None = None  # implied decimal places: 123456 with 2 is 1234.56 of the unit; with a point: at most so many
    point: Point | None = None  # the sign before the decimals
    grouping: Grouping | None = None  # stands between each three digits; without: refused
    sign: Sign | None = None  # where a sign stands; without: "-" before a negative number
    plus: YesNo = False  # a "+" may stand before a number that is not below zero
    direction: Direction | None = None  # of a movement's amount: where it goes; an amount below zero goes the other way
    strip: OneOrMore | None = None  # texts before or behind a number that are no part of it; not written
    format: str | None = None
    formats: tuple[str, ...] | None = None  # tried in order when reading, the first one is written
    pivot: Whole | None = None  # of yy: below it 20yy, from it on 19yy
    year: Year | None = None
    masked: OneOrMore | None = None  # characters that hide part of an identifier, read as *
    escape: Literal["excel"] | None = None  # ="0012" or '0012: text that a spreadsheet must not take for a number
    trim: Trim | None = None  # default both
    missing: tuple[str, ...] | None = None  # these texts mean "not given"; the first one is written for null
    # what is demanded of it
    required: YesNo = False
    longest: Whole | None = None  # in bytes of the file's encoding

    @property
    def to(self) -> str | None:
        """The first, mostly the only, field this column fills."""
        return self.targets[0] if self.targets else None

    @property
    def is_virtual(self) -> bool:
        """Made of other columns: no cell of the record."""
        return bool(self.join or self.first_of or self.of)

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns that a virtual one is made of."""
        return self.join or self.first_of or ((self.of,) if self.of else ())


def long_form(value: Any) -> Any:
    """``账号: account_no`` is short for ``账号: {to: account_no}``."""
    return {"to": value} if isinstance(value, str) else value


FieldSpec = Annotated[FieldRule, BeforeValidator(long_form)]
