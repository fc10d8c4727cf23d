"""dispatch: a sealed parcel → the road. Never opens it, never changes its name or its bytes. Mirrors collect.

The intent is written down before the line is opened. What a crash or a broken line leaves unknown is IN_DOUBT: it is looked for
at the bank, and what the look showed is recorded, before the same bytes are put again under the same name.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from connector import decided, excused
from connector.bank import Bank, Way
from connector.hours import breaker, deadlines, doubt
from connector.ledger import at_banks, audit, deaths, lanes, rosters
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import Move, State
from connector.moments import moment, parse
from connector.objects.store import ObjectError, StoreAway, StoreRefused
from connector.parts import DEATH_REPORTED, STEPPER, Parts, problem
from connector.steps import asked_back, pace, patience
from connector.steps.giving_way import GAVE_WAY, gives_way, should_look
from connector.steps.keeping import enter, store
from connector.steps.stopped import called_back, not_going
from transports.crashpoint import crashpoint
from transports.errors import Refused, TransportError
from transports.relay.words import WITH_THE_CARRIER, with_the_carrier
from transports.transport import Delivery, GivesBack, Presence, Put, Transport

_ANSWERED = {"remote-failure", "remote-full", WITH_THE_CARRIER}  # not put, but somebody was there: no failure of calling
RETRY_FIRST_S, RETRY_MAX_S = 5, 600  # between passes; seconds within a pass are transports/retrying.py's


def dispatch(parts: Parts, bank: Bank, epoch: int, now: datetime) -> dict[str, int]:
    """One pass over one bank's lane, urgent parcels first; how many ended how."""
    with parts.ledger.read() as tx:
        waiting = [rosters.find_batch(tx, key) for key in rosters.to_dispatch(tx, bank.code, now)]
    ready = pace.may_go(parts, bank, [row for row in waiting if not _recalled(parts, bank, row, now)], now)
    counts: dict[str, int] = {}
    stopped: TransportError | None = None
    ways = bank.ways(parts.day(now))
    for way, rows in _by_way(parts, ways, ready, now):
        try:
            _carry(parts, bank, way, rows, epoch, now, counts)
        except TransportError as trouble:  # of this road: the others go on
            stopped = stopped or trouble
        if GAVE_WAY in counts:
            break
    if stopped is not None:
        raise stopped
    return counts


def _by_way(parts: Parts, ways: Sequence[Way], rows: Sequence[AnyRow], now: datetime) -> Iterator[tuple[Way, list[AnyRow]]]:
    """What goes by each road now. What two persons carry waits for them (``connector media write``)."""
    chosen = [(_chosen(parts, ways, row, now), row) for row in rows]
    for way in ways:
        here = [row for kind, row in chosen if kind == way.kind]
        if here and way.kind != "media":
            yield way, here


def _chosen(parts: Parts, ways: Sequence[Way], row: AnyRow, now: datetime) -> str:
    """The road of a batch: as decided before, or the next one, where the one before failed for as long as the connection allows."""
    here = row.road if row.road in {way.kind for way in ways} else ways[0].kind
    if row.state != State.SEALED or len(ways) == 1:
        return here
    with parts.ledger.read() as tx:
        following = asked_back.road_due(tx, ways, here, row, now)
        if following is None or rosters.may_have_arrived(tx, row.id):
            return here
    with parts.ledger.begin() as tx:
        word: dict[str, Any] = (
            {"problem": decided.BY_MEDIA} if following == "media" else {}
        )  # on any other the next try has the next word
        rosters.set_batch(tx, row.id, road=following, **word)
        audit.of_batch(tx, row, at=now, who=STEPPER, what="road-changed", detail={"from": here, "to": following})
    return following


def _carry(parts: Parts, bank: Bank, way: Way, rows: Sequence[AnyRow], epoch: int, now: datetime, counts: dict[str, int]) -> None:
    began = time.monotonic()
    excused.note_use(parts, bank, way, now)
    with patience.opened(parts, bank, way, now) as line:
        for row in rows:
            ended = _send(parts, bank, way.kind, line, row, epoch, now)
            counts[ended] = counts.get(ended, 0) + 1
            if ended in {"retry", "in_doubt"}:
                break  # the line is down; what follows waits for the next pass
            if gives_way(parts, bank, now, at_banks.urgent_to_send) or should_look(parts, bank, way, began):
                counts[GAVE_WAY] = 1
                break


