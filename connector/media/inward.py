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
from connector.media import expecting, holding, register, remarks, words
from connector.media.refusals import on_record
from connector.media.register import note, seal_number
from connector.moments import moment, parse
from connector.parts import Parts, problem
from connector.steps.keeping import Kept, enter, store
from transports.crashpoint import crashpoint
from transports.errors import Refused, UnknownKey, Unreachable
from transports.media import words as volume_words
from transports.media.digests import sm3
from transports.media.manifest import Listed
from transports.media.reading import Volume
from transports.scanner import NotScanned


@dataclasses.dataclass(frozen=True)
class Taken:
    """What came of an import: files that are new, files known before, volumes of the set still awaited."""

    fetched: int
    known: int
    awaited: tuple[int, ...]


@on_record("receive")
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
    handed_at: datetime | None,
    unsaid: bool = False,
    volume: tuple[int, int] = (1, 1),
    set_name: str = "",
    serial: str = "",
    due_at: datetime | None = None,
) -> int:
    """Register a medium of a bank as its pouch comes; its number. ``handed_at``: when the bank gave it away, as the slip says, or
    ``unsaid``: the slip does not say it, and the two who receive it stand for that."""
    number, of = volume
    _expect_plain(parts, bank, kind, number, of, set_name, handed_at, unsaid, now)
    with parts.ledger.begin() as tx:
        register.two(tx, by, second)
        if media.labelled(tx, label, bank.code, "in"):
            raise volume_words.refused(volume_words.UNKNOWN)
        others = media.of_set(tx, bank.code, "in", set_name or label)
        if any(other.volume == number for other in others):
            raise volume_words.refused(volume_words.VOLUME_TWICE)
        if any(other.volumes != of for other in others):
            raise volume_words.another(volume_words.OTHER_VOLUME, f"{number}/{of}", f"?/{others[0].volumes}")
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
        row = register.known(tx, key)
        if handed_at is not None:
            media.note(tx, key, "handed-over", at=handed_at, now=now, who="", seal_number=seal)
        said = remarks.say(serial=remarks.serial(serial), handed_at="" if handed_at else "unsaid")
        note(tx, parts, row, "received", now=now, who=by, second=second, seal=seal, said=said)
    return key


def _expect_plain(
    parts: Parts,
    bank: Bank,
    kind: str,
    number: int,
    of: int,
    set_name: str,
    handed_at: datetime | None,
    unsaid: bool,
    now: datetime,
) -> None:
    """What two persons typed from slip and pouch can be so. Raises Refused media-…"""
    _, agreed = register.agreed(bank, parts.day(now))
    if kind not in agreed.carriers:
        raise words.say(words.NO_KIND)
    if not 1 <= number <= of or (of > 1 and not set_name):
        raise volume_words.another(volume_words.OTHER_VOLUME, f"{set_name} {number}/{of}", "k/n")
    if (handed_at is None) != unsaid:
        raise words.say(words.HANDED_AT)
    if handed_at is not None and handed_at > now:
        raise words.say(words.WRONG_TIME)


@on_record("import")
def presented(parts: Parts, named: str, *, by: str, second: str, now: datetime) -> AnyRow:  # noqa: ARG001 (who and when are noted)
    """The medium somebody wants read, by number, label or the code scanned. Raises Refused media-unknown (M901)."""
    with parts.ledger.read() as tx:
        return register.find(tx, named)


def take_in(parts: Parts, bank: Bank, row: AnyRow, folder: Path, *, seal: str, by: str, second: str, now: datetime) -> Taken:
    """Import a registered medium. Raises Refused media-…, Unreachable, NotAllowed; the ledger then knows nothing of its files."""
    lane_name = "media " + hashlib.sha256(f"{row.institution}/{row.set_name}".encode()).hexdigest()[:32]
    with lanes.hold(parts.ledger, lane_name, parts.folder) as lane:
        if lane is None:
            raise words.say(words.BUSY, Unreachable)
        row = _admitted(parts, row, by=by, second=second, now=now)
        try:
            with parts.ledger.read() as tx:
                _expect_unbroken(tx, row, seal)
            _expect_scanner(parts, bank, row)
            with expecting.volume(parts, bank, row, folder, now) as volume:
                kept = _copy(parts, volume)
            whole, dropped = _joined(parts, row, kept)
        except Refused as refused:
            _refuse(parts, row, refused, by, second, now)
            raise
        except (
            NotScanned,
            UnknownKey,
        ) as waits:  # nothing is wrong with the medium: it waits for a verdict, or for who signed it
            with parts.ledger.begin() as tx:
                media.change(tx, row.id, problem=problem(waits.code, waits.zh, waits.en))
            raise
        with parts.ledger.begin() as tx:
            _expect_unbroken(tx, _still_wanted(tx, row.id), seal)  # nobody else was faster
            taken = _enter(tx, parts, row, kept, whole, now)
            seen = {"manifest_digest": volume.manifest_digest, "bytes": volume.bytes, "problem": None}
            media.change(tx, row.id, imported_at=moment(now), **seen)
            said = remarks.say(new=taken[0], known=taken[1], sm3=sm3(volume.list_content))
            note(tx, parts, row, "imported", now=now, who=by, second=second, seal=seal, said=said)
            awaited = _awaited(tx, row)
        for part in dropped:
            parts.objects.delete(part)
    return Taken(*taken, awaited)


@on_record("import")
def _admitted(parts: Parts, row: AnyRow, *, by: str, second: str, now: datetime) -> AnyRow:  # noqa: ARG001 (when is noted)
    """The medium as it stands: two persons want it, it is awaited, and nobody holds it."""
    with parts.ledger.read() as tx:
        register.two(tx, by, second)
        return _still_wanted(tx, row.id)


def _still_wanted(tx: Tx, key: int) -> AnyRow:
    """Registered, not imported, never refused, not held for two persons."""
    row = register.known(tx, key)
    if row.direction != "in" or row.imported_at is not None or row.closed_at is not None:
        raise volume_words.refused(volume_words.UNKNOWN)
    if row.state == "refused":
        raise words.say(words.REFUSED_BEFORE)
    if holding.is_held(row):
        raise words.say(words.HELD)
    return row


def _expect_unbroken(tx: Tx, row: AnyRow, seal: str) -> None:
    """Handed on whole, under the seal it came with."""
    register.expect_custody(tx, row)
    if seal != row.seal_number:
        raise words.say(words.SEAL_BROKEN)


def _expect_scanner(parts: Parts, bank: Bank, row: AnyRow) -> None:
    """Nothing is read without a scanner where its profile asks for one. Raises NotScanned: the medium waits."""
    _, agreed = register.agreed(bank, parts.day(parse(row.registered_at)))
    if agreed.virus_scan == "required" and parts.scanner is None:
        raise words.say(words.NO_SCANNER, NotScanned)


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
    """What was wrong is on record. The medium itself, bad by its own signed list, is not read again; the wrong one in the drive says
    nothing of the one that is registered."""
    with parts.ledger.begin() as tx:
        why = problem(refused.code, refused.zh, refused.en)
        bad = {"state": "refused"} if isinstance(refused, volume_words.Spoilt) else {}
        media.change(tx, row.id, problem=why, **bad)
        note(tx, parts, row, "import-refused", now=now, who=by, second=second, said=refused.code)
