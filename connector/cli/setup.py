"""``init``: a new deployment, with its settings, database, keys and first user."""

from pathlib import Path
from typing import Annotated

import typer

from connector.cli.console import DEFAULT_DIR, Dir, Json, fail, out, tr


def init(
    centre: Annotated[str, typer.Option(help="核对中心代码 / code of the verification centre")],
    region: Annotated[str, typer.Option(help="行政区划代码，6 或 12 位 / region code, 6 or 12 digits")],
    user: Annotated[str, typer.Option(help="第一个用户（管理员、密钥员）/ the first user")],
    name: Annotated[str, typer.Option(help="核对中心名称 / name of the centre")] = "",
    folder: Dir = DEFAULT_DIR,
    policy: Annotated[Path | None, typer.Option(help="救助政策文件 / policy file; default: the example")] = None,
    rates: Annotated[Path | None, typer.Option(help="汇率表 / rate table; default: the example")] = None,
    database: Annotated[str, typer.Option(help="数据库地址 / SQLAlchemy address")] = "sqlite:///ledger.db",
    as_json: Json = False,
) -> None:
    """新建部署 / a new deployment: settings, database, keys, first user."""
    from connector.assembly import clock
    from connector.founding import Founding, found

    if (folder / "service.yaml").exists():
        fail(
            "deployment-exists",
            f"{folder} 处已有部署，未作更改",
            f"there is a deployment in {folder} already; nothing changed",
            8,
        )
    made = found(Founding(folder, centre, name or centre, region, user, database, policy, rates), clock())
    text = tr(
        f"部署已建立：{folder}\n下一步：导入各银行证书（connector keys import），在 {folder}/connections/ 写连接文件，"
        "再运行 connector intake 名单.xlsx",
        f"deployment made: {folder}\nnext: import the banks' certificates (connector keys import), write a connection for each in"
        f" {folder}/connections/, then connector intake LIST.xlsx",
    )
    out({"schema": "init/1", "folder": str(folder), "keys": made}, as_json, text)
