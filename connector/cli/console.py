"""How every verb speaks: results on stdout, notes on stderr, one language at a time, exit codes with a meaning."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import orjson
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

DONE, FINDINGS, WRONG_USE, NOT_ALLOWED, NOTHING_FOUND, WAITS = 0, 1, 2, 3, 4, 5
INTERRUPTED = 128 + signal.SIGINT  # as shells tell it
IN_DOUBT, INTEGRITY, REFUSED, UNREACHABLE, OUR_FAULT = 6, 7, 8, 9, 70

Dir = Annotated[Path, typer.Option("--dir", envvar="CONNECTOR_DIR", help="部署目录 / the deployment folder")]
Json = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象 / print one JSON object")]
By = Annotated[str, typer.Option("--by", envvar="CONNECTOR_USER", help="操作人 / the named user who acts")]
DEFAULT_DIR = Path("connector-data")
LEFT_COLUMNS = 2
_WIDEST = 1000
TOLD_EVERY_S = 10.0

# What is said is data too: no sign in it is a command to the screen, and :100: is no picture.
# Others' words stand in what is printed (names, reasons, household numbers): none of them moves the cursor or turns the line round.
_OBEYED = (*range(0x09), *range(0x0B, 0x20), 0x7F, *range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_INERT = dict.fromkeys(_OBEYED, "\ufffd")


class Screen(Console):
    """A console on which control characters and directions of text are shown as �, never obeyed."""

    def render_str(self, text: str, **more: Any) -> Text:
        """See Console."""
        return super().render_str(text.translate(_INERT), **more)


result = Screen(soft_wrap=True, highlight=False, markup=False, emoji=False)
notes = Screen(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)


class Failed(Exception):
    """A verb cannot go on: what is true and what to do, in both languages, with the exit code it ends in."""

    def __init__(self, code: str, zh: str, en: str, *, exit_code: int = FINDINGS) -> None:
        super().__init__(en)
        self.code, self.zh, self.en, self.exit_code = code, zh, en, exit_code


class _Language:
    chinese = True


def speak(language: str) -> None:
    """Choose the language of what follows: ``zh`` or ``en``."""
    _Language.chinese = language != "en"


def spoken() -> Literal["zh", "en"]:
    """The language spoken."""
    return "zh" if _Language.chinese else "en"


def tr(zh: str, en: str) -> str:
    """The text in the language spoken."""
    return zh if _Language.chinese else en


def many(number: int, one: str, several: str = "") -> str:
    """A number with its English noun: 1 act, 2 acts; ``several`` where more of them are not said with an s."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def note(zh: str, en: str) -> None:
    """A remark for the person, on stderr."""
    notes.print(tr(zh, en), markup=False)


def out(obj: Mapping[str, Any], as_json: bool, text: RenderableType = "") -> None:
    """The result: one JSON object, or what a person reads instead."""
    if as_json:
        sys.stdout.write(orjson.dumps(obj, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode() + "\n")
    else:
        show(text or orjson.dumps(obj, option=orjson.OPT_INDENT_2).decode())


def show(text: RenderableType) -> None:
    """On stdout; a table as wide as it is where nothing says how wide the screen is (a file, a pipe)."""
    open_ended = not isinstance(text, str) and not result.is_terminal and "COLUMNS" not in os.environ
    screen = Screen(file=result.file, width=_WIDEST, highlight=False, markup=False, emoji=False) if open_ended else result
    screen.print(text)


def local(moment: str | datetime, zone: tzinfo) -> str:
    """A moment of the ledger (ISO 8601, UTC) by the clock on the centre's wall, to the minute."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], folds: Collection[int] = ()) -> Table:
    """Rows under titles (zh, en), aligned by the width characters have on a screen; the first two columns read left.

    ``folds``: columns that go on in the next line where the screen ends, and read left too.
    """
    made = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place, title in enumerate(columns):
        left = place < LEFT_COLUMNS or place in folds
        made.add_column(tr(*title), justify="left" if left else "right", no_wrap=place not in folds, overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def fail(code: str, zh: str, en: str, exit_code: int) -> NoReturn:
    """End here, saying why."""
    raise Failed(code, zh, en, exit_code=exit_code)


def must_be_file(path: Path) -> None:
    """A file the person named is there, and is one."""
    if path.is_dir():
        fail("no-file", f"{path} 是目录，请给出文件", f"{path} is a folder; name a file", WRONG_USE)
    if not path.is_file():
        fail("no-file", f"没有文件 {path}", f"there is no file {path}", WRONG_USE)


@contextlib.contextmanager
def written(path: Path) -> Iterator[None]:
    """Around the writing of a file (or into a folder) the person named: that it cannot be written there is wrong use, not our fault."""
    try:
        yield
    except FileExistsError as there:
        name = there.filename or path
        fail("file-exists", f"{name} 已存在，未覆盖", f"{name} exists already; nothing was overwritten", WRONG_USE)
    except OSError as trouble:
        why = trouble.strerror or type(trouble).__name__
        fail("cannot-write", f"无法写入 {path}（{why}）", f"{path} cannot be written: {why}", WRONG_USE)


def report_failure(code: str, zh: str, en: str, as_json: bool) -> None:
    """An error on stderr, as text or as JSON."""
    if as_json:
        problem = {"schema": "problem/1", "ok": False, "code": code, "zh": zh, "en": en}
        sys.stderr.write(orjson.dumps(problem).decode() + "\n")
    else:
        notes.print(tr("错误", "error") + f" {code}: {tr(zh, en)}", markup=False)


@contextlib.contextmanager
def progress(every_s: float = TOLD_EVERY_S) -> Iterator[Progress]:
    """A progress line on stderr; where there is no terminal, one plain line now and then, with no control characters."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=notes,
        disable=not notes.is_terminal,
    )
    if notes.is_terminal:
        with bar:
            yield bar
        return
    done = threading.Event()
    teller = threading.Thread(target=_tell, args=(bar, done, every_s), name="progress", daemon=True)
    teller.start()
    try:
        yield bar
    finally:
        done.set()
        teller.join()


