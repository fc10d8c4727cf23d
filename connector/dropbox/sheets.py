"""Inquiries and answers as the one sheet they are, for staff without sealing software: in memory only, sealed before anything is kept."""

import dataclasses
import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from bank_profiles.language.profile import Profile
from bank_profiles.translation import is_sealed_name, sealed_name, unsealed_name
from connector.answers import witness
from connector.answers.witness import Statement
from connector.dropbox import batches, problems, submitting
from connector.dropbox.asked import NAME_BYTES_MAX
from connector.dropbox.batches import Owned
from connector.dropbox.clients import Client
from connector.dropbox.problems import Refusal
from connector.dropbox.uploads import Held, Sheet, Uploads
from connector.ledger import audit
from connector.moments import moment
from connector.parts import Parts
from transports.errors import BrokenSeal, UnknownKey

_KINDS = {
    "excel": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "delimited": "text/csv",
}
_PROGRAMS = (b"vbaProject.bin", "_VBA_PROJECT".encode("utf-16-le"))  # in a workbook of 2007 and in one of 1997
_HEAD_BYTES = 8
_ENVELOPE = (
    re.compile(  # how every sealed parcel begins (ContentInfo): a SEQUENCE, its length, an OBJECT IDENTIFIER; no text does
        rb"\x30(\x80|\x81.|\x82..|\x83...|\x84....)\x06", re.DOTALL
    )
)


@dataclasses.dataclass(frozen=True)
class Named:
    """A file of an answer: as its bank calls it, and as it lies in the box, which is always sealed."""

    said: str
    wire: str
    is_sheet: bool


def named(profile: Profile, said: str) -> Named:
    """A name that is no sealed parcel's is a sheet's, where the profile agrees to sheets. Raises Refusal name-unusable."""
    if not profile.offers_sheet or is_sealed_name(profile, said):
        return Named(said, said, False)
    wire = sealed_name(profile, said)
    if len(wire.encode()) > NAME_BYTES_MAX:
        raise Refusal(422, problems.NAME)
    return Named(said, wire, True)


def sealed_only(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """What comes sealed goes on; what comes in clear is refused before a byte of it lies anywhere. Raises Refusal not-sealed."""
    flow, head = iter(blocks), b""
    while len(head) < _HEAD_BYTES and (block := next(flow, b"")):
        head += block
    if not _ENVELOPE.match(head):
        raise Refusal(422, problems.NOT_SEALED, headers={"Connection": "close"})
    yield head
    yield from flow


def has_macros(sheet: bytes) -> bool:
    """Does a workbook carry a program? Names of its parts stand in it as they are, so it is not unpacked for this."""
    return any(name in sheet for name in _PROGRAMS)


# ---- the inquiry --------------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Fetched:
    """An inquiry in clear, on its way to the caller."""

    name: str
    kind: str
    content: bytes


def fetch(parts: Parts, client: Client, batch: Owned, pin: str, now: datetime) -> Fetched:
    """The content of the very parcel that is in the box; the look is recorded before it is given. Raises Refusal."""
    profile = batch.bank.edition(batch.row.edition)
    if not profile.offers_sheet:
        raise Refusal(404, problems.NOT_OFFERED)
    if batch.parcel is None:
        raise Refusal(404, problems.ELSEWHERE)
    parcel = batch.parcel.read_bytes()
    if hashlib.sha256(parcel).hexdigest() != batch.row.parcel_digest:
        raise Refusal(503, problems.DAMAGED, headers={"Retry-After": "600"})
    try:
        content = b"".join(batch.bank.channel(profile).open_own(lambda: iter([parcel]), now))
    except UnknownKey as closed:  # sealed before its profile agreed to sheets
        raise Refusal(404, problems.NOT_OFFERED) from closed
    except BrokenSeal as broken:
        raise Refusal(503, problems.DAMAGED, headers={"Retry-After": "600"}) from broken
    (file,) = profile.inquiry.files.values()
    _looked(parts, client, batch, pin, now, "dropbox-sheet-read")
    return Fetched(unsealed_name(profile, batch.row.parcel_name), _KINDS[file.format], content)


def _looked(parts: Parts, client: Client, batch: Owned, pin: str, now: datetime, what: str) -> None:
    """Personal data went out, or came in, in clear: whose key, which batch."""
    with parts.ledger.begin() as tx:
        audit.of_batch(tx, batch.row, at=now, who=client.who, what=what, detail={"pin": pin, "lines": batch.row.lines})


# ---- the answer ---------------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class HandIn:
    """A filled sheet in the hand of a caller that proved itself. ``revises``: the answer it is to take the place of."""

    name: Named
    content: bytes
    pin: str
    revises: str | None = None


def keep(parts: Parts, client: Client, batch: Owned, brought: HandIn, now: datetime) -> tuple[Held, bool]:
    """Sealed at once, with the drop-box as its witness; and whether it is new. The same again is the same. Raises Refusal."""
    if parts.witness is None:
        raise Refusal(503, problems.NO_WITNESS)
    name, content = brought.name, brought.content
    if has_macros(content):
        raise Refusal(422, problems.MACROS)
    sha256 = hashlib.sha256(content).hexdigest()
    sheet = Sheet(len(content), _mark(parts, batch, sha256))
    submitted = submitting.of_name(parts, client, batch, name.wire)
    uploads = Uploads(client.box.uploads(batch.row.id))
    if submitted is None:
        batches.expect_uploadable(client, batch, brought.revises)
        held = uploads.held(name.wire)
    else:
        held = Held(client.box.brought(name.wire), submitted.size, submitted.size, submitted.digest, submitted.sheet)
    if held is not None:
        if held.sheet != sheet:
            raise Refusal(409, problems.COLLISION)
        return held, False
    institution = batch.row.institution
    said = Statement(institution, batch.row.number, name.said, brought.pin, sha256, len(content), moment(now))
    channel = batch.bank.channel(batch.bank.edition(batch.row.edition))
    try:
        parcel = witness.seal(channel, parts.witness, said, content, now)
    except UnknownKey as missing:
        raise Refusal(503, problems.NO_WITNESS) from missing
    staged = uploads.stage(name.wire, [parcel])
    try:
        held = uploads.keep_sheet(staged, hashlib.sha256(parcel).hexdigest(), sheet)
    finally:
        uploads.forget(staged)
    _looked(parts, client, batch, brought.pin, now, "dropbox-sheet-handed-in")
    return held, True


def _mark(parts: Parts, batch: Owned, sha256: str) -> str:
    """By which the same sheet is known again; a plain digest of a small one could be guessed."""
    with parts.ledger.read() as tx:
        return parts.vault.index(tx, f"sheet {batch.row.id} {sha256}").hex()
