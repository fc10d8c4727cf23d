"""What a bank's codes mean, when it works and how much it takes, and the examples a profile proves itself by."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from bank_profiles.language.shared_maps import shared_codes
from bank_profiles.language.words import BLOCK, WORD, Block, ClockSpan, Day, Duration, ReplyTime, Whole, word_or_block


class CodeMap(Block):
    """Bank's code: our word. Turned round when we write; ``write`` chooses where two codes mean one word."""

    use: str | None = None  # a map many banks share (shared_maps.py); ``codes`` are added to it
    codes: dict[str, str] = {}
    # An unknown code: refuse the file, park the row for a person, or take the row as "other", keep the code beside it and warn.
    other: Literal["stop", "review", "keep"] = "stop"
    write: dict[str, str] = {}

    @property
    def to_word(self) -> dict[str, str]:
        """Every code and our word, the shared ones first."""
        return (shared_codes(self.use) if self.use else {}) | self.codes

    def to_code(self) -> dict[str, str]:
        """Our word → the bank's code, the first one written down unless ``write`` says otherwise."""
        return {word: code for code, word in reversed(self.to_word.items())} | self.write


class Limits(Block):
    lines_max: Whole  # lines in one batch
    files_per_day: Whole | None = None
    messages_per_minute: Whole | None = None  # on a line


class Service(Block):
    """When the bank works and how much it takes; times are local to the bank."""

    calendar: Literal["cn-bank-workday", "every_day"]
    send_between: ClockSpan | None = None
    reply_within: ReplyTime
    receipt_within: Duration | None = None  # working time by which a package is receipted, where the bank sends receipts at all
    limits: Limits


class NumberCell(Block):
    """A cell of a workbook that is a number, not a text: ``{number: 12.5}``."""

    number: str


Cell = Annotated[Annotated[str | None, Tag(WORD)] | Annotated[NumberCell, Tag(BLOCK)], Discriminator(word_or_block)]


class Given(Block):
    """A file that is no plain text, written down all the same: exactly one of the three."""

    book: dict[str, tuple[tuple[Cell, ...], ...]] | None = None  # sheet: rows of cells; nothing: an empty cell
    records: tuple[str, ...] | None = None  # one a record, blanks at its end left out; «12 34 5C»: bytes in hex
    hex: str | None = None  # all its bytes


GivenFile = Annotated[Annotated[str, Tag(WORD)] | Annotated[Given, Tag(BLOCK)], Discriminator(word_or_block)]


class Example(Block):
    """Files of one side, given as text, as a path under samples/ or as a block, and what must come out of them."""

    name: str
    given: dict[str, GivenFile]
    expect: dict[str, list[dict[str, str | None]]] | None = None
    parked: tuple[str, ...] = ()  # codes of the rows that are set aside, in order
    expect_error: str | None = None


class Effective(Block):
    """The days on which this edition rules, both inclusive, the bank's local date."""

    starts: Day = Field(alias="from")
    ends: Day | None = Field(default=None, alias="to")

    def covers(self, day: date) -> bool:
        return self.starts <= day and (self.ends is None or day <= self.ends)
