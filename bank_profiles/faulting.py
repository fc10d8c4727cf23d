"""What reading an example found wrong, told as reading the same file would tell it, at the line of the profile that holds the text.

Examples are about made-up people: the values are shown.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bank_profiles.checks.examples import side_of
from bank_profiles.errors import DataPlace, Place, Problem, RowProblem, Text
from bank_profiles.filenames import some_name
from bank_profiles.given import SAMPLES
from bank_profiles.language.profile import Profile
from bank_profiles.language.service import Example, GivenFile
from bank_profiles.language.words import Path


def of_example(example: Example, said: Text) -> Text:
    return Text(f"“{example.name}” {said.en}", f"“{example.name}” {said.zh}")


def refused_as(profile: Profile, number: int, problems: Sequence[Problem]) -> list[Problem]:
    """Why an example is refused; nothing where that was expected."""
    wanted = profile.examples[number].expect_error
    codes = {problem.code for problem in problems}
    if wanted in codes:
        return []
    beside = Text(f", not {wanted}", f"，而非 {wanted}") if wanted else Text("", "")
    return [
        _told(profile, number, each, Text(f"was refused: {each.code}{beside.en}", f"被拒收：{each.code}{beside.zh}"))
        for each in _causes(problems)
    ]


def _causes(problems: Sequence[Problem]) -> list[Problem]:
    """Without what follows from a row that cannot be read: no total over it can be checked, and if it was the last one, it is missing."""
    causes = [problem for problem in problems if problem.code not in ("total-unreadable", "missing-record")]
    lines = {problem.place.line for problem in causes}
    causes += [problem for problem in problems if problem.code == "missing-record" and problem.place.line not in lines]
    return causes or list(problems)


def set_aside(profile: Profile, number: int, parked: Sequence[RowProblem]) -> list[Problem]:
    """The rows that are set aside though nobody expected it."""
    expected = Counter(profile.examples[number].parked)
    beyond = []
    for each in parked:
        expected[each.code] -= 1
        if expected[each.code] < 0:
            beyond.append(_told(profile, number, each, Text(f"a row was set aside: {each.code}", f"有一行被搁置：{each.code}")))
    return beyond


def _told(profile: Profile, number: int, problem: Problem, said: Text) -> Problem:
    """The same facts, with the profile's own line of the example in front; the address of the data goes with them."""
    example = profile.examples[number]
    place, shown = _places(profile, number, problem.place)
    what = of_example(
        example,
        Text(f"{said.en}\n  {shown.text('en')}: {problem.what.en}", f"{said.zh}\n  {shown.text('zh')}：{problem.what.zh}"),
    )
    return Problem(
        code="example-differs",
        place=place,
        what=what,
        expected=problem.expected,
        hint=problem.hint,
        source=problem.source,
        rule=problem.rule,
        because=problem.because,
    )


def _places(profile: Profile, number: int, place: Place) -> tuple[Place, Place]:
    """The line of the profile in which a place of an example's file is written down, and that place under the file's own key."""
    example = profile.examples[number]
    side = side_of(profile, example)
    assert side is not None, "it was read"
    files = profile.side(side).files
    key = next((key for key in example.given if some_name(files[key].name) == place.file), None)
    here: Path = ("examples", number)
    if key is None or not isinstance(place, DataPlace):
        return profile.origin.key(*here, "expect" if example.expect_error is None else "expect_error"), place
    given = example.given[key]
    sample = isinstance(given, str) and given.startswith(SAMPLES)
    inside = () if sample else _inside(given, place)
    return profile.origin.value(*here, "given", key, *inside), replace(place, file=str(given) if sample else key)


def _inside(given: GivenFile, place: DataPlace) -> Path:
    """The way to a row in what is written down: the line of a text, a record, a row of a sheet."""
    sheet, _, cell = (place.spot or "").rpartition("!")
    row = cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    if isinstance(given, str):
        return (place.line - 1,) if place.line else ()
    if sheet and row.isdigit():
        return "book", sheet, int(row) - 1
    return ("records", place.line - 1) if place.line else ()
