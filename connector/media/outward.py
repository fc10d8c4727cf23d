"""Out: sealed parcels → volumes with their signed lists, read back whole before the register says so.

Writing begins an attempt of each batch and leaves it SEALED; while it lies on a medium no other road takes it. The hand-over ends the
attempt (handing.py); a medium given up before gives its batches back.
"""

import contextlib
import dataclasses
from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from bank_profiles.filenames import NameValues, render
from bank_profiles.language.channel import Media
from connector.bank import Bank
from connector.ledger import lanes, media, rosters
from connector.ledger.rows import AnyRow, Tx
from connector.media import expecting, register, remarks, waiting, words
from connector.media.refusals import on_record
from connector.media.register import note
from connector.moments import moment
from connector.objects.store import ObjectError
from connector.parts import Parts, problem
from transports.errors import Refused, TransportError, Unreachable
from transports.media import words as volume_words
from transports.media.digests import sm3
from transports.media.manifest import Listed, Manifest
from transports.media.volumes import Piece, bytes_of, cut
from transports.media.writing import expect_empty, write_volume

CAPACITIES = {"optical_disc": 650_000_000, "encrypted_usb": 8_000_000_000}  # bytes, where nothing else is said


@dataclasses.dataclass(frozen=True)
class _Planned:
    """One volume about to be written."""

    medium: int
    pieces: Sequence[Piece]
    folder: Path


@on_record("write")
def write(parts: Parts, bank: Bank, folder: Path, *, kind: str, capacity: int | None = None, by: str, now: datetime) -> list[int]:
    """A bank's sealed parcels onto volumes in ``folder`` (empty), read back; the media's numbers, none when nothing waits.

    One volume lies in ``folder`` itself, several in a folder of their label each. Raises Refused, Unreachable, NotAllowed.
    """
    _, agreed = register.agreed(bank, parts.day(now))
    if kind not in agreed.carriers:
        raise words.say(words.NO_KIND)
    expect_empty(folder)
    with lanes.hold(parts.ledger, bank.code, parts.folder) as lane:
        if lane is None:
            raise words.say(words.BUSY, Unreachable)
        with parts.ledger.begin() as tx:
            register.one(tx, by)
            for row in media.unfinished(tx, bank.code):
                give_up(tx, parts, row, _UNFINISHED, now, by)
            volumes = cut(waiting.parcels(tx, bank, parts.day(now)), capacity or CAPACITIES[kind])
            planned = _register(tx, parts, bank, agreed, volumes, folder, kind, lane.epoch, now, by)
        _fill(parts, bank, planned, now, by)
    return [each.medium for each in planned]


_UNFINISHED = problem("media-unfinished", "写出中断，未完成；批次已退回待投递", "writing broke off; its batches wait again")


def _register(
    tx: Tx,
    parts: Parts,
    bank: Bank,
    agreed: Media,
    volumes: Sequence[Sequence[Piece]],
    folder: Path,
    kind: str,
    epoch: int,
    now: datetime,
    by: str,
) -> list[_Planned]:
    """Labels, places in the register and attempts, before the first byte is written."""
    day = parts.day(now)
    first = media.last_number(tx, bank.code, day) + 1
    labels = [_label(agreed, bank, day, first + place) for place in range(len(volumes))]
    if any(media.labelled(tx, label, bank.code, "out") for label in labels) or len(set(labels)) < len(labels):
        raise words.say(words.LABEL_USED)
    attempts: dict[str, int] = {}
    planned = []
    for place, (label, pieces) in enumerate(zip(labels, volumes, strict=True)):
        for piece in pieces:
            if piece.parcel.batch not in attempts:
                attempts[piece.parcel.batch] = rosters.begin_attempt(tx, int(piece.parcel.batch), epoch, now, "media")
        key = media.register(
            tx,
            now,
            centre=parts.centre,
            region=parts.region,
            institution=bank.code,
            direction="out",
            label=label,
            label_day=day.isoformat(),
            label_seq=first + place,
            kind=kind,
            set_name=labels[0],
            volume=place + 1,
            volumes=len(volumes),
        )
        media.add_files(tx, key, [_planned_file(piece, attempts) for piece in pieces])
        note(tx, parts, register.known(tx, key), "registered", now=now, who=by)
        planned.append(_Planned(key, pieces, folder if len(volumes) == 1 else folder / label))
    return planned


def _label(agreed: Media, bank: Bank, day: date, number: int) -> str:
    return render(agreed.label, NameValues(bank=bank.code, day=day, seq=number, batch_no=f"{day:%Y%m%d}{number:07d}"))


