"""A volume held against what the register expects of it, and its files read, each measured against the signed list.

The order: the tree, then the list and its signature, then whose and which volume it says it is; only then the bytes of a file.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from transports.errors import BrokenSeal
from transports.media import digests, words
from transports.media.manifest import BYTES_MAX, JSON_NAME, SIGNATURE_NAME, Listed, Manifest, read_json, read_listing
from transports.media.tree import Tree, unlisted
from transports.sealing import detached
from transports.sealing.certificates import Certificate

FILE_BYTES_MAX = 64 * 1024**3  # the largest disc there is


@dataclasses.dataclass(frozen=True)
class Expected:
    """What the register knows of a volume, and what the profile says of its list."""

    centre: str
    bank: str
    direction: str
    label: str
    set_name: str
    volume: int
    of: int
    is_listing: Callable[[str], bool]  # is this the name of the list a person reads?
    digest: str  # which algorithm that list uses
    signers: Sequence[Certificate]
    at: datetime
    signed: bool = False  # the profile says that this side signs its list


class Volume:
    """A medium that is what it should be, as far as its lists tell. Usable as a context manager."""

    def __init__(self, folder: Path, expected: Expected) -> None:
        """Raises Refused media-…, Unreachable; nothing of any parcel was read by then."""
        self._tree = Tree(folder)
        try:
            found = self._tree.files()
            self._expected = expected
            self.manifest_digest, self.files = self._lists(found)
            if any(file.size not in (-1, found[file.name]) for file in self.files):
                raise words.refused(words.DIGEST)
            if any(found[file.name] > FILE_BYTES_MAX for file in self.files):
                raise words.refused(words.TOO_LARGE)
            self.bytes = sum(found[file.name] for file in self.files)
        except BaseException:
            self._tree.close()
            raise

    def blocks(self, file: Listed) -> Iterator[bytes]:
        """The bytes of a file. Raises Refused media-digest at their end when they are not the listed ones, Unreachable."""
        measured = digests.Measured(self._tree.blocks(file.name), self._expected.digest)
        yield from measured
        if measured.digest != file.digest or file.size not in (-1, measured.size):
            raise words.refused(words.DIGEST)

    def read_through(self) -> None:
        """Every byte once, for its digest alone. Raises as ``blocks``."""
        for file in self.files:
            for _ in self.blocks(file):
                pass

    # ---- its lists -------------------------------------------------------------------------------------------------------

    def _lists(self, found: dict[str, int]) -> tuple[str, tuple[Listed, ...]]:
        """(SHA-256 of the list the slip names, the files). A bank may give the plain list alone; where both lie there, they agree."""
        expected = self._expected
        named = [name for name in found if expected.is_listing(name)]
        if len(named) != 1:
            raise words.refused(words.LIST_BROKEN if named else words.LIST_MISSING)
        listing = self._tree.small(named[0], BYTES_MAX)
        told = JSON_NAME if JSON_NAME in found else named[0]
        content = self._tree.small(told, BYTES_MAX)
        signature = f"{told}.p7s"
        self._signed(content, signature if signature in found else None)
        files = read_listing(listing)
        if told == JSON_NAME:
            manifest = read_json(content)
            self._agrees(manifest, files)
            files = manifest.files
        unlisted(found, {file.name for file in files} | ({named[0], told, signature} & found.keys()))
        return digests.of(content, "sha256"), files

    def _signed(self, content: bytes, signature: str | None) -> None:
        """A signature that is there must hold, whether one was agreed or not."""
        expected = self._expected
        if signature is None:
            if expected.signed:
                raise words.refused(words.UNSIGNED)
            return
        try:
            detached.verify(content, self._tree.small(signature, BYTES_MAX), expected.signers, expected.at)
        except BrokenSeal as broken:
            raise words.refused(words.UNSIGNED) from broken

    def _agrees(self, manifest: Manifest, listed: Sequence[Listed]) -> None:
        expected = self._expected
        if {(file.name, file.digest) for file in manifest.files} != {(file.name, file.digest) for file in listed}:
            raise words.refused(words.LIST_BROKEN)
        if manifest.digest != expected.digest:
            raise words.refused(words.LIST_BROKEN)
        if manifest.centre != expected.centre:
            raise words.refused(words.OTHER_CENTRE)
        if manifest.bank != expected.bank or manifest.direction != expected.direction:
            raise words.refused(words.OTHER_BANK)
        if manifest.label != expected.label:
            raise words.refused(words.OTHER_LABEL)
        if (manifest.set_name, manifest.volume, manifest.of) != (expected.set_name, expected.volume, expected.of):
            raise words.refused(words.OTHER_VOLUME)

    def close(self) -> None:
        """Let the medium go."""
        self._tree.close()

    def __enter__(self) -> "Volume":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


__all__ = ["SIGNATURE_NAME", "Expected", "Volume"]
