"""What a reminder says: to the bank its batches by number, to the supervisor counts alone; Chinese first and English whole."""

import dataclasses
from typing import Any
from zoneinfo import ZoneInfo

from connector.ledger.rows import AnyRow
from connector.moments import day_of

SHOWN = 200  # batches of one letter by number; the rest are a count


class NotTold(Exception):
    """Theirs or the network's: the letter was not taken. It is tried again. ``code`` is stable."""

    def __init__(self, code: str, en: str, zh: str) -> None:
        super().__init__(en)
        self.code, self.en, self.zh = code, en, zh


@dataclasses.dataclass(frozen=True)
class Letter:
    """One message. ``key`` is the same whenever it is sent again, so that whoever gets it twice can tell."""

    key: str
    subject: str
    text: str
    body: dict[str, Any]


def step_words(step: str) -> tuple[str, str]:
    """A step of the ladder in words."""
    when, _, workdays = step.rpartition("-")
    if when == "overdue":
        return f"逾期 {workdays} 个工作日", f"{workdays} working day{'' if workdays == '1' else 's'} overdue"
    return {"due-next": ("次一工作日到期", "due on the next working day"), "due-today": ("今日到期", "due today")}[step]


def write(row: AnyRow, receiver: str, *, centre: str, bank: str, zone: ZoneInfo) -> Letter:
    """``row``: a record of connector.ledger.reminders, its number in ``reminder``. ``centre``, ``bank``: names as they are told."""
    centre, bank = _in_one_line(centre), _in_one_line(bank)
    zh, en = step_words(row.step)
    count = len(row.batches)
    batches = [
        {
            "batch": each["number"],
            "lines": each["lines"],
            "due": day_of(each["due_at"], zone),
            "workdays_late": each["workdays_late"],
        }
        for each in row.batches
    ]
    body: dict[str, Any] = {
        "schema": "reminder/1",
        "id": f"{row.centre}-{row.reminder}-{receiver}",
        "centre": row.centre,
        "institution": row.institution,
        "step": row.step,
        "day": row.day,
        "batches": count,
        "lines": row.lines,
    }
    said = [
        f"{centre}：{bank} 有 {count} 个批次（{row.lines} 行）{zh}（{row.day}）。",
        f"{centre}: {count} batch{'' if count == 1 else 'es'} ({row.lines} lines) at {bank}: {en} ({row.day}).",
    ]
    if receiver == "bank":
        body["items"] = batches
        said += ["", *(f"{each['batch']}  {each['lines']} 行 / lines  期限 / due {each['due']}" for each in batches[:SHOWN])]
        said += [f"… +{count - SHOWN}"] if count > SHOWN else []
        said += ["", "请在期限内反馈；已反馈的请忽略。", "Please answer in time; if you have answered, ignore this."]
    else:
        said += ["", "抄送监管：仅含计数。", "Copy to the supervisor: counts alone."]
    subject = f"[{row.centre}] {bank} {zh}：{count} 批 / {en}: {count}"
    return Letter(body["id"], subject, "\n".join(said) + "\n", body)


def _in_one_line(name: str) -> str:
    """A name as it may stand in a subject: a line of its own would be another header."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
