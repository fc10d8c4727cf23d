"""From hand to hand: read back from the medium itself and sealed, then given to the bank by two persons; from then on its clock runs.

The hand-over ends the attempt and moves the batch in one transaction, once every volume that carries the batch is handed over.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from connector.bank import Bank
from connector.hours import deadlines
from connector.ledger import authorizations, deaths, media, rosters
from connector.ledger.rows import AnyRow, Tx
from connector.lifecycle import Move, State
from connector.media import register, remarks, words
from connector.media.outward import read_back
from connector.media.refusals import on_record
from connector.media.register import note, seal_number
from connector.moments import moment, parse
from connector.parts import Parts


@on_record("seal")
def seal(
    parts: Parts, bank: Bank, row: AnyRow, folder: Path, *, number: str, by: str, second: str, now: datetime, serial: str = ""
) -> None:
    """Read the medium itself once more (a burnt disc is not the folder it was burnt from), then note the seal of its pouch and, where
    it bears one, the serial number of the medium."""
    with parts.ledger.read() as tx:
        register.two(tx, by, second)
        row = register.known(tx, row.id)
    if row.direction != "out" or row.state != "registered" or row.written_at is None:
        raise words.say(words.WRONG_STATE)
    read_back(parts, bank, row, folder, row.manifest_digest, now)
    with parts.ledger.begin() as tx:
        if register.known(tx, row.id).state != "registered":
            raise words.say(words.WRONG_STATE)
        media.change(tx, row.id, seal_number=seal_number(number))
        said = remarks.say(serial=remarks.serial(serial))
        note(tx, parts, row, "sealed", now=now, who=by, second=second, seal=number, said=said)


@on_record("hand-over")
def hand_over(
    parts: Parts,
    bank: Bank,
    row: AnyRow,
    *,
    by: str,
    second: str,
    now: datetime,
    at: datetime | None = None,
    back_by: datetime | None = None,
) -> list[str]:
    """The pouch passes to the bank at ``at`` (default now); the numbers of the batches that are SENT by it."""
    happened = at or now
    with parts.ledger.begin() as tx:
        register.two(tx, by, second)
        row = register.known(tx, row.id)
        if row.direction != "out" or row.state != "registered" or row.written_at is None:
            raise words.say(words.WRONG_STATE)
        if not row.seal_number:
            raise words.say(words.NOT_SEALED)
        carried = media.batches_on(tx, row.id)
        _expect_still_wanted(tx, carried)
        until = back_by or happened + register.BACK_WITHIN
        media.change(tx, row.id, state="out", due_at=moment(until))
        note(tx, parts, row, "handed-over", now=now, at=happened, who=by, second=second, seal=row.seal_number)
        return [each.number for each in carried if _sent(tx, parts, bank, each, happened, now)]


def _expect_still_wanted(tx: Tx, carried: Sequence[AnyRow]) -> None:
    if any(not each.open or each.state != State.SEALED for each in carried):
        raise words.say(words.GIVEN_UP)
    if any(authorizations.not_askable_positions(tx, each.roster, each.first, each.lines) for each in carried):
        raise words.say(words.WITHDRAWN)
    if any(deaths.held_positions(tx, each.roster, each.first, each.lines) for each in carried):
        raise words.say(words.DEATH_REPORTED)


def _sent(tx: Tx, parts: Parts, bank: Bank, batch: AnyRow, at: datetime, now: datetime) -> bool:
    """A batch is the bank's once every medium that carries it is; the last hand-over starts the clock."""
    bearers = media.bearers(tx, batch.id, batch.attempt)
    if any(each.state != "out" for each in bearers):
        return False
    last = max(parse(event.at) for each in bearers for event in media.events(tx, each.id) if event.what == "handed-over")
    until = deadlines.of_batch(tx, parts, bank, batch, max(last, at))
    rosters.end_attempt(tx, batch.id, batch.attempt, "delivered", "handed-over", now)
    rosters.move(tx, batch.id, Move.SEND, now, **until.from_delivery(max(last, at)), problem=None, retry_at=None)
    return True