def _planned_file(piece: Piece, attempts: dict[str, int]) -> dict[str, object]:
    return {
        "name": piece.name,
        "size": piece.size,
        "digest": "",
        "parcel": piece.parcel.name,
        "part": piece.part,
        "parts": piece.parts,
        "batch": int(piece.parcel.batch),
        "attempt": attempts[piece.parcel.batch],
    }


# ---------------------------------------------------------------- the bytes
def _fill(parts: Parts, bank: Bank, planned: Sequence[_Planned], now: datetime, by: str) -> None:
    """Write every volume and read it back; a set is written whole or given up whole."""
    try:
        for each in planned:
            if len(planned) > 1:
                each.folder.mkdir()
            _fill_one(parts, bank, each, now, by)
    except (TransportError, ObjectError, OSError) as trouble:
        for each in planned:
            _clear(each.folder, own=len(planned) > 1)
        told = trouble if isinstance(trouble, TransportError | ObjectError) else words.say(volume_words.UNWRITABLE, Unreachable)
        with parts.ledger.begin() as tx:
            for each in planned:
                give_up(tx, parts, register.known(tx, each.medium), problem(told.code, told.zh, told.en), now, by)
        if told is trouble:
            raise
        raise told from trouble


def _fill_one(parts: Parts, bank: Bank, planned: _Planned, now: datetime, by: str) -> None:
    with parts.ledger.read() as tx:
        row = register.known(tx, planned.medium)
        batches = tuple(each.number for each in media.batches_on(tx, row.id))
    profile, agreed = register.agreed(bank, parts.day(now))
    channel = bank.channel(profile)

    def describe(files: tuple[Listed, ...]) -> Manifest:
        return Manifest(
            centre=parts.centre,
            bank=bank.code,
            direction="out",
            label=row.label,
            set_name=row.set_name,
            volume=row.volume,
            of=row.volumes,
            batches=batches,
            digest=agreed.manifest.digest,
            files=files,
            made_at=now.astimezone(parts.zone).isoformat(timespec="seconds"),
        )

    digest, files = write_volume(
        planned.folder,
        planned.pieces,
        lambda piece: bytes_of(piece, parts.objects.get(piece.parcel.digest)),
        describe,
        expecting.listing_name(parts, bank, row),
        lambda told: channel.sign_beside(told, now),
    )
    listed = read_back(parts, bank, row, planned.folder, digest, now)
    with parts.ledger.begin() as tx:
        for file in files:
            media.set_files(tx, row.id, file.name, digest=file.digest)
        media.change(tx, row.id, written_at=moment(now), manifest_digest=digest, bytes=sum(file.size for file in files))
        note(tx, parts, row, "written", now=now, who=by, said=remarks.say(sm3=listed))


def read_back(parts: Parts, bank: Bank, row: AnyRow, folder: Path, digest: str, now: datetime) -> str:
    """Every byte read again from where it lies; SM3 of its list. Raises Refused media-readback, or Unreachable where it cannot be read."""
    try:
        with expecting.volume(parts, bank, row, folder, now) as volume:
            volume.read_through()
            same, listed = volume.manifest_digest == digest, sm3(volume.list_content)
    except Refused as differs:
        raise volume_words.refused(volume_words.READBACK) from differs
    if not same:
        raise volume_words.refused(volume_words.READBACK)
    return listed


def _clear(folder: Path, *, own: bool) -> None:
    """Nothing of a set that was given up stays in the folder it was written to."""
    with contextlib.suppress(OSError):
        for path in islice(folder.iterdir(), 20_000):
            path.unlink()
        if own:
            folder.rmdir()


# ---------------------------------------------------------------- given up
def give_up(tx: Tx, parts: Parts, row: AnyRow, why: dict[str, str], now: datetime, by: str) -> None:
    """A medium that was not written to its end: refused, and its batches wait again."""
    media.change(tx, row.id, state="refused", problem=why, closed_at=moment(now))
    note(tx, parts, row, "not-written", now=now, who=by, said=why["code"])
    give_back(tx, row, why["code"], now)


def give_back(tx: Tx, row: AnyRow, code: str, now: datetime) -> None:
    """What lies on a medium that never left, or whose set is not whole, certainly did not arrive: it may go out anew."""
    for each in media.batches_on(tx, row.id):
        if each.open:
            rosters.end_attempt(tx, each.id, each.attempt, "retry", code, now)
