"""What waits for a medium: the parcels ``media write`` would take now, and who is told of them."""

from datetime import date, datetime
from typing import Any

from bank_profiles.errors import Problems
from bank_profiles.language.channel import Media
from connector.bank import Bank
from connector.ledger import authorizations, deaths, media
from connector.ledger.rows import AnyRow, Tx
from connector.parts import Parts, problem
from transports.media.volumes import Parcel


def parcels(tx: Tx, bank: Bank, day: date) -> list[Parcel]:
    """What goes by media, as its channel or because two persons said so; a batch of which an authorization is over stays
    for the step that recalls it (domain rule 9)."""
    roads = {"media", None} if isinstance(bank.profile_on(day).channel, Media) else {"media"}
    rows = [row for row in media.to_write(tx, bank.code) if row.road in roads]
    askable = [row for row in rows if not _stays(tx, row)]
    return [Parcel(row.parcel_name, row.parcel_size, row.parcel_digest, str(row.id)) for row in askable]


def _stays(tx: Tx, row: AnyRow) -> bool:
    where = (row.roster, row.first, row.lines)
    return bool(authorizations.not_askable_positions(tx, *where) or deaths.held_positions(tx, *where))


def told(tx: Tx, parts: Parts, now: datetime) -> list[dict[str, Any]]:
    """For ``status``: each bank whose parcels wait for persons, since no step takes them."""
    found = []
    for code, bank in parts.banks.working.items():
        try:
            waiting = len(parcels(tx, bank, parts.day(now)))
        except Problems:  # no edition of its profile holds today: told where a step finds it
            continue
        if waiting:
            why = problem(
                "media-to-write",
                f"{waiting} 个批次待写出介质：connector media write {code} --to 空目录 --by 经办人",
                f"waiting for a medium: {waiting} batch{'' if waiting == 1 else 'es'}: connector media write {code} --to EMPTY_FOLDER --by NAME",
            )
            found.append({"id": None, "label": "", "institution": code, "state": "waiting", **why})
    return found
