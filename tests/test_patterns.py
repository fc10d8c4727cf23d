"""Every regular expression of the product takes time in proportion to its text, whatever somebody puts into it."""

import importlib
import pkgutil
import re
import string
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
WINGS = ("connector", "config", "bank_profiles", "transports", "reconciliation")
LONG = 20_000  # a pattern that goes back and forth takes ages over so many
Pattern = re.Pattern[Any]
WAYS: dict[str, Callable[[Pattern, Any], object]] = {
    "match": lambda pattern, text: pattern.match(text),
    "fullmatch": lambda pattern, text: pattern.fullmatch(text),
    "search": lambda pattern, text: pattern.search(text),
    "sub": lambda pattern, text: pattern.sub(text[:0], text),
    "split": lambda pattern, text: pattern.split(text),
    "findall": lambda pattern, text: pattern.findall(text),
    "finditer": lambda pattern, text: list(pattern.finditer(text)),
}
BITS = [*string.punctuation, *" \t\n09aAx中１年", "ab", "a ", "0.", "a=", '="', "{a:", "-a", "<a ", "1月", "1e"]


def patterns() -> Iterator[tuple[str, Pattern, list[str]]]:
    """Those that modules hold, and the ways the house uses each."""
    sources = "".join(path.read_text("utf-8") for wing in WINGS for path in (ROOT / wing).rglob("*.py"))
    for wing in WINGS:
        package = importlib.import_module(wing)
        names = [name for _, name, _ in pkgutil.walk_packages(package.__path__, f"{wing}.") if ".versions" not in name]
        for name in names:
            if name.endswith(("__main__", ".env")):
                continue
            for label, held in vars(importlib.import_module(name)).items():
                if isinstance(held, re.Pattern):
                    yield (
                        f"{name}.{label}",
                        held,
                        sorted(set(re.findall(rf"\b{label}\.({'|'.join(WAYS)})\(", sources))) or ["search"],
                    )


def _slowest(pattern: Pattern, ways: list[str]) -> tuple[float, str]:
    def seconds(text: str) -> float:
        given = text.encode() if isinstance(pattern.pattern, bytes) else text
        begun = time.thread_time()  # a test before may have left a thread at work
        for way in ways:
            WAYS[way](pattern, given)
        return time.thread_time() - begun

    def twice(text: str) -> float:
        """What takes long takes long again; a machine that was busy does not."""
        first = seconds(text)
        return first if first < 1 else min(first, seconds(text))

    beginnings = ("", "<?xml ", "a", '"')
    return max((twice(start + bit * (LONG // len(bit)) + end), bit) for bit in BITS for start in beginnings for end in ("", "\0"))


@pytest.mark.parametrize(("name", "pattern", "ways"), sorted(patterns(), key=lambda each: each[0]))
def test_b11_a_pattern_is_linear(name: str, pattern: Pattern, ways: list[str]) -> None:
    seconds, bit = _slowest(pattern, ways)

    assert seconds < 1, f"{name} takes {seconds:.1f} s of {bit!r} again and again"
