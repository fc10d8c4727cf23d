"""A year's list of days off and make-up working days as a file, typed from the State Council's notice or a place's own."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from config.working_days import NATIONAL, YearList
from config.yaml_file import Loc, Section, read_model

_SATURDAY = 5
_LEAST_OFF = 7  # no year has fewer; a national list with fewer was typed in part
_LONGEST = 31
_BEFORE = 24  # from this day of December on a list may change the year before its own


def _days(written: Any) -> Any:
    """2027-10-01, or 2027-10-01..2027-10-07 with both its ends."""
    if type(written) is date:
        return (written,)
    try:
        first, last = (date.fromisoformat(end.strip()) for end in (*str(written).split(".."), str(written))[:2])
    except ValueError:
        raise _wrong("not_days", str(written)) from None
    if not 0 <= (last - first).days < _LONGEST:
        raise _wrong("not_days", str(written))
    return tuple(first + timedelta(n) for n in range((last - first).days + 1))


def _wrong(kind: str, day: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{day}", {"day": day[:40]})


Days = Annotated[tuple[date, ...], BeforeValidator(_days)]


class HolidayList(Section):
    """One year. ``region``: absent for the national list, else the beginning of a division code the days hold in."""

    year: int = Field(ge=2024, le=2099)
    region: Annotated[str, StringConstraints(pattern=r"^([1-8]\d{1,5})?$")] = NATIONAL
    source: Annotated[str, StringConstraints(min_length=2, max_length=256)]  # the notice it was typed from
    holidays: tuple[Days, ...] = ()  # days off; not called off, which YAML reads as false
    working: tuple[Days, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> "HolidayList":
        """Each day once, in its year, a working one of a national list on a weekend; not less than every year has."""
        seen = set[date]()
        for place, day in (*_placed("holidays", self.holidays), *_placed("working", self.working)):
            if day.year != self.year and not date(self.year - 1, 12, _BEFORE) <= day < date(self.year, 1, 1):
                raise _at(place, "day_of_another_year", day)
            if day in seen:
                raise _at(place, "day_twice", day)
            if self.region == NATIONAL and place[0] == "working" and day.weekday() < _SATURDAY:
                raise _at(place, "no_weekend", day)
            seen.add(day)
        if self.region == NATIONAL and sum(map(len, self.holidays)) < _LEAST_OFF:
            raise PydanticCustomError("list_in_part", "a national list names seven days off at least")
        if not seen:
            raise PydanticCustomError("list_empty", "names no day")
        return self

    def as_list(self, version: int = 0) -> YearList:
        """The days as the calendar takes them."""
        return YearList(self.region, self.year, version, _all(self.holidays), _all(self.working), self.source)


def read_holiday_list(path: Path) -> HolidayList:
    """Raises BadSettings with file, line, column and the day that is wrong."""
    return read_model(path, HolidayList)


def _all(spans: Iterable[tuple[date, ...]]) -> frozenset[date]:
    return frozenset(day for span in spans for day in span)


def _placed(field: str, spans: Iterable[tuple[date, ...]]) -> list[tuple[Loc, date]]:
    """Every day with the place in the file where it is written."""
    return [((field, number), day) for number, span in enumerate(spans) for day in span]


def _at(place: Loc, kind: str, day: date) -> ValidationError:
    """The complaint about a day, at its own line."""
    return ValidationError.from_exception_data(
        "HolidayList", [InitErrorDetails(type=_wrong(kind, day.isoformat()), loc=place, input=None)]
    )
