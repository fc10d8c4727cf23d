"""The reference of the language names every word there is."""

import re
import typing
from pathlib import Path
from typing import Any

import pydantic
import pytest

from bank_profiles.language import profile
from bank_profiles.values.targets import FACTS, targets
from reconciliation.exchange import RECORDS

REFERENCE = (Path(__file__).parent.parent.parent / "docs" / "profile-language.md").read_text()
BLOCKS = [block for block in vars(profile).values() if isinstance(block, type) and issubclass(block, pydantic.BaseModel)]


def _choices(hint: Any) -> set[str]:
    if typing.get_origin(hint) is typing.Literal:
        return {str(choice) for choice in typing.get_args(hint)}
    return {choice for inner in typing.get_args(hint) for choice in _choices(inner)}


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.__module__ == profile.__name__], ids=lambda block: block.__name__
)
def test_every_key_and_every_choice_stands_in_the_reference(block: type[pydantic.BaseModel]) -> None:
    keys = {field.alias or name for name, field in block.model_fields.items()}
    choices = {choice for field in block.model_fields.values() for choice in _choices(field.annotation)}

    assert set() == {word for word in keys | choices if not re.search(rf"(?<![a-z_]){re.escape(word)}(?![a-z_])", REFERENCE)}


@pytest.mark.parametrize("kind", [*RECORDS, None])
def test_every_field_of_a_row_stands_in_the_reference(kind: str | None) -> None:
    assert set() == {name for name in targets(kind) if name not in REFERENCE}


def test_every_fact_of_a_file_stands_in_the_reference() -> None:
    assert ", ".join(FACTS) in REFERENCE
