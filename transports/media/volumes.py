"""Parcels on volumes k of n: in order, whole where they fit, cut in parts where one is larger than a volume. Pure arithmetic."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from transports.media import manifest, words

SECTOR = 2048  # a file takes whole sectors of a disc
RESERVED = 256 * 1024  # for the lists, their signature and the disc's own tables
PER_FILE = 1024  # for its line in both lists and its entry in the disc's table
SMALLEST = 1_000_000


@dataclasses.dataclass(frozen=True)
class Parcel:
    """A sealed parcel to be carried. ``digest``: SHA-256, its name in the object store."""

    name: str
    size: int
    digest: str
    batch: str = ""


@dataclasses.dataclass(frozen=True)
class Piece:
    """``size`` bytes of a parcel from ``offset``: all of it, or part ``part`` of ``parts``."""

    parcel: Parcel
    offset: int
    size: int
    part: int = 1
    parts: int = 1

    @property
    def name(self) -> str:
        """Its name on the volume."""
        return manifest.part_name(self.parcel.name, self.part, self.parts)


def cut(parcels: Sequence[Parcel], capacity: int) -> list[list[Piece]]:
    """The pieces of each volume of ``capacity`` bytes. Raises Refused media-capacity."""
    if capacity < SMALLEST:
        raise words.refused(words.CAPACITY)
    room = capacity - RESERVED
    volumes: list[list[Piece]] = []
    left = 0
    for parcel in parcels:
        pieces = _pieces(parcel, room)
        for piece in pieces:
            needed = _taken(piece.size)
            if needed > left:
                volumes.append([])
                left = room
            volumes[-1].append(piece)
            left -= needed
    return volumes


def bytes_of(piece: Piece, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """What of a parcel, whose blocks these are, is in a piece. The last piece hears them to their end, where a source says it is whole."""
    at, end = 0, piece.offset + piece.size
    for block in blocks:
        if inside := block[max(0, piece.offset - at) : max(0, end - at)]:
            yield inside
        at += len(block)
        if at >= end and piece.part < piece.parts:
            return


def _pieces(parcel: Parcel, room: int) -> list[Piece]:
    if _taken(parcel.size) <= room:
        return [Piece(parcel, 0, parcel.size)]
    most = (room - PER_FILE) // SECTOR * SECTOR
    starts = range(0, parcel.size, most)
    return [
        Piece(parcel, start, min(most, parcel.size - start), number, len(starts)) for number, start in enumerate(starts, start=1)
    ]


def _taken(size: int) -> int:
    return -(-size // SECTOR) * SECTOR + PER_FILE
