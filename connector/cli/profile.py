"""``connector profile``: the language of a bank, for an analyst. Needs no deployment, no key and no network."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from connector.cli import console

app = typer.Typer(no_args_is_help=True, help="银行接口画像 / the profile language")

Which = Annotated[Literal["inquiry", "response"], typer.Option("--side", help="inquiry | response")]
ProfileName = Annotated[
    str, typer.Argument(metavar="PROFILE", help="编号、编号/版本或 YAML 文件 / id, id/edition or a YAML file")
]


@app.command("check")
def check(
    profiles: Annotated[
        list[str] | None, typer.Argument(metavar="[PROFILE…]", help="不写则检查全部 / all when none is named")
    ] = None,
    as_json: console.Json = False,
) -> None:
    """检查画像并运行其中的样例 / check profiles and run the examples inside them."""
    from connector.cli.profile_work import check_all

    check_all(profiles or [], as_json)


@app.command("read")
def read(
    profile_name: ProfileName,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="一个包，或其中的文件 / one package, or the files of one")],
    side: Which = "response",
    as_json: console.Json = False,
) -> None:
    """把银行文件读成标准数据行；--json 不遮盖 / the normal rows of a bank's file; --json masks nothing."""
    from connector.cli.profile_work import read_rows

    read_rows(profile_name, side, files, as_json)


@app.command("write")
def write(
    profile_name: ProfileName,
    rows: Annotated[
        Path, typer.Argument(metavar="ROWS.json", help="rows/1，如 profile read --json 所得 / as profile read --json gives it")
    ],
    out: Annotated[Path, typer.Option("--out", help="放包的目录 / folder for the package")] = Path(),
    as_json: console.Json = False,
) -> None:
    """把标准数据行写成银行文件包 / write normal rows as the bank's package."""
    from connector.cli.profile_work import write_rows

    write_rows(profile_name, rows, out, as_json)
