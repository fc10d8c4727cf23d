"""What happened to a batch at the drop-box, one small file a batch: taken when, received or refused, submitted what. No person in it."""

import dataclasses
import hashlib
from typing import Any

import orjson

from connector.bankside.journal import write_durably
from connector.dropbox.box import Box


@dataclasses.dataclass(frozen=True)
class File:
    """A submitted file: its name on the wire, SHA-256 (hex) and size in bytes."""

    name: str
    digest: str
    size: int


@dataclasses.dataclass(frozen=True)
class Submission:
    """Files the bank calls its answer. ``id`` follows from them, so the same answer twice is one."""

    id: str
    files: tuple[File, ...]
    at: str

    @classmethod
    def of(cls, batch: int, files: list[File], at: str) -> "Submission":
        """``<batch>-<digest of the files>``."""
        ordered = tuple(sorted(files, key=lambda file: file.name))
        told = "\n".join(f"{file.name} {file.digest}" for file in ordered)
        return cls(f"{batch}-{hashlib.sha256(told.encode()).hexdigest()[:24]}", ordered, at)


@dataclasses.dataclass(frozen=True)
class Note:
    """``taken_at``: when the bank first fetched the whole parcel. ``receipt``: result, reason, time, and the sealed remark."""

    taken_at: str | None = None
    receipt: dict[str, Any] | None = None
    submissions: tuple[Submission, ...] = ()


def read(box: Box, batch: int) -> Note:
    """The note of a batch, an empty one where nothing happened yet."""
    try:
        said = orjson.loads(box.note(batch).read_bytes())
    except FileNotFoundError:
        return Note()
    submissions = tuple(
        Submission(each["id"], tuple(File(**file) for file in each["files"]), each["at"]) for each in said["submissions"]
    )
    return Note(said["taken_at"], said["receipt"], submissions)


def keep(box: Box, batch: int, note: Note) -> None:
    """Keep it, durably."""
    write_durably(box.note(batch), orjson.dumps({"schema": "dropbox-note/1", **dataclasses.asdict(note)}))
