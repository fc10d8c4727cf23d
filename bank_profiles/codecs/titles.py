"""Tables with titles: where they stand, which column is which, what is said before the table. Rows of cells of text in, places out.

Sheets and delimited files share this; the words are in language/formats/tables.py. Titles are compared in a plain form: full-width
signs as their twins, without blanks, tabs and line feeds; values are always given as received.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

from bank_profiles.codecs.codec import BadFile
from bank_profiles.errors import Text
from bank_profiles.language.formats.tables import Says, Table, TitledField, TitledRecord
from bank_profiles.layouts.cells import SPACES
from bank_profiles.layouts.layout import RecordLayout
from bank_profiles.values.amounts import Money
from bank_profiles.values.named_units import OURS, contradicts, named_unit

SEARCHED_ROWS_MAX = 200  # titles stand at the top; the longest preamble seen has 24 rows
_NEAR = 0.6  # difflib ratio from which a title is offered as the one that was meant
_SHOWN_MAX = 40  # characters of a title in a message
_BLANKS = "\t\n\r\v\f\u00a0\u2002\u2003\u2009\u3000\ufeff"
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {ord(blank): ord(" ") for blank in _BLANKS} | {0xFFE5: 0xA5}
_NUMBERED = re.compile(r"(.+)#([1-9][0-9]?)")
_GLOB = re.compile(r"\{\}|\*")

Rows = Sequence[Sequence[str]]


def plain(text: str) -> str:
    """Full-width signs and blanks as their plain twins, character by character: places in both texts are the same."""
    return text.translate(_PLAIN)


def as_title(text: str) -> str:
    return plain(text).replace(" ", "")


class Column(NamedTuple):
    """What is known of one column of the table, by all records that share it."""

    name: str
    titles: tuple[str, ...]  # in plain form: its own, then others it may have
    nth: int = 1  # of the columns with the same title
    optional: bool = False
    unit: str | None = None  # of money


@dataclass(frozen=True)
class Titles:
    """The row of titles that was found (1-based), and the 0-based place of each column that is there, by its name."""

    row: int
    places: Mapping[str, int]
    bare: frozenset[int]  # columns without a title: nothing may stand in them


def placing(record: RecordLayout) -> str | Says | None:
    """Where a record stands, in the words of tables."""
    return cast(TitledRecord, record.spec).place


def columns_of(records: Iterable[RecordLayout], table: Table) -> list[Column]:
    """The columns of a table, in the order of the profile; those that only a mark speaks of too."""
    found: dict[str, Column] = {}
    for record in records:
        if placing(record) == "preamble":
            continue
        for field in record.fields:
            rule = field.spelt
            also = rule.also if isinstance(rule, TitledField) else ()
            optional = rule.optional if isinstance(rule, TitledField) else False
            unit = field.converter.unit if isinstance(field.converter, Money) else None
            found.setdefault(field.name, _column(field.name, also, optional)._replace(unit=unit))
    for mark in (table.stop_at, *map(placing, records)):
        if isinstance(mark, Says):
            found.setdefault(mark.column, _column(mark.column, (), optional=False))
    return list(found.values())


def _column(name: str, also: Sequence[str], optional: bool) -> Column:
    own, nth = name_and_number(name)
    return Column(name, tuple(dict.fromkeys([own, *map(as_title, also)])), nth, optional)


def name_and_number(name: str) -> tuple[str, int]:
    """``账号#2`` is the second column with the title 账号."""
    numbered = _NUMBERED.fullmatch(name)
    return (as_title(numbered[1]), int(numbered[2])) if numbered else (as_title(name), 1)


# ---- titles -------------------------------------------------------------------------------------------------------------------------


def find_titles(rows: Rows, table: Table, columns: Sequence[Column]) -> Titles:
    """The titles among the first rows of a file or sheet. Raises BadFile."""
    if isinstance(table.title_row, int):
        row = table.title_row
        places = _places(rows[row - 1] if row <= len(rows) else (), columns)
    else:
        row, places = _best(rows[:SEARCHED_ROWS_MAX], columns)
    titles = rows[row - 1] if row <= len(rows) else ()
    missing = [column for column in columns if not column.optional and column.name not in places]
    if missing:
        raise _missing(missing, titles, columns, row, places)
    taken = set(places.values())
    if table.extra == "refuse":
        for place, title in enumerate(titles):
            if place not in taken and as_title(title):
                raise _unknown(title, place, row)
    bare = (place for place, title in enumerate(titles) if not as_title(title))
    return Titles(row, places, frozenset(bare) if table.extra == "refuse" else frozenset())


