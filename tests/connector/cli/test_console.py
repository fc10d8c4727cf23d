"""How the command speaks where nobody watches: plain lines, no control characters."""

import sys
import time

import pytest
from rich.cells import cell_len
from rich.console import Console

from connector.cli import console
from connector.cli.verbs import run


class Heard(Console):
    """A console that is no terminal."""

    def __init__(self) -> None:
        super().__init__(force_terminal=False, soft_wrap=True, highlight=False, record=True, quiet=False)
        self.lines: list[str] = []

    def print(self, *objects: object, **_: object) -> None:  # type: ignore[override]
        self.lines.append(" ".join(map(str, objects)))


def test_without_a_terminal_long_work_is_told_in_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = Heard()
    monkeypatch.setattr(console, "notes", notes)

    with console.progress(every_s=0.01) as line:
        task = line.add_task("校验", total=12_000)
        line.update(task, completed=3_000)
        until = time.monotonic() + 10
        while notes.lines[-1:] != ["校验 3,000/12,000"] and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.1)  # many looks later

    assert 1 == notes.lines.count("校验 3,000/12,000")  # the same again tells nothing


def test_short_work_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = Heard()
    monkeypatch.setattr(console, "notes", notes)
    with console.progress() as line:
        line.add_task("校验", total=1)

    assert [] == notes.lines


ROWS = [("[red]账户", "3", "total-differs 19, impossible-date 3, unknown-code 15, missing-record 18, record-length 13")]
COLUMNS = (("检验", "what"), ("次数", "tried"), ("依据", "by"))


def test_no_sign_in_data_is_a_command_to_the_screen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    console.show("摘要 :100: [bold]")
    console.show(console.table(COLUMNS, ROWS))
    console.notes.print("[red]:100:")

    said = capsys.readouterr()
    assert (True, True, "[red]:100:\n") == (said.out.startswith("摘要 :100: [bold]\n"), "[red]账户" in said.out, said.err)


@pytest.mark.parametrize("columns", [None, "60", "80", "100"])
def test_a_table_loses_nothing_on_a_narrow_screen(
    columns: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if columns is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setattr(console, "result", Console(soft_wrap=True, highlight=False, markup=False, emoji=False))

    console.show(console.table(COLUMNS, ROWS, folds=(2,)))

    said = capsys.readouterr().out
    assert "…" not in said
    assert ROWS[0][2].replace(" ", "") in "".join(line[14:] for line in said.split("\n")[2:]).replace(" ", "")
    assert columns is None or max(map(cell_len, said.split("\n"))) <= int(columns)


@pytest.mark.parametrize(("spoken", "chinese"), [("zh", True), ("zh-CN", True), ("ZH_cn.UTF-8", True), ("en_GB.UTF-8", False)])
def test_a_language_may_come_with_its_country(
    spoken: str, chinese: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console._Language, "chinese", True)  # and so it is again behind this test
    monkeypatch.setattr(sys, "argv", ["connector", "--lang", spoken, "profile", "help", "total-differs"])

    assert (0, chinese) == (run(), "含义" in capsys.readouterr().out)


def test_one_of_a_thing_is_said_as_one() -> None:
    assert ["1 act", "2 acts", "1 batch", "1,000 batches"] == [
        *(console.many(number, "act") for number in (1, 2)),
        *(console.many(number, "batch", "batches") for number in (1, 1000)),
    ]
