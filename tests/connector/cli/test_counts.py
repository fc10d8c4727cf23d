"""Whatever a step counts has a word in either language: read from the source of the steps, so that no new count is forgotten."""

import ast
from collections.abc import Iterator
from pathlib import Path

from connector.cli import step
from connector.cli.console import speak
from connector.cli.counts import COUNTS, counted
from connector.clock.agenda import agenda
from transports.transport import Delivery

STEPS = Path(__file__).resolve().parents[3] / "connector" / "steps"
ENDS = ("dispatch.py", "collect.py", "settle.py")  # where functions give the word something ended by
UNSAID = {"lying"}  # left out of what collect gives back


def _counted() -> set[str]:
    found = {delivery.value for delivery in Delivery} - {"carried"}
    for path in STEPS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.returns is not None:
                gives = ast.unparse(node.returns)
                found |= set(_words(node, gives, ends=path.name in ENDS))
    return found - UNSAID


def _words(function: ast.FunctionDef, gives: str, *, ends: bool) -> Iterator[str]:
    """The keys of the dictionaries of a function that gives counts; the words of one that gives how something ended."""
    for node in ast.walk(function):
        if isinstance(node, ast.Dict) and gives in {"dict[str, int]", "Counts", "_Ended"}:
            values = zip(node.keys, node.values, strict=True)
            yield from (key.value for key, value in values if isinstance(key, ast.Constant) and _is_count(value, gives))  # type: ignore[misc]
        elif ends and gives in {"str", "str | None"} and isinstance(node, ast.Return):
            yield from _texts(node.value)
        elif ends and gives == "dict[str, int]" and isinstance(node, ast.Assign):
            yield from (word for word in _texts(node.value) if word.isidentifier())


def _is_count(value: ast.expr, gives: str) -> bool:
    """A number; where nothing but counts is given, whatever works one out."""
    return isinstance(value.value, int) if isinstance(value, ast.Constant) else gives != "_Ended"


def _texts(value: ast.expr | None) -> Iterator[str]:
    parts = (
        value.elts if isinstance(value, ast.Tuple) else [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
    )
    yield from (part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value)


def test_every_count_of_every_step_has_its_word_in_both_languages() -> None:
    counted = _counted()

    assert {"carried", "given_back", "waits", "stopped", "held by another", "inquiries", "erased"} <= counted
    assert set() == counted - set(COUNTS)
    assert [] == [key for key, (zh, en) in COUNTS.items() if not zh or not en or zh.isascii() or not en.isascii()]


def test_a_step_in_chinese_has_no_english_word() -> None:
    assert "送出 在前置机 2，稍后再试 1" == step._line("dispatch", {"carried": 2, "retry": 1}, {})


def test_in_english_words_not_keys() -> None:
    speak("en")
    try:
        assert "dispatch  in doubt 1, with the carrier 2" == step._line("dispatch", {"in_doubt": 1, "carried": 2}, {})
    finally:
        speak("zh")


def test_every_duty_of_the_clock_and_what_it_counts_is_said_in_chinese() -> None:
    counted_by_duties = (
        "households",
        "papers",
        "lists",
        "left_out",
        "lasting doubts",
        "looked",
        "moved",
        "asked",
        "closed",
        "told",
    )

    assert [] == [duty.name for duty in agenda() if step.step_name(duty.name) == duty.name]
    assert set() == set(counted_by_duties) - set(COUNTS)
    assert ["关账月份 1", "不在其时段 1"] == [counted(name, {"closed": 1}) for name in ("close month", "dispatch")]
