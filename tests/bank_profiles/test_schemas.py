"""The two published schemas: editors take every good profile and mark a bad one; printed rows are what the schema says."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bank_profiles.catalogue import BANKS, load_profile, profiles_in
from bank_profiles.language.editor_schema import editor_schema
from bank_profiles.rows_json import to_json
from bank_profiles.rows_schema import rows_schema
from bank_profiles.translation import read_files
from reconciliation.elements import FIELDS, LISTS, NOT_AT_HAND
from reconciliation.exchange import RECORDS

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
EDITOR = jsonschema.Draft202012Validator(editor_schema())
ROWS = jsonschema.Draft202012Validator(rows_schema())
PROFILES = sorted([*profiles_in(), *HERE.glob("profiles/*.yaml"), *HERE.glob("samples/*/*.yaml")])


class _AsEditors(yaml.SafeLoader):
    """What an editor makes of a YAML: numbers and booleans, days as text."""


_AsEditors.yaml_implicit_resolvers = {
    sign: [(tag, found) for tag, found in resolvers if not tag.endswith(("timestamp", "merge"))]
    for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _typed(path: Path) -> Any:
    return json.loads(json.dumps(yaml.load(path.read_text("utf-8"), Loader=_AsEditors), default=str))


def _as_text(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)


@pytest.mark.parametrize(
    "path", [path for path in PROFILES if "maps" not in path.parts], ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_an_editor_takes_every_good_profile(path: Path) -> None:
    for data in (_typed(path), _as_text(path)):
        assert [] == [f"{list(error.absolute_path)}: {error.message[:200]}" for error in EDITOR.iter_errors(data)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("separator:", "seperator:"),
        ("kind: sftp", "kind: sfpt"),
        ("format: delimited", "format: delimitted"),
        ("grade: invented", "grade: guessed"),
        ("other: review", "other: revue"),
    ],
)
def test_an_editor_marks_what_the_checker_refuses(old: str, new: str) -> None:
    text = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8")
    assert old in text

    assert not EDITOR.is_valid(yaml.load(text.replace(old, new), Loader=yaml.BaseLoader))


def test_printed_rows_are_what_the_schema_says() -> None:
    for bank in ("hxcb", "gdyz", "xsyh"):
        profile = load_profile(next((BANKS / bank).glob("*.yaml")))
        for example in profile.examples:
            side = "inquiry" if set(example.given) <= set(profile.inquiry.files) else "response"
            files = [
                (key, [text.encode(profile.side(side).encoding(key))])
                for key, text in example.given.items()
                if "samples/" not in text
            ]
            reading = read_files(profile, side, files)
            try:
                tables: dict[str, list[Any]] = {kind: [] for kind in RECORDS}
                for part in reading:
                    tables[part.kind].append(part.table)
            except Exception:
                continue
            printed = json.loads(json.dumps(to_json(side, reading.facts, tables)))
            assert [] == [error.message for error in ROWS.iter_errors(printed)]


def test_every_field_and_code_list_names_its_element_or_says_that_the_annex_is_not_at_hand() -> None:
    schema = rows_schema()

    assert {column.name for records in RECORDS.values() for column in records} == set(FIELDS)
    for kind in RECORDS:
        for name, field in schema["$defs"][kind]["properties"].items():
            assert field["x-mzt073"].startswith(FIELDS[name].element or NOT_AT_HAND)
    for name in LISTS:
        assert schema["$defs"][f"{name}_list"]["x-mzt073"].startswith(LISTS[name].element or NOT_AT_HAND)


@pytest.mark.parametrize(("name", "made"), [("bank-profile.v1.json", editor_schema), ("rows.v1.json", rows_schema)])
def test_the_published_schema_is_the_one_the_model_makes(name: str, made: Any) -> None:
    assert json.loads((ROOT / "docs" / "schema" / name).read_text("utf-8")) == made(), "run docs/make_docs.py"
