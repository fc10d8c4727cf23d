"""When a bank may be called: its windows, its maintenance, and the times two persons agreed that it will be away."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bank_profiles.language.profile import Profile
from config.windows import Window
from connector.bank import Bank
from connector.hours import calendars
from connector.ledger import breakers, people
from connector.ledger.errors import LedgerError
from connector.ledger.rows import Tx
from connector.moments import moment, parse
from connector.parts import Parts, problem

OUTAGE = "bank-outage"  # the act of two persons


def sending(tx: Tx, parts: Parts, bank: Bank, profile: Profile, now: datetime, *, urgent: bool = False) -> Window:
    """When parcels go to this bank: calendars.sending, what was agreed since, and for urgent ones what the connection allows."""
    window = calendars.sending(parts, bank, profile)
    if urgent and bank.hours.urgent_hours is not None:
        window = dataclasses.replace(window, calendar=None, between=None)
    return _without(tx, parts.zone, window, bank.code, now)


def polling(tx: Tx, parts: Parts, bank: Bank, profile: Profile, now: datetime) -> Window:
    """When its answers may be looked for: calendars.polling, and what was agreed since."""
    return _without(tx, parts.zone, calendars.polling(parts, bank, profile), bank.code, now)


def _without(tx: Tx, zone: ZoneInfo, window: Window, institution: str, now: datetime) -> Window:
    away = breakers.outages(tx, institution, now)
    if not away:
        return window
    walls = ((_wall(row.starts_at, zone), _wall(row.ends_at, zone)) for row in away)
    return dataclasses.replace(window, closed=(*window.closed, *walls))


def _wall(at: str, zone: ZoneInfo) -> datetime:
    return parse(at).astimezone(zone).replace(tzinfo=None)


# ---------------------------------------------------------------- a bank says that it will be away
def ask_outage(tx: Tx, institution: str, starts_at: datetime, ends_at: datetime, *, reason: str, by: str, now: datetime) -> int:
    """Ask that nothing goes to a bank for a time; the number of the request. Raises LedgerError outage-wrong."""
    if not starts_at < ends_at or ends_at <= now:
        raise LedgerError(
            "an outage ends after it begins, and in the future; correct --from and --to",
            "停机的结束时间须晚于开始时间，且在将来；请更正 --from 与 --to",
            code="outage-wrong",
        )
    subject = {"institution": institution, "starts_at": moment(starts_at), "ends_at": moment(ends_at), "why": reason}
    return people.ask(tx, at=now, act=OUTAGE, subject=subject, reason=reason, by=by)


def carry_out(tx: Tx, subject: Mapping[str, Any], now: datetime) -> None:
    """Two persons agreed: until then nothing is sent there and nothing looked for, on every node."""
    breakers.add_outage(tx, subject["institution"], parse(subject["starts_at"]), parse(subject["ends_at"]), subject["why"], now)


def told(tx: Tx, parts: Parts, now: datetime) -> list[dict[str, Any]]:
    """What was agreed and is not over, for ``connector status``; never an alarm."""
    found = []
    for row in breakers.all_outages(tx, now):
        begins, ends = (f"{parse(at).astimezone(parts.zone):%m-%d %H:%M}" for at in (row.starts_at, row.ends_at))
        said = problem("bank-away", f"停机 {begins} 至 {ends}：{row.reason}", f"away from {begins} to {ends}: {row.reason}")
        times = {"from": row.starts_at, "until": row.ends_at}
        found.append({**said, "institution": row.institution, **times, "alarm": False})
    return found