def _send(parts: Parts, bank: Bank, road: str, line: Transport, row: AnyRow, epoch: int, now: datetime) -> str:
    if _in_doubt(parts, row, now):
        if ended := _look(parts, bank, road, line, row, now):
            return ended
        with parts.ledger.read() as tx:
            row = rosters.find_batch(tx, row.id)
    if _recalled(parts, bank, row, now):  # since the pass began, or while it was looked for
        return "held"
    with parts.ledger.begin() as tx:
        moved_on = rosters.find_batch(tx, row.id).state != State.SEALED  # a person held it or called it back meanwhile
        if moved_on or not lanes.still(tx, bank.code, epoch):
            return "held" if moved_on else "lane-lost"
        number = rosters.begin_attempt(tx, row.id, epoch, now, road)
    crashpoint("O12")
    put = line.put(row.parcel_name, lambda: _bytes_of(parts, row), row.parcel_size, row.parcel_digest)
    crashpoint("O21")
    patience.heed(parts, bank, road, put.wait_s, now)
    if put.delivery is Delivery.RETRY and not put.wait_s and put.code not in _ANSWERED:
        breaker.failed(parts, bank, road, put.code, now)
    return _record(parts, bank, row, put, number, now)


def _look(parts: Parts, bank: Bank, road: str, line: Transport, row: AnyRow, now: datetime) -> str:
    """What a look at the bank showed of a parcel in doubt; empty where it is certainly not there, so that it may be put again."""
    asked_back.from_roads_before(parts, bank, road, row, now)
    if asked_back.given_back(parts, bank, road, line, row, now):
        with parts.ledger.read() as tx:
            row = rosters.find_batch(tx, row.id)
        return "held" if _recalled(parts, bank, row, now) else "given_back"
    seen = line.look(row.parcel_name, row.parcel_size, row.parcel_digest)
    if seen in (Presence.PRESENT, Presence.DIFFERENT):
        put = Put(Delivery.DELIVERED) if seen is Presence.PRESENT else _DIFFERENT
        return _record(parts, bank, row, put, None, now)
    if seen is Presence.UNKNOWN:
        return _still_in_doubt(parts, row, now, carried=isinstance(line, GivesBack))
    with parts.ledger.begin() as tx:
        if _known_otherwise(tx, row):
            return "held"
        rosters.move(tx, row.id, Move.CLEAR, now)
        audit.of_batch(
            tx, row, at=now, who=STEPPER, what="look-found-nothing", detail={"resolution": "same name, same bytes, again"}
        )
    return ""


def _bytes_of(parts: Parts, row: AnyRow) -> Iterator[bytes]:
    """The parcel as it was sealed; one that is lost or rotten here is ours to restore, and is not sent."""
    try:
        yield from parts.objects.get(row.parcel_digest)
    except (StoreAway, StoreRefused) as away:  # as a disk that cannot be read now: the carrier tries again
        raise OSError(away.en) from away
    except ObjectError as lost:
        raise Refused(lost.en, lost.zh, code=lost.code) from lost


def _still_in_doubt(parts: Parts, row: AnyRow, now: datetime, *, carried: bool) -> str:
    """Nobody can tell on this road: the batch stays as it is, the ones behind it go on, and persons decide.

    A parcel that lies with the carrier is no doubt of theirs: its journal will tell.
    """
    if carried:
        if row.problem is None or decided.is_decided(row.problem):  # a crash kept us from hearing that the carrier has it
            put = with_the_carrier("")
            with parts.ledger.begin() as tx:
                rosters.set_batch(tx, row.id, problem=problem(put.code, put.zh, put.en))
        return "carried"
    with parts.ledger.begin() as tx:
        if _known_otherwise(tx, row):
            return "held"
        said = (
            row.problem if row.problem and row.problem["code"] == doubt.CODE else None
        )  # as it was told before, or since it lasts
        if said is None:
            audit.of_batch(tx, row, at=now, who=STEPPER, what="look-told-nothing")
        again = doubt.next_look(parse(row.state_at), now)
        rosters.set_batch(tx, row.id, problem=said or _CANNOT_TELL, retry_at=moment(again))
    return "unknown"


_CANNOT_TELL = problem(
    doubt.CODE,
    "不能确定银行是否收到，此路也无法查看；不再重发。请银行核实后由两人处置（connector resolve）",
    "it is not known whether the bank received it, and this road cannot be looked at; it is not sent again. Ask the bank, then two"
    " persons decide (connector resolve)",
)


_DIFFERENT = Put(
    Delivery.REFUSED,
    "collision",
    "the bank holds other bytes under this parcel's name: ask the bank to look, then release the batch",
    "银行处同名文件内容不同：请银行核对后再放行",
)


