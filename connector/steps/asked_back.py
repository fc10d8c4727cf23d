"""A parcel that lies with a carrier is asked back where it may not go any more or another road is due. The carrier's signed word decides."""

import contextlib
from collections.abc import Sequence
from datetime import datetime

from connector.bank import Bank, Way
from connector.ledger import audit, authorizations, rosters, stops
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import Move
from connector.moments import parse
from connector.parts import STEPPER, Parts, problem
from transports.errors import TransportError
from transports.relay.words import WITH_THE_CARRIER
from transports.transport import GivesBack, Transport

ASKED_BACK = problem(
    "asked-back",
    "文件已交前置机，正在要求退回：授权已撤回、有人撤回该批次，或应改走其他通道。前置机回报之前不另行发送；若其长期无回报，请核实后由两人处置"
    "（connector resolve）",
    "the parcel is with the carrier and was asked back, because its authorization was withdrawn, a person called it back or another road is due."
    " Nothing is sent by another road until the carrier says that it never went; where it stays silent, find out, then two persons decide"
    " (connector resolve)",
)


def given_back(parts: Parts, bank: Bank, road: str, line: Transport, row: AnyRow, now: datetime) -> bool:
    """Was it asked back, and is it ours again? Then it is SEALED, as if this road had never been tried but in vain."""
    if not isinstance(line, GivesBack):
        return False
    with parts.ledger.read() as tx:
        wanted = stops.wanted_back(tx, row.id)
        over = [] if wanted else authorizations.not_askable_positions(tx, row.roster, row.first, row.lines)
        due = None if wanted or over else road_due(tx, bank.ways(parts.day(now)), road, row, now)
    why = "called-back" if wanted else "authorization-withdrawn" if over else "another-road-due" if due else ""
    if not why:
        return False
    given = line.recall(row.parcel_name, row.parcel_size, row.parcel_digest)
    with parts.ledger.begin() as tx:
        if given:
            rosters.disproved(tx, row.id, now, "given-back", of=WITH_THE_CARRIER)
            rosters.move(tx, row.id, Move.CLEAR, now, problem=None, retry_at=None)
        elif row.problem != ASKED_BACK:
            rosters.set_batch(tx, row.id, problem=ASKED_BACK)
        if given or row.problem != ASKED_BACK:
            audit.of_batch(
                tx, row, at=now, who=STEPPER, what="given-back" if given else "asked-back", detail={"road": road, "why": why}
            )
    return given


def road_due(tx: Tx, ways: Sequence[Way], road: str, row: AnyRow, now: datetime) -> str | None:
    """The road after ``road``, once this batch has failed there for as long as the connection allows; None while its turn has not come."""
    following = [way.kind for way in ways].index(road) + 1
    after = ways[following].after if following < len(ways) else None
    since = rosters.failing_since(tx, row.id, road) if after is not None else None
    return ways[following].kind if after is not None and since is not None and parse(since) + after <= now else None


def from_roads_before(parts: Parts, bank: Bank, road: str, row: AnyRow, now: datetime) -> None:
    """Two persons sent it by ``road``: a carrier that has it on another one is told, and nobody waits for what it says."""
    with parts.ledger.read() as tx:
        before = rosters.roads_with(tx, row.id, WITH_THE_CARRIER)
    for way in bank.ways(parts.day(now)):
        if way.kind in before and way.kind != road:
            with contextlib.suppress(TransportError), way.open() as line:
                if isinstance(line, GivesBack):
                    line.recall(row.parcel_name, row.parcel_size, row.parcel_digest)
