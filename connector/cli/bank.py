"""``bank respond`` answers inquiries as a bank would; ``bank simulate`` runs several banks, each on its own road."""

import dataclasses
import errno
import functools
import os
import shlex
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.behaviours import BEHAVIOURS
from connector.cli.console import DONE, FINDINGS, WRONG_USE, Json, fail, many, note, out, tr
from connector.road_names import ROADS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from config.behaviours import Behaviour
    from connector.bankside.opening import Centre, Plan
    from connector.bankside.respond import Handled
    from connector.bankside.simulate import RunningBank

    Behaviours = Mapping[str, tuple[Behaviour, ...]]

app = typer.Typer(no_args_is_help=True, help="银行一侧 / the other side")


@app.command()
def respond(
    bank: Annotated[Path, typer.Option("--bank", help="银行设置 bank.yaml / the bank's own settings", dir_okay=False)],
    once: Annotated[bool, typer.Option("--once", help="只看一遍 / one pass, then end")] = False,
    every: Annotated[float, typer.Option("--every", min=0.1, help="间隔秒数 / seconds between passes")] = 5.0,
    as_json: Json = False,
) -> int:
    """应答查询 / take inquiries from the bank's folder, look people up, deliver sealed answers. May be stopped at any time."""
    from connector.assembly import clock
    from connector.bankside.calling_back import call_back
    from connector.bankside.desk import Desk
    from connector.bankside.respond import respond as look
    from transports.errors import TransportError

    desk, pause = Desk.open(bank), threading.Event()
    handled: list[Handled] = []
    while True:
        before = handled
        try:
            handled = [*look(desk, clock()), *call_back(desk, bank.resolve().parent, clock)]
        except TransportError as trouble:  # the bank's own folders; a service looks again, a single pass says so and ends
            if once:
                raise
            note(trouble.zh, trouble.en)
        if once or (handled and handled != before):  # what only waits is told once
            told = {"schema": "respond/1", "bank": desk.code, "handled": [dataclasses.asdict(each) for each in handled]}
            out(told, as_json, "\n".join(map(_line, handled)) or tr("没有待处理的查询", "no inquiry is waiting"))
        if once:
            return FINDINGS if any(each.ended == "refused" for each in handled) else DONE
        pause.wait(every)


def _line(handled: "Handled") -> str:
    ended = {
        "answered": tr("已答复", "answered"),
        "waiting": tr("等待", "waits"),
        "refused": tr("已拒收", "refused"),
        "called-back": tr("已回调送达", "brought to the centre"),
    }[handled.ended]
    if handled.ended == "called-back":
        return f"{handled.parcel}  {ended}"
    why = f": {tr(handled.zh, handled.en)}" if handled.code else f"  {handled.lines} → {', '.join(handled.answers) or '–'}"
    return f"{handled.parcel}  {ended}{why}"


