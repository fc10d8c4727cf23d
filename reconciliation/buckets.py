"""One line, one bucket: what a line that was asked comes to in the supervisor's figures, a whole batch at once.

The definition is version 2026.1 (docs/statistics.md). A line stands in exactly one bucket; which one hangs on what its bank said,
when the answer was whole for the first time, and on what happened to its batch. That time passes changes no bucket: a line nobody
answered is silent from the first moment, and counts from the moment it is due.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from reconciliation.exchange import NOT_ANSWERED, OUTCOME_CODE
from reconciliation.vectors import Bytes

Times = npt.NDArray[np.int64]  # microseconds since 1970-01-01 UTC; NEVER where it did not happen
Flags = npt.NDArray[np.bool_]
NEVER = np.iinfo(np.int64).max
DEFINITION = "2026.1"

BUCKETS: Mapping[str, tuple[str, str]] = {
    "B1": ("按时", "on time"),
    "B2": ("逾期反馈", "late"),
    "B3": ("银行拒绝", "refused by the bank"),
    "B4": ("部分反馈", "partial"),
    "B5": ("技术故障", "technical failure"),
    "B6": ("未反馈", "silent"),
    "X1": ("已撤回", "withdrawn"),
    "X2": ("存疑", "in doubt"),
    "X3": ("我方原因", "ours"),
    "X4": ("拒绝成立", "refusal upheld"),
    "W": ("未发出", "not sent yet"),
}
SCORED = ("B1", "B2", "B3", "B4", "B5", "B6")
_CODE = {word: np.uint8(code) for code, word in enumerate(BUCKETS)}
_WORDS = tuple(BUCKETS)

COMPLETE = ("found", "no_record", "name_mismatch", "id_unknown")
_REFUSED = tuple(word for word in OUTCOME_CODE if word.startswith("refused."))


def _those(*words: str) -> Flags:
    table = np.zeros(256, dtype=bool)
    table[[OUTCOME_CODE[word] for word in words]] = True
    return table


_IS_COMPLETE, _IS_REFUSED = _those(*COMPLETE), _those(*_REFUSED)
_IS_PARTIAL, _IS_FAILURE = _those("partial"), _those("technical_failure")
_IS_ANSWER = _IS_COMPLETE | _IS_REFUSED | _IS_PARTIAL  # what may be said "before an answer" of


class Whereabouts(StrEnum):
    """Where a batch is, as far as its unanswered lines are concerned."""

    WAITING = "waiting"  # not sent yet, and nothing in the way
    IN_DOUBT = "in doubt"  # delivery is not proved
    OURS = "ours"  # held on our side
    BANK = "bank"  # the bank holds it
    DAMAGED = "damaged"  # the bank's file was refused whole and not replaced
    REJECTED = "rejected"  # the bank refused the package
    MENDED = "mended"  # it refused rightly: its lines were asked anew in a mended package
    RECALLED = "recalled"  # taken back before it went


_UNANSWERED = {
    Whereabouts.WAITING: "W",
    Whereabouts.IN_DOUBT: "X2",
    Whereabouts.OURS: "X3",
    Whereabouts.BANK: "B6",
    Whereabouts.DAMAGED: "B5",
    Whereabouts.REJECTED: "B3",
    Whereabouts.MENDED: "X4",
    Whereabouts.RECALLED: "X1",
}


@dataclass(frozen=True)
class Course:
    """What happened to a batch. Times in microseconds since 1970-01-01 UTC; NEVER where there is none.

    ``promised``: the latest provisional deadline the bank was given, where it was moved to an earlier day afterwards.
    ``outage``: our collector was down when it fell due.
    """

    whereabouts: Whereabouts
    due: int = NEVER
    promised: int | None = None
    outage: bool = False


@dataclass(frozen=True, eq=False)
class Answers:
    """What the editions of a batch come to, line by line: the outcome that holds, since when it was whole, since when anything was said."""

    outcome: Bytes
    edition: Bytes  # which edition settled it; 0 = none
    completed: Times  # of the first edition that was whole: a later revision does not move it
    answered: Times  # of the first edition that said anything usable
    corrected: Mapping[int, int]  # edition → lines whose whole answer it replaced by another


def laid(lines: int, editions: "list[tuple[int, int, Bytes]]") -> Answers:
    """Fold editions (number, time, outcomes) in their order. A later one wins where it answers; "not yet" never takes an answer away."""
    outcome, edition = np.full(lines, NOT_ANSWERED, dtype=np.uint8), np.zeros(lines, dtype=np.uint8)
    completed, answered = np.full(lines, NEVER, dtype=np.int64), np.full(lines, NEVER, dtype=np.int64)
    corrected: dict[int, int] = {}
    for number, at, said in editions:
        wins = (said != NOT_ANSWERED) & (_IS_ANSWER[said] | ~_IS_ANSWER[outcome])
        if again := int((wins & _IS_COMPLETE[outcome] & (said != outcome)).sum()):
            corrected[number] = again
        outcome, edition = np.where(wins, said, outcome), np.where(wins, np.uint8(number), edition).astype(np.uint8)
        completed = np.where(wins & _IS_COMPLETE[said], np.minimum(completed, at), completed)
        answered = np.where(wins & _IS_ANSWER[said], np.minimum(answered, at), answered)
    return Answers(outcome, edition, completed, answered, corrected)


def buckets(answers: Answers, stopped: Times, upheld: Flags, course: Course) -> Bytes:
    """The bucket of every line of a batch, as places in BUCKETS.

    ``stopped``: when the line was withdrawn or its person reported dead (NEVER: not). ``upheld``: the centre accepted the refusal.
    """
    outcome, due = answers.outcome, course.due
    found = np.full(len(outcome), _CODE[_UNANSWERED[course.whereabouts]], dtype=np.uint8)
    found[_IS_FAILURE[outcome]] = _CODE["B5"]
    found[_IS_PARTIAL[outcome]] = _CODE["B4"]
    refused, complete = _IS_REFUSED[outcome], _IS_COMPLETE[outcome]
    found[refused] = _CODE["B3"]
    late = complete & (answers.completed > due)
    found[complete], found[late] = _CODE["B1"], _CODE["B2"]
    if course.promised is not None:
        found[late & (answers.completed <= course.promised)] = _CODE["X3"]
    if course.outage:
        found[np.isin(found, [_CODE[word] for word in ("B2", "B4", "B5", "B6")])] = _CODE["X3"]
    found[refused & upheld] = _CODE["X4"]
    found[(stopped != NEVER) & (stopped <= due) & (stopped < answers.answered)] = _CODE["X1"]
    return found


def tally(found: Bytes) -> dict[str, int]:
    """Lines in each bucket that has any."""
    counted = np.bincount(found, minlength=len(_WORDS))
    return {word: int(counted[code]) for code, word in enumerate(_WORDS) if counted[code]}


def word_of(code: int) -> str:
    """The name of a bucket: B1 … X4."""
    return _WORDS[code]


def spans(answers: Answers, found: Bytes) -> list[tuple[int, int]]:
    """(when whole for the first time, lines) of the scored lines that were answered, earliest first: what answer times are made of.

    Lines without a whole answer are not in it; they count as unending.
    """
    scored = np.isin(found, [_CODE["B1"], _CODE["B2"]])
    times, lines = np.unique(answers.completed[scored], return_counts=True)
    return [(int(at), int(count)) for at, count in zip(times, lines, strict=True)]