def _best(rows: Rows, columns: Sequence[Column]) -> tuple[int, dict[str, int]]:
    """The first row that has all titles that must be there; failing that, the one that has most of them."""
    best = 1
    most: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        places = _places(row, columns)
        if all(column.optional or column.name in places for column in columns):
            return number, places
        if len(places) > len(most):
            best, most = number, places
    return best, most


def _places(row: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """Where each column stands by this row of titles; one is never two columns, a column's own title goes before its others."""
    where: dict[str, list[int]] = {}
    for place, title in enumerate(map(as_title, row)):
        where.setdefault(title, []).append(place)
    found: dict[str, int] = {}
    for choice in range(max((len(column.titles) for column in columns), default=0)):
        for column in columns:
            if column.name not in found and choice < len(column.titles):
                places = where.get(column.titles[choice], [])
                if len(places) >= column.nth and places[column.nth - 1] not in found.values():
                    found[column.name] = places[column.nth - 1]
    return found


def _missing(
    missing: Sequence[Column], titles: Sequence[str], columns: Sequence[Column], row: int, places: Mapping[str, int]
) -> BadFile:
    names = "、".join(column.name for column in missing)
    free = [_shown(title) for place, title in enumerate(titles) if as_title(title) and place not in places.values()]
    near = [
        (column, close) for column in missing for close in difflib.get_close_matches(column.titles[0], free, n=1, cutoff=_NEAR)
    ]
    if near:
        hint = _near(*near[0])
    elif not places:
        hint = Text("none of its titles is there: are these title_row and sheet?", "没有任何已知标题：请核对 title_row 与 sheet")
    else:
        hint = Text("the bank must send the column, or   optional: true", "请银行补上该列，或写   optional: true")
    wanted = "、".join(column.name for column in columns if not column.optional)
    return BadFile(
        "column-missing",
        Text(f"no column {names}", f"缺少列：{names}"),
        Text(wanted, wanted),
        hint,
        row,
        found=[close for _, close in near[:1]],
    )


def _near(column: Column, close: str) -> Text:
    """What to do about a title that may be the missing one; one that names another unit is never a mere other name."""
    named, own = named_unit(close), named_unit(column.titles[0])
    if column.unit is not None and (contradicts(close, column.unit) or (own and named is None)):
        unit = f"unit: {OURS.get(named or '', '…')}"
        return Text(
            f"“{{found}}” stands there: the title names {'another' if named else 'no'} unit. A new edition with   {unit}, if the bank confirms",
            f"表头中有“{{found}}”：标题{'的单位不同' if named else '没有单位'}。经银行确认后出新版，写   {unit}",
        )
    return Text(
        "“{found}” stands there: if it is the same,   also: [{found}]", "表头中有“{found}”：如为同一列，请写   also: [{found}]"
    )


def _unknown(title: str, place: int, row: int) -> BadFile:
    return BadFile(
        "column-unknown",
        Text(f"the profile does not know column {place + 1}, “{{found}}”", f"画像没有第 {place + 1} 列“{{found}}”"),
        Text("only columns of the profile", "仅有画像中的列"),
        Text("new edition with   {found}: skip   or extra: ignore", "出新版，写   {found}: skip   或 extra: ignore"),
        row,
        found=[_shown(title)],
    )


def _shown(title: str) -> str:
    return as_title(title)[:_SHOWN_MAX]


# ---- marks --------------------------------------------------------------------------------------------------------------------------


def is_blank(row: Sequence[str]) -> bool:
    return all(not cell.strip(SPACES) for cell in row)


def says(cell: str, mark: str) -> bool:
    """Is this the cell of a mark? Blanks do not count (合　计), ``*`` in a mark stands for anything."""
    text, mark = as_title(cell), as_title(mark)
    return text == mark or ("*" in mark and _hole(text, mark) is not None)


def _hole(text: str, pattern: str) -> tuple[int, int] | None:
    """From where to where the ``{}`` of a pattern is in a text (without one: where it ends); None where the text is another.

    Every wildcard is as short as it can be, the last one reaches to the end: one pass, whatever the text.
    """
    literals, marks = _GLOB.split(pattern), _GLOB.findall(pattern)
    if not text.startswith(literals[0]) or (not marks and text != pattern):
        return None
    at, hole = len(literals[0]), (len(text), len(text))
    for number, (mark, literal) in enumerate(zip(marks, literals[1:], strict=True), start=1):
        ends = number == len(marks)
        stop = (len(text) - len(literal) if text.endswith(literal) else -1) if ends else text.find(literal, at)
        if stop < at:
            return None
        hole = (at, stop) if mark == "{}" else hole
        at = stop + len(literal)
    return hole


# ---- before the table ---------------------------------------------------------------------------------------------------------------


class Said(NamedTuple):
    """One text before the table: where it stands (0-based row and column), and itself where it is only a part of its cell."""

    row: int
    column: int
    part: str | None


def preamble(rows: Rows, record: RecordLayout) -> list[Said | None]:
    """What the lines before the table say, one a field of the record; None where a label that may is not there. Raises BadFile."""
    spec = record.spec
    sign = plain(spec.pairs) if isinstance(spec, TitledRecord) else ":"
    labels = {name_and_number(field.name)[0] for field in record.fields}
    found: dict[str, list[Said]] = {}
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if pair := _pair(row, number, column, cell, sign, labels):
                found.setdefault(pair[0], []).append(pair[1])
    said = []
    for field in record.fields:
        within = field.spelt.within if isinstance(field.spelt, TitledField) else None
        title, nth = name_and_number(field.name)
        pairs = found.get(title, [])
        said.append(_within(rows, within) if within else pairs[nth - 1] if nth <= len(pairs) else None)
        if said[-1] is None and not (isinstance(field.spelt, TitledField) and field.spelt.optional):
            raise _no_label(within or field.name, within is None, rows, sign)
    return said


def _no_label(label: str, is_title: bool, rows: Rows, sign: str) -> BadFile:
    """What the profile expects before the table is silent: a total or the batch number among it would be checked by nobody."""
    texts = {_shown(plain(cell).partition(sign)[0]) for row in rows for cell in row if as_title(cell)} if is_title else set()
    near = difflib.get_close_matches(as_title(label), sorted(texts), n=1, cutoff=_NEAR)
    hint = Text(
        "the bank must say it; if it sometimes does not,   optional: true",
        "请银行写明；若有时没有，请写   optional: true",
    )
    if near:
        hint = Text("“{found}” stands there: name the column so", "表前有“{found}”：请以此为列名")
    what = Text(f"nothing before the table says “{label}”", f"表前没有“{label}”")
    return BadFile("column-missing", what, Text(label, label), hint, found=near)


def _pair(row: Sequence[str], number: int, column: int, cell: str, sign: str, labels: set[str]) -> tuple[str, Said] | None:
    """The label a cell holds, and its value: behind the sign, or in the next cell with something in it that is no label itself."""
    label, there, _ = plain(cell).partition(sign)
    title = as_title(label)
    if title not in labels:
        return None
    value = cell[len(label) + 1 :] if there else ""
    if value.strip(SPACES):
        return title, Said(number, column, value)
    for right in range(column + 1, len(row)):
        text = plain(row[right]).strip()
        if text:
            is_label = text.endswith(sign) or as_title(text.partition(sign)[0]) in labels
            return title, Said(number, column, "") if is_label else Said(number, right, None)
    return title, Said(number, column, "")


def _within(rows: Rows, pattern: str) -> Said | None:
    """The first cell a pattern describes, and the part of it where the {} stands."""
    wanted = plain(pattern).strip()
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            text = plain(cell)
            start = len(text) - len(text.lstrip())
            if hole := _hole(text.strip(), wanted):
                return Said(number, column, cell[start + hole[0] : start + hole[1]])
    return None
