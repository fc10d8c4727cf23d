"""A volume written: into an empty folder, synced, and read back byte by byte before anybody may call it written."""

import contextlib
import errno
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from transports import words as road_words
from transports.crashpoint import crashpoint
from transports.errors import TransportError, Unreachable
from transports.media import digests, words
from transports.media.manifest import JSON_NAME, SIGNATURE_NAME, Listed, Manifest
from transports.media.volumes import Piece

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_MODE = 0o640

Describe = Callable[[tuple[Listed, ...]], Manifest]


def expect_empty(folder: Path) -> None:
    """A folder with nothing in it, which is no link. Raises Refused media-not-empty."""
    if folder.is_symlink() or not folder.is_dir() or any(folder.iterdir()):
        raise words.refused(words.NOT_EMPTY)


def write_volume(
    folder: Path,
    pieces: Sequence[Piece],
    read: Callable[[Piece], Iterable[bytes]],
    describe: Describe,
    listing_name: str,
    sign: Callable[[bytes], bytes],
) -> tuple[str, tuple[Listed, ...]]:
    """Write the pieces and their signed lists; (SHA-256 of manifest.json, what lies there). The caller reads it back.

    Raises Unreachable media-full, media-unwritable, and whatever ``read`` raises; what was written is removed then.
    """
    written: list[Path] = []
    try:
        with _in_our_words():
            files = tuple(_piece(folder, piece, read, describe(()).digest, written) for piece in pieces)
            manifest = describe(files)
            told = manifest.to_json()
            for name, content in (
                (listing_name, manifest.to_listing()),
                (JSON_NAME, told),
                (SIGNATURE_NAME, sign(told)),
            ):
                _write(folder / name, [content], written)
            _sync(folder)
    except Exception:
        for path in written:
            with contextlib.suppress(OSError):
                path.unlink()
        raise
    return digests.of(told, "sha256"), files


def _piece(folder: Path, piece: Piece, read: Callable[[Piece], Iterable[bytes]], kind: str, written: list[Path]) -> Listed:
    measured = digests.Measured(read(piece), kind)
    _write(folder / piece.name, measured, written)
    crashpoint("O15")
    return Listed(
        piece.name, measured.size, measured.digest, piece.parcel.name if piece.parts > 1 else "", piece.part, piece.parts
    )


def _write(path: Path, blocks: Iterable[bytes], written: list[Path]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
    written.append(path)
    with os.fdopen(descriptor, "wb") as file:
        for block in blocks:
            file.write(block)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # some sticks' file systems know no sync of a folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except TransportError:
        raise
    except OSError as error:
        raise road_words.say(Unreachable, words.FULL if error.errno in _FULL else words.UNWRITABLE) from error
