"""A YAML is read by libyaml and, where anything is to be said of it, by PyYAML's own reader: what one takes the other reads the same."""

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from bank_profiles.catalogue import BANKS
from bank_profiles.errors import BadProfile
from bank_profiles.language import yaml_text

PROFILES = sorted((*BANKS.glob("*/*.yaml"), *(Path(__file__).parent / "profiles").glob("*.yaml")))
BITS = ["\n", "  ", "- ", ": ", "#", "|", ">", "'", '"', "{", "}", "[", "]", ",", "?", "&a", "*a", "!t", "---\n", "...", "%Y 1\n", "~",
        "\\", "\t", "\x07", "\x85", "\xa0", "\u2028", "\ufeff", "甲", "𠮷", "0o7", "<<", "key:", "\r"]  # fmt: skip


def read(text: str) -> yaml_text.Loaded | None:
    """By PyYAML's own reader; None where it refuses."""
    try:
        node = yaml_text._in_words(text, "x.yaml")
    except BadProfile:
        return None
    return walked(node)


def walked(node: yaml.Node | None) -> yaml_text.Loaded:
    """The place of a value that is empty is where either reader looked for it."""
    walk = yaml_text._Walk("x.yaml")
    data = None if node is None else walk.value(node, ())
    return yaml_text.Loaded(data, {path: place for path, place in walk.values.items() if _of(data, path)}, walk.keys)


def _of(data: object, path: yaml_text.YamlPath) -> object:
    for step in path:
        data = data[step] if isinstance(data, dict | list) else "a line of a text"  # type: ignore[index]
    return data


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_profile_is_read_quickly_and_the_same(path: Path) -> None:
    text = path.read_text("utf-8")

    node = yaml_text._quickly(text, "x.yaml")

    assert node is not None or "?" in text
    assert node is None or read(text) == walked(node)


@given(
    path=st.sampled_from(PROFILES),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), st.sampled_from(BITS)), min_size=1, max_size=4),
)
@example(path=PROFILES[0], changes=[(0.0, 0, "\ufeff")])
def test_what_is_taken_quickly_is_taken_in_words_and_means_the_same(path: Path, changes: list[tuple[float, int, str]]) -> None:
    text = path.read_text("utf-8")[:3000]
    for where, gone, bit in changes:
        at = int(where * len(text))
        text = text[:at] + bit + text[at + gone :]

    node = yaml_text._quickly(text, "x.yaml")

    assert node is None or read(text) == walked(node)