@app.command()
def simulate(
    banks: Annotated[
        Path | None,
        typer.Option("--banks", help="banks.yaml：各银行的 bank.yaml / the bank.yaml of each bank", exists=True, dir_okay=False),
    ] = None,
    city: Annotated[
        Path | None,
        typer.Option(
            "--city", help="城市目录，先据此新建银行 / make the banks of a city folder first", exists=True, file_okay=False
        ),
    ] = None,
    into: Annotated[Path, typer.Option("--into", help="新建银行的目录 / where new banks are made")] = Path("simulated-banks"),
    centre_sign: Annotated[
        list[Path] | None,
        typer.Option(
            "--centre-sign",
            help="中心签名证书，换密钥期间可给出多张 / the centre's signing certificate; several while keys change",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    centre_encrypt: Annotated[
        list[Path] | None,
        typer.Option(
            "--centre-encrypt", help="中心加密证书，同上 / its encryption certificate, likewise", exists=True, dir_okay=False
        ),
    ] = None,
    profiles: Annotated[
        str,
        typer.Option(
            "--profiles",
            help="依次使用的画像：编号或 YAML 文件（编号/版本.yaml），各画像决定通道 / profiles in turn, each an id or a YAML file"
            " (ID/EDITION.yaml); each has its road",
        ),
    ] = "hxcb,gdyz",
    behave: Annotated[
        list[str] | None,
        typer.Option(
            "--behave",
            help="机构=行为,行为，可重复；已建的银行仅本次如此 / CODE=behaviour,behaviour, may be repeated; of banks that exist for"
            " this run alone: " + ", ".join(BEHAVIOURS),
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", help="第一个端口，0 为任意 / the first port, 0 for any")] = 0,
    seconds: Annotated[float | None, typer.Option("--seconds", help="运行多久 / how long; without: until stopped")] = None,
    as_json: Json = False,
) -> None:
    """模拟多家银行，可走各种通道 / several banks on this machine and on any road, honest or misbehaving on request."""
    from connector.assembly import clock
    from connector.bankside.joining import hand_over_connection
    from connector.bankside.opening import Centre
    from connector.bankside.simulate import Simulation

    if (banks is None) == (city is None):
        fail("wrong-use", "请给出 --banks 或 --city 之一", "give either --banks or --city", WRONG_USE)
    centre = Centre(*([path.read_bytes() for path in given or []] for given in (centre_sign, centre_encrypt)))
    behaviours = _behaviours(behave or [])
    made = functools.partial(_made, into=into, centre=centre, profiles=profiles, behaviours=behaviours, port=port)
    paths = made(city) if city is not None else _acquainted(_listed(banks or Path()), centre)
    _expect_banks(behaviours, paths)
    with ExitStack() as stack:
        try:
            simulation = stack.enter_context(Simulation(paths, clock, behaviours=behaviours))
        except OSError as trouble:
            if trouble.errno != errno.EADDRINUSE:
                raise
            zh = "端口已被占用；请结束占用它的程序，或改端口（新建时 --port，已建的在其 bank.yaml 中）"
            en = "a port is taken; end what holds it, or choose another (--port for new banks, else in their bank.yaml)"
            fail("port-taken", zh, en, WRONG_USE)
        _tell_how_to_join([bank for bank in simulation.banks.values() if hand_over_connection(bank)], into if city else None)
        running = [_running(bank) for bank in simulation.banks.values()]
        out({"schema": "simulate/1", "banks": running}, as_json, "\n".join(_running_line(each) for each in running))
        note("按 Ctrl-C 结束", "Ctrl-C ends it")
        threading.Event().wait(seconds)


def _listed(banks: Path) -> list[Path]:
    from config.bankside import read_simulated

    return [banks.parent / place for place in read_simulated(banks).banks]


def _acquainted(banks: list[Path], centre: "Centre") -> list[Path]:
    """The same banks, each with what it did not have yet of the centre's certificates beside what it had."""
    from connector.bankside.opening import acquaint

    given = bool(centre.sign or centre.encrypt)
    if taken := sum(acquaint(bank, centre) for bank in banks if given):
        en = f"{many(taken, 'certificate')} of the centre taken in, beside those the banks had"
        note(f"新收入中心证书 {taken} 张，原有的仍有效", en)
    return banks


def _made(city: Path, into: Path, centre: "Centre", profiles: str, behaviours: "Behaviours", port: int) -> list[Path]:
    """Open one bank for each institution of the city that is not there yet, and list them all in banks.yaml."""
    from connector.assembly import clock
    from connector.bankside import opening

    plans = opening.plans_of_city(city, profiles.split(","), behaviours, port)
    wanting = [plan for plan in plans if not (into / plan.code).exists()]
    if wanting:
        _expect_certificates(wanting, centre)
    if there := [into / plan.code / "bank.yaml" for plan in plans if plan not in wanting]:
        note(
            f"{into} 中已有 {len(there)} 家银行，其画像、端口照旧；要重新建立，请用 --into 指定另一目录",
            f"{into} has {many(len(there), 'bank')} already; profiles and ports stay as they are."
            " For new ones give another folder with --into",
        )
        _acquainted(there, centre)
    for plan in wanting:
        opening.put_ready(opening.open_bank(into / plan.code, plan, centre, clock()))
    if wanting:
        note(
            f"下次启动：connector bank simulate --banks {into}/banks.yaml",
            f"next time: connector bank simulate --banks {into}/banks.yaml",
        )
    return opening.list_banks(into, [plan.code for plan in plans])


def _expect_certificates(wanting: "Sequence[Plan]", centre: "Centre") -> None:
    """New banks know the centre from the start, by keys of the kind their seals take."""
    from connector.assembly import clock
    from connector.bankside import opening

    if not (centre.sign and centre.encrypt):
        fail(
            "wrong-use",
            "新建银行需要 --centre-sign 与 --centre-encrypt；取得：connector keys letter us/sign --kind … --certificate FILE（us/decrypt 同）",
            "new banks need --centre-sign and --centre-encrypt; connector keys letter us/sign --kind … --certificate FILE gives one"
            " (and us/decrypt the other)",
            WRONG_USE,
        )
    for profile in dict.fromkeys(plan.profile for plan in wanting):
        if kind := opening.kind_lacking(profile, centre, clock()):
            fail(
                "wrong-use",
                f"画像 {profile} 的封装需要 {kind} 类证书，--centre-sign 与 --centre-encrypt 中缺少，未新建银行；"
                f"取得：connector keys letter us/sign --kind {kind} --certificate FILE（us/decrypt 同），两项均可多次给出",
                f"the seal of the profile {profile} takes certificates of the kind {kind}, and --centre-sign or --centre-encrypt has"
                f" none; no bank was made. connector keys letter us/sign --kind {kind} --certificate FILE gives one (and us/decrypt"
                " the other); either option may be given several times",
                WRONG_USE,
            )


def _tell_how_to_join(banks: "Sequence[RunningBank]", into: Path | None) -> None:
    """The commands by which a centre takes what each bank hands over; said when there is something new to take."""
    if not banks:
        return
    where = shlex.quote(str(into)) if into else shlex.quote(str(banks[0].folder.parent))
    codes, given = " ".join(bank.code for bank in banks), f"{where}/$CODE/hand-over"
    note(
        "在另一终端接入（D 为部署目录，BY、WITH 为两名密钥管理员；再次接入只需最后的 cp）：",
        "to join them, in another terminal (D is the deployment, BY and WITH two who look after its keys; when joined before,"
        " only the last cp is needed):",
    )
    for line in (
        f"D={os.environ.get('CONNECTOR_DIR', 'D')} BY=NAME WITH=ANOTHER",
        *(line for bank in banks for line in _imports(bank, where)),
        f"for CODE in {codes}; do",
        f"  mkdir -p -m 700 $D/secrets/$CODE && cp -rp {given}/secrets/. $D/secrets/$CODE && cp -r {given}/profiles/. $D/profiles",
        f"  cp {given}/connection.yaml $D/connections/$CODE.yaml",
        "done",
    ):
        note(line, line)


def _imports(bank: "RunningBank", where: str) -> list[str]:
    """Its certificates by their fingerprints, which at a real bank come in a letter."""
    from connector.bankside.joining import SIMULATED
    from transports.sealing.certificates import Certificate

    def line(use: str) -> str:
        fingerprint = Certificate.read((bank.folder / "hand-over" / f"{use}.pem").read_bytes()).fingerprint
        file = f"{where}/{bank.code}/hand-over/{use}.pem"
        letter = f"--fingerprint {fingerprint} --evidence {SIMULATED}"
        return f"connector keys import {bank.code}/{use} {file} {letter} --by $BY --with $WITH --dir $D"

    return [line("sign"), line("encrypt")]


def _expect_banks(behaviours: "Behaviours", paths: "Sequence[Path]") -> None:
    """Who is told to misbehave is one of the banks."""
    from config.bankside import read_bankside

    if not behaviours:
        return
    known = [read_bankside(path).institution.code for path in paths]
    if strange := ", ".join(sorted(set(behaviours) - set(known))):
        here = ", ".join(known)
        fail(
            "wrong-use",
            f"--behave：没有银行 {strange}；有：{here}",
            f"--behave: no bank {strange} here; there are {here}",
            WRONG_USE,
        )


def _behaviours(behave: list[str]) -> "Behaviours":
    """``CODE=silent,late`` → behaviours by institution; a word that is none is refused with the list."""
    asked: dict[str, tuple[Any, ...]] = {
        code: tuple(words.split(",")) for code, _, words in (each.partition("=") for each in behave)
    }
    if unknown := {word for words in asked.values() for word in words} - set(BEHAVIOURS):
        known, said = ", ".join(BEHAVIOURS), ", ".join(sorted(unknown))
        fail("wrong-use", f"没有这种行为：{said}；可用：{known}", f"no such behaviour: {said}; known: {known}", WRONG_USE)
    return asked


def _running(bank: "RunningBank") -> dict[str, Any]:
    """What a centre must know to connect; host, port and pin are those of a server, where its road has one."""
    from connector.bankside.simulate import Door

    settings, where = bank.desk.settings, bank.where
    door = where if isinstance(where, Door) else None
    return {
        "code": bank.code,
        "name": settings.institution.name,
        "road": bank.road,
        "profile": settings.profile,
        "behaviours": list(settings.behaviours),
        "host": door.host if door else "",
        "port": door.port if door else 0,
        "pin": door.pin if door else "",
        "user": settings.sftp.user if settings.sftp else "",
        "root": str(bank.desk.root),
    }


def _running_line(bank: dict[str, Any]) -> str:
    reached = f"{bank['host']}:{bank['port']}  {bank['pin']}" if bank["pin"] else _without_server(bank)
    road = tr(*ROADS[bank["road"]])
    return f"{bank['code']}  {road:10} {bank['profile']:14} {reached}  {','.join(bank['behaviours'])}"


def _without_server(bank: dict[str, Any]) -> str:
    if bank["road"] == "folder":
        return str(bank["root"])
    return tr("介质由两人携带，无服务", "carried by two persons; nothing listens")
