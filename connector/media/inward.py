"""In: registered by two persons when the pouch comes, then read, every byte proved, and entered as any other road's files are.

Nothing of a medium is read before the register knows it and the chain of hands is whole. Nothing of it is the ledger's before all of
it is stored: one transaction names everything, so a copy that breaks off leaves nothing half and is simply done again.
"""

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from connector.bank import Bank
from connector.ledger import lanes, media
from connector.ledger.rows import AnyRow, Tx
from connector.media import expecting, register, words
from connector.media.register import note, seal_number
from connector.moments import moment
from connector.steps.keeping import Kept, enter, store
from connector.steps.parts import Parts, problem
from transports.crashpoint import crashpoint
from transports.errors import Refused, Unreachable
from transports.media import words as volume_words
from transports.media.manifest import Listed
from transports.media.reading import Volume

# The wrong medium in the drive says nothing of the one that is registered.
_ANOTHER = {
    words[0] for words in (volume_words.OTHER_BANK, volume_words.OTHER_LABEL, volume_words.OTHER_VOLUME, volume_words.EMPTY)
}


@dataclasses.dataclass(frozen=True)
class Taken:
    """What came of an import: files that are new, files known before, volumes of the set still awaited."""

    fetched: int
    known: int
    awaited: tuple[int, ...]


def receive(
    parts: Parts,
    bank: Bank,
    label: str,
    *,
    kind: str,
    seal: str,
    by: str,
    second: str,
    now: datetime,
    handed_at: datetime | None = None,
    volume: tuple[int, int] = (1, 1),
    set_name: str = "",
    due_at: datetime | None = None,
) -> int:
    """Register a medium of a bank as its pouch comes; its number. ``handed_at``: when the bank gave it away, as the slip says."""
    _, agreed = register.agreed(bank, parts.day(now))
    if kind not in agreed.carriers:
        raise words.say(words.NO_KIND)
    number, of = volume
    if not 1 <= number <= of or (of > 1 and not set_name):
        raise volume_words.refused(volume_words.OTHER_VOLUME)
    if handed_at is not None and handed_at > now:
        raise words.say(words.WRONG_TIME)
    with parts.ledger.begin() as tx:
        register.two(tx, by, second)
        if media.labelled(tx, label, bank.code, "in"):
            raise volume_words.refused(volume_words.UNKNOWN)
        others = media.of_set(tx, bank.code, "in", set_name or label)
        if any(other.volume == number for other in others):
            raise volume_words.refused(volume_words.VOLUME_TWICE)
        if any(other.volumes != of for other in others):
            raise volume_words.refused(volume_words.OTHER_VOLUME)
        key = media.register(
            tx,
            now,
            centre=parts.centre,
            region=parts.region,
            institution=bank.code,
            direction="in",
            label=label,
            kind=kind,
            set_name=set_name or label,
            volume=number,
            volumes=of,
            seal_number=seal_number(seal),
            due_at=moment(due_at or now + register.BACK_WITHIN),
        )
        row = _known(tx, key)
        if handed_at is not None:
            media.note(tx, key, "handed-over", at=handed_at, now=now, who="", seal_number=seal)
        note(tx, parts, row, "received", now=now, who=by, second=second, seal=seal)
    return key


def take_in(parts: Parts, bank: Bank, row: AnyRow, folder: Path, *, seal: str, by: str, second: str, now: datetime) -> Taken:
    """Import a registered medium. Raises Refused media-…, Unreachable, NotAllowed; the ledger then knows nothing of its files."""
    with parts.ledger.read() as tx:
        register.two(tx, by, second)
    lane_name = "media " + hashlib.sha256(f"{row.institution}/{row.set_name}".encode()).hexdigest()[:32]
    with lanes.hold(parts.ledger, lane_name, parts.folder) as lane:
        if lane is None:
            raise words.say(words.BUSY, Unreachable)
        with parts.ledger.read() as tx:
            row = _may_be_read(tx, row.id, seal)
        try:
            with expecting.volume(parts, bank, row, folder, now) as volume:
                kept = _copy(parts, volume)
                digest, size = volume.manifest_digest, volume.bytes
            whole, dropped = _joined(parts, row, kept)
        except Refused as refused:
            _refuse(parts, row, refused, by, second, now)
            raise
        with parts.ledger.begin() as tx:
            row = _may_be_read(tx, row.id, seal)  # nobody else was faster
            taken = _enter(tx, parts, row, kept, whole, now)
            media.change(tx, row.id, imported_at=moment(now), manifest_digest=digest, bytes=size, problem=None)
            note(tx, parts, row, "imported", now=now, who=by, second=second, seal=seal, said=f"{taken[0]} + {taken[1]}")
            awaited = _awaited(tx, row)
        for part in dropped:
            parts.objects.delete(part)
    return Taken(*taken, awaited)


