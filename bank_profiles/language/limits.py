"""How much a profile may hold of each thing: far above every bank, and little enough that whatever compares them all is done at once."""

from collections.abc import Iterator
from typing import Any

from bank_profiles.errors import Problem, ProfilePlace, Text
from bank_profiles.language.words import Path
from bank_profiles.language.yaml_text import Loaded

LEVELS_MAX = 16  # records inside records; the deepest message has five
JUDGED_MAX = 500  # mistakes in one profile; whoever has mended those sees the others
# By the key a block or a list is written under; the largest samples have 4 files, 9 records, 46 columns, 3 formats, 332 codes.
_MOST = {"files": 64, "records": 100, "fields": 1_000, "formats": 20, "codes": 20_000, "write": 20_000, "maps": 200}
_BLOCK_MOST, _LIST_MOST = 1_000, 200


def too_many(loaded: Loaded) -> Iterator[Problem]:
    """Every block and list that holds more than it may. What an example gives and expects has no limit of its own."""
    yield from _in(loaded.data, (), loaded)


def _in(data: Any, path: Path, loaded: Loaded) -> Iterator[Problem]:
    if not isinstance(data, dict | list):
        return
    most = _MOST.get(str(path[-1]) if path else "", _BLOCK_MOST if isinstance(data, dict) else _LIST_MOST)
    if len(data) > most:
        yield _more_than(most, len(data), path, loaded.place(path))
    if path != ("examples",):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _in(value, (*path, key), loaded)


def _more_than(most: int, number: int, path: Path, place: ProfilePlace) -> Problem:
    words = " › ".join(str(step + 1) if isinstance(step, int) else step for step in path)
    return Problem(
        code="too-many",
        place=place,
        what=Text(f"{words or 'the profile'} holds {number:,}", f"{words or '画像'} 有 {number:,} 项"),
        expected=Text(f"at most {most:,}", f"至多 {most:,} 项"),
        hint=Text("no bank needs that many: written by a program?", "没有银行需要这么多；是否由程序生成？"),
    )
