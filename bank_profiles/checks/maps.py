"""The second look at a map as a column uses it: is it there, are its words those of the column's field, what of a code nobody knows?"""

from collections.abc import Iterable

from bank_profiles.checks.notes import Notes
from bank_profiles.errors import Text
from bank_profiles.language.fields import FieldRule
from bank_profiles.language.profile import Profile
from bank_profiles.language.service import CodeMap
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.shared_maps import shared_names
from bank_profiles.language.sides import Side
from bank_profiles.language.words import Path
from bank_profiles.layouts.converting import KEPT_AS
from bank_profiles.values.targets import WORDS
from reconciliation.errors import UnknownCurrency
from reconciliation.money import exponent


def check_map_use(profile: Profile, side: Side, target: str, rule: FieldRule, at: Path, notes: Notes) -> None:
    """One column and its map; ``target`` is the field of words it fills."""
    name = rule.map or ""
    if name not in profile.maps:
        what = Text(f"there is no map “{name}”", f"没有名为“{name}”的对照表")
        notes.error("unknown-map", (*at, "map"), what, one_of(profile.maps), did_you_mean(name, profile.maps))
        return
    said = profile.maps[name]
    for code, word in said.to_word.items():
        if not is_word(target, word):
            _bad_word(name, said, code, word, target, notes)
    if lost := [code for code in said.to_word if code in side.missing(rule)]:
        what = Text(
            f"“{lost[0]}” is a code of map {name}, and means “missing” here",
            f"“{lost[0]}” 是对照表 {name} 的代码，此处却表示缺失",
        )
        hint = Text('give the column its own   missing: [""]', '请为该列单独写   missing: [""]')
        notes.error("code-is-missing", at, what, hint=hint, key=True)
    if said.other == "keep" and KEPT_AS not in WORDS.get(target, ()):
        what = Text(f"{target} has no word for a code nobody knows", f"{target} 没有表示未知代码的用词")
        hint = Text("review sets the row aside for a person", "review 会将该行搁置，待人工处理")
        _once("bad-choice", ("maps", name, "other"), what, one_of(["stop", "review"]), hint, notes)


def _bad_word(name: str, said: CodeMap, code: str, word: str, target: str, notes: Notes) -> None:
    place: Path = ("maps", name, "codes", code) if code in said.codes else ("maps", name, "use")
    what = Text(f"“{word}” is not a word of {target}", f"“{word}” 不是 {target} 的用词")
    _once("bad-word", place, what, words_of(target), _hint_for(word, WORDS.get(target, ())), notes)


def _once(code: str, place: Path, what: Text, expected: Text, hint: Text | None, notes: Notes) -> None:
    """Several columns may use one map."""
    if not any(problem.code == code and problem.place == notes.origin.value(*place) for problem in notes.problems):
        notes.error(code, place, what, expected, hint)


def check_map(name: str, codes: CodeMap, notes: Notes) -> None:
    """The map itself: what it shares is there, and it says something."""
    if codes.use is not None and codes.use not in shared_names():
        what = Text(f"there is no shared map “{codes.use}”", f"没有名为“{codes.use}”的共享对照表")
        notes.error("unknown-map", ("maps", name, "use"), what, one_of(shared_names()), did_you_mean(codes.use, shared_names()))
    elif not codes.to_word:
        what = Text(f"map “{name}” has no codes", f"对照表“{name}”没有代码")
        hint = Text("add   codes: {01: …}   or   use: iso4217", "请添加   codes: {01: …}   或   use: iso4217")
        notes.error("missing-key", ("maps", name), what, hint=hint, key=True)


def _hint_for(word: str, words: Iterable[str]) -> Text | None:
    if word == "not_answered":
        return Text(
            "silence is not said by a code: a question without a line is not answered",
            "沉默不由代码表示：没有对应行的查询即为未反馈",
        )
    return did_you_mean(word, words)


def words_of(target: str) -> Text:
    """What may be said of a target that has a closed list."""
    return one_of(WORDS[target]) if target in WORDS else Text("an ISO 4217 code, for example CNY", "ISO 4217 代码，例如 CNY")


def is_word(target: str, word: str) -> bool:
    if target in WORDS:
        return word in WORDS[target]
    try:
        return target != "currency" or exponent(word) >= 0
    except UnknownCurrency:
        return False