def _may_be_read(tx: Tx, key: int, seal: str) -> AnyRow:
    """Registered, not imported, never refused, handed on whole, under the seal it came with."""
    row = _known(tx, key)
    if row.direction != "in" or row.imported_at is not None or row.closed_at is not None:
        raise volume_words.refused(volume_words.UNKNOWN)
    if row.state == "refused":
        raise words.say(words.REFUSED_BEFORE)
    register.expect_custody(tx, row)
    if seal != row.seal_number:
        raise words.say(words.SEAL_BROKEN)
    return row


def _copy(parts: Parts, volume: Volume) -> list[tuple[Listed, Kept]]:
    """Every file into the object store, proved while it is copied, and past the virus scanner where there is one."""
    copied = []
    for file in volume.files:
        crashpoint("N3")
        kept = store(parts, file.whole, volume.blocks(file))
        if parts.scanner is not None and parts.scanner.scan(parts.objects.get(kept.digest)) is not None:
            raise words.say(words.INFECTED)
        copied.append((file, kept))
    crashpoint("N5")
    return copied


def _joined(parts: Parts, row: AnyRow, kept: Sequence[tuple[Listed, Kept]]) -> tuple[dict[str, Kept], list[str]]:
    """The parcels that are whole now that this volume is here, by name; and the parts that are not needed any more."""
    with parts.ledger.read() as tx:
        volumes = [each.id for each in media.of_set(tx, row.institution, row.direction, row.set_name) if each.imported_at]
        earlier = {file.whole: media.parts_of(tx, volumes, file.whole) for file, _ in kept if file.parts > 1}
    whole: dict[str, Kept] = {}
    dropped: list[str] = []
    for name, others in earlier.items():
        found = {other.part: other.object for other in others} | {f.part: k.digest for f, k in kept if f.whole == name}
        wanted = {other.parts for other in others} | {f.parts for f, _ in kept if f.whole == name}
        if len(wanted) > 1:
            raise volume_words.refused(volume_words.LIST_BROKEN)
        if len(found) == wanted.pop():
            digests = [found[part] for part in sorted(found)]
            whole[name] = store(parts, name, _one_after_another(parts, digests))
            dropped += digests
    return whole, dropped


def _one_after_another(parts: Parts, digests: Sequence[str]) -> Iterator[bytes]:
    for digest in digests:
        yield from parts.objects.get(digest)


def _enter(
    tx: Tx, parts: Parts, row: AnyRow, kept: Sequence[tuple[Listed, Kept]], whole: dict[str, Kept], now: datetime
) -> tuple[int, int]:
    """Name everything in the ledger; (new, known before). A part waits for the others of its parcel."""
    ready = [(file.name, each) for file, each in kept if file.parts == 1]
    entered = {name: enter(tx, parts, row.institution, each, now, told=True) for name, each in ready}
    joined = [enter(tx, parts, row.institution, each, now, told=True) for each in whole.values()]
    media.add_files(
        tx,
        row.id,
        [
            {
                "name": file.name,
                "size": each.size,
                "digest": file.digest,
                "parcel": file.whole,
                "part": file.part,
                "parts": file.parts,
                "object": each.digest,
                "inbound": entered[file.name][0] if file.name in entered else None,
            }
            for file, each in kept
        ],
    )
    known = [was for _, was in (*entered.values(), *joined)]
    return known.count(False), known.count(True)


def _awaited(tx: Tx, row: AnyRow) -> tuple[int, ...]:
    """The volumes of the set that are not imported yet."""
    here = {each.volume for each in media.of_set(tx, row.institution, row.direction, row.set_name) if each.imported_at}
    return tuple(number for number in range(1, row.volumes + 1) if number not in here)


def _refuse(parts: Parts, row: AnyRow, refused: Refused, by: str, second: str, now: datetime) -> None:
    """What was wrong is on record; a medium that is bad in itself is not read again."""
    with parts.ledger.begin() as tx:
        why = problem(refused.code, refused.zh, refused.en)
        bad = {} if refused.code in _ANOTHER else {"state": "refused"}
        media.change(tx, row.id, problem=why, **bad)
        note(tx, parts, row, "import-refused", now=now, who=by, second=second, said=refused.code)


def _known(tx: Tx, key: int) -> AnyRow:
    row = media.find(tx, key)
    if row is None:
        raise volume_words.refused(volume_words.UNKNOWN)
    return row
