"""The second look at files that say themselves which columns they have: header, one dictionary, a trailer of one line."""

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.formats.self_describing import DescribedRecord, SelfDescribing
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.words import Path


def check_described(file: SelfDescribing, path: Path, notes: Notes) -> None:
    """``path`` leads to the file."""
    rows = [name for name, record in file.records.items() if record.gives]
    header = next((name for name, record in file.records.items() if record.place == "first"), None)
    for name in rows[1:]:
        what = Text("only one record of such a file gives rows", "此类文件只有一种数据行")
        notes.error("one-dictionary", (*path, "records", name), what, key=True)
    for name, record in file.records.items():
        _check_record(record, (*path, "records", name), notes)
    if header is None:
        what = Text("without a header nothing says which columns the rows have", "没有文件头就无法得知有哪些列")
        notes.error("no-header", path, what, Text("a record with   place: first", "一个   place: first   的记录"), key=True)
        return
    _check_version(file, header, path, notes)


def _check_record(record: DescribedRecord, at: Path, notes: Notes) -> None:
    names = [column for column, rule in record.fields.items() if rule.columns is not None]
    if record.place == "first" and len(names) != 1:
        what = Text("the header says once where the names of the columns stand", "文件头应有且仅有一处列名")
        notes.error("no-columns", at, what, Text("one field with   columns: 3", "一个字段写   columns: 3"), key=True)
    for column in names if record.place != "first" else ():
        what = Text("the names of the columns stand in the header", "列名应在文件头")
        notes.error("wrong-word", (*at, "fields", column, "columns"), what, key=True)
    if record.place == "last" and len(record.fields) != 1:
        what = Text("a trailer is one line, and so one field", "尾记录为一行，只有一个字段")
        notes.error("one-line", at, what, key=True)
    for column, rule in record.fields.items():
        if record.gives and not rule.width and not rule.is_virtual:
            what = Text(f"“{column}” needs “width”: the file says only its name", f"“{column}” 缺少 width：文件只写列名")
            notes.error("missing-key", (*at, "fields", column), what, hint=Text("add   width: 8", "请添加   width: 8"), key=True)


def _check_version(file: SelfDescribing, header: str, path: Path, notes: Notes) -> None:
    if file.version is None:
        return
    fields, at = list(file.records[header].fields), (*path, "version")
    if file.version.field not in fields:
        what = Text(f"“{file.version.field}” is not a field of the header", f"“{file.version.field}” 不是文件头的字段")
        hint = did_you_mean(file.version.field, fields)
        notes.error("unknown-column", (*at, "field"), what, one_of(fields), hint)
    elif any(file.records[header].fields[column].columns is not None for column in fields[: fields.index(file.version.field)]):
        what = Text("the version stands behind the columns, whose widths it decides", "版本写在列名之后，而列宽由版本决定")
        notes.error("version-late", (*at, "field"), what)
    if file.version.writes not in file.version.reads:
        what = Text("the version we write is not one we read", "所写版本不在可读版本之中")
        notes.error("bad-word", (*at, "writes"), what, one_of(file.version.reads))
