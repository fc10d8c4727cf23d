"""A volume held against what the register expects of it, and its files read, each measured against the signed list.

The order: the tree; whose and which volume the list says it is, which is believed only where it says another's; the signature; what lies
there; only then the bytes of a file. So the disc of another bank is told from a bad one, whoever signed it.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from transports.errors import BrokenSeal, Refused
from transports.media import digests, words
from transports.media.manifest import BYTES_MAX, JSON_NAME, SIGNATURE_NAME, Listed, Manifest, read_json, read_listing
from transports.media.tree import Tree, unlisted

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
    verify: Callable[[bytes, bytes], None]  # list, signature; raises BrokenSeal, UnknownKey
    signed: bool = False  # the profile says that this side signs its list


class Volume:
    """A medium that is what it should be, as far as its lists tell. Usable as a context manager."""

    def __init__(self, folder: Path, expected: Expected) -> None:
        """Raises Refused media-… (Spoilt where it is proved to be the one that is awaited), Unreachable, UnknownKey where whoever signed
        is not to be trusted yet; no parcel was read by then."""
        self._tree = Tree(folder)
        try:
            found = self._tree.files()
            self._expected = expected
            self._fault: type[Refused] = Refused
            self.list_content, self.files, lists = self._lists(found)
            self.manifest_digest = digests.of(self.list_content, "sha256")
            self._expect_listed(found, lists)
            self.bytes = sum(found[file.name] for file in self.files)
        except BaseException:
            self._tree.close()
            raise

    def blocks(self, file: Listed) -> Iterator[bytes]:
        """The bytes of a file. Raises Refused media-digest at their end when they are not the listed ones, Unreachable."""
        measured = digests.Measured(self._tree.blocks(file.name), self._expected.digest)
        yield from measured
        if measured.digest != file.digest or file.size not in (-1, measured.size):
            raise words.refused(words.DIGEST, self._fault)

    def read_through(self) -> None:
        """Every byte once, for its digest alone. Raises as ``blocks``."""
        for file in self.files:
            for _ in self.blocks(file):
                pass

    # ---- its lists -------------------------------------------------------------------------------------------------------

    def _lists(self, found: dict[str, int]) -> tuple[bytes, tuple[Listed, ...], set[str]]:
        """(the list the slip names, the files, the names of the lists). A bank may give the plain list alone; where both lie there, they
        agree."""
        expected = self._expected
        named = [name for name in found if expected.is_listing(name)]
        told = JSON_NAME if JSON_NAME in found else named[0] if len(named) == 1 else ""
        content = self._tree.small(told, BYTES_MAX) if told else b""
        if told == JSON_NAME:
            self._expect_ours(content)
        if len(named) != 1:
            raise words.refused(words.LIST_BROKEN if named else words.LIST_MISSING)
        listing = self._tree.small(named[0], BYTES_MAX)
        signature = f"{told}.p7s"
        self._signed(content, signature if signature in found else None)
        files = read_listing(listing)
        if told == JSON_NAME:
            manifest = read_json(content)
            self._agrees(manifest, files)
            files = manifest.files
            self._fault = words.Spoilt if signature in found else Refused
        return content, files, {named[0], told, signature} & found.keys()

    def _expect_ours(self, content: bytes) -> None:
        """What the list says of itself, before anything proves it. Raises Refused media-other-… where it says that it is another's."""
        try:
            said = read_json(content)
        except Refused:
            return  # what cannot be read says nothing; it is refused in its turn
        if (another := self._another(said)) is not None:
            raise another

    def _another(self, said: Manifest) -> Refused | None:
        wanted = self._expected
        if said.centre != wanted.centre:
            return words.another(words.OTHER_CENTRE, said.centre, wanted.centre)
        if (said.bank, said.direction) != (wanted.bank, wanted.direction):
            return words.another(words.OTHER_BANK, f"{said.bank} {said.direction}", f"{wanted.bank} {wanted.direction}")
        if said.label != wanted.label:
            return words.another(words.OTHER_LABEL, said.label, wanted.label)
        if (said.set_name, said.volume, said.of) != (wanted.set_name, wanted.volume, wanted.of):
            volume, place = f"{said.set_name} {said.volume}/{said.of}", f"{wanted.set_name} {wanted.volume}/{wanted.of}"
            return words.another(words.OTHER_VOLUME, volume, place)
        return None

    def _signed(self, content: bytes, signature: str | None) -> None:
        """A signature that is there must hold, whether one was agreed or not."""
        expected = self._expected
        if signature is None:
            if expected.signed:
                raise words.refused(words.UNSIGNED)
            return
        try:
            expected.verify(content, self._tree.small(signature, BYTES_MAX))
        except BrokenSeal as broken:
            raise words.refused(words.UNSIGNED) from broken

    def _agrees(self, manifest: Manifest, listed: Sequence[Listed]) -> None:
        """Both lists say the same. Whose it is was looked at before."""
        same = {(file.name, file.digest) for file in manifest.files} == {(file.name, file.digest) for file in listed}
        if not same or manifest.digest != self._expected.digest:
            raise words.refused(words.LIST_BROKEN)

    def _expect_listed(self, found: dict[str, int], lists: set[str]) -> None:
        """What lies there is what the list names, by name and size."""
        try:
            unlisted(found, {file.name for file in self.files} | lists)
        except Refused as odd:
            raise self._fault(odd.en, odd.zh, code=odd.code) from odd
        if any(file.size not in (-1, found[file.name]) for file in self.files):
            raise words.refused(words.DIGEST, self._fault)
        if any(found[file.name] > FILE_BYTES_MAX for file in self.files):
            raise words.refused(words.TOO_LARGE, self._fault)

    def close(self) -> None:
        """Let the medium go."""
        self._tree.close()

    def __enter__(self) -> "Volume":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


__all__ = ["SIGNATURE_NAME", "Expected", "Volume"]
