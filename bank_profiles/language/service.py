"""What a bank's codes mean, when it works and how much it takes, and the examples a profile proves itself by."""

from datetime import date
from typing import Literal

from pydantic import Field

from bank_profiles.language.words import Block, ClockSpan, Day, ReplyTime, Whole


class CodeMap(Block):
    """Bank's code: our word. Turned round when we write; ``write`` chooses where two codes mean one word."""

    codes: dict[str, str]
    other: Literal["stop", "review"] = "stop"  # an unknown code: refuse the file, or park the row for a person
    write: dict[str, str] = {}

    def to_code(self) -> dict[str, str]:
        """Our word → the bank's code, the first one written down unless ``write`` says otherwise."""
        return {word: code for code, word in reversed(self.codes.items())} | self.write


class Limits(Block):
    lines_max: Whole  # lines in one batch
    files_per_day: Whole | None = None


class Service(Block):
    """When the bank works and how much it takes; times are local to the bank."""

    calendar: Literal["cn-bank-workday", "every_day"]
    send_between: ClockSpan | None = None
    reply_within: ReplyTime
    limits: Limits


class Example(Block):
    """Files of one side, given as text or as a path under samples/, and what must come out of them."""

    name: str
    given: dict[str, str]
    expect: dict[str, list[dict[str, str | None]]] | None = None
    parked: tuple[str, ...] = ()  # codes of the rows that are set aside, in order
    expect_error: str | None = None


class Effective(Block):
    """The days on which this edition rules, both inclusive, the bank's local date."""

    starts: Day = Field(alias="from")
    ends: Day | None = Field(default=None, alias="to")

    def covers(self, day: date) -> bool:
        return self.starts <= day and (self.ends is None or day <= self.ends)
