"""The published schema of conformance/1 is the one the code makes; tests of runs hold their certificates to it."""

import json
from pathlib import Path

import jsonschema

from connector.conform.cases import CASES
from connector.conform.schema import conformance_schema

ROOT = Path(__file__).resolve().parents[3]


def test_the_published_schema_is_the_one_the_code_makes() -> None:
    published = json.loads((ROOT / "docs" / "schema" / "conformance.v1.json").read_text("utf-8"))

    jsonschema.Draft202012Validator.check_schema(published)
    assert conformance_schema() == published, "run docs/make_docs.py"


def test_nothing_of_a_person_has_a_place_in_it() -> None:
    schema = conformance_schema()

    assert not schema["additionalProperties"]
    assert not schema["properties"]["cases"]["items"]["additionalProperties"]
    assert [case.id for case in CASES] == schema["properties"]["cases"]["items"]["properties"]["id"]["examples"]
