"""What a profile says of a road is done, or the reference says that it is not: read from the source, word by word of the model."""

import ast
import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest

from bank_profiles.language import channel, lines, service
from bank_profiles.language.words import Block
from connector import roads
from transports.retrying import Patience

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "profile-language.md": ("not acted on by this\nrelease:", "`custody`"),
    "profile-language.zh-CN.md": ("本版本尚不执行的：", "`custody`"),
}
# Word → the key of the block it stands in; a word without one is read under its own name alone.
NOT_ACTED_ON = ("poll.every", "poll.between", "send_between", "calendar", "files_per_day", "collect.every", "collect.for")
NOT_OF_A_ROAD = {"CodeMap", "NumberCell", "Given", "Example", "Effective"}  # of service.py: what codes mean, what examples are


@cache
def read_words() -> frozenset[str]:
    """``word`` and ``holder.word`` of everything that is read of an object outside the language and what only looks at its spelling."""
    found: set[str] = set()
    for place in ("connector", "transports", "bank_profiles"):
        for path in (ROOT / place).rglob("*.py"):
            if not {"language", "checks", "help"} & set(path.relative_to(ROOT).parts):
                for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                    if isinstance(node, ast.Attribute):
                        held = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
                        found |= {node.attr, f"{held}.{node.attr}"}
    return frozenset(found)


def model_words() -> dict[str, set[str]]:
    """Every block of the model that tells of a road or of a bank's hours, and its words; those of one value say what is always so."""
    blocks = {
        found
        for module in (channel, lines, service)
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Block) and found.__module__ == module.__name__
    }
    return {
        block.__name__: {name for name, field in block.model_fields.items() if not _one_value(field.annotation)}
        for block in blocks
        if block.__name__ not in NOT_OF_A_ROAD
    }


def _one_value(annotation: object) -> bool:
    return get_origin(annotation) is Literal and len(get_args(annotation)) == 1


def test_every_word_of_a_road_is_read_or_is_told_of_as_not_acted_on() -> None:
    told = {word.rpartition(".")[2].replace("for", "for_") for word in NOT_ACTED_ON}
    silent = {f"{block}.{word}" for block, words in model_words().items() for word in words - read_words() - told}

    assert set() == silent


@pytest.mark.parametrize("word", NOT_ACTED_ON)
def test_a_word_told_of_as_not_acted_on_is_in_the_model_and_is_read_nowhere(word: str) -> None:
    holder, _, name = word.rpartition(".")
    name = {"for": "for_"}.get(name, name)
    block = {"poll": "Poll", "collect": "Collect"}.get(holder)
    words = model_words()

    assert name in words[block] if block else any(name in each for each in words.values())
    assert (f"{holder}.{name}" if holder else name) not in read_words()


@pytest.mark.parametrize("page", PAGES)
def test_the_reference_lists_them(page: str) -> None:
    begins, ends = PAGES[page]
    text = (ROOT / "docs" / page).read_text("utf-8")
    sentence = text.partition(begins)[2].partition(ends)[0]

    assert list(NOT_ACTED_ON) == re.findall(r"`([\w.]+)`", sentence)


def test_a_line_is_tried_again_as_its_profile_says() -> None:
    said = {"path": "/", "seal": "cms-aes256gcm", "kind": "line_http"}
    quiet = lines.LineHttp.model_validate(said)
    spoken = lines.LineHttp.model_validate(said | {"retry": {"times": "3", "wait": "5s"}})

    assert Patience() == roads.patience(quiet)
    wanted = Patience(4, roads.TRIED_S_MAX, *[timedelta(seconds=5).total_seconds()] * 2)
    assert wanted == roads.patience(spoken)
