"""What waits to be told is sent, at least once: a crash between the sending and its note sends it again under the same key.

A channel that fails is tried again with growing pauses; nobody waits for another. What nobody was told for three days is a problem
that ``connector status`` tells, and after two weeks it is tried no more.
"""

from datetime import datetime, timedelta
from typing import Any

from config.notices import Notices
from config.settings import read_secret
from config.yaml_file import BadSettings
from connector.ledger import audit, reminders
from connector.ledger.rows import AnyRow, Tx
from connector.moments import parse
from connector.notices import letter, mail, webhook
from connector.notices.letter import NotTold
from connector.parts import STEPPER, Parts, problem
from transports.crashpoint import crashpoint

UNTOLD_AFTER = timedelta(days=3)
TRIED_FOR = timedelta(days=14)
_PAUSES = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60))  # the last one from then on
MAIL, WEBHOOK = "mail", "webhook"


def channels(notices: Notices, receiver: str, institution: str) -> tuple[str, ...]:
    """By which channels somebody can be told; none: the record alone."""
    contact = notices.contact(receiver, institution)
    return ((MAIL,) if contact.mail else ()) + ((WEBHOOK,) if contact.webhook else ())


def send_waiting(parts: Parts, notices: Notices, now: datetime, institution: str | None = None) -> dict[str, int]:
    """One pass over what waits; how many were sent, how many are tried again."""
    with parts.ledger.read() as tx:
        rows = reminders.waiting(tx, now, institution)
    counts: dict[str, int] = {}
    for row in rows:
        ended = _send(parts, notices, row, now)
        counts[ended] = counts.get(ended, 0) + 1
    return counts


def _send(parts: Parts, notices: Notices, row: AnyRow, now: datetime) -> str:
    bank = parts.banks.working.get(row.institution)
    said = letter.write(row, row.receiver, centre=parts.centre, bank=bank.name if bank else row.institution, zone=parts.zone)
    try:
        _hand_over(parts, notices, row, said, now)
    except (NotTold, BadSettings) as why:
        return _again(parts, row, problem(why.code, why.zh, why.en), now)
    crashpoint("O31")
    with parts.ledger.begin() as tx:
        reminders.sent(tx, row.id, now)
        detail = {"institution": row.institution, "step": row.step, "receiver": row.receiver, "channel": row.channel}
        _audit(parts, tx, "reminder-sent", row, detail, now)
    return "told"


def _hand_over(parts: Parts, notices: Notices, row: AnyRow, said: letter.Letter, now: datetime) -> None:
    """Raises NotTold, BadSettings."""
    contact = notices.contact(row.receiver, row.institution)
    if row.channel == MAIL and notices.mail is not None and contact.mail:
        word = notices.mail.password
        password = read_secret(parts.folder, word.removeprefix("secret:")).decode() if word else None
        authority = parts.folder / notices.mail.authority if notices.mail.authority else None
        mail.send(said, contact.mail, notices.mail, password, authority, now)
    elif row.channel == WEBHOOK and notices.webhook is not None and contact.webhook:
        key = read_secret(parts.folder, notices.webhook.key.removeprefix("secret:"))
        authority = parts.folder / notices.webhook.authority if notices.webhook.authority else None
        webhook.send(said, contact.webhook, key, authority, now)
    else:
        raise NotTold(
            "channel-gone",
            f"notices.yaml no longer says how to tell the {row.receiver} by {row.channel}; set it again, or leave it to the record",
            f"notices.yaml 已不再设置以 {row.channel} 通知 {row.receiver}；请重新设置，或仅留记录",
        )


def _again(parts: Parts, row: AnyRow, why: dict[str, str], now: datetime) -> str:
    over = parse(row.made_at) + TRIED_FOR <= now
    with parts.ledger.begin() as tx:
        reminders.failed(tx, row.id, why, None if over else now + _PAUSES[min(row.tries, len(_PAUSES) - 1)])
        if over or (row.problem or {}).get("code") != why["code"]:
            detail = {"institution": row.institution, "receiver": row.receiver, "channel": row.channel, "code": why["code"]}
            _audit(parts, tx, "reminder-given-up" if over else "reminder-not-sent", row, detail, now)
    return "given_up" if over else "retry"


def told(tx: Tx, parts: Parts, now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001 (as every room is asked)
    """For ``status``: whom nobody could tell for three days."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in reminders.untold(tx, now - UNTOLD_AFTER):
        key = row.institution, row.receiver, row.channel
        said = found.setdefault(key, {"institution": row.institution, "about": [], **_untold(row), "alarm": True})
        said["about"].append(f"{row.step} {row.day}")
    return list(found.values())


def _untold(row: AnyRow) -> dict[str, str]:
    """Why, as its last try told it."""
    why = row.problem or problem("not-tried", "尚未发送", "not sent yet")
    return problem(
        "reminder-untold",
        f"催办通知三天未送达（{row.receiver}，{row.channel}）：{why['zh']}。请以其他方式告知，并运行 connector remind list",
        f"reminders could not be delivered for three days ({row.receiver}, {row.channel}): {why['en']}. Tell them some other way, and see"
        " connector remind list",
    )


def _audit(parts: Parts, tx: Tx, what: str, row: AnyRow, detail: dict[str, Any], now: datetime) -> None:
    audit.record(tx, at=now, who=STEPPER, what=what, centre=parts.centre, subject=f"reminder {row.reminder}", detail=detail)
