"""How numbers, days, durations and times of day are spelt in a profile: text in, value out, or a named refusal."""

import re
from datetime import date, time, timedelta
from typing import Any, Literal, NamedTuple, cast

from pydantic_core import PydanticCustomError

_DURATION_S = {"s": 1, "m": 60, "h": 3600}
TimeUnit = Literal["seconds", "minutes", "hours", "days", "workdays"]


class WithinTime(NamedTuple):
    """The bank answers within so many of these."""

    number: int
    unit: TimeUnit


def refuse(code: str, value: object) -> PydanticCustomError:
    """The error checks.py has words for; pydantic's own wording never reaches a reader."""
    return PydanticCustomError(code, "{value}", {"value": str(value)})


def whole(value: Any) -> int:
    """A whole number in plain digits; no sign, no separators."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not (isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value)):
        raise refuse("bad-number", value)
    return int(value)


def title_row(value: Any) -> int | Literal["found"]:
    """The row number titles stand in, or that they are looked for."""
    if value == "found":
        return "found"
    try:
        if row := whole(value):
            return row
    except PydanticCustomError:
        pass
    raise refuse("bad-title-row", value)


def part(value: Any) -> tuple[int, int]:
    """[1, 4]: from the first character, four of them."""
    if isinstance(value, list | tuple) and len(value) == 2:
        start, length = (whole(number) for number in value)
        if start and length:
            return start, length
    raise refuse("bad-part", value)


def yes_no(value: Any) -> bool:
    """true or false; the many other spellings differ between YAML tools."""
    if isinstance(value, bool):
        return value
    if value not in ("true", "false"):
        raise refuse("bad-yes-no", value)
    return bool(value == "true")


def whose_password(value: Any) -> Any:
    """Who says the old password of a zip; ``true`` is short for the connection. Anything else may be a password: it is not repeated."""
    if value not in ("connection", "package_name", "true"):
        raise refuse("secret-in-file", "")
    return "connection" if value == "true" else value


def day(value: Any) -> date:
    """yyyy-MM-dd, a day that exists."""
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise refuse("bad-day", value)


def duration(value: Any) -> timedelta:
    """30s, 5m, 2h."""
    if isinstance(value, timedelta):
        return value
    match = _matched(r"([1-9][0-9]{0,4})([smh])", value, "bad-duration")
    return timedelta(seconds=int(match[1]) * _DURATION_S[match[2]])


def clock_span(value: Any) -> tuple[time, time]:
    """08:30-17:00, the end after the start."""
    if isinstance(value, tuple):
        return value
    match = _matched(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})", value, "bad-clock-span")
    try:
        start, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
        if start < end:
            return start, end
    except ValueError:
        pass
    raise refuse("bad-clock-span", value)


def within_time(value: Any) -> WithinTime:
    """2 workdays, 60 seconds."""
    if isinstance(value, WithinTime):
        return value
    match = _matched(r"([1-9][0-9]{0,4}) (second|minute|hour|day|workday)s?", value, "bad-reply-time")
    return WithinTime(int(match[1]), cast(TimeUnit, match[2] + "s"))


def _matched(pattern: str, value: Any, code: str) -> re.Match[str]:
    match = re.fullmatch(pattern, value) if isinstance(value, str) else None
    if match is None:
        raise refuse(code, value)
    return match
