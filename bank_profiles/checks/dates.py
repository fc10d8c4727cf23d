"""The second look at how a date or time is spelt: does every spelling say what the field needs, and can they be told apart?"""

from collections.abc import Iterator
from itertools import combinations

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.fields import FieldRule
from bank_profiles.language.records import Record
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.sides import Side
from bank_profiles.language.words import Path
from bank_profiles.values.date_formats import alike, has_clock, has_day, is_yearless, needs_pivot, said
from bank_profiles.values.targets import FACTS, Kind

PIVOT_MAX = 100
_MADE_OF = Text("made of yyyy MM dd HH mm ss, for example {}", "由 yyyy MM dd HH mm ss 等组成，例如 {}")
_NAMES = {"date": "日期", "time": "时间"}


def check_dates(
    side: Side, record: Record, rule: FieldRule, kinds: set[Kind], known: dict[str, Kind], at: Path, notes: Notes
) -> None:
    """One column of dates, times or both; ``known``: the type of every field of the record."""
    if rule.format is not None and rule.formats is not None:
        what = Text("format is one spelling, formats are several", "format 为一种写法，formats 为多种")
        notes.error("words-contradict", (*at, "format"), what, hint=Text("keep one of them", "请只保留其一"), key=True)
    written = list(_written(rule, at))
    for place, text in written:
        _check_format(rule, text, kinds, place, notes)
    if "time" in kinds and written and not any(has_clock(text) for _, text in written):
        _bad_format(written[0], "time", notes)
    for (_, one), (place, other) in combinations(written, 2):
        if alike(one, other):
            what = Text(f"a text can be read as “{one}” and as “{other}”", f"同一文字可按“{one}”和“{other}”两种方式读取")
            notes.error("formats-alike", place, what, hint=Text("ask the bank which one it writes", "请向银行确认其写法"))
    _check_pivot(side, rule, [text for _, text in written] or list(side.formats(rule)), at, notes)
    _check_year(record, rule, written, known, at, notes)


def _written(rule: FieldRule, at: Path) -> Iterator[tuple[Path, str]]:
    if rule.format is not None:
        yield (*at, "format"), rule.format
    yield from (((*at, "formats", number), text) for number, text in enumerate(rule.formats or ()))


def _check_format(rule: FieldRule, text: str, kinds: set[Kind], place: Path, notes: Notes) -> None:
    """A date needs its day in every spelling; a time alone may not stand beside a day that is said nowhere else."""
    day = has_day(text) or (rule.year is not None and is_yearless(text))
    if not said(text) or ("date" in kinds and not day):
        _bad_format((place, text), "date" if "date" in kinds else "time", notes)
    elif "date" not in kinds and (not has_clock(text) or "day" in said(text)) and not rule.is_virtual:
        _bad_format((place, text), "time", notes)


def _bad_format(written: tuple[Path, str], kind: str, notes: Notes) -> None:
    place, text = written
    if any(problem.place == notes.origin.value(*place) for problem in notes.problems):
        return
    example = "yyyyMMdd" if kind == "date" else "HHmmss"
    what = Text(f"“{text}” is not the spelling of a {kind}", f"“{text}” 不是{_NAMES[kind]}的写法")
    hint = None
    if is_yearless(text):
        hint = Text("a date without its year:   year: {until: …}", "无年份的日期：   year: {until: …}")
    notes.error("bad-format", place, what, Text(*(part.format(example) for part in _MADE_OF)), hint)


def _check_pivot(side: Side, rule: FieldRule, formats: list[str], at: Path, notes: Notes) -> None:
    pivot = side.pivot(rule)
    place = (*at, "pivot") if rule.pivot is not None else at
    if any(needs_pivot(text) for text in formats):
        if pivot is None:
            what = Text(
                "two digits of a year need a pivot: below it 20yy, from it on 19yy",
                "两位年份需要 pivot：小于它为 20yy，否则 19yy",
            )
            notes.error("no-pivot", at, what, Text("for example   pivot: 50", "例如   pivot: 50"), key=True)
        elif pivot > PIVOT_MAX:
            what = Text(f"{pivot} is more than two digits of a year can be", f"{pivot} 超过两位年份")
            notes.error("bad-number", place, what, Text("0 to 100", "0 至 100"))
    elif rule.pivot is not None:
        what = Text("pivot is for two digits of a year (yy)", "pivot 用于两位年份（yy）")
        notes.error("wrong-word", place, what, hint=Text("remove it", "请删除"), key=True)


def _check_year(
    record: Record, rule: FieldRule, written: list[tuple[Path, str]], known: dict[str, Kind], at: Path, notes: Notes
) -> None:
    if rule.year is None:
        return
    here = (*at, "year")
    if (rule.year.until is None) == (rule.year.near is None):
        what = Text("a year is until a date or near it, one of the two", "year 为 until 或 near，二选一")
        notes.error("missing-key", here, what, hint=Text("add   year: {until: …}", "请添加   year: {until: …}"), key=True)
        return
    if not written or not all(is_yearless(text) for _, text in written):
        what = Text("year is for dates that are written without one", "year 用于不写年份的日期")
        notes.error("words-contradict", here, what, Text("for example   format: MM/dd", "例如   format: MM/dd"), key=True)
        return
    dates = [
        c for c, other in record.fields.items() if c != at[-1] and other.year is None and known.get(other.to or "") == "date"
    ]
    anchors = [*dates, *(fact for fact, kind in FACTS.items() if kind == "date")]
    if rule.year.anchor not in anchors:
        what = Text(f"“{rule.year.anchor}” is no date of this row or file", f"“{rule.year.anchor}” 不是本行或文件中的日期")
        notes.error("unknown-column", here, what, one_of(anchors), did_you_mean(rule.year.anchor, anchors), key=True)
