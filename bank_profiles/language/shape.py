"""The first look at a profile: is every key a word of the language, in its place, with a value of its kind? In our words, not pydantic's."""

import copy
import difflib
import typing
from collections.abc import Iterable, Sequence
from itertools import islice
from types import UnionType
from typing import Any

from pydantic import BaseModel, Tag, ValidationError

from bank_profiles.errors import Problem, Text
from bank_profiles.language.aliases import our_word
from bank_profiles.language.limits import JUDGED_MAX
from bank_profiles.language.profile import Origin, Profile
from bank_profiles.language.words import WORD
from bank_profiles.language.yaml_text import Loaded

NEAR = 0.7  # difflib ratio from which a word is offered; below, an offer misleads more than it helps
CHOICES_SHOWN_MAX = 25
NEAR_CHARS_MAX, NEAR_WORDS_MAX = 64, 200  # longer is no slip of the pen; among more, the comparing takes too long


def near(word: str, words: Iterable[str]) -> str | None:
    """The one word that was probably meant, or None."""
    if len(word) > NEAR_CHARS_MAX:
        return None
    some = (each for each in islice(words, NEAR_WORDS_MAX) if len(each) <= NEAR_CHARS_MAX)
    known = {each.lower(): each for each in some}  # in capitals it is the same word to whoever wrote it
    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=NEAR)
    return known[found[0]] if found else None


def did_you_mean(word: str, words: Iterable[str]) -> Text | None:
    meant = _meant(word, list(words))
    return Text(f"did you mean “{meant}”?", f"是否应为“{meant}”？") if meant else None


def _meant(word: str, words: Sequence[str]) -> str | None:
    return our_word(word, words) or near(word, words)


def one_of(words: Iterable[str]) -> Text:
    """The words that would be right, in their own order, cut where the list is long."""
    listed = list(words)
    if len(listed) == 1:
        return Text(listed[0], listed[0])
    shown = ", ".join(listed[:CHOICES_SHOWN_MAX]) + (", …" if len(listed) > CHOICES_SHOWN_MAX else "")
    return Text(f"one of {shown}", f"其中之一：{shown}")


def shape(loaded: Loaded, file: str) -> tuple[Profile | None, list[Problem]]:
    """The model of a profile, and everything that is wrong with its shape; None where the rest cannot be judged.

    A wrong word of a closed list is told, then judged on as the one that was meant: so it hides nothing of what else is wrong.
    """
    origin, data, told = Origin(file, loaded.values, loaded.keys, loaded.inherited), loaded.data, list[Problem]()
    guessed: list[tuple[str | int, ...]] = []  # blocks of a format nobody is sure of: their keys are not judged
    for _ in ("as written", "as meant"):
        try:
            return Profile.model_validate(data).loaded_from(origin), told
        except ValidationError as refused:
            found = refused.errors(include_url=False)[:JUDGED_MAX]
            errors = _without_echoes([_Error(dict(error), data) for error in found])
        sure = [error for error in errors if not any(error.path[: len(block)] == block for block in guessed)]
        told += [problem for problem in (error.problem(origin) for error in sure) if problem not in told]
        guessed = [error.path for error in errors if error.kind == "union_tag_invalid"]
        data = _as_meant(data, errors)
    return None, told


def _as_meant(data: Any, errors: Iterable["_Error"]) -> Any:
    data = copy.deepcopy(data)
    for path, value, choices in (error.choice for error in errors if error.is_choice):
        if isinstance(value, str) and path and (meant := _meant(value, choices)):
            here = data
            for step in path[:-1]:
                here = here[step]
            here[path[-1]] = meant
    return data


