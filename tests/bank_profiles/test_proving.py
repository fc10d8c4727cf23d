"""A profile proves itself: what it writes it reads, what is damaged is noticed by name, and what nobody could notice is said."""

from pathlib import Path

import pyarrow as pa
import pytest

from bank_profiles.catalogue import BANKS, check_profile, load_profile, profiles_in
from bank_profiles.checks.examples import lacking_examples
from bank_profiles.errors import Problem
from bank_profiles.language.profile import Profile
from bank_profiles.layouts.making import layout
from bank_profiles.proving.damage import WAYS, damaged
from bank_profiles.proving.made_up import KINDS, made_up
from bank_profiles.proving.proof import Proof
from bank_profiles.proving.proving import prove
from bank_profiles.values.targets import REQUIRED

HERE = Path(__file__).parent
PATHS = profiles_in()
PROFILES = {path.parent.name: load_profile(path) for path in PATHS}
PROOFS: dict[str, Proof] = {}

each_bank = pytest.mark.parametrize("bank", PROFILES)


def proof(bank: str) -> Proof:
    if bank not in PROOFS:
        PROOFS[bank] = prove(PROFILES[bank], BANKS / bank)
    return PROOFS[bank]


def edited(tmp_path: Path, bank: str, *edits: tuple[str, str]) -> Profile:
    text = next((BANKS / bank).glob("*.yaml")).read_text("utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path / f"{bank}.yaml"
    path.write_text(text, "utf-8")
    return load_profile(path)


def said(problems: list[Problem]) -> list[tuple[str, str, str]]:
    return [(problem.code, problem.severity, problem.what.en) for problem in problems]


# ---- the banks of the product -------------------------------------------------------------------------------------------------------


@each_bank
def test_every_bank_of_the_product_is_proved(bank: str) -> None:
    found = proof(bank)

    assert [] == [problem.en for problem in found.problems if problem.severity == "error"]
    assert found.holds


@each_bank
def test_every_way_of_damage_is_tried_and_all_but_bytes_are_noticed(bank: str) -> None:
    trials = proof(bank).trials

    tried = {way: trials[way].tried for way in WAYS if trials[way].tried == 0}
    assert set(tried) <= {"encoding"}  # a workbook, or stored numbers between the texts, cannot be said in another encoding
    assert trials["cut"].tried == trials["cut"].good
    assert trials["total"].tried == trials["total"].good > 0
    assert trials["code"].tried == trials["code"].good > 0


def test_what_no_total_covers_is_a_warning_that_names_what_to_ask_for(tmp_path: Path) -> None:
    profile = edited(tmp_path, "hxcb", ("            总笔数: {equals: {count: entry}}", "            总笔数: skip"))
    problems = prove(profile, tmp_path).problems

    assert ("unnoticed", "warning", "nothing notices a doubled line of “entry” in file “flow”") in said(problems)
    assert "ask the bank for a count:   {equals: {count: entry}}" in {problem.hint.en for problem in problems if problem.hint}


@each_bank
def test_check_and_test_agree_on_which_lines_nothing_proves(bank: str) -> None:
    """A tree or a workbook that was cut does not open: of those neither asks for a count."""
    checked = {
        p.place for p in check_profile(next(path for path in PATHS if path.parent.name == bank))[1] if p.code == "not-provable"
    }
    tried = {p.place for p in proof(bank).problems if p.code == "unnoticed" and "line of" in p.what.en}

    assert checked == tried == set()


@each_bank
def test_every_bank_shows_what_approval_needs(bank: str) -> None:
    assert [] == lacking_examples(PROFILES[bank])


# ---- rows made up -------------------------------------------------------------------------------------------------------------------


@each_bank
@pytest.mark.parametrize("side", ["inquiry", "response"])
def test_made_up_rows_are_the_same_each_time(bank: str, side: str) -> None:
    once, again = ([package.rows for package in made_up(PROFILES[bank], side)] for _ in range(2))  # type: ignore[arg-type]

    assert once == again


@each_bank
def test_every_word_of_every_map_is_written_in_some_row(bank: str) -> None:
    profile = PROFILES[bank]
    for side in profile.sides:
        packages = made_up(profile, side)
        rows = {kind: [row for package in packages for row in package.rows[kind]] for kind in KINDS[side]}
        for file in profile.side(side).files.values():
            for record in file.records.values():
                for rule in record.fields.values():
                    if rule.map and rule.to and record.gives and rule.to != "scope":
                        words = set(profile.maps[rule.map].to_word.values())
                        assert words == {row[rule.to] for row in rows[record.gives]} - {None}, (rule.to, record.gives)


@each_bank
def test_what_a_row_needs_is_there_and_the_rest_is_missing_somewhere(bank: str) -> None:
    rows = [row for package in made_up(PROFILES[bank], "response") for row in package.rows["holding"]]
    needed = {"balance_minor" if name == "balance" else name for name in REQUIRED["holding"]}

    assert all(row[name] is not None for row in rows for name in needed)
    optional = [name for name in rows[0] if name not in needed and any(row[name] is not None for row in rows)]
    assert all(any(row[name] is None for row in rows) for name in optional)


def test_extremes_rare_characters_and_leading_zeros_are_among_them() -> None:
    rows = [row for package in made_up(PROFILES["hxcb"], "response") for row in package.rows["holding"]]
    amounts = {row["balance_minor"] for row in rows}

    assert {0, 1, -1} <= amounts
    assert max(amounts) > 10**12
    assert min(amounts) < -(10**12)
    assert any("𠮷" in (row["holder_name"] or "") for row in rows)
    assert all(row["account_no"].startswith("00") for row in rows)
    assert len({row["account_no"] for row in rows}) == len(rows)


def test_some_accounts_have_many_movements_and_some_none() -> None:
    package = made_up(PROFILES["hxcb"], "response")[0]
    moved = [row["account_no"] for row in package.rows["movement"]]

    assert len(set(moved)) > 1
    assert len(set(moved)) < len(package.rows["holding"])
    assert isinstance(package.tables()["movement"][0], pa.Table)


# ---- what is not as it should be ----------------------------------------------------------------------------------------------------


def test_a_profile_without_counts_is_told_what_nothing_notices(tmp_path: Path) -> None:
    profile = edited(
        tmp_path,
        "hxcb",
        ("            总笔数: {equals: {count: entry}}", "            总笔数: skip"),
        ("            总金额: {equals: {sum: entry.amount}}", "            总金额: skip"),
    )
    path = tmp_path / "hxcb.yaml"
    found = said(prove(profile, path.parent).problems)

    assert ("unnoticed", "warning", "nothing notices a doubled line of “entry” in file “flow”") in found
    assert ("unnoticed", "warning", "nothing notices a changed amount of “entry” in file “flow”") in found


def test_an_example_that_differs_does_not_prove(tmp_path: Path) -> None:
    profile = edited(tmp_path, "hxcb", ("frozen: 0.00, units: null", "frozen: null, units: null"))

    found = prove(profile, tmp_path)

    assert (False, ["example-differs", "unproved"]) == (found.holds, [p.code for p in found.problems])
    assert (6, 5) == (found.trials["example"].tried, found.trials["example"].good)


def test_lost_examples_are_named(tmp_path: Path) -> None:
    text = next((BANKS / "gdyz").glob("*.yaml")).read_text("utf-8")
    path = tmp_path / "gdyz.yaml"
    path.write_text(text[: text.index("examples:")], "utf-8")
    profile, _ = check_profile(path)
    assert profile is not None

    assert [
        "no example shows a person who was found, a person with no record, a question that is refused, a total that differs"
    ] == [problem.what.en for problem in lacking_examples(profile)]


def test_no_damage_ends_in_anything_but_named_codes() -> None:
    proof_of = proof("hxcb")

    codes = {code for trial in proof_of.trials.values() for code in trial.codes}
    assert codes
    assert all(code.replace("-", "").isalnum() and code == code.lower() for code in codes)


def test_the_same_damage_is_tried_each_time() -> None:
    file = layout(PROFILES["gdyz"], "response", "reply")
    data = (BANKS / "gdyz" / "samples" / "reply.dat").read_bytes()

    assert [each.data for each in damaged(file, data)] == [each.data for each in damaged(file, data)]


@pytest.mark.parametrize("name", ["nested", "sheets", "groups", "elements", "objects", "spellings"])
def test_other_profiles_are_tried_without_a_trace(name: str) -> None:
    profile = load_profile(HERE / "profiles" / f"{name}.yaml")

    found = prove(profile, HERE / "profiles")

    assert [] == [problem.en for problem in found.problems if problem.severity == "error"]


def test_a_table_whose_labels_cannot_be_put_together_again_is_tried_as_far_as_it_can() -> None:
    path = HERE / "samples" / "cn-bank-exports" / "alipay.yaml"

    assert prove(load_profile(path), path.parent).trials["cut"].tried


def test_an_example_that_does_not_hold_is_neither_damaged_nor_written(tmp_path: Path) -> None:
    profile = edited(
        tmp_path, "xsyh", ("    expect:\n      outcome:", "    expect:\n      outcome:\n        - {line_ref: 000009}")
    )
    found = prove(profile, tmp_path)

    assert ["example-differs"] == sorted({p.code for p in found.problems if p.severity == "error"})
    assert "does not hold: it is neither damaged nor written and read back" in " ".join(
        problem.what.en for problem in found.problems if problem.code == "unproved"
    )
