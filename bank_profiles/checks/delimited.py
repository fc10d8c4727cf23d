"""The second look at delimited files: words of titles where there are none, and quotes that are separators."""

from bank_profiles.checks.notes import Notes
from bank_profiles.checks.tables import check_table
from bank_profiles.errors import Text
from bank_profiles.language.formats.delimited import Delimited, DelimitedRecord
from bank_profiles.language.formats.tables import Says
from bank_profiles.language.words import Path

_BY_TITLE = ("also", "optional", "within")


def check_delimited(file: Delimited, path: Path, notes: Notes) -> None:
    """``path`` leads to the file."""
    if file.quote is not None and file.quote in file.separator:
        what = Text(f"{file.quote} cannot both quote and separate", f"{file.quote} 不能既作引号又作分隔符")
        notes.error("quote-separates", (*path, "quote"), what, Text("another sign, or no quote", "换一个符号，或不用 quote"))
    if file.comments and (file.separator.startswith(file.comments) or file.comments.startswith(file.separator)):
        what = Text("a comment begins like an empty first column", "注释的开头与空的首列相同")
        notes.error("comment-separates", (*path, "comments"), what)
    if file.title_row is None:
        _check_without_titles(file, path, notes)
    else:
        check_table(file, file.records, path, notes)
    for name, record in file.records.items():
        _check_more_columns(file, record, (*path, "records", name), notes)


def _check_more_columns(file: Delimited, record: DelimitedRecord, at: Path, notes: Notes) -> None:
    """Groups of columns, and columns behind the last one."""
    if record.rest == "text" and file.quote is not None:
        what = Text("where texts have quotes, the last one needs no rest", "文字有引号时，末列无需 rest")
        notes.error("wrong-word", (*at, "rest"), what, key=True)
    if record.repeat is None:
        return
    outer = file.records.get(record.inside or "")
    if outer is None or file.title_row is not None:
        what = Text(
            "a group of columns stands inside another record, of a file without titles",
            "重复的列组须在另一记录之内，且文件无标题",
        )
        notes.error("repeat-place", (*at, "repeat"), what, Text("inside: that record", "inside: 所在记录"), key=True)
    elif outer.rest != "refuse":
        what = Text(f"the columns behind “{record.inside}” are the group's", f"“{record.inside}”之后的列属于该列组")
        notes.error("wrong-word", (*at, "repeat"), what, hint=Text("remove its rest", "请删除其 rest"), key=True)
    others = [name for name, other in file.records.items() if other.repeat and other.inside == record.inside]
    if len(others) > 1 and file.records[others[0]] is not record:
        what = Text(f"“{record.inside}” has a group already: “{others[0]}”", f"“{record.inside}”已有列组“{others[0]}”")
        notes.error("repeat-place", (*at, "repeat"), what, key=True)


def _check_without_titles(file: Delimited, path: Path, notes: Notes) -> None:
    if file.stop_at is not None:
        _needs_titles("stop_at", (*path, "stop_at"), notes)
    if file.extra != "refuse":
        _needs_titles("extra", (*path, "extra"), notes)
    for name, record in file.records.items():
        at = (*path, "records", name)
        if isinstance(record.place, Says) or record.place == "preamble":
            _needs_titles("place", (*at, "place"), notes)
        for column, rule in record.fields.items():
            for word in _BY_TITLE:
                if getattr(rule, word):
                    _needs_titles(word, (*at, "fields", column, word), notes)


def _needs_titles(word: str, at: Path, notes: Notes) -> None:
    what = Text(f"“{word}” speaks of titles, and this file has none", f"“{word}” 针对标题，而本文件没有标题行")
    hint = Text("add   title_row: 1   or remove it", "请加   title_row: 1   或删除")
    notes.error("no-titles", at, what, hint=hint, key=True)
