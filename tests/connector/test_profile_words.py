"""What a profile says of a road is done: read from the source, word by word of the model."""

import ast
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Literal, get_args, get_origin

from bank_profiles.language import channel, lines, service
from bank_profiles.language.words import Block
from connector import roads
from transports.retrying import Patience

ROOT = Path(__file__).resolve().parents[2]
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


def test_every_word_of_a_road_is_read() -> None:
    silent = {f"{block}.{word}" for block, words in model_words().items() for word in words - read_words()}

    assert set() == silent


def test_a_line_is_tried_again_as_its_profile_says() -> None:
    said = {"path": "/", "seal": "cms-aes256gcm", "kind": "line_http"}
    quiet = lines.LineHttp.model_validate(said)
    spoken = lines.LineHttp.model_validate(said | {"retry": {"times": "3", "wait": "5s"}})

    assert Patience() == roads.patience(quiet)
    wanted = Patience(4, roads.TRIED_S_MAX, *[timedelta(seconds=5).total_seconds()] * 2)
    assert wanted == roads.patience(spoken)
