"""What is wrong, where, what would be right and what to do: problems of profiles and of data, in Chinese and English.

A problem never repeats a person's name, number or amount unless it was masked before it came here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Lang = Literal["en", "zh"]
LISTED_PER_CODE_MAX = 20  # a file wrong in one way is not told a thousand times


class Text(NamedTuple):
    """One sentence in both languages; both carry the same facts."""

    en: str
    zh: str

    def get(self, lang: Lang) -> str:
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True)
class ProfilePlace:
    """A place in a YAML, 1-based. ``column`` 0 = the whole line, ``line`` 0 = none: what is named is not there, or is no text.

    ``heir``: the profile that takes this line over from ``file``.
    """

    file: str
    line: int
    column: int = 0
    heir: str = ""

    def text(self, lang: Lang) -> str:
        if not self.line:
            return self.file
        if lang == "en":
            place = f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"
            return f"{place} (inherited by {self.heir})" if self.heir else place
        place = f"{self.file} 第{self.line}行" + (f" 第{self.column}列" if self.column else "")
        return f"{place}（由 {self.heir} 继承）" if self.heir else place


@dataclass(frozen=True)
class DataPlace:
    """A place in a bank's file as received; ``file`` is "package ▸ file" where it came in a package.

    ``line`` and ``column`` are 1-based, header included, empty lines counted; ``column`` is the number of the field in its record,
    ``field`` the bank's own name of it; ``bytes_from``/``bytes_to`` are 1-based within the line (fixed width, encoding).
    """

    file: str
    line: int | None = None
    column: int | None = None
    field: str | None = None
    bytes_from: int | None = None
    bytes_to: int | None = None
    spot: str | None = None  # where lines say little: "sheet!B17", the path of an element

    def text(self, lang: Lang) -> str:
        return self._en() if lang == "en" else self._zh()

    def _en(self) -> str:
        parts = [self.file if self.line is None else f"{self.file}:{self.line}"]
        if self.spot is not None:
            return f"{parts[0] if '!' not in self.spot else self.file} ▸ {self.spot}"
        if self.column is not None:
            parts.append(f"column {self.column}")
        if self.bytes_from is not None and self.bytes_to is not None:
            parts.append(f"bytes {self.bytes_from}-{self.bytes_to}")
        elif self.bytes_from is not None:
            parts.append(f"byte {self.bytes_from}")
        return " ".join([*parts, *([self.field] if self.field else [])])

    def _zh(self) -> str:
        parts = [self.file]
        if self.spot is not None and "!" in self.spot:
            return f"{self.file} ▸ {self.spot}"
        if self.line is not None:
            parts.append(f"第{self.line}行")
        if self.spot is not None:
            return f"{' '.join(parts)} ▸ {self.spot}"
        if self.column is not None:
            parts.append(f"第{self.column}列")
        if self.bytes_from is not None:
            parts.append(f"第{self.bytes_from}{f'–{self.bytes_to}' if self.bytes_to is not None else ''}字节")
        return " ".join([*parts, *([self.field] if self.field else [])])


Place = ProfilePlace | DataPlace


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong. ``code`` is a stable slug; ``rule`` is the line of the profile that was broken (data only)."""

    code: str
    place: Place
    what: Text
    expected: Text | None = None
    hint: Text | None = None
    source: Text | None = None  # where an actual value comes from
    rule: ProfilePlace | None = None
    because: Text | None = None  # what else in the profile made the rule what it is: its map, the default of its unit
    severity: Literal["error", "warning"] = "error"

    @property
    def en(self) -> str:
        return self.render("en")

    @property
    def zh(self) -> str:
        return self.render("zh")

    def render(self, lang: Lang) -> str:
        """The message in its one form: place and code, then what, expected, hint and rule, each on its line."""
        words = _WORDS[lang]
        lines = [f"{self.place.text(lang)}{words['colon']}{words[self.severity]} {self.code}", f"  {self.what.get(lang)}"]
        for label, text in (("expected", self.expected), ("source", self.source), ("hint", self.hint)):
            if text is not None:
                lines.append(f"  {words[label]}{text.get(lang)}")
        if self.rule is not None:
            because = f" ({self.because.en})" if lang == "en" and self.because else ""
            because = f"（{self.because.zh}）" if lang == "zh" and self.because else because
            lines.append(f"  {words['rule']}{self.rule.text(lang)}{because}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, object]:
        """The same fields for a program; places as text and as numbers."""
        return {
            "code": self.code,
            "severity": self.severity,
            "place": self.place.text("en"),
            "line": self.place.line or None,
            "column": self.place.column or None,
            "what": self.what._asdict(),
            "expected": self.expected._asdict() if self.expected else None,
            "hint": self.hint._asdict() if self.hint else None,
            "source": self.source._asdict() if self.source else None,
            "rule": self.rule.text("en") if self.rule else None,
            "because": self.because._asdict() if self.because else None,
        }


@dataclass(frozen=True, kw_only=True)
class RowProblem(Problem):
    """A row of an answer that could not be taken and was parked: the rest of the file stands."""

    place: DataPlace
    line_ref: str | None = None  # the line it speaks of, where that much could be read

    @property
    def file(self) -> str:
        return self.place.file

    @property
    def line(self) -> int | None:
        return self.place.line

    @property
    def column(self) -> int | None:
        return self.place.column

    @property
    def field(self) -> str | None:
        return self.place.field


_WORDS = {
    "en": {
        "colon": ": ",
        "error": "error",
        "warning": "warning",
        "expected": "expected: ",
        "source": "from: ",
        "hint": "hint: ",
        "rule": "rule: ",
    },
    "zh": {
        "colon": "：",
        "error": "错误",
        "warning": "警告",
        "expected": "应为：",
        "source": "来源：",
        "hint": "建议：",
        "rule": "规则：",
    },
}


_FOLLOW = ("total-unreadable",)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sorted by place: file, line, column; what only follows from other problems comes behind them."""
    return sorted(problems, key=lambda p: (p.place.file, p.code in _FOLLOW, p.place.line or 0, p.place.column or 0))


class Beyond(NamedTuple):
    """Problems of one code that were counted and not kept: how many, on which lines the first and the last stand."""

    many: int
    first: int | None
    last: int | None

    def and_one(self, line: int | None) -> "Beyond":
        return Beyond(self.many + 1, self.first if self.many else line, line)


NONE_BEYOND = Beyond(0, None, None)


def listed(problems: Sequence[Problem], lang: Lang, beyond: Mapping[str, Beyond] | None = None) -> str:
    """All messages in order, at most 20 of one code, then how many more there are and where; ``beyond``: more by code, not kept."""
    by_code: dict[str, list[Problem]] = {}
    for problem in in_order(problems):
        by_code.setdefault(problem.code, []).append(problem)
    shown = [p for same in by_code.values() for p in same[:LISTED_PER_CODE_MAX]]
    lines = [problem.render(lang) for problem in in_order(shown)]
    for code, same in by_code.items():
        if unseen := _unseen(same[LISTED_PER_CODE_MAX:], (beyond or {}).get(code)):
            lines.append(_more(code, unseen, lang))
    return "\n".join(lines)


def _unseen(more: Sequence[Problem], beyond: Beyond | None) -> Beyond | None:
    places = [problem.place.line for problem in more] + ([beyond.first, beyond.last] if beyond else [])
    lines = [line for line in places if line is not None]
    many = len(more) + (beyond.many if beyond else 0)
    return Beyond(many, min(lines, default=None), max(lines, default=None)) if many else None


def _more(code: str, unseen: Beyond, lang: Lang) -> str:
    if unseen.first is None or unseen.last is None:  # of workbooks and trees, which have no lines
        return f"… and {unseen.many:,} more {code}" if lang == "en" else f"…… 另有 {unseen.many:,} 处 {code}"
    if lang == "en":
        return f"… and {unseen.many:,} more {code}, first line {unseen.first:,}, last line {unseen.last:,}"
    return f"…… 另有 {unseen.many:,} 处 {code}，首处第{unseen.first}行，末处第{unseen.last}行"


class Problems(Exception):
    """Several problems at once, of one profile or of one package."""

    def __init__(self, problems: Sequence[Problem], beyond: Mapping[str, Beyond] | None = None) -> None:
        super().__init__(problems)
        self.problems = tuple(in_order(problems))
        self.beyond = beyond or {}

    def render(self, lang: Lang) -> str:
        return listed(self.problems, lang, self.beyond)

    def __str__(self) -> str:
        return self.render("en")


class BadProfile(Problems):
    """A profile that may not be used: nothing was read or written with it."""


class UnreadableFile(Problems):
    """A package of the bank that is refused whole: nothing of it may be stored."""


class OtherEdition(UnreadableFile):
    """The package says itself that it is to be read by another edition of the profile: ``version``."""

    def __init__(self, problems: Sequence[Problem], version: str) -> None:
        super().__init__(problems)
        self.version = version


class UnwritableRoster(Problems):
    """Rows that this bank's layout cannot carry: nothing was written."""
