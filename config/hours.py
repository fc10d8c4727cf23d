"""What a connection says of a bank's hours: when it is reached, until when it counts as today, when it is under maintenance."""

from datetime import datetime, time
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from config.deadlines import Hour, clock_of
from config.windows import Span, Weekly
from config.yaml_file import Section

ALWAYS: Literal["always"] = "always"
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _night_span(written: Any) -> Any:
    """22:00-06:00; the end may be of the next day."""
    ends = [clock_of(end) for end in written.split("-")] if isinstance(written, str) else []
    if len(ends) == 2 and all(isinstance(end, time) for end in ends) and ends[0] != ends[1]:
        return tuple(ends)
    if isinstance(written, tuple):
        return written
    raise PydanticCustomError("not_hours", "must be a span such as 08:30-17:00 or 22:00-06:00")


def _hours(written: Any) -> Any:
    return written if written == ALWAYS else _night_span(written)


def _wall(written: Any) -> Any:
    """2026-12-01 22:00, the local time of the site."""
    if isinstance(written, str):
        try:
            written = datetime.fromisoformat(written)
        except ValueError:
            written = None
    if isinstance(written, datetime) and written.tzinfo is None:
        return written
    raise PydanticCustomError("not_a_wall_time", "must be a local time such as 2026-12-01 22:00")


NightSpan = Annotated[Span, BeforeValidator(_night_span)]
Wall = Annotated[datetime, BeforeValidator(_wall)]


class Maintenance(Section):
    """A time in which the bank does not work: once (``from``, ``until``), or of every week (``every``, ``between``)."""

    from_: Wall | None = Field(default=None, alias="from")
    until: Wall | None = None
    every: Weekday | None = None
    between: NightSpan | None = None
    stops_the_clock: bool = False  # agreed with us: its days are not counted against the bank; only one with ``from``
    why: str = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> "Maintenance":
        once = self.from_ is not None and self.until is not None and self.from_ < self.until
        weekly = self.every is not None and self.between is not None
        half = (self.from_ or self.until) if weekly else (self.every or self.between)
        if once == weekly or half or (weekly and self.stops_the_clock):
            raise PydanticCustomError("not_a_maintenance", "needs from and until, or every and between")
        return self

    @property
    def once(self) -> tuple[datetime, datetime] | None:
        """From and until, in wall time."""
        return (self.from_, self.until) if self.from_ and self.until else None

    @property
    def weekly(self) -> Weekly | None:
        """The weekday and its span."""
        return Weekly(_WEEK.index(self.every), self.between) if self.every and self.between else None


class Hours(Section):
    """The site's word on a bank's hours. ``hours``: none leaves them to the profile; ``always`` is every day and every hour."""

    hours: Annotated[
        Span | Literal["always"] | None, BeforeValidator(lambda written: written if written is None else _hours(written))
    ] = None
    urgent_hours: Literal["always"] | None = None  # urgent questions go at any hour; none: with the others
    cut_off: Hour | None = None  # what the bank gets later counts as got on its next day
    maintenance: tuple[Maintenance, ...] = ()


def over(own: Hours, shared: Hours) -> Hours:
    """The hours of a legal entity behind a shared channel: its own word first; both their maintenance closes it."""
    return Hours(
        hours=shared.hours if own.hours is None else own.hours,
        urgent_hours=own.urgent_hours or shared.urgent_hours,
        cut_off=shared.cut_off if own.cut_off is None else own.cut_off,
        maintenance=(*shared.maintenance, *own.maintenance),
    )
