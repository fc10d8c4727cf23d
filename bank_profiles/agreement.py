"""Do all places of a package that name its batch and its bank name the same? If not: which two, and what do they say?"""

import re
from collections.abc import Mapping
from typing import Any

from bank_profiles.errors import DataPlace, Problem, Text
from bank_profiles.language.profile import Profile
from bank_profiles.language.words import SideName
from bank_profiles.parting import is_herald

SAME_THROUGHOUT = ("batch_no", "bank")
_WORDS = {"batch_no": Text("batch", "批次"), "bank": Text("bank", "机构")}
_PLAIN = re.compile(r"[A-Za-z0-9]{1,40}")  # a number of ours; anything else may be what a shifted line put there
OF_PACKAGE, OF_FILE = Text("the name of the package", "包名"), Text("the name of the file", "文件名")


def header(profile: Profile, side: SideName, key: str, fact: str) -> tuple[Text, tuple[str, ...]]:
    """Which column of a file says a fact, and the way to it in the profile."""
    spec = profile.side(side).files[key]
    for name, record in spec.records.items():
        for column, rule in record.fields.items():
            if (fact in rule.targets and is_herald(spec, name)) or (fact == "batch_no" and rule.same_as):
                return Text(f"“{column}” of “{name}”", f"“{name}”的“{column}”"), ("records", name, "fields", column)
    return Text("the file", "文件"), ()


class Agreement:
    """What the first place said of each, and where that was."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[str, Text]] = {}

    def differs(self, said: Mapping[str, Any], fact: str, where: Text) -> Problem | None:
        """The problem, its place still to be said, where this one and the first do not agree. Zeros in front only fill a number up."""
        if fact not in said:
            return None
        value, (first, there) = str(said[fact]), self._first.setdefault(fact, (str(said[fact]), where))
        if value.lstrip("0") == first.lstrip("0"):
            return None
        word = _WORDS[fact]
        what = Text(
            f"{where.en} says {word.en} {_shown(value)}, {there.en} {_shown(first)}",
            f"{where.zh}为{word.zh} {_shown(value)}，{there.zh}为 {_shown(first)}",
        )
        same = Text(f"the same {fact} everywhere", f"各处的 {fact} 相同")
        hint = Text("ask the bank. The whole package is refused, nothing was stored", "请询问银行。整个包已拒收，未入库")
        return Problem(code="facts-differ", place=DataPlace(""), what=what, expected=same, hint=hint)


def _shown(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else "…"
