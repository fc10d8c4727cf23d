"""What is wrong with an answer, as its bank is told: a code, both languages, the place in the bank's own file; nothing of a person."""

from collections.abc import Mapping
from typing import Any

from bank_profiles.errors import LISTED_PER_CODE_MAX, Problem, RowProblem
from reconciliation.matching import FINDINGS
from transports.sealing.refusals import OUTWARD, OUTWARD_CODE, is_of_a_seal

Told = dict[str, Any]
_OUR_RULE = ("  rule: ", "  规则：")  # where in our profile: of no use to the bank, and a path of our machine


def of_problem(wrong: Problem) -> Told:
    """A fault of a file or of a row of it."""
    line = wrong.line_ref if isinstance(wrong, RowProblem) else None
    return {"code": wrong.code, "zh": _without_rule(wrong.zh), "en": _without_rule(wrong.en), "line": line}


def of_finding(finding: Mapping[str, Any], batch: str) -> Told:
    """A line whose answer has a hole or contradicts itself; a line is called by its batch and its place in it, from 1."""
    zh, en = FINDINGS[finding["code"]]
    declared, delivered = finding["declared"], finding["delivered"]
    counted = declared is not None and delivered is not None
    return {
        "code": finding["code"],
        "zh": f"{zh}（申报 {declared}，实收 {delivered}）" if counted else zh,
        "en": f"{en} (declared {declared}, delivered {delivered})" if counted else en,
        "line": f"{batch}#{finding['position'] + 1}",
    }


def of_kept(kept: Mapping[str, Any]) -> Told:
    """A fault as the ledger keeps it: code and two sentences; why a seal did not hold stays with our operator (security A15)."""
    if is_of_a_seal(kept["code"]):
        return SEAL_REFUSED
    return {"code": kept["code"], "zh": _without_rule(kept["zh"]), "en": _without_rule(kept["en"]), "line": None}


def said(code: str, zh: str, en: str) -> Told:
    """A fault of the answer as a whole."""
    return {"code": code, "zh": zh, "en": en, "line": None}


SEAL_REFUSED: Told = said(
    OUTWARD_CODE, OUTWARD[1], OUTWARD[0]
)  # whatever it was: a bank's staff asks the centre, whose operator sees why


def limited(told: list[Told]) -> list[Told]:
    """At most LISTED_PER_CODE_MAX of a code; the rest as one count."""
    counts: dict[str, int] = {}
    kept: list[Told] = []
    for each in told:
        counts[each["code"]] = counts.get(each["code"], 0) + 1
        if counts[each["code"]] <= LISTED_PER_CODE_MAX:
            kept.append(each)
    for code, count in counts.items():
        if (more := count - LISTED_PER_CODE_MAX) > 0:
            kept.append(said(code, f"另有 {more} 处相同问题", f"and {more} more of the same"))
    return kept


def _without_rule(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith(_OUR_RULE))
