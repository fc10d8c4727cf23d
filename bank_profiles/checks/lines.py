"""The second look at continuations: do they stand behind rows that have a column for what they say?"""

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.formats.lines import LineRecord
from bank_profiles.language.records import Record
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.words import Path
from bank_profiles.values.targets import SKIP, Kind, targets
from reconciliation.exchange import RECORDS


def continued(file: FileSpec, record: Record) -> list[Record]:
    """The records whose rows go on in this one."""
    names = record.continues if isinstance(record, LineRecord) else ()
    return [file.records[name] for name in names if name in file.records]


def meanings_of_continued(file: FileSpec, record: Record) -> dict[str, Kind]:
    """The targets a continuation may have: those that are texts of every record it continues. A misspelt one has its own message."""
    names = record.continues if isinstance(record, LineRecord) else ()
    rows = [file.records[name] for name in names if name in file.records]
    if len(rows) < len(names):
        return {target: kind for kind_of_row in RECORDS for target, kind in targets(kind_of_row).items() if kind == "text"}
    known = [{target for rule in row.fields.values() for target in rule.targets} for row in rows]
    texts = {target: kind for row in rows for target, kind in targets(row.gives).items() if kind == "text"}
    return {target: kind for target, kind in texts.items() if all(target in each for each in known)}


def check_continuations(file: FileSpec, path: Path, notes: Notes) -> None:
    """``path`` leads to the file."""
    for name, record in file.records.items():
        if not isinstance(record, LineRecord) or not record.continues:
            continue
        at = (*path, "records", name)
        others = [other for other in file.records if other != name and file.records[other].gives]
        for number, other in enumerate(record.continues):
            if other not in others:
                what = Text(f"“{other}” is no record of this file that gives rows", f"“{other}”不是本文件中产生数据行的记录")
                notes.error("unknown-record", _place(at, number, notes), what, one_of(others), did_you_mean(other, others))
        for word in ("gives", "place"):
            if getattr(record, word):
                what = Text(f"a continuation is no row of its own, so it has no “{word}”", f"续行不是独立的行，没有“{word}”")
                notes.error("wrong-word", (*at, word), what, hint=Text("remove it", "请删除"), key=True)
        if not record.when:
            what = Text("nothing tells a continuation from a row", "无法区分续行与数据行")
            notes.error("records-alike", at, what, Text("when: {column: text}", "when: {列: 文字}"), key=True)
        if not any(rule.to not in (None, SKIP) for rule in record.fields.values()):
            what = Text("a continuation has a column that is glued to its row", "续行应有需接到数据行的列")
            notes.error("says-nothing", at, what, one_of(meanings_of_continued(file, record)), key=True)


def _place(at: Path, number: int, notes: Notes) -> Path:
    """A list, or the one word it is short for."""
    here = (*at, "continues", number)
    return here if here in notes.origin.values else (*at, "continues")
