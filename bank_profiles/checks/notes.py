"""What the second look notes down: every problem with the line and column it stands on."""

from bank_profiles.errors import Problem, Text
from bank_profiles.language.limits import JUDGED_MAX
from bank_profiles.language.profile import Origin
from bank_profiles.language.words import Path


class Enough(Exception):
    """So much is wrong that the rest need not be looked at."""


class Notes:
    """Collects problems of one profile. ``path`` leads to a value; with ``key=True`` its key is the place."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.problems: list[Problem] = []

    def error(
        self, code: str, path: Path, what: Text, expected: Text | None = None, hint: Text | None = None, *, key: bool = False
    ) -> None:
        place = self.origin.key(*path) if key else self.origin.value(*path)
        self._note(Problem(code=code, place=place, what=what, expected=expected, hint=hint))

    def warning(self, code: str, path: Path, what: Text, hint: Text | None = None) -> None:
        place = self.origin.key(*path)
        self._note(Problem(code=code, place=place, what=what, hint=hint, severity="warning"))

    def _note(self, problem: Problem) -> None:
        """Raises Enough."""
        self.problems.append(problem)
        if len(self.problems) >= JUDGED_MAX and any(each.severity == "error" for each in self.problems):
            raise Enough
