"""The second look at a control total: does it say one thing, of rows that are there, that can be counted or added up?"""

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.fields import Equals, FieldRule
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.records import Record
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.words import Path
from bank_profiles.layouts.deriving import directed
from bank_profiles.layouts.layout import LINES
from bank_profiles.values.targets import Kind, targets

_KINDS = ("count", "sum", "hash", "digest")
_ADDABLE: tuple[Kind | None, ...] = ("money", "integer", "decimal")
# Which words may stand beside which kind of total.
_WITH: dict[str, tuple[str, ...]] = {"take": ("hash",), "modulo": ("hash",), "per": ("count",), "where": ("count", "sum", "hash")}


def check_total(file: FileSpec, rule: FieldRule, at: Path, notes: Notes) -> None:
    total, here = rule.equals, (*at, "equals")
    if total is None:
        return
    said = [kind for kind in _KINDS if getattr(total, kind) is not None]
    if len(said) != 1:
        what = Text("a total is one of count, sum, hash and digest", "合计是 count、sum、hash、digest 之一")
        expected = Text("{count: record} or {sum: record.field}", "{count: 记录} 或 {sum: 记录.字段}")
        notes.error("bad-total", here, what, expected, key=True)
        return
    if said[0] != "digest" and not _bounds_rows(file, str(at[-3])):
        what = Text("a total stands in a record that has a place, or others inside it", "合计应在有 place 或内含其他记录的记录中")
        notes.error("total-place", here, what, Text("place: first or place: last", "place: first 或 place: last"), key=True)
        return
    for word, kinds in _WITH.items():
        if getattr(total, word) and said[0] not in kinds:
            what = Text(f"“{word}” has no meaning beside {said[0]}", f"“{word}”与 {said[0]} 一起没有意义")
            notes.error("wrong-word", (*here, word), what, hint=Text("remove it", "请删除"), key=True)
    if said[0] == "count":
        known = [*file.records, LINES]
        if all(_is_known(name, known, (*here, "count"), notes) for name in total.count or ()):
            _check_where(file, total, (total.count or ("",))[0], here, notes)
    elif said[0] != "digest":
        _check_added(file, total, said[0], here, notes)


def _bounds_rows(file: FileSpec, name: str) -> bool:
    """A header, a trailer, a level above: not an ordinary row, which would say the same total again and again.

    Where an ``inside`` names no record, nobody knows what is a level: that is told (nesting.py), not what follows from it.
    """
    record = file.records[name]
    if any(other.inside is not None and other.inside not in file.records for other in file.records.values()):
        return True
    return not record.gives or bool(record.place) or any(other.inside == name for other in file.records.values())


def _is_known(name: str, known: list[str], at: Path, notes: Notes) -> bool:
    if name not in known:
        what = Text(f"there is no record “{name}” in this file", f"本文件中没有记录“{name}”")
        notes.error("unknown-record", at, what, one_of(known), did_you_mean(name, known))
    return name in known


def _check_added(file: FileSpec, total: Equals, kind: str, here: Path, notes: Notes) -> None:
    name, _, column = (total.sum or total.hash or "").partition(".")
    if not _is_known(name, list(file.records), (*here, kind), notes):
        return
    record = file.records[name]
    columns = list(record.placed) if kind == "hash" else _addable(record)
    if columns and column not in columns:
        what = Text(f"“{column}” cannot be added up over {name}", f"{name} 的“{column}”不能求和")
        expected = one_of(f"{name}.{each}" for each in columns)
        notes.error("unknown-field", (*here, kind), what, expected, did_you_mean(column, columns))
    _check_where(file, total, name, here, notes)


def _addable(record: Record) -> list[str]:
    """The targets of a record that are numbers; the columns where each direction of a movement has its own."""
    known, ways = targets(record.gives), directed(record)
    fields = [(column, rule.to) for column, rule in record.placed.items() if known.get(rule.to or "") in _ADDABLE]
    return list(dict.fromkeys(column if len(ways) > 1 and column in ways else str(to) for column, to in fields))


def _check_where(file: FileSpec, total: Equals, name: str, here: Path, notes: Notes) -> None:
    columns = file.records[name].fields if name in file.records else {}
    for column in total.where:
        if column not in columns:
            what = Text(f"“{column}” is not a column of {name}", f"“{column}” 不是 {name} 的列")
            notes.error(
                "unknown-column", (*here, "where", column), what, one_of(columns), did_you_mean(column, columns), key=True
            )
