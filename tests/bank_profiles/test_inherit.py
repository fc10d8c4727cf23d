"""A child says only what differs; everything it takes over still knows the file and line it was written in."""

from pathlib import Path

import pytest

from bank_profiles.catalogue import Catalogue, check_profile, effective_text, load_profile
from bank_profiles.errors import BadProfile

LINED = (Path(__file__).parent / "profiles" / "lined.yaml").read_text()
CHILD = """schema: bank-profile/1
extends: families/city@2
profile: lwcb
version: 2026.1
effective: {from: 2026-04-01}
response:
  files:
    detail:
      records:
        account:
          fields:
            开户网点: {to: branch, after: 开户日}
            产品: {to: product, map: product, missing: [无]}
maps:
  product: {codes: {103: notice_deposit}}
examples: []
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "families").mkdir()
    (tmp_path / "families" / "city@2.yaml").write_text(LINED)
    (tmp_path / "lwcb").mkdir()
    return tmp_path


def _child(folder: Path, text: str = CHILD) -> Path:
    path = folder / "lwcb" / "2026.1.yaml"
    path.write_text(text)
    return path


def _codes(path: Path, *, looser: bool = False) -> list[str]:
    with pytest.raises(BadProfile) as refused:
        effective_text(path, looser=looser)
    return [problem.code for problem in refused.value.problems]


def test_a_child_says_what_differs_and_takes_over_the_rest(folder: Path) -> None:
    profile = load_profile(_child(folder))

    account = profile.response.files["detail"].records["account"]
    assert ["序号", "账号", "产品", "余额", "开户日", "开户网点"] == list(account.fields)
    assert {"101": "demand_deposit", "102": "time_deposit", "103": "notice_deposit"} == dict(profile.maps["product"].codes)
    assert ("lwcb", ("无",)) == (profile.profile, account.fields["产品"].missing)


def test_a_bank_s_own_edition_may_be_the_parent(folder: Path) -> None:
    child = "schema: bank-profile/1\nextends: hxcb@2026.1\nprofile: lwcb\nchannel: {ready: {kind: renamed}}\n"

    made = load_profile(_child(folder, child))

    assert ("lwcb", "renamed", "2026.1") == (made.profile, made.channel.ready.kind, made.version)


def test_every_line_knows_its_file(folder: Path) -> None:
    profile = load_profile(_child(folder))
    at = ("response", "files", "detail", "records", "account", "fields")

    assert ("city@2.yaml", 80) == (Path(profile.rule(*at, "余额").file).name, profile.rule(*at, "余额").line)
    assert ("2026.1.yaml", 12) == (Path(profile.rule(*at, "开户网点").file).name, profile.rule(*at, "开户网点").line)


def test_a_block_of_another_kind_replaces_the_parents_whole(folder: Path) -> None:
    text = CHILD.replace("response:\n", "channel:\n  ready: {kind: stable_size, for: 120s}\nresponse:\n", 1)

    assert "stable_size" == load_profile(_child(folder, text)).channel.ready.kind  # type: ignore[union-attr]


def test_a_dropped_column_is_gone(folder: Path) -> None:
    text = CHILD.replace("产品: {to: product, map: product, missing: [无]}", "开户日: drop").replace(
        "after: 开户日", "after: 余额"
    )

    account = load_profile(_child(folder, text)).response.files["detail"].records["account"]
    assert ["序号", "账号", "产品", "余额", "开户网点"] == list(account.fields)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("families/city@2", "families/city@3", "no-parent-profile"),
        ("families/city@2", "families/city", "bad-parent"),
        ("families/city@2", "../city@2", "bad-parent"),
        ("after: 开户日", "after: 开户时", "not-inherited"),
        ("产品: {to: product, map: product, missing: [无]}", "开户时: drop", "not-inherited"),
        ("product: {codes: {103: notice_deposit}}", "outcome: {other: review}", "looser"),
    ],
)
def test_what_does_not_fit_its_parent_is_named(folder: Path, old: str, new: str, code: str) -> None:
    assert [code] == _codes(_child(folder, CHILD.replace(old, new)))


def test_a_child_may_not_drop_a_total_unless_that_is_allowed(folder: Path) -> None:
    text = CHILD.replace(
        "        account:\n", "        trailer: {fields: {总余额: {equals: drop, to: skip}}}\n        account:\n"
    )
    path = _child(folder, text)

    assert ["looser"] == _codes(path)
    assert check_profile(path, looser=True)[0] is not None


@pytest.mark.parametrize(
    "lost",
    [
        "  files: {detail: {records: {trailer: drop}}}",
        "  files: {detail: drop}",
        "  files: {detail: {records: {trailer: {fields: {总余额: drop}}}}}",
        "  files: {detail: {records: {trailer: {fields: {总余额: skip}}}}}",
        "  files: {detail: {records: {trailer: {fields: {总余额: {equals: {severity: warning}}}}}}}",
        "  files: {detail: {format: json}}",
    ],
)
def test_a_child_may_not_lose_a_proof_with_whatever_holds_it(folder: Path, lost: str) -> None:
    head = CHILD[: CHILD.index("response:")]

    assert ["looser"] == _codes(_child(folder, f"{head}response:\n{lost}\nexamples: []\n"))


def test_a_child_may_not_drop_the_batch_number_that_must_come_back(folder: Path) -> None:
    lost = "response: {files: {result: {records: {header: {fields: {批次号: skip}}}}}}\nexamples: []\n"

    assert ["looser"] == _codes(_child(folder, CHILD[: CHILD.index("response:")] + lost))


def test_a_third_level_is_refused(folder: Path) -> None:
    for name, parent in (("b@1", "families/city@2"), ("c@1", "families/b@1"), ("d@1", "families/c@1")):
        (folder / "families" / f"{name}.yaml").write_text(f"extends: {parent}\n")

    assert ["too-many-parents"] == _codes(_child(folder, CHILD.replace("city@2", "d@1")))


def test_parents_are_never_loaded_by_themselves(folder: Path) -> None:
    _child(folder)

    assert ["lwcb"] == list(Catalogue([folder]).editions)


def test_a_parent_that_is_nowhere_names_the_folders_that_were_searched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    path = _child(folder, CHILD.replace("families/city@2", "families/town@2"))
    with pytest.raises(BadProfile) as refused:
        effective_text(path)

    (problem,) = refused.value.problems
    assert "no-parent-profile" == problem.code
    assert problem.hint is not None
    assert problem.hint.en.startswith("looked in ./, lwcb/, ")
    assert problem.hint.zh.startswith("已查找：./、lwcb/、")
    assert problem.hint.en.endswith("banks/")
