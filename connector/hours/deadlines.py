"""By when a bank must have answered, the centre must have reported, an appeal must be told: the dated rules laid over the calendar."""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from bank_profiles.language.service import Service
from config.deadlines import Start
from config.working_time import WorkingTime
from connector.bank import Bank
from connector.ledger import breakers, calendars
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment, parse
from connector.parts import Parts

Stood = tuple[datetime, datetime]  # from and to: a clock stood still
_LAST = time(23, 59, 59)  # a working day ends with its date
_DAY = timedelta(days=1)
_HALF = 0.5
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclasses.dataclass(frozen=True)
class Deadline:
    """When something is due, and whether it hangs on a year whose list of holidays is not known yet (rule 65)."""

    at: datetime
    provisional: bool

    def from_delivery(self, got_at: datetime) -> dict[str, Any]:
        """The columns of a batch that is proved to have been delivered at ``got_at``."""
        delivered = moment(got_at)
        return {"sent_at": delivered, "delivered_at": delivered, "due_at": moment(self.at), "provisional": self.provisional}


def bank_deadline(
    parts: Parts,
    bank: Bank,
    service: Service,
    *,
    kind: str = "new",
    programme: str = "",
    got_at: datetime,
    stood: Iterable[Stood] = (),
    away: Iterable[Stood] = (),
) -> Deadline:
    """When ``bank`` must have answered what it is proved to have had at ``got_at``.

    ``service``: of the profile's edition the question was written in. The site's own count of days for the bank (limits.workdays)
    comes first, then the deadline rules of that day for the kind and programme, then the bank's own reply_within.
    ``stood``: when a line was with us for correction. ``away``: outages two persons agreed to; the connection's own are added.
    """
    rule = parts.deadlines.on(parts.day(got_at))
    workdays = bank.limits.workdays or rule.bank_workdays(kind, programme)
    days = WorkingTime(parts.calendar, parts.zone, rule.hours)
    return by_its_word(days, service, got_at, workdays, rule.clock, _standing(parts, bank, rule.clock, stood, away))


def by_its_word(
    days: WorkingTime,
    service: Service,
    got_at: datetime,
    workdays: int | None = None,
    clock: Start | None = None,
    stood: Sequence[Stood] = (),
) -> Deadline:
    """The time the bank's profile promises, in working days or straight on; in ``workdays`` where another count is set."""
    within = service.reply_within
    if workdays is None and within.unit != "workdays":
        return Deadline(got_at + timedelta(**{within.unit: within.number}), provisional=False)
    return after_workdays(days, got_at, workdays or within.number, clock, stood)


def of_batch(tx: Tx, parts: Parts, bank: Bank, batch: AnyRow, got_at: datetime) -> Deadline:
    """The bank's deadline for a batch it is proved to have had at ``got_at``, by what its roster asks."""
    asked, returned = calendars.asked_as(tx, batch.roster), calendars.remade_from(tx, batch)
    return by_its_course(parts, bank, batch, got_at, asked, returned, breakers.outages(tx, bank.code, LONG_AGO))


def by_its_course(
    parts: Parts,
    bank: Bank,
    batch: AnyRow,
    got_at: datetime,
    asked: tuple[str, str],
    returned: Iterable[AnyRow] = (),
    outages: Iterable[AnyRow] = (),
) -> Deadline:
    """The same of rows that were read before: ``asked`` is (kind, programme), ``outages`` those agreed with this bank.

    A batch made anew of one the bank returned (``returned``, the last one first) goes on with that one's clock, which stood meanwhile
    or ran on, by the rules.
    """
    stood, began = list[Stood](), got_at
    for one in returned:
        stood.append((parse(one.state_at), began))
        began = parse(one.delivered_at or one.sent_at or one.state_at)
    away = [(parse(one.starts_at), parse(one.ends_at)) for one in outages]
    kind, programme = asked
    service = bank.edition(batch.edition).service
    return bank_deadline(parts, bank, service, kind=kind, programme=programme, got_at=began, stood=stood, away=away)


def centre_deadline(parts: Parts, received_at: datetime, *, kind: str = "new", programme: str = "") -> Deadline | None:
    """When a household that was taken in at ``received_at`` is promised its report; none where the centre promises nothing."""
    workdays = parts.deadlines.on(parts.day(received_at)).centre_workdays(kind, programme)
    return None if workdays is None else after_workdays(WorkingTime(parts.calendar, parts.zone), received_at, workdays)


def appeal_deadline(parts: Parts, kind: str, received_at: datetime, programme: str = "") -> Deadline | None:
    """When an appeal whose evidence came at ``received_at`` must be decided, apart from the bank's own limit (rule 70)."""
    workdays = parts.deadlines.on(parts.day(received_at)).appeal_workdays(kind, programme)
    return None if workdays is None else after_workdays(WorkingTime(parts.calendar, parts.zone), received_at, workdays)


def after_workdays(
    days: WorkingTime, got_at: datetime, workdays: int, clock: Start | None = None, stood: Sequence[Stood] = ()
) -> Deadline:
    """The end of the ``workdays``-th working day that counts, by the site's local date. ``clock`` none: the day after is the first.

    A working day on which the clock stood for half of the working hours or more does not count.
    """
    clock, calendar = clock or Start(), days.calendar
    local = got_at.astimezone(days.zone)
    day = local.date()
    if clock.cut_off is not None and calendar.is_workday(day) and local.time() > clock.cut_off:
        day = calendar.next_workday(day)
    began, end = local.date(), day
    if clock.first_day == "same_day":
        end -= _DAY
    while workdays:
        end = calendar.next_workday(end)
        workdays -= sum(days.share(end, *still) for still in stood) < _HALF
    return Deadline(datetime.combine(end, _LAST, days.zone), provisional=not calendar.certain(began, end))


def _standing(parts: Parts, bank: Bank, clock: Start, stood: Iterable[Stood], away: Iterable[Stood]) -> list[Stood]:
    """The times a bank's clock does not run: a line with us for correction, a maintenance agreed as such."""
    still = list(stood) if "returned" in clock.stands else []
    if "outage" in clock.stands:
        agreed = (one.once for one in bank.hours.maintenance if one.stops_the_clock)
        still += away
        still += [(since.replace(tzinfo=parts.zone), until.replace(tzinfo=parts.zone)) for since, until in filter(None, agreed)]
    return still


def starts_by_receipt(parts: Parts, at: datetime) -> bool:
    """Do the rules of that day start a bank's clock at its own receipt?"""
    return parts.deadlines.on(parts.day(at)).clock.after == "receipt"


def began_at(parts: Parts, batch: AnyRow) -> datetime | None:
    """When the clock of a batch started, by the proof the rules of that day name; none as long as nothing proves that the bank has it."""
    delivered = batch.delivered_at or batch.sent_at
    if delivered is None:
        return None
    return parse(batch.accepted_at if batch.accepted_at and starts_by_receipt(parts, parse(delivered)) else delivered)