class _Error:
    """One complaint of pydantic, with the place in the data it speaks of."""

    def __init__(self, raw: dict[str, Any], data: Any) -> None:
        self.kind: str = raw["type"]
        self.value: Any = raw["input"]
        self.context: dict[str, Any] = raw.get("ctx") or {}
        self.loc: tuple[str | int, ...] = tuple(raw["loc"])
        self.path = _path(self.loc, data)
        missing = self.kind in ("missing", "union_tag_not_found")
        if missing:  # the key is not in the data: the block that lacks it is the place
            self.key = str(self.loc[-1]) if self.kind == "missing" else self._discriminator
            self.block = self.path
        else:
            self.key = next((step for step in reversed(self.path) if isinstance(step, str)), "")  # of an item, its list's
            self.block = self.path[:-1]

    @property
    def _discriminator(self) -> str:
        """The key that tells which block this is: ``format`` of a file, ``kind`` of a channel, a step, a sign."""
        return str(self.context.get("discriminator", "format")).strip("'")

    def problem(self, origin: Origin) -> Problem:
        if self.kind == "extra_forbidden":
            return self._unknown_key(origin)
        if self.kind in ("missing", "union_tag_not_found"):
            return self._missing_key(origin)
        if self.is_choice:
            return self._bad_choice(origin)
        code, expected = _EXPECTED.get(self.kind) or _FORMS.get(self.key) or ("bad-value", Text("another value", "其他值"))
        written = _UNREPEATED if code == "secret-in-file" else _written(self.value)
        what = Text(f"{written.en} is not allowed for {self.key}", f"{self.key} 不能是{written.zh}")
        return Problem(code=code, place=origin.value(*self.path), what=what, expected=expected)

    def _unknown_key(self, origin: Origin) -> Problem:
        keys = sorted(_keys(self.loc[:-1]))
        where = _where(self.block)
        what = Text(f"“{self.key}” is not a key of {where.en}", f"“{self.key}” 不是{where.zh}的键")
        return Problem(
            code="unknown-key",
            place=origin.key(*self.path),
            what=what,
            expected=one_of(keys),
            hint=did_you_mean(self.key, keys),
        )

    def _missing_key(self, origin: Origin) -> Problem:
        where = _where(self.block)
        what = Text(f"{where.en} needs “{self.key}”", f"{where.zh.lstrip()}缺少“{self.key}”")
        example = _EXAMPLES.get(self.key)
        hint = Text(f"add, for example:   {example}", f"请添加，例如：   {example}") if example else None
        return Problem(code="missing-key", place=origin.key(*self.block), what=what, hint=hint)

    @property
    def is_choice(self) -> bool:
        return self.kind in ("literal_error", "union_tag_invalid")

    @property
    def choice(self) -> tuple[tuple[str | int, ...], Any, list[str]]:
        """Of a wrong word: where it stands, the word, the words that would be right."""
        if self.kind == "union_tag_invalid":
            return (*self.path, self._discriminator), self.context["tag"], _choices(self.context["expected_tags"])
        return self.path, self.value, _choices(self.context["expected"])

    def _bad_choice(self, origin: Origin) -> Problem:
        path, value, choices = self.choice
        key = self._discriminator if self.kind == "union_tag_invalid" else self.key
        choices += [_BLOCKS.get(key, "{column: …, says: …}")] if WORD in self.loc and self.kind == "literal_error" else []
        written = _written(value)
        what = Text(f"{written.en} is not allowed for {key}", f"{key} 不能是{written.zh}")
        hint = did_you_mean(value, choices) if isinstance(value, str) else None
        return Problem(code="bad-choice", place=origin.value(*path), what=what, expected=one_of(choices), hint=hint)


def _without_echoes(errors: Sequence[_Error]) -> list[_Error]:
    """One root cause, one message.

    A misspelt key does not also report the key it stands for; under a wrong ``kind`` or ``schema`` the other keys are not judged.
    """
    misspelt = {(error.block, error.key) for error in errors if error.kind == "extra_forbidden"}
    strange = {error.block for error in errors if error.kind == "literal_error" and error.key in ("kind", "schema")}

    def echoes(error: _Error) -> bool:
        if error.kind == "missing" and any(block == error.block and near(key, [error.key]) for block, key in misspelt):
            return True
        judged = error.kind == "literal_error" and error.key in ("kind", "schema")
        return not judged and any(error.path[: len(block)] == block for block in strange)

    return [error for error in errors if not echoes(error)]


