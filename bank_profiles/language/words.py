"""The small words a profile is made of, each read from text: numbers, days, clocks, and the block every model is."""

from datetime import date, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

from bank_profiles.language import spelling

Path = tuple[str | int, ...]
SideName = Literal["inquiry", "response", "receipt"]

Whole = Annotated[int, BeforeValidator(spelling.whole)]
YesNo = Annotated[bool, BeforeValidator(spelling.yes_no)]
Day = Annotated[date, BeforeValidator(spelling.day)]
Duration = Annotated[timedelta, BeforeValidator(spelling.duration)]
ClockSpan = Annotated[tuple[time, time], BeforeValidator(spelling.clock_span)]
ReplyTime = Annotated[spelling.WithinTime, BeforeValidator(spelling.within_time)]
# One to four ASCII signs, or one of the control characters that are used for it: tab, 0x01, 0x1B to 0x1F.
Separator = Annotated[str, StringConstraints(pattern=r"^([!-/:-@\[-`{-~]{1,4}|[\t\x01\x1b-\x1f])$")]
Quote = Literal['"', "'"]
Comment = Annotated[str, StringConstraints(pattern=r"^[!-/:-@\[-`{-~]{1,4}$")]  # ASCII signs
Padding = Annotated[str, StringConstraints(pattern=r"^[ -~]$")]  # one ASCII character

Unit = Literal["minor", "yuan", "fen", "li", "wan", "yi"]
Point = Literal[".", ","]
Grouping = Literal[",", ".", " ", "'"]
SignWord = Literal["leading", "trailing", "trailing_minus", "overpunch", "brackets"]
Direction = Literal["in", "out"]  # of a movement
Part = Annotated[tuple[int, int], BeforeValidator(spelling.part)]
Trim = Literal["both", "left", "right", "none"]
Gives = Literal["inquiry", "outcome", "holding", "movement", "receipt"]


def one_or_more(value: Any) -> Any:
    """``count: entry`` is short for ``count: [entry]``."""
    return [value] if isinstance(value, str) else value


OneOrMore = Annotated[tuple[str, ...], BeforeValidator(one_or_more)]


WORD, BLOCK = "a word", "a block"  # tags of a choice between the two; with a blank, so that no key is ever one of them


class Block(BaseModel):
    """Every block of a profile: closed, unchangeable, addressed by the name written in the YAML."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True)


def word_or_block(value: Any) -> str:
    """Which of both stands here, so that only the one that was meant is judged."""
    return BLOCK if isinstance(value, dict | Block) else WORD
