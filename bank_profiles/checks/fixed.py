"""The second look at a fixed file: columns and groups in their places, records that have a length, frames that can be told."""

from collections.abc import Iterator
from itertools import pairwise

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.formats.fixed import Fixed, FixedRecord, Repeat
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.words import Path

_REMOVE = Text("remove it", "请删除")


def check_fixed(file: Fixed, path: Path, notes: Notes) -> None:
    """What is said of the whole file; ``path`` leads to it."""
    for name, record in file.records.items():
        if record.repeat is None and not file.bytes_of(record):
            what = Text(f"nothing says how long a record of “{name}” is", f"未说明“{name}”记录的长度")
            hint = Text("add record_bytes to the file or the record", "请在文件或记录中加 record_bytes")
            notes.error("missing-key", (*path, "records", name), what, hint=hint, key=True)
    _check_length_prefix(file, path, notes)
    _check_slices(file, path, notes)
    if file.counts == "chars" and not _has_lines(file):
        what = Text("without line ends a record has bytes, not characters", "没有换行时，记录以字节计而非字符")
        notes.error("wrong-word", (*path, "counts"), what, Text("counts: bytes", "counts: bytes"))
    if file.filler is not None and not (_has_lines(file) and file.record_bytes and file.filler.block > 1):
        what = Text(
            "filler lines need line ends, record_bytes and a block of at least 2",
            "填充行需要换行、record_bytes 和不小于 2 的 block",
        )
        notes.error("bad-filler", (*path, "filler"), what, key=True)


def _has_lines(file: Fixed) -> bool:
    return file.line_end != "none" and file.record_length is None


def _check_length_prefix(file: Fixed, path: Path, notes: Notes) -> None:
    prefix = file.record_length
    if prefix is None:
        return
    last = prefix.at + (prefix.width or 1) - 1
    if not (0 < prefix.bytes <= _PREFIX_BYTES_MAX and prefix.at and prefix.width != 0 and last <= prefix.bytes):
        what = Text(
            f"the length does not stand within the {prefix.bytes} bytes before the record",
            f"长度不在记录前的 {prefix.bytes} 字节之内",
        )
        expected = Text(
            f"bytes: 1 to {_PREFIX_BYTES_MAX}, at and width within them", f"bytes 为 1 至 {_PREFIX_BYTES_MAX}，at 与 width 在其内"
        )
        notes.error("bad-record-length", (*path, "record_length"), what, expected, key=True)
    if file.line_end in ("crlf", "cr"):
        what = Text("a file with lengths before its records has no line ends", "记录前带长度的文件没有换行")
        notes.error("wrong-word", (*path, "line_end"), what, hint=_REMOVE, key=True)


_PREFIX_BYTES_MAX = 8


def _check_slices(file: Fixed, path: Path, notes: Notes) -> None:
    """Without line ends only a first or last record may have another length: where a record begins is known by its number."""
    if file.line_end != "none" or file.record_length is not None:
        return
    goes_on = any(record.continues for record in file.records.values())  # then the last record is told by its marks
    placed = ("first",) if goes_on else ("first", "last")
    free = {name: record for name, record in file.records.items() if record.place not in placed and record.repeat is None}
    lengths = {name: file.bytes_of(record) for name, record in free.items()}
    odd = [name for name, length in lengths.items() if length != next(iter(lengths.values()))]
    for name in [*odd, *(name for name in free if _shrinks(file, name))]:
        what = Text(
            f"without line ends nobody can say where a record of “{name}” begins", f"没有换行时无法确定“{name}”记录从何处开始"
        )
        expected = Text("records of one length, or record_length", "各记录长度相同，或 record_length")
        notes.error("no-lines", (*path, "records", name), what, expected, key=True)


def _shrinks(file: Fixed, outer: str) -> bool:
    return any(record.inside == outer and record.repeat is not None and record.repeat.shrinks for record in file.records.values())


# ---- one record ---------------------------------------------------------------------------------------------------------------------


def check_positions(file: Fixed, record: FixedRecord, at: Path, notes: Notes) -> None:
    """Columns and groups stand within the record and not in each other; ``at`` leads to the record."""
    room = record.repeat.width if record.repeat is not None else file.bytes_of(record)
    unit = Text("character", "字符") if file.counts == "chars" else Text("byte", "字节")
    placed = [*_columns(file, record, at, notes), *_groups(file, str(at[-1]))]
    for _, last, name, place in placed:
        if room and last > room:
            what = Text(
                f"“{name}” ends at {unit.en} {last}, the record has {room}",
                f"“{name}” 到第 {last} {unit.zh}，记录只有 {room} {unit.zh}",
            )
            hint = Text("correct at, width or record_bytes", "请更正 at、width 或 record_bytes")
            if place:
                hint = Text("correct at, width, times or record_bytes", "请更正 at、width、times 或 record_bytes")
            notes.error("past-record", _path(at, name, place), what, hint=hint, key=True)
    for (_, end, before, _), (start, _, name, place) in pairwise(sorted(placed)):
        if start <= end:
            what = Text(
                f"“{name}” begins at {unit.en} {start}, but “{before}” goes to {unit.en} {end}",
                f"“{name}” 从第 {start} {unit.zh}开始，而“{before}”到第 {end} {unit.zh}",
            )
            expected = Text(f"at: {end + 1} or later", f"at: {end + 1} 或之后")
            notes.error("columns-overlap", _path(at, name, place), what, expected, key=True)
    if record.repeat is not None:
        _check_repeat(file, record, record.repeat, at, notes)