def _path(loc: tuple[str | int, ...], data: Any) -> tuple[str | int, ...]:
    """pydantic's place walked over the data; what is not written down (a union's tag, a missing key, a short form) is stepped over."""
    here: Any = data
    path: tuple[str | int, ...] = ()
    for step in loc:
        inside: Any = dict(enumerate(here)) if isinstance(here, list) else here if isinstance(here, dict) else {}
        if step in inside:
            here, path = inside[step], (*path, step)
    return path


def _where(path: tuple[str | int, ...]) -> Text:
    if not path:
        return Text("the profile", "画像")
    words = " › ".join(str(step + 1) if isinstance(step, int) else step for step in path)
    return Text(words, f" {words} ")


def _choices(expected: str) -> list[str]:
    """pydantic lists choices as "'a', 'b' or 'c'"."""
    return [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(", ")]


def _keys(loc: tuple[str | int, ...]) -> set[str]:
    """The keys allowed in the block at a place."""
    here: Any = Profile
    for step in loc:
        here = _inside(here, step)
    block = _block(here)
    return {field.alias or name for name, field in block.model_fields.items()} if block else set()


def _inside(hint: Any, step: str | int) -> Any:
    block = _block(hint)
    if block is not None:
        fields = {field.alias or name: field.annotation for name, field in block.model_fields.items()}
        return fields.get(str(step))
    options = [_plain(option) for option in typing.get_args(_plain(hint))]
    if typing.get_origin(_plain(hint)) in (UnionType, typing.Union):
        tagged = [option for option, given in zip(options, typing.get_args(_plain(hint)), strict=True) if step == _tag(given)]
        return tagged[0] if tagged else _inside(next(o for o in options if o is not type(None)), step)
    return options[-1] if options and options[-1] is not Ellipsis else options[0] if options else None


def _tag(option: Any) -> Any:
    """What a place calls this option of a choice: the tag it has, or the ``format`` or ``kind`` it is for."""
    tags = [meta.tag for meta in getattr(option, "__metadata__", ()) if isinstance(meta, Tag)]
    block = _block(option)
    for key in ("format", "kind"):
        if block is not None and key in block.model_fields:
            tags += typing.get_args(block.model_fields[key].annotation)
    return tags[0] if tags else None


def _plain(hint: Any) -> Any:
    while typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    return hint


def _block(hint: Any) -> type[BaseModel] | None:
    hint = _plain(hint)
    options = [option for option in typing.get_args(hint) if option is not type(None)]
    if typing.get_origin(hint) in (UnionType, typing.Union) and len(options) == 1:
        return _block(options[0])  # a block that may be left out
    return hint if isinstance(hint, type) and issubclass(hint, BaseModel) else None


def _written(value: Any) -> Text:
    if isinstance(value, str):
        return Text(f"“{value}”", f"“{value}”")
    if isinstance(value, dict):
        return Text("a block of keys", "一组键")
    return Text("a list", "列表") if isinstance(value, list) else Text("nothing", "空")


_UNREPEATED = Text("what stands here", "此处所写的内容")  # perhaps a password

# How the block looks that may stand where a word stands.
_BLOCKS = {"sign": "{by: …, minus: …, plus: …}"}

