"""Banks that nothing will come from although nobody is silent: one that refused every line, one whose lines a person called back."""

from datetime import datetime, timedelta
from typing import Any

from connector.ledger import rosters, stops, tallies
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import State
from connector.moments import moment
from connector.parts import Parts

TOLD_FOR = timedelta(days=30)  # from then on the households' reports alone say it
_REFUSED = "refused."


def told(tx: Tx, parts: Parts, now: datetime) -> list[dict[str, Any]]:  # noqa: ARG001 (as every room tells)
    """Per bank the lines called back and never asked; per batch that the bank refused it whole, until two persons accept the refusal."""
    since = moment(now - TOLD_FOR)
    found = [_called_back(institution, lines) for institution, lines in stops.called_back(tx, since).items()]
    answered = (row for row in rosters.batches(tx) if row.state == State.ANSWERED and (row.answered_at or "") >= since)
    return found + [_refused(row) for row in answered if _is_refused(tx, row)]


def _is_refused(tx: Tx, row: AnyRow) -> bool:
    refused = sum(lines for outcome, lines in row.counts.items() if outcome.startswith(_REFUSED))
    tally = tallies.of_batch(tx, row.id) if refused == row.lines else None
    return tally is not None and bool(tally.counts.get("B3"))  # refused by the bank, and not accepted


def _called_back(institution: str, lines: int) -> dict[str, Any]:
    return {
        "code": "lines-recalled",
        "institution": institution,
        "zh": f"{lines} 行已由人撤回，从未查询；报告载明“已停止”。如仍需查询，请重新受理这些家庭（connector intake）",
        "en": f"{lines} lines were called back by a person and never asked; reports say so. If they are still to be asked, bring the"
        " households in anew (connector intake)",
        "alarm": True,
    }


def _refused(row: AnyRow) -> dict[str, Any]:
    outcome = max(row.counts, key=lambda word: int(row.counts[word]))
    line = f"connector statistics accept-refusal {row.institution} {row.number} --code {outcome} --reason … --by …"
    return {
        "code": "refused-whole",
        "institution": row.institution,
        "batch": row.number,
        "zh": f"{row.lines} 行全部被银行拒答；请与银行核对。银行确有理由的，由两人认可：{line}",
        "en": f"the bank refused all {row.lines} lines: ask it why. Where it was right, two persons accept it: {line}",
        "alarm": True,
    }
