"""The verbs of the one command ``connector``; every error leaves here as a sentence and an exit code."""

import os
import sys
import traceback
from collections.abc import Callable
from types import CodeType
from typing import Annotated

import typer
from typer.exceptions import Abort, Exit, TyperException

from connector.cli import (
    appeal,
    audit,
    authorization,
    bank,
    calendar,
    carrier,
    conform,
    console,
    deaths,
    deciding,
    demo,
    disc,
    due,
    forecast,
    intake,
    keys,
    media,
    outage,
    parcel,
    people,
    profile,
    proof,
    register,
    remind,
    report,
    serve,
    setup,
    statistics,
    status,
    step,
    worker,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command("demo")(demo.demo)
app.command("init")(setup.init)
app.command("intake")(intake.intake)
app.add_typer(authorization.app, name="authorization")
app.add_typer(register.app, name="register")
app.add_typer(deaths.app, name="deaths")
app.command("step")(step.step)
app.command("status")(status.status)
app.command("due")(due.due)
app.add_typer(remind.app, name="remind")
app.add_typer(statistics.app, name="statistics")
app.command("forecast")(forecast.forecast)
app.command("report")(report.report)
app.command("proof")(proof.proof)
app.add_typer(appeal.app, name="appeal")
app.command("carrier")(carrier.carrier)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("hold")(deciding.hold)
app.command("recall")(deciding.recall)
app.command("again")(deciding.again)
app.command("remake")(deciding.remake)
app.command("release")(people.release)
app.command("parcel")(parcel.parcel)
app.command("approve")(people.approve)
app.command("resolve")(people.resolve)
app.command("approvals")(people.approvals)
app.add_typer(people.app, name="users")
bank.app.command("conform")(conform.conform)
bank.app.command("outage")(outage.outage)
bank.app.add_typer(disc.app, name="disc")
app.add_typer(profile.app, name="profile")
app.add_typer(bank.app, name="bank")
app.add_typer(calendar.app, name="calendar")
app.add_typer(keys.app, name="keys")
app.add_typer(audit.app, name="audit")
app.add_typer(media.app, name="media")


def _speak(lang: str) -> str:
    spoken = lang.lower().replace("_", "-").partition("-")[0]  # zh-CN and en_GB.UTF-8 are these two too
    if spoken not in ("zh", "en"):
        console.fail("language-unknown", "--lang 须为 zh 或 en", "--lang takes zh or en", console.WRONG_USE)
    console.speak(spoken)
    return spoken


@app.callback()
def language(
    lang: Annotated[  # heard before anything else, so that a wrong word is told in it too
        str, typer.Option("--lang", envvar="CONNECTOR_LANG", help="zh | en", is_eager=True, callback=_speak)
    ] = "zh",
) -> None:
    """银行金融资产查询对接服务 / bank inquiry connector."""


_USAGE = {
    "No such option:": "没有这个选项：",
    "No such command": "没有这个命令：",
    "Missing option": "缺少选项",
    "Missing argument": "缺少参数",
    "Missing command": "缺少命令",
    "Invalid value for": "取值有误：",
    "': file '": "'：文件 '",
    "': directory '": "'：目录 '",
    "': path '": "'：路径 '",
    "does not exist.": "不存在。",
    "is a directory.": "是目录。",
    "is a file.": "是文件。",
    "is not one of": "不在可用之列：",
    "Value error, ": "",
    "env var:": "或环境变量",
    "Did you mean": "是否指",
    "Possible options:": "可用：",
    "Got unexpected extra argument": "多余的参数",
}


def _said(wrong: TyperException, tr: Callable[[str, str], str]) -> str:
    """What is wrong with the words typed; in Chinese as far as we know the library's phrases."""
    text = str(wrong.format_message())
    for en, zh in _USAGE.items():
        text = text.replace(en, tr(zh, en))
    return text


def run() -> int:
    """Carry out what was typed; the exit code."""
    as_json = "--json" in sys.argv
    try:
        code = int(app(standalone_mode=False) or console.DONE)
        if code == console.INTERRUPTED:  # how the library tells of Ctrl-C, without a word
            _interrupted()
        return code
    except Exit as ended:
        return ended.exit_code
    except TyperException as wrong:
        _wrong_use(wrong, as_json)
        return console.WRONG_USE
    except (KeyboardInterrupt, Abort):
        _interrupted()
        return console.INTERRUPTED
    except Exception as error:
        if os.environ.get("CONNECTOR_DEBUG"):
            sys.stderr.write(_places(error))
        return console.explain(error, as_json)


def _places(error: BaseException) -> str:
    """Kinds of errors and the places they passed, the first cause first; nothing an error says, which might be a person's data."""
    chain: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in chain:
        chain.insert(0, found)
        found = found.__cause__ or found.__context__
    lines: list[str] = []
    for each in chain:
        lines.append(f"{type(each).__module__}.{type(each).__qualname__}")
        lines += [f"  {code.co_filename}:{line} {code.co_name}" for code, line in _frames(each)]
    return "\n".join(lines) + "\n"


def _frames(error: BaseException) -> list[tuple[CodeType, int]]:
    return [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)]


def _interrupted() -> None:
    console.note("已中断；可安全重试", "interrupted; safe to repeat")


def _wrong_use(wrong: TyperException, as_json: bool) -> None:
    if as_json:
        console.report_failure("wrong-use", _said(wrong, _in_chinese), _said(wrong, _in_english), as_json)
        return
    console.notes.print(_said(wrong, console.tr), markup=False)
    console.note("用法：加 --help 查看", "add --help to see how it is used")


def _in_chinese(zh: str, en: str) -> str:  # noqa: ARG001 (spoken as console.tr is)
    return zh


def _in_english(zh: str, en: str) -> str:  # noqa: ARG001
    return en
