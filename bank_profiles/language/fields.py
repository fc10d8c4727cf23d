"""One column of a bank: what it means, how it is spelt, what is demanded of it. Where it stands is each format's own (formats/)."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from bank_profiles.language.words import Block, OneOrMore, Trim, Unit, Whole, YesNo


class Equals(Block):
    """A control total: computed when we write, checked when we read. Exactly one of count, sum, hash and digest.

    It runs over the rows under the nearest record both stand in: a trailer inside an account counts the lines of that account.
    """

    count: OneOrMore | None = None  # rows of these records of the same file; ``lines``: all lines, header and trailer included
    sum: str | None = None  # "record.target", over the rows as received, as written
    hash: str | None = None  # "record.column": the digits of a column added up as numbers
    take: tuple[Whole, Whole] | None = None  # of the hashed column only these characters: from (1-based), how many
    modulo: Whole | None = None  # a hash total keeps so many digits
    per: Whole | None = None  # a count of blocks: so many rows make one, the last one may be short
    digest: Literal["sm3", "sha256", "md5"] | None = None  # of all bytes before the line this stands in
    where: dict[str, str] = {}  # only rows whose column says this
    severity: Literal["error", "warning"] = "error"  # warning: a difference is reported, the file is taken


class SignBy(Block):
    """The sign of an amount stands in another column: ``{by: 借贷, minus: [D]}``."""

    by: str
    minus: OneOrMore


class FieldRule(Block):
    """One column of the bank: which of our fields it is (the target decides the type) and how it is spelt."""

    # what it means
    targets: OneOrMore = Field(default=(), alias="to")  # fields of the record, facts of the file, or "skip"
    const: str | None = None  # written; on reading it must be exactly this
    same_as: Literal["inquiry.batch_no"] | None = None
    equals: Equals | None = None
    # how it is spelt
    map: str | None = None
    list: str | None = None  # several words in one column, by this separator
    unit: Unit | None = None
    decimals: Whole | None = None  # implied decimal places: 123456 with 2 is 1234.56 of the unit
    sign: Literal["leading", "trailing"] | None = None  # a + or - that always stands there; without: "-" before a negative amount
    format: str | None = None
    formats: tuple[str, ...] | None = None  # tried in order when reading, the first one is written
    trim: Trim | None = None  # default both
    missing: tuple[str, ...] | None = None  # these texts mean "not given"; the first one is written for null
    # what is demanded of it
    required: YesNo = False
    longest: Whole | None = None  # in bytes of the file's encoding

    @property
    def to(self) -> str | None:
        """The first, mostly the only, field this column fills."""
        return self.targets[0] if self.targets else None


def long_form(value: Any) -> Any:
    """``账号: account_no`` is short for ``账号: {to: account_no}``."""
    return {"to": value} if isinstance(value, str) else value


FieldSpec = Annotated[FieldRule, BeforeValidator(long_form)]
