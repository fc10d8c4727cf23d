"""One person, one bank, one asset class: exactly one status, and why (pure). Silence is never read as nothing (domain rule 37)."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Set
from typing import Any

from reconciliation import words
from reconciliation.coverage import LineAnswer
from reconciliation.words import ASSET_CLASSES

# The closed list, in the order it is told: status → (zh, en).
STATUSES = {
    "found": ("有记录", "found"),
    "nothing_held": ("有账户，此类无持有", "an account, nothing held of this class"),
    "no_record": ("银行明确查无", "no record, as the bank says"),
    "incomplete": ("反馈不完整或不能计入", "answered incompletely"),
    "refused": ("银行拒答", "refused"),
    "damaged": ("反馈文件损坏或被隔离", "the answer is damaged or set apart"),
    "late": ("逾期未反馈", "nothing came by the deadline"),
    "in_doubt": ("送达存疑", "delivery in doubt"),
    "open": ("仍在查询", "still open"),
    "withdrawn": ("本方已停止", "taken back by us"),
    "not_asked": ("未查询", "not asked"),
    "not_applicable": ("不适用", "not applicable"),
}
ANSWERED = frozenset({"found", "nothing_held", "no_record"})
CLASSES = tuple(ASSET_CLASSES)
_SILENT = frozenset({"not_answered", "pending", "technical_failure"})


@dataclasses.dataclass(frozen=True)
class Cell:
    """A status of STATUSES and the code of why."""

    status: str
    why: str = ""


@dataclasses.dataclass(frozen=True)
class Asked:
    """What is known of one person at one bank. ``answer`` none: no line of the person's names the bank; ``why`` says what of that."""

    answer: LineAnswer | None
    answerable: Set[str] | None  # classes the bank can answer; None: its profile cannot be read now
    authorised: Set[str]
    held: Collection[str] = ()  # classes of which rows came
    over: bool = False  # its time is up, or nothing is awaited any more
    damaged: bool = False  # a file came for it that could not be taken
    why: str = ""  # of what was never sent: the ledger's code
    unasked: Cell = Cell("not_asked", "not-in-roster")  # where there is no line


def cell(asked: Asked, kind: str) -> Cell:
    """The status of one class. What a bank answered counts whatever its profile says; then what cannot be asked; then what became of it."""
    if kind in asked.held:
        return Cell("found")
    if kind not in asked.authorised:
        return Cell("not_applicable", "not-authorised")
    if asked.answerable is not None and kind not in asked.answerable:
        return Cell("not_applicable", "not-answered-by-profile")
    return asked.unasked if asked.answer is None else _of_line(asked, asked.answer)


def _of_line(asked: Asked, answer: LineAnswer) -> Cell:
    if answer.is_stopped:
        return Cell("withdrawn", str(answer.standing))
    if answer.outcome.startswith("refused."):
        return Cell("refused", answer.outcome)
    plain = {"found": Cell("nothing_held"), "no_record": Cell("no_record")}
    return plain.get(answer.outcome) or (
        _silent(asked, answer) if answer.outcome in _SILENT else Cell("incomplete", answer.outcome)
    )


def _silent(asked: Asked, answer: LineAnswer) -> Cell:
    """Nothing came that could be counted: whose turn it is, and since when, tells which kind of nothing."""
    why = answer.outcome if answer.outcome != "not_answered" else asked.why or answer.standing or "awaited"
    if answer.standing == "rejected":
        return Cell("refused", "package-rejected")
    if answer.standing == "not_asked":
        return Cell("not_asked", asked.why)
    if answer.standing == "in_doubt":
        return Cell("in_doubt", "no-proof-of-delivery")
    if asked.damaged:
        return Cell("damaged", "answer-not-taken")
    if answer.standing == "not_sent":
        return Cell("not_asked", "never-sent") if asked.over else Cell("open", "not-sent-yet")
    return Cell("late" if asked.over else "open", why)


def standing_of(statuses: Collection[str]) -> str:
    """A bank in one word, by the statuses of what could be asked of it: answered, partly, one status of all, or mixed."""
    known = {status for status in statuses if status != "not_applicable"}
    if not known:
        return "not_applicable"
    if known <= ANSWERED:
        return "answered"
    if known & ANSWERED:
        return "partly"
    return known.pop() if len(known) == 1 else "mixed"


STANDINGS = {
    "answered": ("已反馈", "answered"),
    "partly": ("部分反馈", "answered in part"),
    "mixed": ("未反馈，原因不一", "not answered, for several reasons"),
    **{status: words for status, words in STATUSES.items() if status not in ANSWERED},
}

_WHYS = {
    "awaited": ("等待银行反馈", "the bank is awaited"),
    "answer-not-taken": ("文件未能读入，见 connector status", "its file was not taken: connector status says why"),
    "unreadable-file-came": ("来过一份不能读的文件", "a file came that cannot be read"),
    "no-proof-of-delivery": ("未证实送达", "delivery is not proved"),
    "package-rejected": ("银行拒收整包", "the bank refused the package"),
    "never-sent": ("始终未送出", "never sent"),
    "not-sent-yet": ("尚未送出", "not sent yet"),
    "not-gathered-yet": ("尚未组批", "not in a batch yet"),
    "not-in-roster": ("不在查询之列", "not among those asked"),
    "not-connected-then": ("组批时该机构未接入", "not connected when the household was asked about"),
    "appeal-of-others": ("申诉只涉及其他机构", "the appeal disputes others"),
    "inquiry-withdrawn": ("该户已撤回", "the household was withdrawn"),
    "not-authorised": ("授权书不含此类", "not in the authorization"),
    "not-answered-by-profile": ("该机构不答此类", "this institution does not answer it"),
}


def why_in_words(code: str, lines: Iterable[Mapping[str, Any]] = ()) -> tuple[str, str]:
    """A code of ``why`` in Chinese and English; what the ledger noted of a line has its words in the ``note`` of one of ``lines``."""
    if code in _WHYS:
        return _WHYS[code]
    if known := words.OUTCOMES.get(code) or words.STANDINGS.get(code):
        return known.zh, known.en.lower()
    noted = (line["note"] for line in lines if line.get("note") and line["note"]["code"] == code)
    return next(((str(note["zh"]), str(note["en"])) for note in noted), (code, code))
