"""Which rows go into which file when a package is written: each kind where its records are, long tables in parts, and what is said
once per file instead of in every row.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.dividing import divide
from bank_profiles.engine.sharing import STANDS_FOR
from bank_profiles.errors import DataPlace, Problem, Text, UnwritableRoster
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.profile import Profile
from bank_profiles.language.words import SideName
from bank_profiles.values.targets import column_of

Tables = Mapping[str, Iterable[pa.Table]]


@dataclass(frozen=True)
class Part:
    """One file to be written: the ``number``-th of ``parts`` with this key."""

    key: str
    rows: Tables
    number: int = 1
    parts: int = 1
    once: Mapping[str, Any] = field(default_factory=dict)  # what its rows have in common and a header says

    def facts(self) -> dict[str, Any]:
        return {"part": self.number, "parts": self.parts, **self.once}


def file_parts(profile: Profile, side: SideName, rows: Tables) -> Iterator[Part]:
    """The files of a package in the order of the profile; of those with one name only the first layout is written."""
    files = _written(profile, side)
    divided = divide(profile, side, files, rows)
    for key, spec in files.items():
        own = divided[key]
        words = [word for word in profile.side(side).one_per_file if _says(spec, word)]
        if spec.occurs in ("optional", "any") or spec.rows_max or words:
            own = {kind: list(of_kind) for kind, of_kind in own.items()}
        if spec.occurs in ("optional", "any") and not any(table.num_rows for of_kind in own.values() for table in of_kind):
            continue
        cuts = _cuts(own, spec.rows_max) if spec.rows_max else [own]
        for number, part in enumerate(cuts, start=1):
            yield Part(key, part, number, len(cuts), {word: _common(profile, side, key, part, word) for word in words})


def _written(profile: Profile, side: SideName) -> dict[str, FileSpec]:
    files: dict[str, FileSpec] = {}
    for key, spec in profile.side(side).files.items():
        if spec.name not in {known.name for known in files.values()}:
            files[key] = spec
    return files


def _cuts(rows: Tables, most: int) -> list[Tables]:
    """One kind of rows in slices; the last one may be short, and one that holds nothing stands for no rows."""
    ((kind, tables),) = rows.items() or (("", ()),)
    table = pa.concat_tables(tables) if tables else None
    if table is None or not table.num_rows:
        return [rows]
    return [{kind: [table.slice(start, most)]} for start in range(0, table.num_rows, most)]


def is_herald(spec: FileSpec, name: str) -> bool:
    """A header, cover or trailer: it gives no rows and nothing stands inside it, so what it says is of the whole file."""
    return not spec.records[name].gives and all(record.inside != name for record in spec.records.values())


def _says(spec: FileSpec, word: str) -> bool:
    """Does a header, cover or trailer of this file say it?"""
    heralds = (record for name, record in spec.records.items() if is_herald(spec, name))
    return any(word in rule.targets for record in heralds for rule in record.fields.values())


def _common(profile: Profile, side: SideName, key: str, rows: Tables, word: str) -> Any:
    """What all rows of a file say alike. Raises UnwritableRoster."""
    said = [(kind, table) for kind, tables in rows.items() for table in tables if STANDS_FOR not in table.column_names]
    columns = [(table, column_of(kind, word)) for kind, table in said]
    found = {
        value for table, name in columns if name in table.column_names for value in pc.unique(table.column(name)).to_pylist()
    }
    if len(found) > 1:
        what = Text(f"the rows do not agree in {word}, and this file says it once", f"各行的 {word} 不一致，而此文件只写一次")
        expected = Text("one file for each", "每个取值一个文件")
        place, rule = DataPlace(profile.side(side).files[key].name), profile.rule(side, "one_per_file")
        raise UnwritableRoster([Problem(code="one-per-file", place=place, what=what, expected=expected, rule=rule)])
    return next(iter(found), None)
