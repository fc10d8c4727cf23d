"""The second look at delimited files: words of titles where there are none, and quotes that are separators."""

from bank_profiles.checks.notes import Notes
from bank_profiles.checks.tables import check_table
from bank_profiles.errors import Text
from bank_profiles.language.formats.delimited import Delimited
from bank_profiles.language.formats.tables import Says
from bank_profiles.language.words import Path

_BY_TITLE = ("also", "optional", "within")


def check_delimited(file: Delimited, path: Path, notes: Notes) -> None:
    """``path`` leads to the file."""
    if file.quote is not None and file.quote in file.separator:
        what = Text(f"{file.quote} cannot both quote and separate", f"{file.quote} 不能既作引号又作分隔符")
        notes.error("quote-separates", (*path, "quote"), what, Text("another sign, or no quote", "换一个符号，或不用 quote"))
    if file.comments and file.comments in file.separator:
        what = Text("a comment begins like an empty first column", "注释的开头与空的首列相同")
        notes.error("comment-separates", (*path, "comments"), what)
    if file.title_row is None:
        _check_without_titles(file, path, notes)
    else:
        check_table(file, file.records, path, notes)


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
