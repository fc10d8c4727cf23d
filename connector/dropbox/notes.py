"""What happened to a batch at the drop-box, one small file a batch: taken when, received or refused, submitted what. No person in it."""

import dataclasses
import hashlib
from typing import Any

import orjson

from connector.dropbox.box import Box
from connector.dropbox.uploads import Sheet
from transports import shelf


@dataclasses.dataclass(frozen=True)
class File:
    """A submitted file: its name on the wire, SHA-256 (hex) and size in bytes; its SM3; what it was before we sealed it."""

    name: str
    digest: str
    size: int
    sm3: str | None = None
    sheet: Sheet | None = None

    @classmethod
    def read(cls, said: dict[str, Any]) -> "File":
        """As ``keep`` wrote it."""
        return cls(**said | {"sheet": Sheet(**said["sheet"]) if said.get("sheet") else None})

    @property
    def digests(self) -> dict[str, str]:
        """By kind, those that are known."""
        return {"sha256": self.digest} | ({"sm3": self.sm3} if self.sm3 else {})


@dataclasses.dataclass(frozen=True)
class Submission:
    """Files the bank calls its answer. ``id`` follows from them, so the same answer twice is one.

    ``revises``: the answer it is to take the place of; ``reason``: why, sealed, for it is free text.
    """

    id: str
    files: tuple[File, ...]
    at: str
    revises: str | None = None
    reason: dict[str, Any] | None = None

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
        Submission(**each | {"files": tuple(File.read(file) for file in each["files"])}) for each in said["submissions"]
    )
    return Note(said["taken_at"], said["receipt"], submissions)


def keep(box: Box, batch: int, note: Note) -> None:
    """Keep it, durably."""
    shelf.write(box.note(batch), orjson.dumps({"schema": "dropbox-note/1", **dataclasses.asdict(note)}))