def _tell(bar: Progress, done: threading.Event, every_s: float) -> None:
    """What is being worked on, with done/total, until it is done; work that is short is not told."""
    told = ""
    while not done.wait(every_s):
        if tasks := bar.tasks:
            now = next((task for task in reversed(tasks) if not task.finished), tasks[-1])
            said = f"{now.description} {now.completed:,.0f}/{now.total or 0:,.0f}"
            if said != told:  # in a file the same line again tells nothing
                notes.print(said, markup=False)
            told = said


def explain(error: Exception, as_json: bool) -> int:
    """Say what stopped a verb, without a trace and without a person's data; the exit code it ends in."""
    from bank_profiles.errors import Problems

    if isinstance(error, Failed):
        report_failure(error.code, error.zh, error.en, as_json)
        return error.exit_code
    if isinstance(error, Problems):
        if as_json:
            report_failure(error.problems[0].code, error.render("zh"), error.render("en"), as_json)
        else:  # each of its messages says itself that it is an error, and which
            notes.print(tr(error.render("zh"), error.render("en")), markup=False)
        return _EXITS.get(type(error).__name__, FINDINGS)
    known = next((kind.__name__ for kind in type(error).__mro__ if kind.__name__ in _EXITS), None)
    if known is not None:
        code, zh, en = (getattr(error, name, str(error)) for name in ("code", "zh", "en"))
        report_failure(code, zh, en, as_json)
        return _EXITS_OF_CODES.get(code, _EXITS[known])
    kind = type(error).__name__
    report_failure(
        "internal",
        f"程序内部错误（{kind}），数据未改变。请设置 CONNECTOR_DEBUG=1 重试并把输出交给维护者",
        f"our fault ({kind}); nothing was changed. Repeat with CONNECTOR_DEBUG=1 and send the output to the maintainers",
        as_json,
    )
    return OUR_FAULT


# A code that says more of what is the matter than the kind of error it comes as.
_EXITS_OF_CODES = {
    "approval-unknown": NOTHING_FOUND,
    "appeal-unknown": NOTHING_FOUND,
    "batch-not-found": NOTHING_FOUND,
    "batch-unknown": NOTHING_FOUND,
    "household-unknown": NOTHING_FOUND,
    "appeal-bank-not-asked": NOTHING_FOUND,
    "appeal-bank-not-disputed": WRONG_USE,
    "appeal-bank-unnamed": WRONG_USE,
    "appeal-received-later": WRONG_USE,
    "appeal-paper-undated": WRONG_USE,
    "appeal-asked-already": NOT_ALLOWED,
    "appeal-decided-already": NOT_ALLOWED,
    "appeal-bank-awaited": WAITS,
    "proof-unreadable": WRONG_USE,
    "month-closed": NOT_ALLOWED,
    "round-unknown": NOTHING_FOUND,
    "month-empty": NOTHING_FOUND,
    "month-not-over": NOT_ALLOWED,
    "month-open": NOTHING_FOUND,
    "refusal-unknown": NOTHING_FOUND,
    "answer-not-set-apart": NOTHING_FOUND,
    "batch-not-held": NOTHING_FOUND,
    "approval-decided": NOT_ALLOWED,
    "role-unknown": WRONG_USE,
    "reason-missing": WRONG_USE,
    "letter-missing": WRONG_USE,
    "fingerprint-of-key": WRONG_USE,
    "slip-missing": WRONG_USE,
    "key-kind-open": WRONG_USE,
    "key-use-differs": WRONG_USE,
    "key-unknown": NOTHING_FOUND,
    "institution-unknown": NOTHING_FOUND,
    "first-day-past": WRONG_USE,
    "month-invalid": WRONG_USE,
    "round-ahead": WRONG_USE,
    "key-ambiguous": WRONG_USE,
}

# By name, so that a light verb need not import every wing.
_EXITS = {
    "BadSettings": REFUSED,
    "BadProfile": REFUSED,
    "UnreadableFile": FINDINGS,
    "UnwritableRoster": FINDINGS,
    "BrokenSeal": INTEGRITY,
    "ChainBroken": INTEGRITY,
    "BrokenRing": REFUSED,
    "UnknownKey": REFUSED,
    "Unreachable": UNREACHABLE,
    "Refused": REFUSED,
    "NotAllowed": NOT_ALLOWED,
    "LedgerUnreachable": UNREACHABLE,
    "LedgerBusy": UNREACHABLE,
    "WrongLedger": REFUSED,
    "LedgerError": REFUSED,
    "SheetError": FINDINGS,
    "ObjectBroken": INTEGRITY,
    "ObjectMissing": INTEGRITY,
    "StoreFull": UNREACHABLE,
    "StoreAway": UNREACHABLE,
    "StoreRefused": REFUSED,
    "ReconciliationError": REFUSED,
    "WrongMove": NOT_ALLOWED,
    "NotOurs": REFUSED,
    "UnknownAuthorization": NOTHING_FOUND,
    "AuthorizationError": NOT_ALLOWED,
    "NotThere": NOTHING_FOUND,
    "RegisterError": REFUSED,
}
