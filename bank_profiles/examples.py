"""The examples inside a profile, run: the given files are read, and what comes out is held against what was expected.

Examples are about made-up people, so a difference shows the values themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal, InvalidOperation
from pathlib import Path as FilePath
from typing import Any, cast

import pyarrow as pa

from bank_profiles.checks.examples import side_of
from bank_profiles.errors import Problem, RowProblem, Text, UnreadableFile
from bank_profiles.faulting import of_example, refused_as, set_aside
from bank_profiles.filenames import some_name
from bank_profiles.given import content
from bank_profiles.language.profile import Profile
from bank_profiles.language.service import Example
from bank_profiles.language.words import Path
from bank_profiles.layouts.making import layout
from bank_profiles.tracing import traced
from bank_profiles.translation import read_files
from bank_profiles.values.targets import Kind, column_of, in_chinese, targets
from reconciliation.exchange import RECORDS
from reconciliation.money import format_minor

Row = Mapping[str, Any]


def run_examples(profile: Profile, folder: FilePath) -> list[Problem]:
    """Every difference between what the examples of a profile expect and what happens. ``folder`` holds ``samples/``."""
    return [problem for number in range(len(profile.examples)) for problem in run_example(profile, number, folder)]


def run_example(profile: Profile, number: int, folder: FilePath) -> list[Problem]:
    """One example; an empty list means that it holds."""
    example = profile.examples[number]
    try:
        read = _read(profile, example, folder)
    except UnreadableFile as refused:
        return refused_as(profile, number, refused.problems)
    if example.expect_error is not None:
        what = of_example(example, Text("was read without an error", "读取时没有出错"))
        return [_differs(profile, ("examples", number, "expect_error"), what, example.expect_error)]
    if beyond := set_aside(profile, number, read.parked):
        return beyond  # rows that are missing then are so for this reason
    return [*_rows_differ(profile, number, read), *_parked_differ(profile, number, [each.code for each in read.parked])]


def read_example(profile: Profile, example: Example, folder: FilePath) -> tuple[dict[str, pa.Table], list[str]]:
    """The rows of an example by kind, and the codes of the rows set aside. Raises UnreadableFile."""
    read = _read(profile, example, folder)
    return read.rows, [problem.code for problem in read.parked]


@dataclass(frozen=True)
class _Read:
    """What came out of an example, and how to find where each row stands."""

    rows: dict[str, pa.Table]
    parked: Sequence[RowProblem]
    places: Mapping[str, Sequence[tuple[str, int]]]  # by kind: the file and line of each row
    files: Mapping[str, tuple[str, bytes]]  # by name: its key and its bytes


def _read(profile: Profile, example: Example, folder: FilePath) -> _Read:
    name = side_of(profile, example)
    if name is None:
        raise ValueError("an example gives files of one side; checks.py says so")
    files = given_files(profile, example, folder)
    reading = read_files(profile, name, files, masked=False)
    tables: dict[str, list[pa.Table]] = {}
    places: dict[str, list[tuple[str, int]]] = {}
    for piece in reading:
        tables.setdefault(piece.kind, []).append(piece.table)
        places.setdefault(piece.kind, []).extend((piece.file, line) for line in cast("list[int]", piece.lines.to_pylist()))
    rows = {kind: pa.concat_tables(tables[kind]) if kind in tables else RECORDS[kind].empty_table() for kind in RECORDS}
    known = {name: (key, blocks[0]) for key, (name, blocks) in zip(example.given, files, strict=True)}
    return _Read(rows, reading.problems, places, known)


def given_files(profile: Profile, example: Example, folder: FilePath) -> list[tuple[str, list[bytes]]]:
    """The files of an example as they would come: names and blocks."""
    name = side_of(profile, example)
    if name is None:
        raise ValueError("an example gives files of one side; checks.py says so")
    side = profile.side(name)
    return [
        (some_name(side.files[key].name), [content(side.files[key], side.encoding(key), given, folder)])
        for key, given in example.given.items()
    ]


# ---- differences --------------------------------------------------------------------------------------------------------------------


def _rows_differ(profile: Profile, number: int, read: _Read) -> Iterator[Problem]:
    example = profile.examples[number]
    for kind in RECORDS:
        expected, actual = (example.expect or {}).get(kind, []), read.rows[kind].to_pylist()
        at: Path = ("examples", number, "expect", kind)
        if len(expected) != len(actual):
            what = of_example(example, Text(f"gives {len(actual)} {kind} rows", f"得到 {len(actual)} 个{in_chinese(kind)}"))
            yield _differs(profile, at, what, str(len(expected)))
        for place, (row, found) in enumerate(zip(expected, actual, strict=False)):
            yield from _row_differs(profile, (*at, place), read, row, found)


def _row_differs(profile: Profile, at: Path, read: _Read, row: Mapping[str, str | None], found: Row) -> Iterator[Problem]:
    example, kind = profile.examples[int(at[1])], str(at[3])
    kinds = targets(kind)
    for target, expected in row.items():
        value = found[column_of(kind, target)]
        if not _same(expected, value, kinds[target], found):
            shown = spelt(value, kinds[target], found)
            where = Text(
                f"{kind} row {int(at[-1]) + 1}, {target}: {shown}", f"第{int(at[-1]) + 1}个{in_chinese(kind)}，{target}：{shown}"
            )
            said = _differs(profile, (*at, target), of_example(example, where), "null" if expected is None else expected)
            file, line = read.places[kind][int(at[-1])]
            source, hint = _traced(profile, example, read.files[file], (kind, line, target), is_null=expected is None)
            yield replace(said, source=source, hint=hint)


def _traced(
    profile: Profile, example: Example, file: tuple[str, bytes], at: tuple[str, int, str], *, is_null: bool
) -> tuple[Text | None, Text | None]:
    """Where the value comes from; and where null was expected, what is null there."""
    kind, line, target = at
    side = side_of(profile, example)
    assert side is not None, "the example was read"
    spec = layout(profile, side, file[0])
    source = traced(spec, file[1], kind, line, target)
    field = next(
        (record.by_target[target] for record in spec.records if record.kind == kind and target in record.by_target), None
    )
    if not is_null or field is None:
        return source, None
    tokens = Text(" and ".join(f"“{text}”" for text in field.missing), "、".join(f"“{text}”" for text in field.missing))
    return source, Text(f"only {tokens.en} count as missing here", f"此处只有 {tokens.zh} 表示缺失")


def _parked_differ(profile: Profile, number: int, parked: Sequence[str]) -> Iterator[Problem]:
    example = profile.examples[number]
    if list(example.parked) != list(parked):
        what = of_example(
            example,
            Text(f"rows set aside: {', '.join(parked) or 'none'}", f"搁置的行：{'、'.join(parked) or '无'}"),
        )
        yield _differs(profile, ("examples", number, "parked"), what, ", ".join(example.parked))


def _differs(profile: Profile, at: Path, what: Text, expected: str) -> Problem:
    return Problem(code="example-differs", place=profile.origin.key(*at), what=what, expected=Text(expected, expected))


def _same(expected: str | None, value: Any, kind: Kind, row: Row) -> bool:
    if expected is None or value is None:
        return expected is None and value is None
    if kind in ("money", "decimal", "integer"):
        try:
            return Decimal(expected) == Decimal(spelt(value, kind, row))
        except InvalidOperation:
            return False
    return expected == spelt(value, kind, row)


def spelt(value: Any, kind: Kind, row: Row) -> str:
    """A value as examples spell it: money in decimals of the row's currency, dates and times in ISO, null as ``null``."""
    if value is None:
        return "null"
    if kind == "money":
        return format_minor(value, row["currency"]).replace(",", "")
    if isinstance(value, date | time):
        return value.isoformat()
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
