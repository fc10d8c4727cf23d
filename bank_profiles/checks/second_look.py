"""The second look at a profile, once its shape is right: do its words fit together? Every problem at once, each on its line."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from bank_profiles.checks.channel import check_channel
from bank_profiles.checks.examples import check_examples
from bank_profiles.checks.files import GIVES, check_file
from bank_profiles.checks.maps import check_map
from bank_profiles.checks.names import ANSWER_TOKENS, FILE_TOKENS, PARCEL_TOKENS, check_name
from bank_profiles.checks.notes import Enough, Notes
from bank_profiles.checks.packages import check_package
from bank_profiles.checks.papers import check_papers
from bank_profiles.checks.receipts import check_receipts
from bank_profiles.errors import Problem, ProfilePlace, Text, in_order
from bank_profiles.language.limits import too_many
from bank_profiles.language.profile import Profile
from bank_profiles.language.service import CodeMap
from bank_profiles.language.shape import did_you_mean, near, one_of, shape
from bank_profiles.language.sides import Side
from bank_profiles.language.words import Path, SideName
from bank_profiles.language.yaml_text import Loaded
from bank_profiles.values.date_formats import speaks_of
from bank_profiles.values.targets import POSITION_DIGITS
from reconciliation.words import ASSET_CLASSES

SECRET_CHARS_MIN = 32


def check(loaded: Loaded, file: str) -> tuple[Profile | None, list[Problem]]:
    """The profile, and all that is wrong with it in order of place; None where an error (not only a warning) was found."""
    if not isinstance(loaded.data, dict):
        what = Text("this is not a profile", "这不是画像文件")
        return None, [
            Problem(
                code="wrong-shape", place=ProfilePlace(file, 1, 1), what=what, expected=Text("“key: value” lines", "“键: 值”")
            )
        ]
    if grown := list(too_many(loaded)):
        return None, in_order(grown)
    problems = list(_secrets(loaded, file))
    profile, misshapen = shape(loaded, file)
    problems += misshapen
    if profile is not None:
        problems += second_look(profile)
    wrong = any(problem.severity == "error" for problem in problems)
    return None if wrong else profile, in_order(problems)


def second_look(profile: Profile) -> list[Problem]:
    """What no single key can say: whether the parts of a profile agree."""
    notes = Notes(profile.origin)
    with contextlib.suppress(Enough):
        _look(profile, notes)
    return notes.problems


def _look(profile: Profile, notes: Notes) -> None:
    _check_head(profile, notes)
    check_channel(profile, notes)
    for name in profile.sides:
        _check_side(profile, name, profile.side(name), notes)
    _check_echo(profile, notes)
    check_receipts(profile, notes)
    _check_maps(profile, notes)
    check_examples(profile, notes)


# ---- head, channel ------------------------------------------------------------------------------------------------------------------


def _check_head(profile: Profile, notes: Notes) -> None:
    if profile.effective.ends and profile.effective.ends < profile.effective.starts:
        what = Text("the edition ends before it begins", "版本的结束日早于开始日")
        notes.error(
            "bad-dates",
            ("effective", "to"),
            what,
            Text(f"{profile.effective.starts} or later", f"{profile.effective.starts} 或之后"),
        )
    for number, word in enumerate(profile.answers):
        if word not in ASSET_CLASSES:
            what = Text(f"“{word}” is not an asset class", f"“{word}” 不是资产类别")
            notes.error("bad-word", ("answers", number), what, one_of(ASSET_CLASSES), did_you_mean(word, ASSET_CLASSES))
    if not 1 <= profile.service.limits.lines_max < 10**POSITION_DIGITS:
        what = Text("this many lines do not fit into one batch", "一批放不下这么多笔")
        notes.error("too-many-lines", ("service", "limits", "lines_max"), what, Text("1 to 999999", "1 到 999999"))


# ---- one side ---------------------------------------------------------------------------------------------------------------------


def _check_side(profile: Profile, name: SideName, side: Side, notes: Notes) -> None:
    at = (name, "package", "name")
    stars = name != "inquiry"
    readable = [
        check_name(at, side.package.name, ANSWER_TOKENS if name == "response" else PARCEL_TOKENS, None, notes, stars=stars)
    ]
    for key, file in side.files.items():
        readable.append(check_name((name, "files", key, "name"), file.name, FILE_TOKENS, None, notes, stars=stars))
        check_file(profile, side, (name, "files", key), file, notes)
    if all(readable):
        check_package(name, side, notes)
        check_papers(name, side, notes)
    _check_gives(name, side, notes)
    if side.defaults.format and speaks_of(side.defaults.format) != "date":
        what = Text(f"“{side.defaults.format}” is not the spelling of a date", f"“{side.defaults.format}” 不是日期的写法")
        expected = Text("made of yyyy MM dd M d, for example yyyyMMdd", "由 yyyy MM dd M d 组成，例如 yyyyMMdd")
        notes.error("bad-format", (name, "defaults", "format"), what, expected)


def _check_gives(name: SideName, side: Side, notes: Notes) -> None:
    records = [record for file in side.files.values() for record in file.records.values()]
    given = {record.gives for record in records} | {"outcome" for record in records if record.implies}
    needed = GIVES[name][0]
    if needed not in given and not {"no-place", "wrong-side"} & {problem.code for problem in notes.problems}:
        what = Text(f"no record of this side gives {needed} rows", f"本方向没有产生 {needed} 行的记录")
        silence = Text("silence is never an answer: every line needs an outcome of its own", "沉默不是答复：每笔都要有自己的结果")
        notes.error("nothing-given", (name, "files"), what, hint=silence if name == "response" else None, key=True)


def _check_echo(profile: Profile, notes: Notes) -> None:
    """Where the inquiry says its batch number once, line references are positions only: then the answer must say the number too."""
    if profile.inquiry.names_batch and not profile.response.names_batch:
        what = Text("the answer does not say which batch it is for", "反馈未说明属于哪个批次")
        expected = Text(
            "a header with   {to: batch_no, same_as: inquiry.batch_no}   or {batch} in the name",
            "首记录   {to: batch_no, same_as: inquiry.batch_no}   或名称含 {batch}",
        )
        notes.error("batch-not-echoed", ("response",), what, expected, key=True)


# ---- maps ---------------------------------------------------------------------------------------------------------------------------


def _check_maps(profile: Profile, notes: Notes) -> None:
    used = {map_name: at for name in profile.sides for map_name, at in _map_uses(profile, name)}
    written = dict(_map_uses(profile, "inquiry"))
    for name, codes in profile.maps.items():
        if name not in used:
            meant = near(name, [use for use in used if use not in profile.maps])
            if meant is None:
                what = Text(f"no column uses map “{name}”", f"没有列使用对照表“{name}”")
                notes.warning(
                    "unused-map", ("maps", name), what, Text("remove it, or name it at its column", "请删除，或在列中引用")
                )
        check_map(name, codes, notes)
        _check_write(name, codes, written.get(name), notes)
    _check_scope(profile, notes)


def _map_uses(profile: Profile, name: SideName) -> Iterator[tuple[str, Path]]:
    for key, file in profile.side(name).files.items():
        for label, record in file.records.items():
            for column, rule in record.fields.items():
                if rule.map:
                    yield rule.map, (name, "files", key, "records", label, "fields", column)


def _check_write(name: str, codes: CodeMap, use: Path | None, notes: Notes) -> None:
    for word, code in codes.write.items():
        if codes.to_word.get(code) != word:
            what = Text(f"“{code}” does not mean {word} in this map", f"本对照表中“{code}”不表示 {word}")
            meaning = [c for c, w in codes.to_word.items() if w == word]
            notes.error("bad-write", ("maps", name, "write", word), what, one_of(meaning) if meaning else None)
    if use is None:
        return
    line = notes.origin.key(*use).line
    first: dict[str, str] = {}
    for code, word in codes.codes.items():  # of shared codes the first one is written
        if word in first and word not in codes.write:
            what = Text(
                f"{name} is used when we write (line {line}), but {first[word]} and {code} both mean {word}",
                f"{name} 用于写出（第{line}行），但 {first[word]} 与 {code} 都表示 {word}",
            )
            expected = Text("one code per word, or one of them marked for writing", "一词一码，或注明写出时用哪个")
            hint = Text(f"add   write: {{{word}: {first[word]}}}", f"请添加   write: {{{word}: {first[word]}}}")
            notes.error("two-codes-one-word", ("maps", name, "codes", code), what, expected, hint, key=True)
        first.setdefault(word, code)


def _check_scope(profile: Profile, notes: Notes) -> None:
    """Every class the bank answers must have a code, or its question could not be written."""
    for name, path in _map_uses(profile, "inquiry"):
        file, record, column = path[2], path[4], path[6]
        rule = profile.inquiry.files[str(file)].records[str(record)].fields[str(column)]
        codes = profile.maps.get(name)
        for number, word in enumerate(profile.answers):
            if rule.to == "scope" and codes is not None and word in ASSET_CLASSES and word not in codes.to_code():
                what = Text(
                    f"the bank answers {word}, but map {name} has no code for it",
                    f"银行可答 {word}，但对照表 {name} 没有对应代码",
                )
                hint = Text("add the code, or take the class out of answers", "请补代码，或从 answers 中去掉该类别")
                notes.error("no-code", ("answers", number), what, hint=hint)


# ---- secrets ------------------------------------------------------------------------------------------------------------------------


def _secrets(loaded: Loaded, file: str) -> Iterator[Problem]:
    """Anything that looks like a key or a password; the value is never repeated."""
    for path, text in _scalars(loaded.data, ()):
        if _looks_secret(text) and path[:1] != ("examples",):
            written = loaded.file_of(path)
            where = " › ".join(str(step) for step in path)
            yield Problem(
                code="secret-in-file",
                place=ProfilePlace(written, *loaded.values.get(path, (1, 1)), "" if written == file else file),
                what=Text(f"{where} looks like a key or a password", f"{where} 看起来是密钥或口令"),
                expected=Text(
                    "no secret in a profile: the connection names it, the key ring holds it",
                    "画像中没有秘密：由连接引用，存于密钥环",
                ),
                hint=Text("take it out, then change it at the bank: it has been on disk", "请删除，并在银行侧更换：它已落盘"),
            )


def _looks_secret(text: str) -> bool:
    if "-----BEGIN" in text or re.search(r"(?i)\b(password|passwd|secret)\s*[=:]", text):
        return True
    random = re.findall(rf"[A-Za-z0-9+/=_-]{{{SECRET_CHARS_MIN},}}", text)
    return any(re.search("[a-z]", word) and re.search("[A-Z]", word) and len(re.findall("[0-9]", word)) >= 4 for word in random)


def _scalars(data: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _scalars(value, (*path, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from _scalars(value, (*path, number))