# What each kind of refusal expects.
_EXPECTED: dict[str, tuple[str, Text]] = {
    "string_type": ("wrong-shape", Text("a text", "文字")),
    "dict_type": ("wrong-shape", Text("a block of “key: value” lines", "一组“键: 值”")),
    "model_type": ("wrong-shape", Text("a block of “key: value” lines", "一组“键: 值”")),
    "model_attributes_type": ("wrong-shape", Text("a block of “key: value” lines", "一组“键: 值”")),
    "tuple_type": ("wrong-shape", Text("a list: [a, b]", "列表：[a, b]")),
    "list_type": ("wrong-shape", Text("a list: [a, b]", "列表：[a, b]")),
    "bad-number": ("bad-number", Text("a whole number in digits, for example 300", "数字书写的整数，例如 300")),
    "bad-part": ("bad-part", Text("from and how many, both from 1, for example [1, 4]", "起始与个数，均从 1 起，例如 [1, 4]")),
    "secret-in-file": (
        "secret-in-file",
        Text(
            "connection or package_name: who says the password, never the password itself",
            "connection 或 package_name：由谁给出密码，绝不写密码本身",
        ),
    ),
    "bad-yes-no": ("bad-yes-no", Text("true or false", "true 或 false")),
    "bad-day": ("bad-day", Text("a day that exists, for example 2026-01-31", "真实日期，例如 2026-01-31")),
    "bad-title-row": ("bad-title-row", Text("a row number, or found", "行号，或 found")),
    "bad-duration": ("bad-duration", Text("a number with s, m or h, for example 5m", "数字加 s、m 或 h，例如 5m")),
    "bad-clock-span": (
        "bad-clock-span",
        Text("from-to within a day, for example 08:30-17:00", "同一天内的起止，例如 08:30-17:00"),
    ),
    "bad-reply-time": (
        "bad-reply-time",
        Text("for example 2 workdays, 3 days, 60 seconds", "例如 2 workdays、3 days、60 seconds"),
    ),
}

# What a text with a fixed form looks like, by its key.
_FORMS: dict[str, tuple[str, Text]] = {
    "profile": ("bad-id", Text("2 to 32 of a-z 0-9 _ -, a letter first", "2 至 32 个 a-z 0-9 _ -，字母开头")),
    "separator": (
        "bad-character",
        Text("one to four ASCII signs, for example “|” or “|@|”", "一至四个 ASCII 符号，例如“|”或“|@|”"),
    ),
    "ends_with": ("bad-character", Text("one to four ASCII signs, for example “/”", "一至四个 ASCII 符号，例如“/”")),
    "comments": ("bad-character", Text("one to four ASCII signs, for example “#”", "一至四个 ASCII 符号，例如“#”")),
    "pad": ("bad-character", Text("one ASCII character, for example “0”", "一个 ASCII 字符，例如“0”")),
    "version": ("bad-version", Text("year and number, for example 2026.1", "年份加序号，例如 2026.1")),
}

# How a key that is missing might look.
_EXAMPLES = {
    "schema": "schema: bank-profile/1",
    "profile": "profile: hxcb",
    "version": "version: 2026.1",
    "effective": "effective: {from: 2026-01-01}",
    "from": "from: 2026-01-01",
    "source": "source: 银行接口说明 v1.0",
    "grade": "grade: official",
    "answers": "answers: [deposit, wealth]",
    "kind": "kind: sftp",
    "send_dir": "send_dir: /in",
    "take_dir": "take_dir: /out",
    "ready": 'ready: {kind: flag_file, name: "{file}.ok"}',
    "seal": "seal: sm2-sm4gcm-sm3",
    "package": 'package: {name: "CX_{bank}_{date:yyyyMMdd}_{seq:4}.zip", steps: [{kind: zip}]}',
    "name": "name: CX_{bank}_{date:yyyyMMdd}_{seq:4}.txt",
    "format": "format: delimited",
    "separator": 'separator: "|"',
    "record_bytes": "record_bytes: 300",
    "codes": "codes: {01: found, 02: no_record}",
    "calendar": "calendar: cn-bank-workday",
    "reply_within": "reply_within: 2 workdays",
    "limits": "limits: {lines_max: 5000}",
    "lines_max": "lines_max: 5000",
}
