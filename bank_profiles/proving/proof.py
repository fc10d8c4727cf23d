"""What proving a profile came to: trials by kind, and what is to be said."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bank_profiles.errors import Problem, Text
from bank_profiles.language.profile import Profile
from bank_profiles.proving.damage import Way

SCHEMA = "profile-test/1"
What = Literal["example", "round trip"] | Way
Severity = Literal["error", "warning"]


@dataclass
class Trial:
    """One kind of trial: how often, how often it was noticed, by which codes, how often it changed nothing or only another good value."""

    what: What
    tried: int = 0
    good: int = 0  # held; of a damage: was noticed
    harmless: int = 0  # of a damage: the rows are the same all the same, or another text or day that could be true
    codes: Counter[str] = field(default_factory=Counter)

    @property
    def unnoticed(self) -> int:
        """What was not as it should be."""
        return self.tried - self.good - self.harmless


@dataclass
class Proof:
    """What came of it."""

    profile: Profile
    trials: dict[What, Trial]
    problems: list[Problem]

    @property
    def holds(self) -> bool:
        return all(problem.severity == "warning" for problem in self.problems)

    def as_json(self) -> dict[str, Any]:
        return {
            "profile": self.profile.profile,
            "version": self.profile.version,
            "ok": self.holds,
            "trials": [
                {
                    "what": each.what,
                    "tried": each.tried,
                    "good": each.good,
                    "harmless": each.harmless,
                    "unnoticed": each.unnoticed,
                    "codes": dict(each.codes.most_common()),
                }
                for each in self.trials.values()
            ],
            "problems": [problem.as_json() for problem in self.problems],
        }


def told(
    profile: Profile, at: Sequence[str | int], code: str, what: Text, hint: Text | None, severity: Severity = "error"
) -> Problem:
    return Problem(code=code, place=profile.origin.key(*at), what=what, hint=hint, severity=severity)
