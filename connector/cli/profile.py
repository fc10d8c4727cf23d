"""``connector profile``: the language of a bank, for an analyst. Needs no deployment, no key and no network."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from connector.cli import console

app = typer.Typer(no_args_is_help=True, help="银行接口画像 / the profile language")

Which = Annotated[Literal["inquiry", "response", "receipt"], typer.Option("--side", help="inquiry | response | receipt")]
ZipPassword = Annotated[
    Path | None,
    typer.Option("--zip-password", help="存放旧式 zip 密码的文件 / file that holds the old password of the zip"),
]
ProfileName = Annotated[
    str, typer.Argument(metavar="PROFILE", help="编号、编号/版本或 YAML 文件 / id, id/edition or a YAML file")
]


@app.command("check")
def check(
    profiles: Annotated[
        list[str] | None, typer.Argument(metavar="[PROFILE…]", help="不写则检查全部 / all when none is named")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="全部画像，含各版本衔接 / all profiles, and how their editions follow each other")
    ] = False,
    looser: Annotated[
        bool, typer.Option("--allow-looser", help="允许比上级画像宽松 / a child may be looser than its parent")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="警告与“# guess”亦不通过，批准前须用 / no warning and no “# guess” passes; needed for approval"
        ),
    ] = False,
    as_json: console.Json = False,
) -> None:
    """检查画像并运行其中的样例 / check profiles and run the examples inside them."""
    from connector.cli.profile_check import check_all

    if everything and profiles:
        zh, en = "--all 指全部画像，不与画像名同用", "--all means every profile: name none beside it"
        console.fail("wrong-use", zh, en, console.WRONG_USE)
    check_all(profiles or [], as_json, looser=looser, strict=strict)


@app.command("test")
def prove(
    profiles: Annotated[
        list[str] | None, typer.Argument(metavar="[PROFILE…]", help="不写则检验全部 / all when none is named")
    ] = None,
    as_json: console.Json = False,
) -> None:
    """检验画像：样例、写出再读回、损坏能否发现 / prove profiles: examples, there and back, is damage noticed."""
    from connector.cli.profile_check import test_all

    test_all(profiles or [], as_json)


@app.command("explain")
def explain(
    profile_name: ProfileName,
    part: Annotated[
        str, typer.Argument(metavar="[PATH]", help="如 response.files.detail / for example response.files.detail")
    ] = "",
    plan: Annotated[
        bool, typer.Option("--plan", help="各列编译结果：位置、类型、单位 / what is made of each column: place, type, unit")
    ] = False,
    as_json: console.Json = False,
) -> None:
    """显示画像的有效内容及每行出处 / the effective text of a profile, each line with the place it is written in."""
    from connector.cli.profile_explain import explain_profile

    explain_profile(profile_name, part, as_json, plan=plan)


@app.command("help")
def page(
    code: Annotated[
        str, typer.Argument(metavar="[CODE]", help="错误代码；不写则列出全部 / an error code; all are listed without")
    ] = "",
    as_json: console.Json = False,
) -> None:
    """错误代码的含义与处理 / what an error code means and what to do."""
    from connector.cli.profile_explain import explain_code

    explain_code(code, as_json)


@app.command("read")
def read(
    profile_name: ProfileName,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="一个包，或其中的文件 / one package, or the files of one")],
    side: Which = "response",
    show_values: Annotated[bool, typer.Option("--show-values", help="不遮盖数值 / mask nothing")] = False,
    zip_password: ZipPassword = None,
    as_json: console.Json = False,
) -> None:
    """把银行文件读成标准数据行；--json 不遮盖 / the normal rows of a bank's file; --json masks nothing."""
    from connector.cli.profile_work import read_rows

    read_rows(profile_name, side, files, as_json, show_values=show_values, zip_password=zip_password)


@app.command("write")
def write(
    profile_name: ProfileName,
    rows: Annotated[
        Path, typer.Argument(metavar="ROWS.json", help="rows/1，如 profile read --json 所得 / as profile read --json gives it")
    ],
    out: Annotated[Path, typer.Option("--out", help="放包的目录 / folder for the package")] = Path(),
    files: Annotated[bool, typer.Option("--files", help="只写各文件，不打包 / the files, not packed")] = False,
    scans: Annotated[
        Path | None,
        typer.Option("--scans", help="授权书扫描件目录，以编号命名 / folder of scans of the authorizations, named by number"),
    ] = None,
    zip_password: ZipPassword = None,
    as_json: console.Json = False,
) -> None:
    """把标准数据行写成银行文件包 / write normal rows as the bank's package."""
    from connector.cli.profile_write import write_rows

    write_rows(profile_name, rows, out, as_json, packed=not files, scans=scans, zip_password=zip_password)
