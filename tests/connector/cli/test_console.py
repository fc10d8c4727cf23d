"""How the command speaks where nobody watches: plain lines, no control characters."""

import threading

import pytest
from rich.console import Console

from connector.cli import console


class Heard(Console):
    """A console that is no terminal and says when a line came."""

    def __init__(self) -> None:
        super().__init__(force_terminal=False, soft_wrap=True, highlight=False, record=True, quiet=False)
        self.came = threading.Event()
        self.lines: list[str] = []

    def print(self, *objects: object, **_: object) -> None:  # type: ignore[override]
        self.lines.append(" ".join(map(str, objects)))
        self.came.set()


def test_without_a_terminal_long_work_is_told_in_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = Heard()
    monkeypatch.setattr(console, "notes", notes)

    with console.progress(every_s=0.01) as line:
        task = line.add_task("校验", total=12_000)
        line.update(task, completed=3_000)
        notes.came.clear()
        assert notes.came.wait(10)

    assert "校验 3,000/12,000" == notes.lines[-1]


def test_short_work_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = Heard()
    monkeypatch.setattr(console, "notes", notes)
    with console.progress() as line:
        line.add_task("校验", total=1)

    assert [] == notes.lines
