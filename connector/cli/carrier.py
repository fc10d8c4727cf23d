"""``connector carrier`` relays parcels and answers for a centre: no seal key, no database, nothing ever opened."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.console import DONE, FINDINGS, Json, note, out, tr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.carrier.process import Passed


def carrier(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="前置机目录（carrier.yaml）/ the carrier's folder")],
    init: Annotated[bool, typer.Option("--init", help="新建目录与日志密钥 / make the folder and its journal key")] = False,
    key: Annotated[bool, typer.Option("--key", help="再次显示日志公钥 / show the journal key again")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="核对设置，不连接银行 / are the settings complete? connects to nobody")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="只走一遍 / one pass, then end")] = False,
    every: Annotated[float, typer.Option("--every", min=0.1, help="间隔秒数 / seconds between passes")] = 30.0,
    as_json: Json = False,
) -> int:
    """前置机转运 / carry sealed parcels between the centre's folders and the banks.

    只转运、不开启；可随时停止、再启动 / it never opens a parcel, and may be stopped and started at any time. docs/carrier.md
    """
    from connector.carrier.joining import checked, found, opened, public_key
    from connector.carrier.process import Passed

    if init or key:
        public = found(folder) if init else public_key(folder)
        out({"schema": "carrier-made/1", "dir": str(folder), "journal_key": public}, as_json, public)
        _what_next(folder, public)
        return DONE
    if check:
        ready = {code: Passed({"ready": 1} if why is None else {}, why) for code, why in checked(folder).items()}
        _tell(ready, as_json)
        return FINDINGS if not ready or any(each.stopped for each in ready.values()) else DONE
    with opened(folder) as carrying:
        if once:
            passed = carrying.once()
            _tell(passed, as_json)
            return FINDINGS if any(each.stopped for each in passed.values()) else DONE
        _begun(len(carrying.roads), every)
        pause = threading.Event()
        before: dict[str, Passed] = {}
        for done in carrying.rounds(lambda: pause.wait(every)):
            news = {code: each for code, each in done.items() if each != before.get(code) and (each.counts or each.stopped)}
            if news:  # what only goes on as before is told once
                _tell(news, as_json)
            before |= done
    return DONE


def _tell(passed: "Mapping[str, Passed]", as_json: bool) -> None:
    told = {code: {"counts": each.counts, "problem": _problem(each)} for code, each in passed.items()}
    text = "\n".join(_line(code, each) for code, each in passed.items()) or tr(
        "carrier.yaml 中没有银行，无可转运：请在 banks 下填写每家银行的代码、画像与通道（样例 config/examples/carrier.yaml）",
        "there is no bank in carrier.yaml, so nothing is carried: write each bank's code, profile and road under banks (to copy:"
        " config/examples/carrier.yaml)",
    )
    out({"schema": "carried/1", "banks": told}, as_json, text)


def _begun(banks: int, every: float) -> None:
    note(
        f"开始转运：{banks} 家银行，每 {every:g} 秒一遍；此后只报告变化，Ctrl-C 结束",
        f"carrying for {banks} {'bank' if banks == 1 else 'banks'}, a pass every {every:g} s; only what changes is told from here on, Ctrl-C ends it",
    )


def _what_next(folder: Path, public: str) -> None:
    place = folder.resolve()
    note(
        f"上面是日志公钥。接下来：① 在 {place / 'carrier.yaml'} 中填写各银行，用 --check 核对；② 中心在该银行的连接文件中以下面一行代替 address、account、pins"
        f'（out、back 为中心一侧的目录）：\n  carrier: {{bank: B1, out: {place / "out"}, back: {place / "back"}, key: "{public}"}}',
        f"above: the journal key. Next: (1) write the banks into {place / 'carrier.yaml'} and try --check; (2) in that bank's connection the"
        f" centre writes this instead of address, account and pins (out and back as they are called on its side):\n"
        f'  carrier: {{bank: B1, out: {place / "out"}, back: {place / "back"}, key: "{public}"}}',
    )


def _problem(passed: "Passed") -> dict[str, Any] | None:
    if passed.stopped is None:
        return None
    code, zh, en = passed.stopped
    return {"code": code, "zh": zh, "en": en}


def _line(code: str, passed: "Passed") -> str:
    done = ", ".join(tr(*_WORDS[ended]) + (f" {count}" if ended != "ready" else "") for ended, count in passed.counts.items())
    if passed.stopped is None:
        return f"{code}  {done or '–'}"
    cause, said = passed.stopped[0], tr(*passed.stopped[1:])
    return f"{code}  {done or '–'}  {said if cause in said else f'{cause}: {said}'}"


_WORDS = {
    "ready": ("可用", "ready"),
    "delivered": ("已送达", "delivered"),
    "refused": ("拒收", "refused"),
    "retry": ("稍后再试", "tried again later"),
    "in_doubt": ("存疑", "in doubt"),
    "waiting": ("未到齐", "not whole yet"),
    "unknown": ("无法查看", "cannot be looked at"),
    "given_back": ("已退回中心", "given back"),
    "fetched": ("取回", "fetched"),
    "left": ("留在原处", "left"),
    "acknowledged": ("已回执", "acknowledged"),
}
