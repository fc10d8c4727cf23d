"""``connector profile check`` and ``test``: is a profile good, and does it prove itself?"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from bank_profiles.catalogue import (
    BANKS,
    Catalogue,
    astray,
    check_profile,
    find_profile,
    guesses,
    load_profile,
    newer_parents,
    profiles_in,
)
from bank_profiles.checks.examples import lacking_examples
from bank_profiles.errors import Problem, listed
from bank_profiles.examples import run_examples
from bank_profiles.language.profile import Profile
from bank_profiles.proving.proof import SCHEMA, Proof
from bank_profiles.proving.proving import prove
from connector.cli import console
from connector.cli.profile_names import source_told

_AS_THE_BANK_IS = ("legacy-password",)  # always told; nobody on our side can mend it
_OF_ALL = ("dates-", "wrong-place", "edition-")  # what only all editions together can show


# ---- check --------------------------------------------------------------------------------------------------------------------------


def check_all(profiles: Sequence[str], as_json: bool, *, looser: bool = False, strict: bool = False) -> None:
    """Check the profiles named, or all, and run their examples; ends the verb. ``strict``: warnings do not pass."""
    paths, folders = _meant(profiles)
    problems = [p for p in Catalogue(folders).problems if p.code.startswith(_OF_ALL)]
    checked = []
    for path in paths:
        profile, said = check_profile(path, looser=looser)
        said = [*said, *newer_parents(path), *guesses(path)]
        if profile is not None:
            said += [*run_examples(profile, path.parent), *lacking_examples(profile)]
            said += [] if any(path.is_relative_to(folder) for folder in folders) else astray(profile, path)
        if strict:
            said = [problem if problem.code in _AS_THE_BANK_IS else replace(problem, severity="error") for problem in said]
        good = all(problem.severity == "warning" for problem in said)
        checked.append({"file": str(path), "profile": profile.profile if profile else None, "ok": good, **_told(profile)})
        problems += said
    _say_checked(checked, problems, as_json)


def _meant(profiles: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """The profiles named, those of every folder named, or all that come with the product; and the folders that are meant whole."""
    if not profiles:
        return profiles_in(), [BANKS]
    folders = [Path(name) for name in profiles if Path(name).is_dir()]
    singly = [find_profile(name) for name in profiles if not Path(name).is_dir()]
    inside = [(folder, profiles_in(folder)) for folder in folders]
    for folder in (folder for folder, found in inside if not found):
        zh, en = f"{folder} 中没有画像（<编号>/<版本>.yaml）", f"there is no profile in {folder} (<id>/<edition>.yaml)"
        console.fail("no-profile", zh, en, console.NOTHING_FOUND)
    return [*singly, *(path for _, found in inside for path in found)], folders


def _told(profile: Profile | None) -> dict[str, Any]:
    if profile is None:
        return {"version": None, "examples": 0, "source": None, "grade": None}
    named = {"version": profile.version, "source": profile.source, "grade": profile.grade}
    return {**named, "examples": len(profile.examples)}


def _say_checked(checked: list[dict[str, Any]], problems: list[Problem], as_json: bool) -> None:
    good = all(problem.severity == "warning" for problem in problems)
    lines = [listed(problems, console.spoken())] if problems else []
    for one in (one for one in checked if one["ok"]):
        zh, en = source_told(one["source"], one["grade"])
        lines.append(
            console.tr(
                f"{one['profile']} {one['version']}：通过，{one['examples']} 个样例。{zh}",
                f"{one['profile']} {one['version']}: good, {one['examples']} examples; {en}",
            )
        )
    report = {
        "schema": "profile-check/1",
        "ok": good,
        "profiles": checked,
        "problems": [problem.as_json() for problem in problems],
    }
    console.out(report, as_json, "\n".join(lines))
    raise typer.Exit(console.DONE if good else console.REFUSED)


# ---- test ---------------------------------------------------------------------------------------------------------------------------


def test_all(profiles: Sequence[str], as_json: bool) -> None:
    """Prove the profiles named, or all; ends the verb."""
    paths, _ = _meant(profiles)
    proofs = [(path, prove(load_profile(path), path.parent)) for path in paths]
    good = all(proof.holds for _, proof in proofs)
    report = {"schema": SCHEMA, "ok": good, "profiles": [{"file": str(path), **proof.as_json()} for path, proof in proofs]}
    if as_json:
        console.out(report, as_json)
    for _, proof in () if as_json else proofs:
        _say_proof(proof)
    raise typer.Exit(console.DONE if good else console.REFUSED)


_TITLES = (
    ("检验", "what"),
    ("次数", "tried"),
    ("合格或被发现", "good or noticed"),
    ("无影响", "harmless"),
    ("未发现", "unnoticed"),
    ("依据", "by"),
)
_NAMES = {
    "example": "样例",
    "round trip": "写出再读回",
    "cut": "截断",
    "byte": "改一字节",
    "encoding": "换编码",
    "doubled": "重复一行",
    "left out": "缺一行",
    "total": "合计差一",
    "code": "未知代码",
}
_CODES_SHOWN = 4


def _say_proof(proof: Proof) -> None:
    """A table of what was tried, then what is to be said."""
    end = console.tr("通过", "proved") if proof.holds else console.tr("未通过", "not proved")
    console.result.print(f"{proof.profile.profile} {proof.profile.version}: {end}", markup=False)
    rows = []
    for each in proof.trials.values():
        codes = [f"{code} {times}" for code, times in each.codes.most_common(_CODES_SHOWN)]
        codes += ["…"] if len(each.codes) > _CODES_SHOWN else []
        figures = (str(each.tried), str(each.good), str(each.harmless), str(each.unnoticed))
        rows.append((console.tr(_NAMES[each.what], each.what), *figures, ", ".join(codes)))
    console.show(console.table(_TITLES, rows, folds=(len(_TITLES) - 1,)))
    if proof.problems:
        console.result.print(listed(proof.problems, console.spoken()), markup=False)
