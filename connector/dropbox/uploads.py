"""An answer on its way in: put together from parts, each held to its digest before a byte of it counts; never overwritten."""

import contextlib
import dataclasses
import os
import secrets
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from connector.dropbox import problems
from connector.dropbox.problems import Refusal
from transports import shelf

FILES_MAX = 16  # uploads of one batch at a time
BOX_BYTES_MAX = 4 * 1024**3  # uploads of one bank that were not submitted, all batches together: no bank fills the disk of all
_STAGED = "incoming-"
_guard = (
    threading.Lock()
)  # a folder is made and something put into it at one go: else the empty one could be tidied away in between
_SHARE_FULL = problems.Wrong(
    "share-full",
    "The uploads of this bank that were not submitted fill its share; submit or delete some.",
    "本行尚未提交的上传文件已占满配额，请提交或删除。",
)


@dataclasses.dataclass(frozen=True)
class Sheet:
    """What was handed in as a sheet, of which only a sealed parcel is here: its bytes, and a keyed digest by which it is known again."""

    size: int
    mark: str


@dataclasses.dataclass(frozen=True)
class Held:
    """How much of a file is here; ``digest`` (SHA-256, hex) once it is whole."""

    path: Path
    here: int
    total: int
    digest: str | None = None
    sheet: Sheet | None = None


class Uploads:
    """The uploads of one batch: a folder each, named like the file. Used by one thread at a time, ``stage`` apart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def held(self, name: str) -> Held | None:
        """What is here of a file; None when nothing is."""
        folder = self._folder / name
        for path in folder.iterdir() if folder.is_dir() else ():
            kind, _, said = path.name.partition("-")
            size = path.stat().st_size
            if kind == "whole":
                digest, *sheet = said.split("-")
                return Held(path, size, size, digest, Sheet(int(sheet[0]), sheet[1]) if sheet else None)
            if kind == "part":
                return Held(path, size, int(said))
        return None

    def names(self) -> list[str]:
        """The files of which something is here."""
        try:
            return sorted(path.name for path in self._folder.iterdir())
        except FileNotFoundError:
            return []

    def stage(self, name: str, blocks: Iterable[bytes]) -> Path:
        """A part as it comes, apart from what counts.

        Raises Refusal (no-room, too-many-files, share-full), OSError of a body that breaks off.
        """
        if name not in self.names() and len(self.names()) >= FILES_MAX:
            raise Refusal(409, problems.TOO_MANY)
        room = BOX_BYTES_MAX - _weight(self._folder.parent)
        staged = self._folder / name / f"{_STAGED}{secrets.token_hex(8)}"
        with _guard, _room():
            staged.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = staged.open("xb")
        try:
            with file:
                for block in blocks:
                    room -= len(block)
                    if room < 0:
                        raise Refusal(409, _SHARE_FULL)
                    with _room():
                        file.write(block)
                with _room():
                    file.flush()
        except BaseException:
            self.forget(staged)
            raise
        return staged

    def expect_begun(self, name: str, start: int, total: int) -> None:
        """What goes on must go on from something: a part is not even staged before its beginning was seen. Raises Refusal gap."""
        held = self.held(name)
        if start > (held.here if held is not None and held.total == total else 0):
            raise Refusal(409, problems.COLLISION if held and held.total != total else problems.GAP, headers=offset(held))

    def keep_sheet(self, staged: Path, digest: str, sheet: Sheet) -> Held:
        """Count a sealed sheet, whole as it is."""
        with staged.open("rb") as file:
            os.fsync(file.fileno())
        path = staged.rename(staged.with_name(f"whole-{digest}-{sheet.size}-{sheet.mark}"))
        shelf.sync(path.parent)
        size = path.stat().st_size
        return Held(path, size, size, digest, sheet)

    def add(self, name: str, staged: Path, start: int, total: int, whole: Mapping[str, str]) -> Held:
        """Count a part whose digest holds; ``whole``: the digests (kind to hex) the whole file must have, where they were said.

        Raises Refusal: gap, collision, digest-differs.
        """
        held = self.held(name) or Held(self._folder / name / f"part-{total}", 0, total)
        if held.total != total:
            raise Refusal(409, problems.COLLISION, headers=offset(held))
        if start > held.here:
            raise Refusal(409, problems.GAP, headers=offset(held))
        common = min(held.here - start, staged.stat().st_size)
        if common and shelf.digest(staged, 0, common) != shelf.digest(held.path, start, common):
            raise Refusal(409, problems.COLLISION, headers=offset(held))
        if held.digest is None:
            _append(held.path, staged, common)
            held = self._whole_if_all(held, whole)
        if held.sheet or (held.digest is not None and not _is(held.path, whole, held.digest)):
            raise Refusal(409, problems.COLLISION, headers=offset(held))
        return held

    def _whole_if_all(self, held: Held, whole: Mapping[str, str]) -> Held:
        here = held.path.stat().st_size
        if here < held.total:
            return dataclasses.replace(held, here=here)
        digest = shelf.digest(held.path, 0, here)
        if not _is(held.path, whole, digest):
            held.path.unlink()
            raise Refusal(422, problems.DIGEST, headers={"Upload-Offset": "0"})
        path = held.path.rename(held.path.with_name(f"whole-{digest}"))
        shelf.sync(path.parent)
        return Held(path, here, here, digest)

    def forget(self, staged: Path) -> None:
        """A part that does not count; and its folder where nothing else is there."""
        with _guard:
            staged.unlink(missing_ok=True)
            for folder in (staged.parent, self._folder):
                with contextlib.suppress(OSError):  # it is not empty, or gone
                    folder.rmdir()

    def drop(self, name: str) -> None:
        """Away with an upload. May be repeated."""
        shutil.rmtree(self._folder / name, ignore_errors=True)


def _is(path: Path, said: Mapping[str, str], sha256: str) -> bool:
    """Has the file the digests that were said?"""
    return all((sha256 if kind == "sha256" else shelf.digest(path, kind=kind)) == digest for kind, digest in said.items())


def _weight(uploads: Path) -> int:
    """The bytes of all uploads of a bank, parts under way among them."""
    found = 0
    for folder, _, files in os.walk(uploads):
        for name in files:
            with contextlib.suppress(FileNotFoundError):  # submitted or dropped meanwhile
                found += Path(folder, name).stat().st_size
    return found


def offset(held: Held | None) -> dict[str, str]:
    """How much is here, as headers."""
    here, total = (held.sheet.size, held.sheet.size) if held and held.sheet else (held.here, held.total) if held else (0, 0)
    return {"Upload-Offset": str(here)} | ({"Upload-Length": str(total)} if held else {})


def sweep(uploads: Path) -> None:
    """Parts that a stop of this service left unchecked."""
    for staged in uploads.glob(f"*/*/{_STAGED}*"):
        staged.unlink(missing_ok=True)


@contextlib.contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as full:
        raise Refusal(503, problems.NO_ROOM, headers={"Retry-After": "60"}) from full


def _append(target: Path, staged: Path, skip: int) -> None:
    with _room(), target.open("ab") as file:
        for block in shelf.blocks(staged, skip, staged.stat().st_size - skip):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    shelf.sync(target.parent)
