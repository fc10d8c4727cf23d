"""``init``: a new deployment, with its settings, database, keys and first user; or the ledger of an older one brought up to date."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from connector.cli.console import DEFAULT_DIR, REFUSED, WRONG_USE, Dir, Json, fail, out, tr


class Suite(StrEnum):
    """By which algorithms a deployment keeps what it keeps, and which keys it begins with."""

    NATIONAL = "national"
    INTERNATIONAL = "international"


def init(
    centre: Annotated[str, typer.Option(help="核对中心代码 / code of the verification centre")] = "",
    region: Annotated[str, typer.Option(help="行政区划代码，6 或 12 位 / region code, 6 or 12 digits")] = "",
    user: Annotated[str, typer.Option(help="第一个用户，管理员 / the first user, an administrator")] = "",
    name: Annotated[str, typer.Option(help="核对中心名称 / name of the centre")] = "",
    folder: Dir = DEFAULT_DIR,
    policy: Annotated[
        Path | None, typer.Option(help="救助政策文件 / policy file; default: the example", exists=True, dir_okay=False)
    ] = None,
    rates: Annotated[
        Path | None, typer.Option(help="汇率表 / rate table; default: the example", exists=True, dir_okay=False)
    ] = None,
    database: Annotated[str, typer.Option(help="数据库地址 / SQLAlchemy address")] = "sqlite:///ledger.db",
    suite: Annotated[
        Suite,
        typer.Option(
            help="国密 SM2/SM3/SM4，或国际算法（不符合密评）/ SM2, SM3, SM4, or AES, SHA-256 and EC, not compliant in China"
        ),
    ] = Suite.NATIONAL,
    as_json: Json = False,
) -> None:
    """新建部署，或升级已有部署的台账 / a new deployment; or, where one is there, its ledger brought to this program's edition."""
    from connector.assembly import clock
    from connector.founding import Founding, found
    from connector.swap import in_clear

    if (folder / "service.yaml").exists():
        _upgrade(folder, as_json)
        return
    if not (centre and region and user):
        fail(
            "wrong-use",
            "新建部署须给出 --centre、--region 和 --user",
            "a new deployment needs --centre, --region and --user",
            WRONG_USE,
        )
    _check(centre, name or centre, region)
    made = found(Founding(folder, centre, name or centre, region, user, database, policy, rates, suite.value), clock())
    text = tr(
        f"部署已建立：{folder}；{user} 为管理员\n下一步：\n"
        f"  1 添加经办人：connector users add 用户名 --role operator --by {user} --dir {folder}\n"
        "  2 添加两名管密钥的人（--role key_officer、approver）；凭指纹函导入各银行证书（connector keys import --by … --with …），"
        f"在 {folder}/connections/ 为每家银行写一个连接文件\n"
        f"  3 connector intake 名单.xlsx --by 用户名 --dir {folder}\n"
        "尚未设病毒扫描：在 service.yaml 写 scanner: {socket: /run/clamav/clamd.ctl}",
        f"deployment made: {folder}; {user} is its administrator\nnext:\n"
        f"  1 add a clerk: connector users add NAME --role operator --by {user} --dir {folder}\n"
        "  2 add two who look after keys (--role key_officer, approver); import the banks' certificates by their letters"
        f" (connector keys import --by … --with …), write a connection for each in {folder}/connections/\n"
        f"  3 connector intake LIST.xlsx --by NAME --dir {folder}\n"
        "no virus scanner yet: scanner: {socket: /run/clamav/clamd.ctl} in service.yaml names one",
    )
    swap = in_clear()
    out({"schema": "init/1", "folder": str(folder), "keys": made, "swap_in_clear": swap}, as_json, text + _swap_told(swap))


def _upgrade(folder: Path, as_json: bool) -> None:
    """A deployment is there: its ledger is brought up to date, and nothing else is touched."""
    from connector.assembly import clock
    from connector.founding import upgrade

    if not upgrade(folder, clock()):
        fail(
            "deployment-exists",
            f"{folder} 处已有部署，未作更改",
            f"there is a deployment in {folder} already; nothing changed",
            REFUSED,
        )
    text = tr(
        f"{folder} 的台账已升级，可启动各节点；复核统计：connector statistics recount",
        f"the ledger of {folder} is of this program's edition now; start the nodes. To check its figures: connector statistics recount",
    )
    out({"schema": "ledger-upgraded/1", "folder": str(folder)}, as_json, text)


def _swap_told(areas: list[str]) -> str:
    """Where the machine may write memory to a disk in clear; docs/security.md C12."""
    named = ", ".join(areas)
    zh = f"\n交换区未加密：{named}；内存中的密钥与个人信息可能写入其中：swapoff -a，或改用加密交换区"
    en = f"\nswap is not encrypted: {named}; keys and persons in memory may be written there: swapoff -a, or encrypt it"
    return tr(zh, en) if areas else ""


def _check(code: str, name: str, region: str) -> None:
    """Before anything is made: a refused value leaves no half of a deployment behind."""
    from config.settings import Centre

    try:
        Centre(code=code, name=name, region=region)
    except ValueError:  # as the settings would be refused
        zh = "中心代码须为字母、数字、- 或 _（至多 64 个），行政区划代码须为 6 或 12 位数字；未建立任何内容"
        en = "the centre's code is letters, digits, - and _ (64 at most), the region 6 or 12 digits; nothing was made"
        fail("bad-centre", zh, en, WRONG_USE)
