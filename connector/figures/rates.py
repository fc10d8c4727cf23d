"""The supervisor's formulas (definition 2026.1, docs/statistics.md), each with its parts: a rate without what it is of says nothing."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from reconciliation.buckets import SCORED

_Z = 1.959963984540054  # 95 % of a normal distribution lie within so many standard deviations
LEAST_DUE = 20  # fewer due lines have no rate

FORMULAS: Mapping[str, tuple[str, str, str]] = {
    "response": ("反馈率", "response rate", "(B1+B2+B3+B4) / D"),
    "on_time": ("按时率", "on-time rate", "B1 / D"),
    "completeness": ("完整率", "completeness", "found, declared = read / found, declared"),
    "format_error": ("格式错误率", "format-error rate", "files with format problems / files received"),
    "files_refused": ("整份拒收率", "files wholly refused", "files wholly refused / files received"),
    "rows_error": ("行错误率", "rows not readable", "rows not readable / rows"),
    "correction": ("更正率", "correction rate", "lines replaced by a revision in the month / (B1+B2)"),
    "refusal": ("拒绝率", "refusal rate", "(B3+X4) / (D+X4)"),
    "hit": ("开户命中率", "hit rate", "found / (found+no_record)"),
}


@dataclasses.dataclass(frozen=True)
class Rate:
    """A part of a whole; without a whole there is no rate."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The rate, 0 to 1; none where there is nothing it could be of."""
        return self.part / self.whole if self.whole else None

    def as_json(self) -> dict[str, Any]:
        """part, whole, rate (unrounded)."""
        return {"part": self.part, "whole": self.whole, "rate": self.value}


def due_lines(counts: Mapping[str, int]) -> int:
    """D: the due lines that are scored."""
    return sum(counts.get(bucket, 0) for bucket in SCORED)


def rates(counts: Mapping[str, int]) -> dict[str, Rate]:
    """Every rate from what was counted: buckets, found, no_record, declared, as_declared, corrected, files, rows."""
    due = due_lines(counts)

    def many(*names: str) -> int:
        return sum(counts.get(name, 0) for name in names)

    return {
        "response": Rate(many("B1", "B2", "B3", "B4"), due),
        "on_time": Rate(many("B1"), due),
        "completeness": Rate(many("as_declared"), many("declared")),
        "format_error": Rate(many("files_bad"), many("files")),
        "files_refused": Rate(many("files_refused"), many("files")),
        "rows_error": Rate(many("rows_parked"), many("rows")),
        "correction": Rate(many("corrected"), many("B1", "B2")),
        "refusal": Rate(many("B3", "X4"), due + many("X4")),
        "hit": Rate(many("found"), many("found", "no_record")),
    }


def refusals(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Lines the banks refused: founded ones (two persons of the centre agreed, X4), and those that stand against the bank so far (B3)."""
    return {"founded": counts.get("X4", 0), "open": counts.get("B3", 0)}


def overdue_open(counts: Mapping[str, int]) -> int:
    """Lines past due that are not whole: B4, B5, B6."""
    return sum(counts.get(bucket, 0) for bucket in ("B4", "B5", "B6"))


def wilson(rate: Rate) -> tuple[float, float] | None:
    """The 95 % interval of a rate by Wilson's score (E. B. Wilson, JASA 22, 1927); none without a whole. Ranks go by its lower end."""
    p, n = rate.value, rate.whole
    if p is None:
        return None
    middle, spread = p + _Z**2 / (2 * n), _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n))
    scale = 1 + _Z**2 / n
    return (middle - spread) / scale, (middle + spread) / scale


def printed(rate: Rate) -> str:
    """As papers print it: one decimal, two below one percent, from the unrounded value; nothing where there is none."""
    value = rate.value
    if value is None:
        return ""
    return f"{value * 100:.2f} %" if 0 < value < 0.01 else f"{value * 100:.1f} %"


def nearest_rank(times: Sequence[tuple[int, int]], due: int, share: float) -> int | None:
    """The time at a share of all due lines, by nearest rank; open lines are unending, so none where it falls on one.

    ``times``: (minutes, lines) of those answered, in any order; ``due``: all due lines.
    """
    rank = math.ceil(round(share * due, 9))
    for minutes, lines in sorted(times):
        rank -= lines
        if rank <= 0:
            return minutes
    return None
