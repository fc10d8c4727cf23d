"""The second look at the encoding of a file: can it be cut where the profile says, and say what the profile has it say?"""

from collections.abc import Iterator

from bank_profiles.checks.notes import Notes
from bank_profiles.encodings import ENCODINGS, size
from bank_profiles.errors import Text
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.formats.delimited import Delimited
from bank_profiles.language.formats.fixed import Fixed
from bank_profiles.language.formats.json import Json
from bank_profiles.language.formats.tables import Says, TitledField, TitledRecord
from bank_profiles.language.formats.xml import Xml, XmlRecord
from bank_profiles.language.words import Path


def check_encoding(file: FileSpec, encoding: str, path: Path, notes: Notes) -> None:
    """``path`` leads to the file."""
    if isinstance(file, Json) and encoding in ENCODINGS and ENCODINGS[encoding].family != "ascii":
        what = Text(f"a document of JSON is not in {encoding}", f"JSON 文档不使用 {encoding}")
        notes.error("bad-encoding", path, what, Text("utf-8, or gb18030", "utf-8 或 gb18030"), key=True)
    if encoding not in ENCODINGS or not isinstance(file, Delimited | Fixed | Xml):
        return
    family = ENCODINGS[encoding].family
    in_bytes = isinstance(file, Fixed) and file.counts == "bytes"
    in_lines = isinstance(file, Fixed) and file.line_end != "none" and file.record_length is None
    if in_bytes and in_lines and family != "ascii":
        what = Text(f"lines cannot be told in the bytes of {encoding}", f"无法在 {encoding} 的字节中辨认行")
        expected = Text("line_end: none, record_length, or counts: chars", "line_end: none、record_length，或 counts: chars")
        notes.error("no-lines", path, what, expected, key=True)
    for at, text in _written(file, path):
        if text and not size(text, encoding):
            what = Text(f"“{text}” cannot be written in {encoding}", f"“{text}”无法用 {encoding} 书写")
            notes.error("unencodable", at, what)
    if family != "ascii" and not in_bytes and not isinstance(file, Xml):
        _check_digests(file, encoding, path, notes)


def _written(file: FileSpec, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text of the profile that stands in the file as it is."""
    if isinstance(file, Xml):
        yield (*path, "root"), file.root
    yield from _of_table(file, path)
    for name, record in file.records.items():
        at = (*path, "records", name)
        yield from (((*at, "each"), record.each),) if isinstance(record, XmlRecord) else ()
        yield from (((*at, "when", column), text) for column, text in record.when.items())
        for column, rule in record.fields.items():
            here = (*at, "fields", column)
            yield from ((here, column),) if isinstance(file, Xml) else ()
            yield from (((*here, "const"), rule.const),) if rule.const else ()
            yield from (((*here, "missing", number), text) for number, text in enumerate(rule.missing or ()))


def _of_table(file: FileSpec, path: Path) -> Iterator[tuple[Path, str]]:
    """The titles and labels of a file that has them, and the marks of its rows."""
    if not isinstance(file, Delimited) or file.title_row is None:
        return
    if isinstance(file.stop_at, Says):
        yield (*path, "stop_at", "says"), file.stop_at.says
    for name, record in file.records.items():
        at = (*path, "records", name)
        if isinstance(record.place, Says):
            yield (*at, "place", "says"), record.place.says
        if record.place == "preamble" and isinstance(record, TitledRecord):
            yield (*at, "pairs"), record.pairs
        for column, rule in record.placed.items():
            within = rule.within if isinstance(rule, TitledField) else None
            yield (*at, "fields", column), within or column


def _check_digests(file: FileSpec, encoding: str, path: Path, notes: Notes) -> None:
    for name, record in file.records.items():
        for column, rule in record.fields.items():
            if rule.equals and rule.equals.digest:
                what = Text(f"a digest over the bytes of {encoding} is not spoken", f"不支持对 {encoding} 字节求摘要")
                hint = Text("ask the bank for a count or a sum instead", "请银行改用笔数或合计")
                notes.error("not-spoken", (*path, "records", name, "fields", column, "equals", "digest"), what, hint=hint)
