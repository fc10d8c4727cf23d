"""A bank's windows: what its profile says of days and hours, with the site's own word over it, on the calendar in force."""

from datetime import datetime

from bank_profiles.language.channel import Folders
from bank_profiles.language.profile import Profile
from config.hours import ALWAYS
from config.windows import Span, Window
from connector.bank import Bank
from connector.parts import Parts

EVERY_DAY = "every_day"


def sending(parts: Parts, bank: Bank, profile: Profile) -> Window:
    """When a batch may be put to this bank: service.calendar and send_between, unless the connection says ``hours``."""
    service = profile.service
    return _window(parts, bank, service.send_between, workdays=service.calendar != EVERY_DAY)


def polling(parts: Parts, bank: Bank, profile: Profile) -> Window:
    """When we may look for its answers: channel.poll.between, any day, unless the connection says ``hours``."""
    channel = profile.channel
    return _window(parts, bank, channel.poll.between if isinstance(channel, Folders) else None, workdays=False)


def in_maintenance(parts: Parts, bank: Bank, at: datetime) -> bool:
    """Has the bank announced that it does not work at this moment?"""
    return _window(parts, bank, None, workdays=False).in_maintenance(at)


def _window(parts: Parts, bank: Bank, between: Span | None, *, workdays: bool) -> Window:
    said = bank.hours
    if said.hours == ALWAYS:
        between, workdays = None, False
    elif said.hours is not None:
        between = said.hours
    return Window(
        zone=parts.zone,
        calendar=parts.calendar if workdays else None,
        between=between,
        closed=tuple(one.once for one in said.maintenance if one.once),
        weekly=tuple(one.weekly for one in said.maintenance if one.weekly),
        cut_off=said.cut_off,
    )
