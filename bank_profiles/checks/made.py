"""The second look at columns that are made of others: are those there, can it be turned round where we write?"""

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.fields import FieldRule
from bank_profiles.language.records import Record
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.words import Path

_MAKING = ("join", "first_of", "of")
_ONLY_READ = ("take", *_MAKING, "strip", "masked", "escape")  # what was left out cannot be put back
_OF_A_CELL = ("const", "same_as", "equals")


def check_made(record: Record, rule: FieldRule, at: Path, notes: Notes) -> None:
    """``at`` leads to the column and begins with its side."""
    if at[0] == "inquiry":
        for word in _ONLY_READ:
            if getattr(rule, word) is not None:
                what = Text(f"“{word}” can be read, but not be written", f"“{word}”只能用于读取，不能用于写出")
                hint = Text("the inquiry is written by us: give the column itself", "查询由我方写出：请直接给出该列")
                notes.error("only-read", (*at, word), what, hint=hint, key=True)
    _check_words(rule, at, notes)
    if rule.is_virtual:
        _check_sources(record, rule, at, notes)
        _check_unplaced(record, rule, at, notes)


def _check_words(rule: FieldRule, at: Path, notes: Notes) -> None:
    said = [word for word in _MAKING if getattr(rule, word) is not None]
    if len(said) > 1 or (rule.take and said and said != ["of"]):
        what = Text("a column is made in one way", "一列只能有一种组成方式")
        hint = Text("give the parts a column each, then join them", "请先各取为一列，再连接")
        notes.error("words-contradict", (*at, said[-1]), what, one_of(["join", "first_of", "take with of"]), hint, key=True)
    elif rule.of and not rule.take:
        what = Text("of needs take: which characters of that column", "of 需要 take：取该列的哪些字符")
        notes.error("missing-key", at, what, hint=Text("add   take: [1, 4]", "请添加   take: [1, 4]"), key=True)


def _check_sources(record: Record, rule: FieldRule, at: Path, notes: Notes) -> None:
    """Other columns, and of those that are made themselves only what stands before."""
    names = list(record.fields)
    before = set(names[: names.index(str(at[-1]))])
    known = [column for column, other in record.fields.items() if not other.is_virtual or column in before]
    for source in rule.sources:
        if source not in known:
            what = Text(f"“{source}” is not a column of this record that stands before", f"“{source}” 不是本记录在此之前的列")
            word = next(word for word in _MAKING if getattr(rule, word) is not None)
            notes.error("unknown-column", (*at, word), what, one_of(known), did_you_mean(source, known))


def _check_unplaced(record: Record, rule: FieldRule, at: Path, notes: Notes) -> None:
    for word in _OF_A_CELL:
        if getattr(rule, word) is not None:
            what = Text(
                f"“{word}” is for a column of the bank; this one is made of others", f"“{word}”用于银行的列；本列由其他列组成"
            )
            notes.error("wrong-word", (*at, word), what, hint=Text("remove it", "请删除"), key=True)
    if at[-1] in record.when:
        what = Text(
            "a record is told by a column of the bank, not by one made of others", "记录由银行的列识别，不能由组成的列识别"
        )
        notes.error("wrong-word", (*at[:-2], "when", at[-1]), what, hint=Text("name the column itself", "请写该列本身"), key=True)
    if not rule.targets:
        what = Text("what is made of others fills a field", "由其他列组成的列应对应字段")
        notes.error("missing-key", at, what, hint=Text("add   to: …", "请添加   to: …"), key=True)
