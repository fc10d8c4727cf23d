"""Answers of the product's own banks, one of every format, changed on their way and read through the door."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from bank_profiles.encodings import encode
from bank_profiles.errors import UnreadableFile
from bank_profiles.given import content
from bank_profiles.language.service import Given
from bank_profiles.translation import read_files
from tests.specimens import READERS, Reader

BANKS = {
    name: next(reader for reader in READERS[of] if reader.name == name)
    for name, of in {
        "hxcb/result": "delimited", "hxcb/detail": "delimited", "hxcb/flow": "delimited", "gdyz/reply": "fixed", "gyzb/reply": "xml",
        "xsyh/reply": "json", "dsnx/book": "excel", "zjhb/reply": "ebcdic",
    }.items()
}  # fmt: skip
GB, UTF, HOST = "gb18030", "utf-8", "cp1388"


class Came(NamedTuple):
    """What came out of an answer: rows by kind, the code and line of every row set aside, what was forgiven."""

    rows: dict[str, list[dict[str, Any]]]
    parked: list[tuple[str, str | None]]
    warnings: list[str]

    def column(self, kind: str, name: str) -> list[Any]:
        return [row[name] for row in self.rows.get(kind, [])]


def good(name: str, example: str = "") -> bytes:
    """The first example of a bank that gives this file, or the one whose name begins so."""
    reader = BANKS[name]
    side, given = reader.profile().response, _given(reader, example)
    return content(side.files[reader.key], side.encoding(reader.key), given, reader.path.parent)


def _given(reader: Reader, example: str) -> Any:
    fitting = (e for e in reader.profile().examples if reader.key in e.given and e.name.startswith(example))
    return next(fitting).given[reader.key]


def changed(name: str, old: str, new: str, *, times: int = 1) -> bytes:
    """The good answer with another text in it; of a workbook, in the cells that say exactly that."""
    if name == "dsnx/book":
        return _book(old, new)
    encoding = BANKS[name].profile().response.encoding(BANKS[name].key)
    before = good(name)
    assert encode(old, encoding) in before, f"{old} does not stand in the answer of {name}"
    return before.replace(encode(old, encoding), encode(new, encoding), times)


def _book(old: str, new: str) -> bytes:
    reader = BANKS["dsnx/book"]
    sheets = {
        sheet: [[new if old == getattr(cell, "number", cell) else cell for cell in row] for row in rows]
        for sheet, rows in _given(reader, "").book.items()
    }
    return content(reader.profile().response.files["book"], UTF, Given.model_construct(book=sheets), reader.path.parent)


def read(name: str, data: bytes) -> Came:
    """Raises UnreadableFile where the file is refused: then nothing of it counts."""
    reading = read_files(BANKS[name].profile(), "response", [(BANKS[name].file(), _blocks(data))])
    rows: dict[str, list[dict[str, Any]]] = {}
    for part in reading:
        rows.setdefault(part.kind, []).extend(part.table.to_pylist())
    return Came(rows, [(p.code, p.line_ref) for p in reading.problems], [warning.code for warning in reading.warnings])


def refused(name: str, data: bytes) -> list[str]:
    """The codes of everything that refuses the file."""
    with pytest.raises(UnreadableFile) as caught:
        read(name, data)
    assert all(problem.what.zh and problem.what.en and problem.expected for problem in caught.value.problems)
    return [problem.code for problem in caught.value.problems]


def _blocks(data: bytes) -> Iterator[bytes]:
    for at in range(0, max(len(data), 1), 1 << 12):
        yield data[at : at + (1 << 12)]
