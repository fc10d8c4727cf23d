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
    once: Annotated[bool, typer.Option("--once", help="只走一遍 / one pass, then end")] = False,
    every: Annotated[float, typer.Option("--every", min=0.1, help="间隔秒数 / seconds between passes")] = 30.0,
    as_json: Json = False,
) -> int:
    """前置机转运 / carry sealed parcels between the centre's folders and the banks. May be stopped at any time."""
    from connector.carrier.joining import found, opened

    if init:
        public = found(folder)
        out({"schema": "carrier-made/1", "dir": str(folder), "journal_key": public}, as_json, _made(public))
        return DONE
    with opened(folder) as carrying:
        if once:
            passed = carrying.once()
            _tell(passed, as_json)
            return FINDINGS if any(each.stopped for each in passed.values()) else DONE
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
        "carrier.yaml 中没有银行", "no bank in carrier.yaml"
    )
    out({"schema": "carried/1", "banks": told}, as_json, text)


def _made(public: str) -> str:
    note(
        "已建立。请把下面的日志公钥交给中心登记，再在 carrier.yaml 中填写各银行",
        "made. Give the centre the journal key below to pin, then write the banks into carrier.yaml",
    )
    return public


def _problem(passed: "Passed") -> dict[str, Any] | None:
    if passed.stopped is None:
        return None
    code, zh, en = passed.stopped
    return {"code": code, "zh": zh, "en": en}


def _line(code: str, passed: "Passed") -> str:
    done = ", ".join(f"{_WORDS[ended]() if ended in _WORDS else ended} {count}" for ended, count in passed.counts.items())
    why = f"  {passed.stopped[0]}: {tr(*passed.stopped[1:])}" if passed.stopped else ""
    return f"{code}  {done or '–'}{why}"


_WORDS = {
    "delivered": lambda: tr("已送达", "delivered"),
    "refused": lambda: tr("拒收", "refused"),
    "retry": lambda: tr("稍后再试", "tried again later"),
    "in_doubt": lambda: tr("存疑", "in doubt"),
    "waiting": lambda: tr("未到齐", "not whole yet"),
    "unknown": lambda: tr("无法查看", "cannot be looked at"),
    "given_back": lambda: tr("已退回中心", "given back"),
    "fetched": lambda: tr("取回", "fetched"),
    "left": lambda: tr("留在原处", "left"),
    "acknowledged": lambda: tr("已回执", "acknowledged"),
}