Placed = tuple[int, int, str, bool]  # first, last, name, is it a group?


def _columns(file: Fixed, record: FixedRecord, at: Path, notes: Notes) -> Iterator[Placed]:
    for column, rule in record.fields.items():
        if rule.is_virtual:
            continue
        if rule.at and rule.width:
            yield rule.at, rule.at + rule.width - 1, column, False
        elif rule.at or rule.width or not _goes_on(file, str(at[-1]), rule.to):
            absent = "width" if rule.at else "at"
            what = Text(
                f"“{column}” needs “{absent}”: a column of fixed width stands at a byte",
                f"“{column}” 缺少“{absent}”：定长列需注明字节位置",
            )
            hint = Text("add, for example:   at: 1, width: 2", "请添加，例如：   at: 1, width: 2")
            notes.error("missing-key", (*at, "fields", column), what, hint=hint, key=True)


def _goes_on(file: Fixed, name: str, target: str | None) -> bool:
    """Does this target stand in the continuations of that record?"""
    return any(
        _may_continue(file, other, name) and target is not None and target in {rule.to for rule in other.fields.values()}
        for other in file.records.values()
    )


def _may_continue(file: Fixed, record: FixedRecord, name: str) -> bool:
    """Does it, or would it if its own misspelt name were right?"""
    return name in record.continues or not set(record.continues) <= set(file.records)


def _groups(file: Fixed, outer: str) -> Iterator[Placed]:
    for name, record in file.records.items():
        repeat = record.repeat
        if repeat is not None and record.inside == outer and repeat.at:
            yield repeat.at, repeat.at + repeat.width * repeat.times - 1, name, True


def _path(at: Path, name: str, is_group: bool) -> Path:
    return (*at[:-1], name, "repeat") if is_group else (*at, "fields", name)


# ---- repeated groups ----------------------------------------------------------------------------------------------------------------


def _check_repeat(file: Fixed, record: FixedRecord, repeat: Repeat, at: Path, notes: Notes) -> None:
    here = (*at, "repeat")
    outer = file.records.get(record.inside or "")
    if outer is None:
        what = Text("a repeated group stands inside a record", "重复组须在某个记录之内")
        notes.error("missing-key", here, what, hint=Text("add   inside: …", "请添加   inside: …"), key=True)
        return
    if not (repeat.at and repeat.width and repeat.times):
        what = Text("a group has a place, a width, and stands at least once", "重复组须有位置、宽度，且至少一次")
        notes.error("bad-repeat", here, what, Text("at, width, times: 1 or more", "at、width、times 均不小于 1"), key=True)
    for word in ("place", "when", "record_bytes"):
        if getattr(record, word):
            what = Text(f"“{word}” has no meaning in a repeated group", f"“{word}”对重复组没有意义")
            notes.error("wrong-word", (*at, word), what, hint=_REMOVE, key=True)
    if repeat.counted_by is not None:
        if repeat.counted_by not in outer.fields:
            name = repeat.counted_by
            what = Text(f"“{name}” is not a column of “{record.inside}”", f"“{name}” 不是“{record.inside}”的列")
            notes.error("unknown-column", (*here, "counted_by"), what, one_of(outer.fields), did_you_mean(name, outer.fields))
        if repeat.absent:
            what = Text("the groups that are there are counted, so none is absent", "组数已由计数列给出，无需 absent")
            notes.error("wrong-word", (*here, "absent"), what, hint=_REMOVE, key=True)
    if repeat.shrinks:
        _check_shrinks(file, record, repeat, here, notes)


def _check_shrinks(file: Fixed, record: FixedRecord, repeat: Repeat, here: Path, notes: Notes) -> None:
    outer = file.records[record.inside or ""]
    end = repeat.at + repeat.width * repeat.times - 1
    if repeat.counted_by is None or outer.repeat is not None or end != file.bytes_of(outer):
        what = Text(
            "a record can only shrink at its end, by the groups that a column of it counts", "记录只能在末尾按计数列的组数缩短"
        )
        expected = Text(
            f"counted_by, and the last group ends with the record (at {file.bytes_of(outer)})",
            f"需要 counted_by，且最后一组止于记录末尾（第 {file.bytes_of(outer)} 位）",
        )
        notes.error("bad-repeat", (*here, "shrinks"), what, expected, key=True)
