"""An act on a medium that was refused (one person alone, a medium nobody knows, a set that is not whole): in the audit, and told by status.

The refusal of an act leaves the register as it was, so it is told from here: once a cause, counted, for three days. What was only typed
wrongly is said to whoever typed it and to nobody else. A broken seal, a broken chain of hands and a bad disc stand with the medium itself.
"""

import functools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from connector.bank import Bank
from connector.ledger import audit, banks
from connector.ledger.errors import NotAllowed
from connector.ledger.rows import Tx
from connector.moments import parse
from connector.parts import Parts, problem
from transports.errors import Refused

TOLD_FOR = timedelta(days=3)
TYPED = frozenset(
    {
        "media-time",
        "media-seal-missing",
        "media-serial",
        "media-kind",
        "media-not-empty",
        "media-capacity",
        "media-label-used",
        "media-not-agreed",
        "media-wrong-state",
        "media-handed-at",
    }
)
_LANE = "media:acts"  # a row of its own among the lanes, never a bank's problems
_LONGEST = 64  # of what was typed, as far as it is kept

P = ParamSpec("P")
R = TypeVar("R")


def on_record(act: str) -> Callable[[Callable[Concatenate[Parts, P], R]], Callable[Concatenate[Parts, P], R]]:
    """For an act with ``by`` and ``now``, and mostly ``second`` and a medium or label: what it is refused for is noted, then said."""

    def decorate(function: Callable[Concatenate[Parts, P], R]) -> Callable[Concatenate[Parts, P], R]:
        @functools.wraps(function)
        def acted(parts: Parts, /, *args: P.args, **said: P.kwargs) -> R:
            try:
                return function(parts, *args, **said)
            except (NotAllowed, Refused) as refused:
                if refused.code not in TYPED:
                    _note(parts, act, refused, _about(args), said)
                raise

        return acted

    return decorate


def told(tx: Tx, now: datetime) -> list[dict[str, Any]]:
    """For ``status``: each cause of the last three days, how often it came and who met it last."""
    noted = banks.problems(tx).get(_LANE, {})
    return [_entry(each) for each in noted.values() if now - parse(each["at"]) <= TOLD_FOR]


def _note(parts: Parts, act: str, refused: NotAllowed | Refused, about: tuple[str, str], said: Any) -> None:
    who, second, now = str(said["by"])[:_LONGEST], str(said.get("second", ""))[:_LONGEST], said["now"]
    institution, named = about
    with parts.ledger.begin() as tx:
        before = banks.problems(tx).get(_LANE, {}).get(refused.code)
        fresh = before is not None and now - parse(before["at"]) <= TOLD_FOR
        why = {
            **problem(refused.code, refused.zh, refused.en),
            **{"act": act, "who": who, "label": named, "institution": institution},
            "count": before["count"] + 1 if before is not None and fresh else 1,
        }
        banks.note_problem(tx, _LANE, refused.code, why, now)
        detail = {"act": act, "cause": refused.code, "institution": institution, "label": named, "second": second}
        audit.record(
            tx, at=now, who=who, what="medium-act-refused", centre=parts.centre, subject=f"medium {named}", detail=detail
        )


def _about(args: tuple[Any, ...]) -> tuple[str, str]:
    """(institution, label) of the act, as far as its arguments tell: a row of the register, or a bank and what was typed."""
    row = next((each for each in args if hasattr(each, "manifest_digest")), None)
    if row is not None:
        return row.institution, row.label
    bank = next((each.code for each in args if isinstance(each, Bank)), "")
    typed = next((each for each in args if isinstance(each, str)), "")
    return bank, "".join(sign for sign in typed if sign.isprintable())[:_LONGEST]


def _entry(noted: dict[str, Any]) -> dict[str, Any]:
    count, who, act = noted["count"], noted["who"], noted["act"]
    zh = f"介质操作 {act} 被拒 {count} 次，最近由 {who}：{noted['zh']}"
    en = f"the act {act} on a medium was refused {count} times, last to {who}: {noted['en']}"
    head = {"id": None, "label": noted["label"], "institution": noted["institution"], "state": "refused-act"}
    return {**head, **problem(noted["code"], zh, en), "count": count, "at": noted["at"]}
