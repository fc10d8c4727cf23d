"""``make twins``: the fast reader and the reference read the same out of 20,000 generated and damaged files, in every format.

python -m tests.twins                     20,000 files over all formats
python -m tests.twins xml --files 500     one format
python -m tests.twins xml --seed 17       one file again (--keep FILE: kept)
"""

from __future__ import annotations

import argparse
import io
import os
import random
import sys
import zipfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bank_profiles.engine import reading
from bank_profiles.errors import UnreadableFile
from bank_profiles.translation import read_files
from tests.specimens import READERS, Reader, specimens

FILES = 20_000
_BITS = [
    b"", b"|", b"\n", b"\r\n", b"\x00", b"\x1a", b"\t", b" ", b"-", b"+", b".", b",", b"1e5", b"20260231", b"00000000", b"A", b"\x81", b"\xff",
    b"\xfe\x59", "　".encode("gb18030"), "１".encode("gb18030"), "張".encode(), b"9" * 20, b"<", b"</", b"&amp;", b"&#0;", b"{", b"}", b"[", b"]",
    b'"', b"null", b"\\u00e9", b"\x0e", b"\x0f", b"\x40", b"\x0c", b"<!-- x -->", b"<![CDATA[x]]>", b"<x/>",
]  # fmt: skip


@contextmanager
def _reader(*, fast: bool) -> Any:
    """Every piece through the fast reader first, or none."""
    before = reading.SLOW_BYTES
    reading.SLOW_BYTES = 0 if fast else sys.maxsize
    try:
        yield
    finally:
        reading.SLOW_BYTES = before


def result(reader: Reader, data: bytes, *, fast: bool) -> Any:
    """All that comes out of a file, in order: rows with their lines, problems, warnings; or the first line that refuses it, and why."""
    found = read_files(reader.profile(), "response", [(reader.file(), [data])], masked=False)
    rows: dict[str, list[Any]] = {}
    with _reader(fast=fast):
        try:
            for part in found:
                rows.setdefault(part.kind, []).extend(zip(part.lines.to_pylist(), map(str, part.table.to_pylist()), strict=True))
        except UnreadableFile as refused:
            first = min(problem.place.line or 0 for problem in refused.problems)
            return first, sorted({problem.code for problem in refused.problems if (problem.place.line or 0) == first})
    said = [(problem.code, problem.place.line, problem.place.column) for problem in found.problems]
    return (
        {kind: sorted(of) for kind, of in rows.items()},
        said,
        sorted(problem.code for problem in found.warnings),
        str(found.facts),
    )


# ---- damage -------------------------------------------------------------------------------------------------------------------------


def damaged(reader: Reader, rng: random.Random) -> bytes:
    """A good file with none to three blows."""
    data = rng.choice(specimens(reader))
    blows = [_insert, _overwrite, _drop_line, _double_line, _swap_lines, _cut, _digit]
    if data.startswith(b"PK"):
        blows = [_in_workbook]
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        data = rng.choice(blows)(data, rng) if data else data
    return data


def _at(data: bytes, rng: random.Random) -> int:
    return rng.randrange(len(data) + 1)


def _insert(data: bytes, rng: random.Random) -> bytes:
    at = _at(data, rng)
    return data[:at] + rng.choice(_BITS) + data[at:]


def _overwrite(data: bytes, rng: random.Random) -> bytes:
    at, bit = _at(data, rng), rng.choice(_BITS)
    return data[:at] + bit + data[at + max(len(bit), 1) :]


def _digit(data: bytes, rng: random.Random) -> bytes:
    """One digit for another: what a check digit or a sum is for."""
    places = [i for i, byte in enumerate(data) if 0x30 <= byte <= 0x39 or 0xF0 <= byte <= 0xF9]
    if not places:
        return data
    at = rng.choice(places)
    return data[:at] + bytes([data[at] & 0xF0 | rng.randrange(10)]) + data[at + 1 :]


def _lines(data: bytes) -> list[bytes]:
    """Lines, elements, or records of a mainframe."""
    if b"\n" in data[:-1]:
        return data.splitlines(keepends=True)
    if b">" in data:
        return [part + b">" for part in data.split(b">")[:-1]]
    return [data[i : i + 80] for i in range(0, len(data), 80)]


def _drop_line(data: bytes, rng: random.Random) -> bytes:
    lines = _lines(data)
    del lines[rng.randrange(len(lines))]
    return b"".join(lines)


def _double_line(data: bytes, rng: random.Random) -> bytes:
    lines = _lines(data)
    at = rng.randrange(len(lines))
    return b"".join([*lines[:at], lines[at], *lines[at:]])


def _swap_lines(data: bytes, rng: random.Random) -> bytes:
    lines = _lines(data)
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: _at(data, rng)]


def _in_workbook(data: bytes, rng: random.Random) -> bytes:
    """A blow inside a sheet or its texts, the package around it whole again."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            files = {name: book.read(name) for name in book.namelist()}
    except zipfile.BadZipFile:
        return data
    inner = rng.choice([name for name in files if "sheet" in name or "sharedStrings" in name])
    blow: Callable[[bytes, random.Random], bytes] = rng.choice([_digit, _overwrite, _insert, _cell_gone])
    files[inner] = blow(files[inner], rng)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in files.items():
            book.writestr(name, content)
    return packed.getvalue()


def _cell_gone(data: bytes, rng: random.Random) -> bytes:
    cells = data.split(b"<c ")
    at = rng.randrange(len(cells))
    end = cells[at].find(b"</c>")
    cells[at] = cells[at] if at == 0 or end < 0 else cells[at][end + 4 :]
    return cells[0] + b"".join(part if part.startswith(b"<") else b"<c " + part for part in cells[1:])


# ---- the campaign -------------------------------------------------------------------------------------------------------------------


def one_file(format_name: str, seed: int) -> tuple[Reader, bytes]:
    """By one of the readers of a format, each in turn."""
    rng = random.Random(f"{format_name} {seed}")
    readers = READERS[format_name]
    reader = readers[seed % len(readers)]
    return reader, damaged(reader, rng)


def differs(format_name: str, seed: int) -> str | None:
    """What the two readers say of one file, where it is not the same."""
    reader, data = one_file(format_name, seed)
    reference, fast = result(reader, data, fast=False), result(reader, data, fast=True)
    said = f"{format_name} --seed {seed}: {reader.name}\n  reference: {reference!s:.600}\n  fast:      {fast!s:.600}"
    return None if reference == fast else said


def _several(asked: tuple[str, range]) -> list[str]:
    format_name, numbers = asked
    return [found for number in numbers if (found := differs(format_name, number))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formats", nargs="*", default=[], choices=[*READERS, []])
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--first", type=int, default=0, help="the number of the first file")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    formats = asked.formats or list(READERS)
    if asked.seed is not None:
        print(differs(formats[0], asked.seed) or "the same")
        if asked.keep:
            asked.keep.write_bytes(one_file(formats[0], asked.seed)[1])
        return 0
    each = -(-asked.files // len(formats))
    last = asked.first + each
    work = [(name, range(start, min(start + 100, last))) for name in formats for start in range(asked.first, last, 100)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = [one for several in pool.map(_several, work) for one in several]
    print(*found[:20], f"{each * len(formats):,} files in {len(formats)} formats, {len(found):,} differ", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
