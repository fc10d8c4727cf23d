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
from functools import lru_cache
from pathlib import Path

from bank_profiles.catalogue import load_profile
from bank_profiles.checks.second_look import check
from bank_profiles.errors import BadProfile, UnreadableFile
from bank_profiles.filenames import recognise, shown, tokens
from bank_profiles.language.packages import Package
from bank_profiles.language.profile import Profile
from bank_profiles.language.words import SideName
from bank_profiles.language.yaml_text import load
from bank_profiles.packing import steps
from bank_profiles.translation import PackageFacts, read_files, write_files

HERE = Path(__file__).parent
PROFILES = HERE / "bank_profiles"
BANKS = HERE.parent / "bank_profiles" / "banks"
Door = Callable[[bytes], None]

# A profile for each format, and the file of its answer that is attacked.
READERS: dict[str, tuple[Path, str]] = {
    "delimited": (PROFILES / "profiles" / "nested.yaml", "reply"),
    "fixed": (BANKS / "gdyz" / "2026.1.yaml", "reply"),
    "xml": (BANKS / "gyzb" / "2026.2.yaml", "reply"),
    "json": (BANKS / "xsyh" / "2026.1.yaml", "reply"),
    "excel": (BANKS / "dsnx" / "2026.1.yaml", "book"),
    "ebcdic": (BANKS / "zjhb" / "2026.1.yaml", "reply"),
}
NAMES = ("FK_{bank}_{date:yyyyMMdd}_{seq:4}.zip", "*反馈*{date:yyyyMMdd}*.zip", "CXQQ{bank:17}{batch:30}.zip", "{package}.p7m")


@lru_cache
def profile_of(reader: str) -> Profile:
    return load_profile(READERS[reader][0])


def read(reader: str, data: bytes) -> None:
    """One file of an answer through a reader."""
    profile, key = profile_of(reader), READERS[reader][1]
    with contextlib.suppress(UnreadableFile):
        for rows in read_files(profile, "response", [(key, [data[:4096], data[4096:]])]):
            assert rows.table.num_rows == len(rows.lines)


def unpack(kinds: tuple[str, ...], data: bytes) -> None:
    """One parcel through the wrappings a profile names."""
    package = Package.model_validate({"name": "p", "steps": [{"kind": kind} for kind in kinds]})
    with contextlib.suppress(UnreadableFile):
        for _, blocks in steps.unpack(package, "p", [data], told_as="p"):
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
    **{name: lambda data, name=name: read(name, data) for name in READERS},  # type: ignore[misc]
    "zip": lambda data: unpack(("zip",), data),
    "tar": lambda data: unpack(("tar",), data),
    "gzip": lambda data: unpack(("tar", "gzip"), data),
    "names": parse_name,
    "loader": load_yaml,
}


# ---- good inputs to begin with ------------------------------------------------------------------------------------------------------


def seeds(door: str) -> list[bytes]:
    """Good inputs of a door, from the examples inside the profiles."""
    if door in READERS:
        return list(_answers(profile_of(door), READERS[door][1], READERS[door][0].parent))
    if door == "names":
        return [b"FK_902307450222_20260105_0001.zip", "反馈20260105.zip".encode(), b"a.zip.p7m"]
    if door == "loader":
        return [path.read_bytes() for path in (*PROFILES.glob("profiles/*.yaml"), *BANKS.glob("*/*.yaml"))]
    return list(_parcels(door))


def _answers(profile: Profile, key: str, folder: Path) -> Iterator[bytes]:
    side = profile.response
    for example in profile.examples:
        if key in example.given:
            text = example.given[key]
            yield (folder / text).read_bytes() if text.startswith("samples/") else text.encode(side.encoding(key) or "utf-8")
            rows = _rows(profile, example.given, folder)
            yield from _rewritten(profile, key, rows)


def _rows(profile: Profile, given: dict[str, str], folder: Path) -> dict[str, list]:  # type: ignore[type-arg]
    tables: dict[str, list] = {}  # type: ignore[type-arg]
    side: SideName = "response"
    files = [
        (key, [(folder / text).read_bytes() if text.startswith("samples/") else text.encode(profile.response.encoding(key))])
        for key, text in given.items()
    ]
    with contextlib.suppress(UnreadableFile):
        for part in read_files(profile, side, files):
            tables.setdefault(part.kind, []).append(part.table)
    return tables


def _rewritten(profile: Profile, key: str, tables: dict[str, list]) -> Iterator[bytes]:  # type: ignore[type-arg]
    from datetime import UTC, date, datetime

    facts = PackageFacts("902307450222", "202601050000001", date(2026, 1, 5), 1, datetime(2026, 1, 5, 1, 30, tzinfo=UTC))
    names = [name for name in profile.response.files if name == key]
    for name, blocks in write_files(profile, "response", facts, tables) if tables and names else ():
        content = b"".join(blocks)
        if recognise(profile.response.files[key].name, name) is not None or len(profile.response.files) == 1:
            yield content


def _parcels(door: str) -> Iterator[bytes]:
    files: Iterable[tuple[str, bytes]] = [("FK_1.txt", b"H|1\nT|0\n"), ("反馈.xlsx", b"PK")]
    buffer = io.BytesIO()
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
