"""The second look at records inside records: is the outer one there, does it have what is carried, can a text mean an outcome?"""

from bank_profiles.checks.lines import meanings_of_continued
from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.formats.json import JsonRecord
from bank_profiles.language.limits import LEVELS_MAX
from bank_profiles.language.records import Record
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.words import Path
from bank_profiles.values.targets import WORDS, Kind, in_chinese, targets


def check_nesting(file: FileSpec, path: Path, notes: Notes) -> None:
    """``inside`` and ``carry`` of all records of a file."""
    for name, record in file.records.items():
        at = (*path, "records", name)
        _check_depth(file, name, at, notes)
        if _check_inside(file, name, record, at, notes):
            _check_carry(file, record, at, notes)
            _check_by(file, name, record, at, notes)
            _check_outcomes(record, at, notes)


def around(file: FileSpec, name: str) -> list[str]:
    """The records a record is inside of, the nearest first; a circle ends where it began."""
    names: list[str] = []
    outer = file.records[name].inside
    while outer is not None and outer in file.records and outer not in names and len(names) <= LEVELS_MAX:
        names.append(outer)
        outer = file.records[outer].inside
    return names


def is_level(file: FileSpec, name: str) -> bool:
    """Do other records stand inside this one?"""
    return any(record.inside == name for record in file.records.values())


def meanings(file: FileSpec, record: Record) -> dict[str, Kind]:
    """Every target a record's columns may have; of one that gives no rows: facts of the file, and what those inside it carry."""
    if record.gives:
        return targets(record.gives) | meanings_of_continued(file, record)
    known = targets(None) | meanings_of_continued(file, record)
    name = next((name for name, other in file.records.items() if other is record), "")
    for inner in file.records.values():
        if inner.carry and name in around_inside(file, inner):
            known |= {target: kind for target, kind in targets(inner.gives).items() if target in inner.carry}
    return known


def _check_inside(file: FileSpec, name: str, record: Record, at: Path, notes: Notes) -> bool:
    if record.inside is None:
        if record.carry and not around_inside(file, record):
            what = Text("carry needs inside: the record it carries from", "carry 需要 inside：从哪个记录承接")
            notes.error("missing-key", (*at, "carry"), what, hint=Text("add   inside: …", "请添加   inside: …"), key=True)
            return False
        return True
    if record.inside not in file.records:
        what = Text(f"there is no record “{record.inside}” in this file", f"本文件中没有记录“{record.inside}”")
        others = [other for other in file.records if other != name]
        notes.error("unknown-record", (*at, "inside"), what, one_of(others), did_you_mean(record.inside, others))
        return False
    outer = file.records[record.inside]
    if name in around(file, record.inside) or record.inside == name:
        notes.error("inside-itself", (*at, "inside"), Text(f"“{name}” is inside itself", f"“{name}”在自身之内"))
        return False
    if record.place in ("first", "preamble") or outer.place not in (None, "first", "preamble"):
        what = Text("a first line is in no other record, and none is in a last one", "首行不在其他记录之内，末行不含其他记录")
        notes.error("inside-place", (*at, "inside"), what, hint=Text("remove place or inside", "请删除 place 或 inside"))
        return False
    return True


def _check_depth(file: FileSpec, name: str, at: Path, notes: Notes) -> None:
    if len(around(file, name)) > LEVELS_MAX:
        what = Text(f"“{name}” is inside more than {LEVELS_MAX} records", f"“{name}”的外层记录超过 {LEVELS_MAX} 层")
        notes.error("too-many", (*at, "inside"), what, Text(f"at most {LEVELS_MAX}", f"至多 {LEVELS_MAX} 层"))


def _check_carry(file: FileSpec, record: Record, at: Path, notes: Notes) -> None:
    there = {to for name in around_inside(file, record) for rule in file.records[name].fields.values() for to in rule.targets}
    own = {to for rule in record.fields.values() for to in rule.targets}
    known = targets(record.gives)
    for number, target in enumerate(record.carry):
        here = (*at, "carry", number)
        if target not in there:
            what = Text(f"no record around this one has a column for “{target}”", f"外层记录没有“{target}”列")
            notes.error("carry-unknown", here, what, one_of(sorted(there)), did_you_mean(target, sorted(there)))
        elif record.gives and target not in known:
            what = Text(f"“{target}” is not a field of {record.gives}", f"“{target}”不是{in_chinese(record.gives)}的字段")
            notes.error("unknown-field", here, what, one_of(known), did_you_mean(target, known))
        elif target in own:
            what = Text(f"{target} is given twice: carried, and by a column", f"{target} 出现两次：承接而来，又有一列")
            notes.error("target-twice", here, what, hint=Text("remove one of them", "请删除其一"))


def _check_by(file: FileSpec, name: str, record: Record, at: Path, notes: Notes) -> None:
    """``by``: the columns are there on both sides; what names its outer row by a key has nothing inside it, and carries from that row."""
    if not record.by:
        return
    here = (*at, "by")
    outer = file.records.get(record.inside or "")
    if outer is None or file.format not in ("delimited", "fixed", "excel"):
        what = Text("by names the row around a row of lines or of a sheet: it needs inside", "by 用于行或工作表：需要 inside")
        notes.error("wrong-word", here, what, key=True)
        return
    for own, there in record.by.items():
        for column, known in ((own, record.placed), (there, outer.placed)):
            if column not in known:
                what = Text(f"“{column}” is not a column of the record", f"“{column}” 不是该记录的列")
                notes.error("unknown-column", (*here, own), what, one_of(known), did_you_mean(column, known))
    own_columns = {to for rule in outer.fields.values() for to in rule.targets}
    far = [target for target in record.carry if target not in own_columns]
    if far or outer.by or is_level(file, name):
        what = Text(
            "a record that names its outer row by a key carries only from that row, and has none inside it",
            "用 by 指明外层行的记录只能从该行承接，且其内不能再有记录",
        )
        notes.error("wrong-word", here, what, Text("carry what that record says itself", "承接该记录自身的字段"), key=True)


def around_inside(file: FileSpec, record: Record) -> list[str]:
    """The records a record may carry from: those it refers to, then those around it, the nearest first."""
    refer = record.refer.values() if isinstance(record, JsonRecord) else ()
    referred = [name for name in refer if name in file.records]
    if record.inside is None or record.inside not in file.records:
        return referred
    return [*referred, record.inside, *around(file, record.inside)]


def _check_outcomes(record: Record, at: Path, notes: Notes) -> None:
    outcomes = WORDS["outcome"]
    for column, meanings in record.says_outcome.items():
        here = (*at, "says_outcome", column)
        if column not in record.fields:
            what = Text(f"“{column}” is not a column of this record", f"“{column}” 不是本记录的列")
            notes.error("unknown-column", here, what, one_of(record.fields), did_you_mean(column, record.fields), key=True)
        for text, word in meanings.items():
            if word not in outcomes:
                what = Text(f"“{word}” is not an outcome", f"“{word}” 不是查询结果")
                notes.error("bad-word", (*here, text), what, one_of(outcomes), did_you_mean(word, outcomes))
    if (record.says_outcome or record.implies) and record.gives not in ("holding", "movement"):
        what = Text("only a row of an account or a movement can mean an outcome besides", "只有账户或流水行可另外表示查询结果")
        word = "says_outcome" if record.says_outcome else "implies"
        notes.error("wrong-word", (*at, word), what, Text("gives: holding or movement", "gives: holding 或 movement"), key=True)
