"""IN_DOUBT has its own clock: looked for at growing intervals, never put again blindly, and told with the commands once it lasts (D301).

It ends by a look at the bank (steps/dispatch.py), a receipt, an answer, or two persons (``connector resolve``). Figures count its lines apart
(X2): the bank's clock has not started.
"""

from datetime import datetime, timedelta
from typing import Any

from connector.ledger import audit, doubts, rosters
from connector.moments import parse
from connector.parts import STEPPER, Parts, problem
from transports.relay.words import WITH_THE_CARRIER

FIRST, MOST = timedelta(minutes=1), timedelta(hours=2)  # between looks
LASTS = timedelta(hours=4)  # from then on a person is told what to do
CODE = "delivery-in-doubt"


def next_look(since: datetime, now: datetime) -> datetime:
    """When to look again at what is in doubt ``since`` then: after as long as the doubt has lasted, within FIRST and MOST."""
    return now + min(MOST, max(FIRST, now - since))


def tell_lasting(parts: Parts, now: datetime) -> dict[str, int]:
    """Batches whose doubt has lasted too long say so once, with the commands that end it; how many began to."""
    with parts.ledger.read() as tx:
        lasting = [row for row in doubts.in_doubt(tx, now - LASTS) if _is_news(row.problem)]
    for row in lasting:
        with parts.ledger.begin() as tx:
            rosters.set_batch(tx, row.id, problem=_told(row.institution, row.number, parse(row.state_at)))
            audit.of_batch(tx, row, at=now, who=STEPPER, what="doubt-lasts", detail={"since": row.state_at})
    return {"lasting doubts": len(lasting)} if lasting else {}


def is_due(parts: Parts, now: datetime) -> bool:
    """Is there a doubt to be told of?"""
    with parts.ledger.read() as tx:
        return any(_is_news(row.problem) for row in doubts.in_doubt(tx, now - LASTS))


def _is_news(said: dict[str, Any] | None) -> bool:
    """What lies with a carrier is its carrier's to tell (connector/carried.py)."""
    return said is None or (said["code"] != WITH_THE_CARRIER and "since" not in said)


def _told(institution: str, number: str, since: datetime) -> dict[str, Any]:
    command = f"connector resolve {institution} {number}"
    return problem(
        CODE,
        f"不能确定 {institution} 是否收到批次 {number}。请先再查看（connector step dispatch），不要重发；向银行核实后由两人处置：{command}"
        " --received 或 --not-received",
        f"it is not known whether {institution} received batch {number}. Look again first (connector step dispatch), do not re-send; ask the"
        f" bank, then two persons settle it: {command} --received or --not-received",
    ) | {"since": since.isoformat()}
