"""Writes bank_profiles/help/examples.txt: one real message of every code, in both languages.

They come from where real ones are held: tests/bank_profiles (profile_messages.txt, eighteen_messages.txt) and from damage to good
files. A code that neither shows gets its words from the sources. Run it after a message changed: ``python docs/make_examples.py``.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from bank_profiles.catalogue import find_profile, load_profile, profiles_in
from bank_profiles.engine.reading import FileReading
from bank_profiles.errors import Problem, UnreadableFile, UnwritableRoster
from bank_profiles.examples import given_files
from bank_profiles.filenames import NameValues, render, some_name
from bank_profiles.help.pages import PAGES
from bank_profiles.language.profile import Profile
from bank_profiles.layouts.making import layout
from bank_profiles.packing import limits
from bank_profiles.proving.damage import damaged
from bank_profiles.proving.noticing import good_files
from bank_profiles.proving.proving import prove
from bank_profiles.translation import Reading

ROOT = Path(__file__).resolve().parent.parent
HELD = ROOT / "tests" / "bank_profiles"
TESTED = f"{HELD}/profiles/"
NEVER_MET = {"bad-value", "package-entries", "package-ratio"}  # or only by what is not to be made here
INTO = ROOT / "bank_profiles" / "help" / "examples.txt"

Example = tuple[str, str]  # en, zh


def messages(text: str) -> Iterator[tuple[str, str, str]]:
    """Every message of a text: its code, its language, itself."""
    for found in re.finditer(
        r"^(\S[^\n]*?)(: (?:error|warning)|：(?:错误|警告)) ([a-z0-9-]+)\n((?:  [^\n]*\n?)+)", text + "\n", re.M
    ):
        yield found[3], "en" if found[2].startswith(": ") else "zh", found[0].rstrip("\n")


def held() -> dict[str, Example]:
    """The first message of each code that the tests hold."""
    said: dict[str, dict[str, str]] = {}
    for name in ("eighteen_messages.txt", "profile_messages.txt"):
        for code, lang, message in messages((HELD / name).read_text("utf-8")):
            said.setdefault(code, {}).setdefault(lang, message)
    return {code: (both["en"], both["zh"]) for code, both in said.items() if len(both) == 2}


def noticed() -> dict[str, Example]:
    """The first message of each code that damage to good files brings about."""
    said: dict[str, Example] = {}
    paths = [*profiles_in(), *sorted((HELD / "profiles").glob("*.yaml"))]
    for path in paths:
        for problem in _problems(load_profile(path), path.parent):
            said.setdefault(problem.code, (problem.en.replace(TESTED, "banks/"), problem.zh.replace(TESTED, "banks/")))
    return said


def _problems(profile: Profile, folder: Path) -> Iterable[Problem]:
    for key in profile.response.files:
        file = layout(profile, "response", key)
        for data in good_files(profile, key, folder)[:1]:
            for damage in damaged(file, data):
                reading = FileReading(file, some_name(file.spec.name))
                try:
                    for _ in reading.rows([damage.data]):
                        pass
                except UnreadableFile as refused:
                    yield from refused.problems
                yield from (*reading.problems, *reading.warnings)


def refused_names_and_packages() -> dict[str, Example]:
    """What the door says of packages and names, from the functions that say it; and what a proof says."""
    name = "FK_902307450222_20260105_0001.zip"
    packages = {
        "broken-package": limits.broken("zip"),
        "package-trailing": limits.trailing("zip"),
        "unsafe-entry": limits.unsafe("zip"),
        "doubled-entry": limits.doubled("zip"),
    }
    problems = [limits.refused(code, name, said).problems[0] for code, said in packages.items()]
    for pattern, values in (
        ("CX_{bank:6}.txt", NameValues(bank="902307450222")),
        ("CX_{bank}.txt", NameValues(bank="9023/0745")),
    ):
        try:
            render(pattern, values)
        except UnwritableRoster as refused:
            problems += refused.problems
    problems += _mixed_package()
    path = find_profile("gyzb")
    problems += prove(load_profile(path), path.parent).problems
    return {problem.code: (problem.en, problem.zh) for problem in reversed(problems)}


def _mixed_package() -> Iterable[Problem]:
    """Files of two batches in one package."""
    path = find_profile("hxcb")
    profile = load_profile(path)
    files = given_files(profile, profile.examples[1], path.parent)
    other = [(name, [blocks[0].replace(b"202601050000001", b"202601050000002")]) for name, blocks in files[1:]]
    try:
        for _ in Reading(profile, "response", [*files[:1], *other], package=some_name(profile.response.package.name)):
            pass
    except UnreadableFile as refused:
        return refused.problems
    return ()


def from_sources() -> dict[str, Example]:
    """What the sources say of a code, with “…” where a value stands."""
    said: dict[str, Example] = {}
    for path in sorted((ROOT / "bank_profiles").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        top = _assigned(tree.body)
        for scope in [*(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)), tree]:
            names = [*top, *([] if scope is tree else _assigned(ast.walk(scope)))]
            for code, en, zh in _in_scope(scope, names):
                said.setdefault(code, (f"…: error {code}\n  {en}", f"…：错误 {code}\n  {zh}"))
    return said


Names = list[tuple[int, str, ast.expr]]  # the line of an assignment, its name, its value


def _in_scope(scope: ast.AST, names: Names) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(scope):
        if isinstance(node, ast.Dict):
            pairs = [
                (key.value, [value]) for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant)
            ]
        elif isinstance(node, ast.Call):
            values = [*node.args, *(key.value for key in node.keywords)]
            pairs = [(each.value, values[at + 1 :] or values) for at, each in enumerate(values) if isinstance(each, ast.Constant)]
        else:
            continue
        for code, after in pairs:
            text = next((text for value in after for text in _texts(value, names, node.lineno)), None)
            if isinstance(code, str) and code in PAGES and text is not None:
                yield code, *text


def _assigned(nodes: Iterable[ast.AST]) -> Names:
    return [
        (node.lineno, node.targets[0].id, node.value)
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    ]


def _texts(value: ast.AST, names: Names, line: int, deep: int = 0) -> Iterator[Example]:
    """Every Text(en, zh) in an expression, also behind a name: what was last assigned to it before."""
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text" and len(node.args) == 2:
            yield _said(node.args[0]), _said(node.args[1])
        elif isinstance(node, ast.Name) and deep < 2:
            known = [(at <= line, at if at <= line else -at, behind) for at, name, behind in names if name == node.id]
            if known:
                yield from _texts(max(known, key=lambda each: each[:2])[2], names, line, deep + 1)


def _said(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_said(part) for part in node.values)
    return str(node.value).replace("{value}", "…") if isinstance(node, ast.Constant) else "…"


def main() -> None:
    """Write them all. Raises ValueError naming a code without example."""
    found = from_sources() | noticed() | refused_names_and_packages() | held()
    blocks = [f"## {code}\n{found[code][0]}\n--\n{found[code][1]}\n" for code in sorted(PAGES) if code in found]
    INTO.write_text("\n".join(blocks), "utf-8")
    if lacking := sorted(PAGES.keys() - found.keys() - NEVER_MET):
        raise ValueError(f"no example of {', '.join(lacking)}")


if __name__ == "__main__":
    main()