def _in_doubt(parts: Parts, row: AnyRow, now: datetime) -> bool:
    """A broken line or a crash left it unknown whether the bank has this parcel."""
    with parts.ledger.read() as tx:  # most parcels were never put, and to write is to wait for every other writer
        if rosters.unended_attempt(tx, row.id) is None:
            return bool(row.state == State.IN_DOUBT)
    with parts.ledger.begin() as tx:
        if _known_otherwise(tx, row):
            return False
        open_attempt = rosters.unended_attempt(tx, row.id)
        if open_attempt is not None:
            rosters.end_attempt(tx, row.id, open_attempt, Delivery.IN_DOUBT.value, "interrupted", now)
            if row.state == State.SEALED:
                rosters.move(tx, row.id, Move.LOSE_SIGHT, now)
                audit.of_batch(tx, row, at=now, who=STEPPER, what="attempt-interrupted", detail={"attempt": open_attempt})
            return True
    return bool(row.state == State.IN_DOUBT)


def _known_otherwise(tx: Tx, row: AnyRow) -> bool:
    """Whether an answer, read meanwhile in its own lane, or a person told what became of this parcel."""
    return rosters.find_batch(tx, row.id).state not in (State.SEALED, State.IN_DOUBT)


def _record(parts: Parts, bank: Bank, row: AnyRow, put: Put, number: int | None, now: datetime) -> str:
    """The end of an attempt or of a look, with the batch's move and the answers that came in the same call, in one transaction."""
    replies = [store(parts, name, [content]) for name, content in put.replies]
    try:
        with parts.ledger.begin() as tx:
            if number is not None:
                rosters.end_attempt(tx, row.id, number, put.delivery.value, put.code, now)
            if not _known_otherwise(tx, row):
                _move_on(tx, parts, bank, row, put, now)
            for reply in replies:
                enter(tx, parts, bank.code, reply, now, told=True)
            audit.of_batch(
                tx, row, at=now, who=STEPPER, what=f"put-{put.delivery.value}", detail={"attempt": number, "code": put.code}
            )
    except lanes.LaneLost:  # whoever has the lane looks what became of it; what came in the same call is kept all the same
        with lanes.outside(parts.ledger).begin() as tx:
            for reply in replies:
                enter(tx, parts, bank.code, reply, now, told=True)
        raise
    return "carried" if put.code == WITH_THE_CARRIER else put.delivery.value


def _move_on(tx: Tx, parts: Parts, bank: Bank, row: AnyRow, put: Put, now: datetime) -> None:
    why = problem(put.code, put.zh, put.en) if put.code else None
    if put.delivery is Delivery.DELIVERED:
        until = deadlines.of_batch(tx, parts, bank, row, now)
        rosters.move(tx, row.id, Move.SEND, now, **until.from_delivery(now), problem=None)
    elif put.delivery is Delivery.REFUSED:
        rosters.move(tx, row.id, Move.HOLD, now, problem=why)
    elif put.delivery is Delivery.IN_DOUBT:
        rosters.move(tx, row.id, Move.LOSE_SIGHT, now, problem=why)
    else:
        rosters.set_batch(tx, row.id, problem=why, retry_at=moment(_again_at(rosters.attempts(tx, row.id), now)))


def _again_at(tries: int, now: datetime) -> datetime:
    return now + timedelta(seconds=breaker.pause_s(tries, RETRY_FIRST_S, RETRY_MAX_S))


def _recalled(parts: Parts, bank: Bank, row: AnyRow, now: datetime) -> bool:
    """A paper is over before this parcel went out: it is recalled, and the other households are cut anew (domain rule 9)."""
    if row.state != State.SEALED:
        return False
    if called_back(parts, row, now):
        return True
    with parts.ledger.read() as tx:
        gone = not_going(tx, row.roster, row.first, row.lines)
        held = deaths.held_positions(tx, row.roster, row.first, row.lines)
    if not gone and not held:
        return False
    with parts.ledger.begin() as tx:
        if rosters.find_batch(tx, row.id).state != State.SEALED:
            return True  # whoever stopped the persons called it back already
        if rosters.may_have_arrived(tx, row.id):
            if not gone:
                return True  # not now: it stays as it is until a second person has decided
            rosters.move(tx, row.id, Move.HOLD, now, problem=_PERHAPS_SENT)
            audit.of_batch(
                tx, row, at=now, who=STEPPER, what="batch-held", detail={"lines": len(gone), "code": _PERHAPS_SENT["code"]}
            )
        else:
            rosters.move(tx, row.id, Move.RECALL, now, problem=next(iter(gone.values()), DEATH_REPORTED))
            rosters.note_unasked(tx, row.roster, bank.code, gone, now)
            audit.of_batch(tx, row, at=now, who=STEPPER, what="batch-recalled", detail={"lines": len(gone), "held": len(held)})
    return True


_PERHAPS_SENT = problem(
    "authorization-withdrawn",
    "授权已撤回或终止，而此前的投递结果不明；不再投递。请银行核实是否已收到此包，如已收到请其停止查询",
    "the authorization was withdrawn or ended while it is unknown whether an earlier delivery arrived; it is not sent again. Ask"
    " the bank whether it holds this parcel, and to stop if it does",
)
