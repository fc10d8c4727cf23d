"""Every profile there is, read and checked; a bad one names its lines and stops nobody else. The date picks the edition."""

import glob
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bank_profiles.checks.second_look import check
from bank_profiles.errors import BadProfile, Problem, ProfilePlace, Text, in_order
from bank_profiles.given import SAMPLES
from bank_profiles.language.inherit import NoSuchParent, inherited
from bank_profiles.language.profile import Profile
from bank_profiles.language.shape import did_you_mean, one_of
from bank_profiles.language.yaml_text import TEXT_BYTES_MAX, Loaded, load

BANKS = Path(__file__).parent / "banks"  # the profiles that come with the product
GUESS = "# guess"  # what `profile new` marks the lines with that it made up its mind about
NOT_BANKS = ("families", "maps")  # parents of profiles and shared code maps stand beside them


def check_profile(path: Path, *, looser: bool = False) -> tuple[Profile | None, list[Problem]]:
    """One YAML and everything to be said of it, warnings too; None where it may not be used. Never raises.

    ``looser``: it may drop checks that its parent makes.
    """
    name = shown_name(path)
    try:
        profile, problems = check(effective_text(path, looser=looser), name)
    except BadProfile as bad:
        return None, list(bad.problems)
    if profile is not None and (missing := _missing_samples(profile, path.parent)):
        return None, in_order([*problems, *missing])
    return profile, problems


def effective_text(path: Path, *, looser: bool = False) -> Loaded:
    """What a YAML and its parents say together, every line with the file it is written in. Raises BadProfile."""
    folders = _parent_folders(path)

    def parent(name: str) -> Loaded:
        bank, _, edition = name.rpartition("@")
        for folder in folders:
            for found in (folder / f"{name}.yaml", folder / bank / f"{edition}.yaml"):  # a parent of many, a bank's own edition
                if found.is_file():
                    return _text(found)
        raise NoSuchParent(list(dict.fromkeys(map(_shown, folders))))

    return inherited(_text(path), parent, looser=looser)


def _shown(folder: Path) -> str:
    """A folder as a person would name it from where he is."""
    return f"{folder.relative_to(Path.cwd())}/" if folder.is_relative_to(Path.cwd()) else f"{folder}/"


def newer_parents(path: Path) -> list[Problem]:
    """A warning where the folder of the parent holds a newer release of it: is it meant for this bank too?"""
    try:
        own = _text(path)
    except BadProfile:
        return []
    name = own.data.get("extends") if isinstance(own.data, dict) else None
    stem, _, release = (name if isinstance(name, str) else "").rpartition("@")
    if not stem:
        return []
    found = (parent for folder in _parent_folders(path) for parent in folder.glob(f"{glob.escape(stem)}@*.yaml"))
    newest = max((_release(parent.stem.rpartition("@")[2]) for parent in found), default=[0])
    if newest <= _release(release):
        return []
    said = ".".join(map(str, newest))
    what = Text(f"there is a newer release of this parent: {stem}@{said}", f"该上级画像有更新的版本：{stem}@{said}")
    hint = Text("compare them; if it holds for this bank, a new edition with it", "请比较；若适用于本行，请据此登记新版本")
    return [Problem(code="newer-parent", place=own.place(("extends",)), what=what, hint=hint, severity="warning")]


def _release(text: str) -> list[int]:
    return [int(part) if part.isdigit() else -1 for part in text.split(".")]


def _parent_folders(path: Path) -> tuple[Path, ...]:
    return path.resolve().parent.parent, path.resolve().parent, BANKS


