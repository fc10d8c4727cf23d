"""What was answered, by batch: so that an inquiry read twice gets the same bytes, and a restart in the middle is harmless.

A note is a small file without any person's data; the sealed answers themselves lie in an object store beside the notes. The note is
written after the objects are durable and before anything is delivered.
"""

import dataclasses
import hashlib
import os
import secrets
from datetime import datetime
from pathlib import Path

import orjson

from transports import shelf


@dataclasses.dataclass(frozen=True)
class Parcel:
    """One sealed answer to deliver: its name on the wire, and where its bytes are. ``flagged``: the flag file follows it."""

    name: str
    digest: str
    size: int
    flagged: bool = True
    at_once: bool = False  # a receipt: delivered before the answer is due


@dataclasses.dataclass(frozen=True)
class Note:
    """Of one batch: the digest of the inquiry as it arrived, the parcels of its answer, not to be delivered before ``due``."""

    batch_no: str
    inquiry: str
    lines: int
    due: datetime
    parcels: tuple[Parcel, ...]


class Journal:
    """Notes in a folder, one file a batch. Names are made here, never taken from the other side."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of_batch(self, batch_no: str) -> Note | None:
        """The note of a batch, None where it was never answered."""
        return _read(self._path(batch_no))

    def of_inquiry(self, digest: str) -> Note | None:
        """The note of an inquiry by the digest of its file, None where it was never answered."""
        notes = (_read(path) for path in self._folder.glob("*.json"))
        return next((note for note in notes if note is not None and note.inquiry == digest), None)

    def keep(self, note: Note) -> Note:
        """Keep it, durably. A batch has one note for ever: where another process was first, its note is the one that counts."""
        path = self._path(note.batch_no)
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
        shelf.write(temporary, orjson.dumps({"schema": "answered/1", **dataclasses.asdict(note)}))
        try:
            os.link(temporary, path)  # never overwrites
        except FileExistsError:
            return self.of_batch(note.batch_no) or note
        finally:
            temporary.unlink()
            shelf.sync(path.parent)
        return note

    def said_at_once(self, batch_no: str) -> bool:
        """Were the receipts of this batch delivered?"""
        return self._path(batch_no).with_suffix(".receipted").exists()

    def note_said(self, batch_no: str) -> None:
        """They were; durable when it returns."""
        shelf.write(self._path(batch_no).with_suffix(".receipted"), b"")

    def _path(self, batch_no: str) -> Path:
        return self._folder / f"{hashlib.sha256(batch_no.encode()).hexdigest()[:32]}.json"


def _read(path: Path) -> Note | None:
    try:
        said = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return Note(
        batch_no=said["batch_no"],
        inquiry=said["inquiry"],
        lines=said["lines"],
        due=datetime.fromisoformat(said["due"]),
        parcels=tuple(Parcel(**parcel) for parcel in said["parcels"]),
    )
