"""Whatever arrives, only our own errors come out: one input through one reader, unpacker, name parser or the loader.

The suite throws changed good inputs at these doors (test_hostile.py); ``make fuzz`` lets atheris search for worse.
"""

from __future__ import annotations

import contextlib
import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator

from bank_profiles.checks.second_look import check
from bank_profiles.errors import BadProfile, UnreadableFile
from bank_profiles.filenames import recognise, shown, tokens
from bank_profiles.language.packages import Package
from bank_profiles.language.yaml_text import load
from bank_profiles.packing import steps
from bank_profiles.packing.limits import NamedFile
from bank_profiles.packing.locked_zip import lock_files
from bank_profiles.translation import read_files
from tests.specimens import BANKS, PROFILES, READERS, Reader, specimens

Door = Callable[[bytes], None]
PASSWORD = b"pw123"  # of the old kind, where a zip is under one
NAMES = ("FK_{bank}_{date:yyyyMMdd}_{seq:4}.zip", "*反馈*{date:yyyyMMdd}*.zip", "CXQQ{bank:17}{batch:30}.zip", "{package}.p7m")


def read(readers: list[Reader], data: bytes) -> None:
    """One file of an answer; the first byte says by which of the readers of its format."""
    reader, content = readers[data[0] % len(readers) if data else 0], data[1:]
    with contextlib.suppress(UnreadableFile):
        for rows in read_files(reader.profile(), "response", [(reader.file(), [content[:4096], content[4096:]])]):
            assert rows.table.num_rows == len(rows.lines)


def unpack(kinds: tuple[str, ...], data: bytes, **words: str) -> None:
    """One parcel through the wrappings a profile names; ``words``: more keys of the first of them."""
    package = Package.model_validate({"name": "p", "steps": [{"kind": kind, **words} for kind in kinds]})
    with contextlib.suppress(UnreadableFile):
        for _, blocks in steps.unpack(package, "p", [data], told_as="p", password=PASSWORD):
            for _ in blocks:
                pass


def parse_name(data: bytes) -> None:
    """A name as a directory may hold it, against patterns; and the same text as a pattern."""
    text = data.decode("utf-8", "surrogateescape")
    for pattern in NAMES:
        recognise(pattern, text)
        shown(text, NAMES)
    with contextlib.suppress(ValueError):
        tokens(text)


def load_yaml(data: bytes) -> None:
    """A profile somebody wrote."""
    with contextlib.suppress(BadProfile):
        check(load(data, "profile.yaml"), "profile.yaml")


DOORS: dict[str, Door] = {
    **{name: lambda data, readers=readers: read(readers, data) for name, readers in READERS.items()},  # type: ignore[misc]
    "zip": lambda data: unpack(("zip",), data),
    "locked zip": lambda data: unpack(("zip",), data, legacy_password="true"),
    "tar": lambda data: unpack(("tar",), data),
    "gzip": lambda data: unpack(("tar", "gzip"), data),
    "names": parse_name,
    "loader": load_yaml,
}


# ---- good inputs to begin with ------------------------------------------------------------------------------------------------------


def seeds(door: str) -> list[bytes]:
    """Good inputs of a door."""
    if door in READERS:
        return [bytes([number]) + data for number, reader in enumerate(READERS[door]) for data in specimens(reader)]
    if door == "names":
        return [b"FK_902307450222_20260105_0001.zip", "反馈20260105.zip".encode(), b"a.zip.p7m"]
    if door == "loader":
        return [path.read_bytes() for path in (*PROFILES.glob("*.yaml"), *BANKS.glob("*/*.yaml"))]
    return list(_parcels(door))


def _parcels(door: str) -> Iterator[bytes]:
    files: Iterable[tuple[str, bytes]] = [("FK_1.txt", b"H|1\nT|0\n"), ("反馈.xlsx", b"PK")]
    buffer = io.BytesIO()
    if door == "locked zip":
        yield b"".join(lock_files([NamedFile(name, [content]) for name, content in files], PASSWORD))
        return
    if door == "zip":
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files:
                archive.writestr(name, content)
        yield buffer.getvalue()
        return
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    tarred = buffer.getvalue()
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    yield tarred if door == "tar" else packer.compress(tarred) + packer.flush()
