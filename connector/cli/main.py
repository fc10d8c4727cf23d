"""The one command ``connector`` and its verbs; every error leaves here as a sentence and an exit code."""

import os
import sys
from typing import Annotated

import typer
from typer.exceptions import Abort, Exit, TyperException

from connector.cli import audit, authorization, bank, console, demo, intake, keys, people, profile, report, setup, step

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command("demo")(demo.demo)
app.command("init")(setup.init)
app.command("intake")(intake.intake)
app.add_typer(authorization.app, name="authorization")
app.command("step")(step.step)
app.command("status")(step.status)
app.command("report")(report.report)
app.command("release")(people.release)
app.command("approve")(people.approve)
app.command("approvals")(people.approvals)
app.add_typer(people.app, name="users")
app.add_typer(profile.app, name="profile")
app.add_typer(bank.app, name="bank")
app.add_typer(keys.app, name="keys")
app.add_typer(audit.app, name="audit")


@app.callback()
def language(
    lang: Annotated[str, typer.Option("--lang", envvar="CONNECTOR_LANG", help="zh | en")] = "zh",
) -> None:
    """银行金融资产查询对接服务 / bank inquiry connector."""
    console.speak(lang)


def main() -> None:
    """Entry point of the command."""
    as_json = "--json" in sys.argv
    try:
        sys.exit(app(standalone_mode=False) or console.DONE)
    except Exit as ended:
        sys.exit(ended.exit_code)
    except TyperException as wrong:
        console.notes.print(wrong.format_message(), markup=False)
        console.note("用法：加 --help 查看", "add --help to see how it is used")
        sys.exit(console.WRONG_USE)
    except (KeyboardInterrupt, Abort):
        console.note("已中断；可安全重试", "interrupted; safe to repeat")
        sys.exit(130)
    except Exception as error:
        if os.environ.get("CONNECTOR_DEBUG"):
            raise
        sys.exit(console.explain(error, as_json))
