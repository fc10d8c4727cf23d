"""A strict record of JSON knows every member of its objects; both readers, rows and headers."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.engine import reading
from bank_profiles.errors import UnreadableFile
from bank_profiles.translation import read_files
from tests.bank_profiles.test_json import NAMES, REPLY

BOTH = pytest.mark.parametrize("slow_bytes", [0, 1 << 30], ids=["fast", "reference"])


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Any:
    text = (Path(__file__).parent / "profiles" / "objects.yaml").read_text("utf-8").partition("\nexamples:")[0] + "\n"
    changed = text.replace("          gives: holding\n", "          gives: holding\n          strict: true\n", 1)
    path = tmp_path_factory.mktemp("strict") / "objects.yaml"
    path.write_text(changed, "utf-8")
    return load_profile(path)


def _codes(profile: Any, tree: Any) -> list[tuple[str, str]]:
    found = read_files(profile, "response", [(NAMES["reply"], [json.dumps(tree).encode()])])
    try:
        for _ in found:
            pass
    except UnreadableFile as refused:
        return [(problem.code, problem.place.text("en")) for problem in refused.problems]
    return [(problem.code, problem.place.text("en")) for problem in found.problems]


@BOTH
def test_an_account_with_a_member_nobody_named_is_told(monkeypatch: pytest.MonkeyPatch, slow_bytes: int, strict: Any) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    assert [] == _codes(strict, REPLY)

    for path in (("frozenBal",), ("holder", "alias")):
        tree = deepcopy(REPLY)
        at = tree["data"]["accounts"][0]
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = "1.00"

        (code, place), *_ = _codes(strict, tree)
        assert ("json-unknown-member", True) == (code, place.endswith("data/accounts[1]"))


@BOTH
def test_a_header_may_be_strict_beside_records_of_the_same_object(
    monkeypatch: pytest.MonkeyPatch, slow_bytes: int, tmp_path: Path
) -> None:
    monkeypatch.setattr(reading, "SLOW_BYTES", slow_bytes)
    text = (Path(__file__).parent / "profiles" / "objects.yaml").read_text("utf-8").partition("\nexamples:")[0] + "\n"
    old = "        header:\n          fields:\n            batch: {to: batch_no, same_as"
    assert old in text
    changed = text.replace(old, old.replace("fields:", "strict: true\n          fields:"), 1)
    (tmp_path / "objects.yaml").write_text(changed, "utf-8")
    profile = load_profile(tmp_path / "objects.yaml")

    assert [] == _codes(profile, REPLY)
    assert ["json-unknown-member"] == [code for code, _ in _codes(profile, REPLY | {"sign": "x"})]