def guesses(path: Path) -> list[Problem]:
    """A warning for every line that is still marked as a guess."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    what = Text("this is still marked as a guess", "此处仍标注为猜测")
    hint = Text("ask the bank; then take “# guess” away", "请向银行确认，然后去掉“# guess”")
    marked = [(number, line.find(GUESS)) for number, line in enumerate(lines, 1) if GUESS in line]
    return [
        Problem(code="guess-left", place=ProfilePlace(shown_name(path), number, at + 1), what=what, hint=hint, severity="warning")
        for number, at in marked
    ]


def _text(path: Path) -> Loaded:
    try:
        with path.open("rb") as file:
            return load(file.read(TEXT_BYTES_MAX + 1), shown_name(path))
    except OSError as refused:
        raise BadProfile([_no_file(path, gone=isinstance(refused, FileNotFoundError | NotADirectoryError))]) from None


def _no_file(path: Path, *, gone: bool) -> Problem:
    what, hint = Text("this file cannot be read", "无法读取该文件"), None
    if gone:
        what = Text("there is no such file", "没有该文件")
        hint = Text(f"paths count from the folder you are in: {Path.cwd()}", f"路径从当前目录算起：{Path.cwd()}")
    expected = Text("a profile in YAML", "YAML 画像文件")
    return Problem(code="no-file", place=ProfilePlace(shown_name(path), 0), what=what, expected=expected, hint=hint)


def load_profile(path: Path) -> Profile:
    """One edition, checked. Raises BadProfile with every error, each with file, line and column."""
    profile, problems = check_profile(path)
    if profile is None:
        raise BadProfile(problems)
    return profile


def find_profile(name: str) -> Path:
    """The YAML meant by an id ("hxcb": its newest edition that comes with the product), an id with edition ("hxcb/2026.1") or a path.

    Raises BadProfile where there is none.
    """
    if Path(name).suffix in (".yaml", ".yml"):
        return Path(name)
    editions = sorted((BANKS / name).glob("*.yaml"), key=_edition_order) if "/" not in name else [BANKS / f"{name}.yaml"]
    known = sorted(
        folder.name for folder in BANKS.iterdir() if folder.is_dir() and folder.name not in (*NOT_BANKS, "__pycache__")
    )
    if ".." in name or not editions or not editions[-1].is_file():
        raise BadProfile([_unknown(name, known)])
    return editions[-1]


def profiles_in(folder: Path = BANKS) -> list[Path]:
    """Every profile under a folder, as ``<profile>/<edition>.yaml``."""
    return sorted(path for path in folder.glob("*/*.yaml") if path.parent.name not in NOT_BANKS)


def shown_name(path: Path) -> str:
    """How messages name a profile: ``banks/hxcb/2026.1.yaml`` where it comes with the product, else the path as given."""
    try:
        return path.resolve().relative_to(BANKS.resolve().parent).as_posix()
    except ValueError:
        return str(path)


class _Editions(NamedTuple):
    """One profile: its good editions, oldest first, and what is wrong with the others."""

    good: tuple[Profile, ...]
    problems: list[Problem]


class Catalogue:
    """The good editions of every profile, oldest first, and what is wrong with the others. A profile is read when it is first asked for."""

    def __init__(self, folders: Sequence[Path] = (BANKS,)) -> None:
        """Of ``<folder>/<profile>/<edition>.yaml`` in every folder. A folder that does not exist holds nothing."""
        self._paths: dict[str, list[Path]] = {}
        for path in (path for folder in folders for path in profiles_in(folder)):
            self._paths.setdefault(path.parent.name, []).append(path)
        self._read: dict[str, _Editions] = {}

    @property
    def editions(self) -> dict[str, tuple[Profile, ...]]:
        """Of every profile that has a good one; reads them all."""
        return {name: good for name in sorted(self._paths) if (good := self._of(name).good)}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Of all profiles; reads them all."""
        return tuple(in_order([problem for name in self._paths for problem in self._of(name).problems]))

    def pick(self, profile_id: str, day: date) -> Profile:
        """The edition that rules on a day of the bank. Raises BadProfile where there is none."""
        for profile in self._all(profile_id):
            if profile.effective.covers(day):
                return profile
        newest = self._all(profile_id)[-1]
        what = Text(f"no edition of {profile_id} rules on {day}", f"{profile_id} 在 {day} 没有生效的版本")
        hint = Text("add an edition for that day, or correct effective", "请增加该日的版本，或更正 effective")
        raise BadProfile([Problem(code="no-edition", place=newest.origin.key("effective"), what=what, hint=hint)])

    def edition(self, profile_id: str, version: str) -> Profile:
        """The edition a batch was sent under; its answer is read by it whatever the day. Raises BadProfile."""
        for profile in self._all(profile_id):
            if profile.version == version:
                return profile
        newest = self._all(profile_id)[-1]
        what = Text(f"there is no edition {version} of {profile_id}", f"{profile_id} 没有版本 {version}")
        expected = one_of(profile.version for profile in self._all(profile_id))
        hint = Text("editions that were ever used stay in their folder", "用过的版本应保留在目录中")
        raise BadProfile(
            [Problem(code="no-edition", place=newest.origin.key("version"), what=what, expected=expected, hint=hint)]
        )

    def _all(self, profile_id: str) -> tuple[Profile, ...]:
        good, problems = self._of(profile_id)
        if not good:
            raise BadProfile(problems or [_unknown(profile_id, self.editions)])
        return good

    def _of(self, profile_id: str) -> _Editions:
        if profile_id not in self._read:
            self._read[profile_id] = _editions(self._paths.get(profile_id, ()))
        return self._read[profile_id]


def _editions(paths: Iterable[Path]) -> _Editions:
    """The files of one profile, read and checked."""
    good: list[Profile] = []
    problems: list[Problem] = []
    for path in paths:
        profile, said = check_profile(path)
        problems += said
        if profile is not None and (misplaced := _misplaced(profile, path, good)):
            problems.append(misplaced)
        elif profile is not None:
            good.append(profile)
    in_sequence, said = _in_sequence(good)
    return _Editions(in_sequence, in_order([*problems, *said]))


