"""Which programmes' recipients are asked again, how often, on which day, and what of the register takes two persons."""

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from config.yaml_file import Section, read_model

Every = Literal["month", "quarter", "year"]
FILE = "rounds.yaml"
_MONTHS: dict[Every, int] = {"month": 1, "quarter": 3, "year": 12}
# Check types in common use, where the file names none.
_CHECK_TYPES: dict[Every, str] = {"month": "定期", "quarter": "季度", "year": "年度"}


class Round(Section):
    """How one programme's recipients are asked again."""

    every: Every
    day: int = Field(default=5, ge=1, le=28)  # of the first month of the period, or of `month`
    month: int = Field(default=1, ge=1, le=12)  # within the period: 2 of a quarter is its second month
    as_of: Literal["month_end", "round_day"] = "month_end"  # balances of the last day of the month before, or of the day itself
    check_type: Annotated[str, StringConstraints(max_length=64)] = ""  # a word of the rule set; none: 定期, 季度, 年度

    def word(self) -> str:
        """The check type its inquiries carry."""
        return self.check_type or _CHECK_TYPES[self.every]

    def day_in(self, period: str) -> date:
        """The day on which the round of a period (2026-12, 2026-Q4, 2026) is made."""
        first = first_day(period)
        at = first.month - 1 + min(self.month, _MONTHS[self.every]) - 1
        return date(first.year, at + 1, self.day)

    def base(self, day: date) -> date:
        """The day the balances are asked for, of a round of ``day``."""
        return day if self.as_of == "round_day" else day.replace(day=1) - timedelta(days=1)

    def period(self, day: date) -> str:
        """The period ``day`` lies in."""
        return period_of(self.every, day)


class TwoPersons(Section):
    """What one person alone may not stop."""

    ended_share: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.05")  # of the register's households, in one file
    ended_households: int = Field(default=10, ge=0)  # so many or fewer never ask for a second person
    deaths: int = Field(default=20, ge=0)  # so many persons of ours in one list, or fewer, neither


class Rounds(Section):
    """DIR/rounds.yaml, which may be missing: then no round is made by itself."""

    programmes: dict[Annotated[str, StringConstraints(min_length=1, max_length=64)], Round] = Field(default={})
    files: Literal["whole", "changes"] = "whole"  # each month's file names everybody, or only what changed
    waits_for_register: bool = True  # a round is made only when the register of its month was taken
    two_persons: TwoPersons = TwoPersons()

    def due(self, today: date) -> Iterator[tuple[str, Round, str]]:
        """(programme, round, period) of every round whose day has come in the period ``today`` lies in."""
        for programme, made in self.programmes.items():
            period = made.period(today)
            if made.day_in(period) <= today:
                yield programme, made, period


def period_of(every: Every, day: date) -> str:
    """The month, quarter or year of a day: 2026-12, 2026-Q4, 2026."""
    return {"month": f"{day:%Y-%m}", "quarter": f"{day.year}-Q{(day.month + 2) // 3}", "year": f"{day.year}"}[every]


def first_day(period: str) -> date:
    """The first day of 2026-12, 2026-Q4 or 2026. Raises ValueError for anything else."""
    year, _, rest = period.partition("-")
    if rest.startswith("Q"):
        return date(int(year), int(rest[1:]) * 3 - 2, 1)
    return date(int(year), int(rest or "1"), 1)


def last_day(month: str) -> date:
    """The last day of a month (2026-12)."""
    first = first_day(month)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def read_rounds(folder: Path) -> Rounds:
    """The file of the deployment in ``folder``; without one, what stands above. Raises BadSettings."""
    path = folder / FILE
    return read_model(path, Rounds) if path.is_file() else Rounds()
