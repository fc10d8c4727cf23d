"""Who must have answered by when, as dated rules: the bank's limits, the centre's own promise, the appeal's, when a clock starts and stands.

DIR/deadlines.yaml, optional: without it the defaults of this file hold. Each rule holds from its day until the next one's; a clock runs by
the rule of the day on which it started (domain rules 16, 65, 67, 70).
"""

import re
from collections.abc import Sequence
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from config.working_time import OFFICE
from config.yaml_file import Section, read_model

FILE = "deadlines.yaml"
Kind = Literal["new", "reported", "appeal", "month", "quarter", "year", "again"]
Workdays = Annotated[int, Field(ge=1, le=250)]
_CLOCK = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)$")


def clock_of(written: object) -> object:
    """17:30 as a time of day, else what was written; YAML reads it as minutes where it stands without quotes."""
    if isinstance(written, int) and not isinstance(written, bool) and 0 <= written < 24 * 60:
        return time(*divmod(written, 60))
    return time(int(found[1]), int(found[2])) if isinstance(written, str) and (found := _CLOCK.match(written)) else written


def _span(written: object) -> object:
    """09:00-12:00, within one day."""
    ends = [clock_of(end) for end in written.split("-")] if isinstance(written, str) else []
    if len(ends) == 2 and all(isinstance(end, time) for end in ends) and str(ends[0]) < str(ends[1]):
        return tuple(ends)
    if isinstance(written, tuple):
        return written
    raise PydanticCustomError("not_a_span", "must be a span within one day such as 09:00-12:00")


def _hour(written: object) -> object:
    """A time of day."""
    if not isinstance(said := clock_of(written), time):
        raise PydanticCustomError("not_a_clock", "must be a time of day such as 17:00")
    return said


Hour = Annotated[time, BeforeValidator(_hour)]
Span = Annotated[tuple[time, time], BeforeValidator(_span)]


class Start(Section):
    """When a bank's clock begins to run, and what makes it stand.

    ``after``: the proof it starts at: that the parcel was delivered, or the bank's own receipt of it.
    ``first_day``: the first working day that counts is the one after the proof's, or the proof's own.
    ``cut_off``: what is proved later on a working day is taken as proved on the next one; absent, the whole day counts.
    ``stands``: a working day is not counted while a line is with us for correction after the bank returned it, nor one of
    maintenance that was agreed with the bank (``stops_the_clock`` in its connection).
    """

    after: Literal["delivery", "receipt"] = "delivery"
    first_day: Literal["next_working_day", "same_day"] = "next_working_day"
    cut_off: Hour | None = None
    stands: tuple[Literal["returned", "outage"], ...] = ("returned", "outage")


class Limit(Section):
    """Working days for a kind of question, of a programme or of all; of several that fit the first one counts."""

    workdays: Workdays
    kinds: tuple[Kind, ...] = ()  # none: every kind
    programmes: tuple[str, ...] = ()  # none: every programme

    def fits(self, kind: str, programme: str) -> bool:
        """Is it for this question?"""
        return (not self.kinds or kind in self.kinds) and (not self.programmes or programme in self.programmes)


class Rule(Section):
    """What holds from a day on. ``bank``: none that fits leaves the bank the time its own profile promises."""

    from_: date = Field(alias="from")
    clock: Start = Start()
    bank: tuple[Limit, ...] = ()
    centre: tuple[Limit, ...] = (Limit(workdays=4, kinds=("new", "reported")),)  # from taking a household in to its report
    appeal: tuple[Limit, ...] = (Limit(workdays=10),)  # from receiving the evidence to what is told (rule 70)
    hours: tuple[Span, ...] = OFFICE  # of the offices, 09:00-12:00 and 13:00-18:00 where nothing else is written
    source: str = ""  # the document this is copied from

    def bank_workdays(self, kind: str, programme: str) -> int | None:
        """The limit set for banks; none where each bank's own word counts."""
        return _first(self.bank, kind, programme)

    def centre_workdays(self, kind: str, programme: str) -> int | None:
        """The days in which the centre promises its report; none where it promises nothing."""
        return _first(self.centre, kind, programme)

    def appeal_workdays(self, kind: str, programme: str = "") -> int | None:
        """The days for the re-check of an appeal."""
        return _first(self.appeal, kind, programme)


class DeadlineRules(Section):
    """All rules of a deployment, the earliest first."""

    rules: tuple[Rule, ...] = (Rule.model_validate({"from": date(2000, 1, 1)}),)

    @model_validator(mode="after")
    def _in_order(self) -> "DeadlineRules":
        days = [rule.from_ for rule in self.rules]
        if not days or days != sorted(set(days)):
            raise PydanticCustomError(
                "rules_in_order", "each rule must begin later than the one before it, and there must be one"
            )
        return self

    def on(self, day: date) -> Rule:
        """The rule in force; before the first one, the first."""
        return next((rule for rule in reversed(self.rules) if rule.from_ <= day), self.rules[0])

    def programme_key(self, programme: str) -> str:
        """The programme where any rule gives banks another limit for it, else "": lines that share a limit may share a roster."""
        named = {one for rule in self.rules for limit in rule.bank for one in limit.programmes}
        return programme if programme in named else ""


def read_deadlines(path: Path) -> DeadlineRules:
    """The rules, or the defaults where there is no such file. Raises BadSettings with file, line and column."""
    if not path.exists():
        return DeadlineRules()
    return read_model(path, DeadlineRules)


def _first(limits: Sequence[Limit], kind: str, programme: str) -> int | None:
    return next((limit.workdays for limit in limits if limit.fits(kind, programme)), None)
