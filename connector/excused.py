"""An old server is used by a dated exception only: each day of use stands in the audit, and its last day is told before it comes (A4)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from connector.alarms import days_alarm
from connector.bank import Bank, Way
from connector.ledger import audit, banks, people
from connector.ledger.rows import Tx
from connector.parts import STEPPER, Parts, problem
from transports.openssh import OldServer

_RECORD = "excused"


def note_use(parts: Parts, bank: Bank, way: Way, now: datetime) -> None:
    """A line is about to be opened: one record ``excused`` a lane, road and day, before the first byte. Nothing for other roads."""
    if way.excused is None:
        return
    today = parts.day(now)
    with parts.ledger.begin() as tx:
        if used_on(tx, bank.code, way.kind) == today.isoformat():
            return
        banks.note_day(tx, _lane(bank.code), way.kind, today, now)
        detail = {"institution": bank.code, "road": way.kind, "host_key": way.excused.pin, **_said(way.excused, today)}
        audit.record(tx, at=now, who=STEPPER, what=_RECORD, centre=parts.centre, subject=f"lane {bank.code}", detail=detail)


def used_on(tx: Tx, code: str, road: str) -> str | None:
    """The last day this exception was used on, ``YYYY-MM-DD``; none before its first use."""
    return banks.noted_day(tx, _lane(code), road)


def told(tx: Tx, code: str, ways: Sequence[Way], today: date) -> list[dict[str, Any]]:
    """For ``status``: every exception of a bank, until when it holds, when it was used last; and its alarm where one is due."""
    old = [(way.kind, way.excused) for way in ways if way.excused is not None]
    users = {user.name for user in people.everyone(tx)} if old else set()
    return [
        {
            **{"road": kind, **_said(exception, today), "used_on": used_on(tx, code, kind), "why": exception.reason},
            "unknown": sorted(set(exception.granted_by) - users),
        }
        for kind, exception in old
    ]


def alarms(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of what ``told`` found, what a person must see to now: code, zh, en, about."""
    ending = [{**_worded(each), "about": [each["road"]]} for each in found if each["alarm"] is not None]
    return ending + [{**_not_granted(each["unknown"]), "about": [each["road"]]} for each in found if each["unknown"]]


def _said(exception: OldServer, today: date) -> dict[str, Any]:
    """``alarm``: see ``days_alarm``."""
    left = (exception.until - today).days
    names = {"algorithms": list(exception.excused), "granted_by": list(exception.granted_by)}
    return {**names, "until": exception.until.isoformat(), "days_left": left, "alarm": days_alarm(left)}


def _worded(said: dict[str, Any]) -> dict[str, str]:
    until, left = said["until"], said["days_left"]
    if left < 0:
        return problem(
            "exception-ended",
            f"旧式服务器例外已于 {until} 到期，不再连接。请银行升级服务器，或由两人另行批准并登记新的期限",
            f"the exception for its old server ended on {until}; it is not connected any more. Ask the bank to renew its server, or"
            " have two people grant another exception with a new last day",
        )
    return problem(
        "exception-ending",
        f"旧式服务器例外还有 {left} 天到期（{until}），到期后不再连接。请催促银行升级服务器",
        f"the exception for its old server ends in {left} days ({until}); after that day it is not connected. Press the bank to"
        " renew its server",
    )


def _not_granted(unknown: Sequence[str]) -> dict[str, str]:
    """The names in ``granted_by`` are people's, so they are users of this deployment, in office or retired."""
    names = ", ".join(unknown)
    return problem(
        "exception-not-granted",
        f"旧式服务器例外的批准人（{names}）不是本部署的用户；请由两名用户重新批准，并写入 old_server 的 granted_by",
        f"the exception for its old server is granted by nobody known here ({names} in granted_by of old_server); have two users grant it",
    )


def _lane(code: str) -> str:
    """Where the days of use are kept: a row of its own among the lanes, never the bank's problems."""
    return f"excused:{code}"
