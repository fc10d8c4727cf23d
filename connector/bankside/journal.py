"""What was answered, by batch: so that an inquiry read twice gets the same bytes, and a restart in the middle is harmless.

A note is a small file without any person's data; the sealed answers themselves lie in an object store beside the notes. The note is
written after the objects are durable and before anything is delivered.
"""

import dataclasses
import hashlib
import os
from datetime import datetime
from pathlib import Path

import orjson


@dataclasses.dataclass(frozen=True)
class Parcel:
    """One sealed answer to deliver: its name on the wire, and where its bytes are. ``flagged``: the flag file follows it."""

    name: str
    digest: str
    size: int
    flagged: bool = True


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
        try:
            said = orjson.loads(self._path(batch_no).read_bytes())
        except FileNotFoundError:
            return None
        return Note(
            batch_no=said["batch_no"],
            inquiry=said["inquiry"],
            lines=said["lines"],
            due=datetime.fromisoformat(said["due"]),
            parcels=tuple(Parcel(**parcel) for parcel in said["parcels"]),
        )

    def write(self, note: Note) -> None:
        """Keep it, durably; a batch has one note for ever."""
        write_durably(self._path(note.batch_no), orjson.dumps({"schema": "answered/1", **dataclasses.asdict(note)}))

    def _path(self, batch_no: str) -> Path:
        return self._folder / f"{hashlib.sha256(batch_no.encode()).hexdigest()[:32]}.json"


def write_durably(path: Path, content: bytes) -> None:
    """Whole or not at all, and there after a power cut: temporary name, sync, rename, sync of the folder."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