def _in_sequence(profiles: list[Profile]) -> tuple[tuple[Profile, ...], list[Problem]]:
    """Editions in order of their first day. One that overlaps the one before it is left out; a gap is a warning."""
    good: list[Profile] = []
    problems: list[Problem] = []
    for profile in sorted(profiles, key=lambda p: p.effective.starts):
        before = good[-1] if good else None
        if before and (before.effective.ends is None or before.effective.ends >= profile.effective.starts):
            problems.append(_overlap(before, profile))
        else:
            good.append(profile)
    problems += [gap for before, after in pairwise(good) if (gap := _gap(before, after))]
    return tuple(good), problems


def _overlap(before: Profile, profile: Profile) -> Problem:
    last = profile.effective.starts - timedelta(days=1)
    return Problem(
        code="dates-overlap",
        place=profile.origin.key("effective"),
        what=Text(
            f"{_span(profile, 'en')} overlaps {before.version} ({_span(before, 'en')})",
            f"{_span(profile, 'zh')} 与 {before.version}（{_span(before, 'zh')}）重叠",
        ),
        expected=Text("editions that follow each other without gap or overlap", "各版本首尾相接，不重叠、不间断"),
        hint=Text(
            f"set effective.to: {last} in {before.version}. Until then this edition is not used",
            f"请将 {before.version} 的 effective.to 设为 {last}。在此之前本版本不使用",
        ),
    )


def _gap(before: Profile, after: Profile) -> Problem | None:
    ends = before.effective.ends
    if ends is None or ends + timedelta(days=1) == after.effective.starts:
        return None
    first, last = ends + timedelta(days=1), after.effective.starts - timedelta(days=1)
    what = Text(f"no edition rules from {first} to {last}", f"{first} 至 {last} 没有生效的版本")
    return Problem(code="dates-gap", place=after.origin.key("effective"), what=what, severity="warning")


def _span(profile: Profile, lang: str) -> str:
    starts, ends = profile.effective.starts, profile.effective.ends
    return f"{starts} … {ends or ('no end' if lang == 'en' else '无止日')}"


def astray(profile: Profile, path: Path) -> list[Problem]:
    """A warning where a file that is named like an edition is another one, or stands in the folder of another profile."""
    path = path.resolve()
    if not _EDITION.fullmatch(path.stem):
        return []
    return [replace(problem, severity="warning") for problem in [_misplaced(profile, path, ())] if problem]


_EDITION = re.compile(r"[0-9]+(\.[0-9]+)+")


def _misplaced(profile: Profile, path: Path, known: Iterable[Profile]) -> Problem | None:
    """A profile stands in the folder of its id, in the file of its edition, once."""
    if (path.parent.name, path.stem) != (profile.profile, profile.version):
        what = Text(
            f"{profile.profile} {profile.version} stands in {path.parent.name}/{path.name}",
            f"{profile.profile} {profile.version} 放在 {path.parent.name}/{path.name}",
        )
        expected = Text(f"{profile.profile}/{profile.version}.yaml", f"{profile.profile}/{profile.version}.yaml")
        return Problem(code="wrong-place", place=profile.origin.key("profile"), what=what, expected=expected)
    for other in known:
        if other.version == profile.version:
            what = Text(
                f"edition {profile.version} exists already: {other.origin.file}",
                f"版本 {profile.version} 已存在：{other.origin.file}",
            )
            return Problem(code="edition-twice", place=profile.origin.key("version"), what=what)
    return None


def _missing_samples(profile: Profile, folder: Path) -> list[Problem]:
    problems = []
    for number, example in enumerate(profile.examples):
        for name, text in example.given.items():
            if isinstance(text, str) and text.startswith(SAMPLES) and not (folder / text).is_file():
                place = profile.origin.value("examples", number, "given", name)
                what = Text(f"there is no file “{text}” beside the profile", f"画像旁没有文件“{text}”")
                problems.append(Problem(code="sample-missing", place=place, what=what))
    return problems


def _edition_order(path: Path) -> list[int]:
    return _release(path.stem)


def with_home(wrong: Problem, home: Text) -> Problem:
    """A problem with ``home`` as what to do too, where it is that nobody knows the profile: where the reader's own profiles lie."""
    if wrong.code != "unknown-profile":
        return wrong
    hint = Text(f"{wrong.hint.en}; {home.en}", f"{wrong.hint.zh}；{home.zh}") if wrong.hint else home
    return replace(wrong, hint=hint)


_BY_ITS_ID = Text("here a profile is named by its id, not by its file", "此处应写画像的编号，而非文件")


def _unknown(name: str, known: Iterable[str]) -> Problem:
    what = Text(f"there is no profile “{name}”", f"没有名为“{name}”的画像")
    is_file = None
    if Path(name).is_file():
        named = Path(name).suffix in (".yaml", ".yml")
        is_file = (
            _BY_ITS_ID if named else Text("a file is a profile where its name ends in .yaml", "画像文件的名称应以 .yaml 结尾")
        )
    hint = did_you_mean(name, known) or is_file
    return Problem(code="unknown-profile", place=ProfilePlace(name, 0), what=what, expected=one_of(known), hint=hint)
