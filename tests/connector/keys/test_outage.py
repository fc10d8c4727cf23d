"""A ring that does not open is an outage: every verb stops with a reason, nothing is written, and no key is ever made instead."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from connector.assembly import clock
from connector.cli.console import REFUSED, explain
from connector.cli.verbs import app
from connector.founding import Founding, found


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


DAMAGES: Mapping[str, Callable[[Path], object]] = {
    "another secret": lambda home: (home / "secrets" / "ring").write_bytes(b"another"),
    "no secret": lambda home: (home / "secrets" / "ring").unlink(),
    "no ring": lambda home: shutil.rmtree(home / "keys"),
    "an empty folder": lambda home: _empty(home / "keys"),
    "an index that was changed": lambda home: _flip(home / "keys" / "ring.json"),
    "an index that was cut": lambda home: (home / "keys" / "ring.json").write_bytes(b"{"),
    "a certificate that is gone": lambda home: next((home / "keys").glob("*.cert.pem")).unlink(),
    "a key that is gone": lambda home: next((home / "keys").glob("*.key.pem")).unlink(),
    "a folder others may read": lambda home: (home / "keys").chmod(0o755),
}

# Every verb of the command with what it must be given. {home}: the deployment (and {bank}: bank.yaml in it); {file}: any file
# that is there; {new}: one that is not.
BY, WHY, WITH = "--by admin", "--reason x", "--with admin"
VERBS: Mapping[str, str] = {
    "again": f"902 B1 {WHY} {BY}",
    "appeal ask": f"1 {BY}",
    "appeal decide": f"1 --upheld {WHY} {BY}",
    "appeal list": "",
    "appeal open": f"H1 --banks 902 --received 2026-11-20 {WHY} {BY}",
    "appeal show": "1",
    "approvals": "",
    "approve": f"1 {BY}",
    "audit checkpoint": "",
    "audit export": "{new}",
    "audit verify": "",
    "authorization attach": f"1 {{file}} {BY}",
    "authorization end": f"1 {WHY} {BY}",
    "authorization list": "",
    "authorization register": f"{{file}} {BY}",
    "authorization show": "1",
    "authorization withdraw": f"1 {WHY} {BY}",
    "bank conform": f"902 {BY}",
    "bank disc give": "--to {new} --bank {bank} --centre C1 --label D1",
    "bank disc take": "{home} --bank {bank} --centre C1 --label D1",
    "bank outage": f"902 --from 2030-12-01T22:00 --to 2030-12-02T06:00 {WHY} {BY}",
    "bank respond": "--bank {bank} --once",
    "calendar moved": "",
    "calendar show": "",
    "calendar take": f"{{file}} {WHY} {BY}",
    "deaths look": f"1 1 --same {WHY} {BY}",
    "deaths show": "",
    "deaths take": f"{{file}} {BY}",
    "due": "",
    "forecast": "",
    "hold": f"902 B1 {WHY} {BY}",
    "intake": f"{{file}} {BY}",
    "keys block": f"us/sign {WHY} {BY}",
    "keys certify": f"us/sign {{file}} {WHY} {BY}",
    "keys destroy": f"us/sign {WHY} {BY}",
    "keys handed": f"us/sign 902 --evidence HD-1 {BY}",
    "keys import": f"902/sign {{file}} --fingerprint 0 --evidence HD-1 {BY}",
    "keys import-own": f"us/x {{file}} {{file}} --signing us/sign {BY} {WITH}",
    "keys letter": "us/sign",
    "keys list": "",
    "keys new": f"us/sign --use sign {WHY} {BY} {WITH}",
    "keys renew": f"master {WHY} {BY} {WITH}",
    "keys request": f"us/sign --out {{new}} {BY}",
    "keys restore": f"us/sign {WHY} {BY}",
    "keys retire": f"us/sign {WHY} {BY}",
    "keys touched": "us/sign",
    "media destroy": f"1 {BY} {WHY}",
    "media hand-over": f"1 {BY} {WITH}",
    "media import": f"{{home}} --medium 1 --seal S1 {BY} {WITH}",
    "media list": "",
    "media receive": f"902 --label D1 --seal S1 {BY} {WITH}",
    "media refuse": f"1 {BY} {WHY} {WITH}",
    "media release": f"1 --seal S1 {WHY} {BY}",
    "media return": f"1 {BY} {WITH}",
    "media seal": f"1 --seal S1 --read {{home}} {BY} {WITH}",
    "media show": "1",
    "media slip": "1 --pdf {new}",
    "media write": f"902 --to {{new}} {BY}",
    "parcel": f"902 B1 --to {{home}} {BY}",
    "proof": f"1 {BY}",
    "recall": f"902 B1 {WHY} {BY}",
    "register round": f"--month 2026-12 {BY}",
    "register rounds": "",
    "register show": "",
    "register take": f"{{file}} --month 2026-12 {BY}",
    "release": f"902 B1 {WHY} {BY}",
    "remake": f"902 B1 {WHY} {BY}",
    "remind list": "",
    "report": "1",
    "resolve": f"902 B1 --received {WHY} {BY}",
    "serve": "",
    "statistics accept-refusal": f"902 B1 1 {WHY} {BY}",
    "statistics close": f"--month 2026-09 {BY}",
    "statistics outage": f"--from 2026-09-01T08:00 --to 2026-09-01T09:00 {WHY} {BY}",
    "statistics recount": "",
    "statistics reopen": f"--month 2026-09 {WHY} {BY}",
    "status": "",
    "step": "all",
    "users add": f"li --role operator {BY}",
    "users list": "",
    "users retire": f"li {BY}",
    "users roles": f"li --role operator {BY}",
    "worker": "--once-idle",
}
AT_A_BANK = ("bank disc give", "bank disc take", "bank respond")
WITHOUT_THE_RING = {
    "init": "makes one, where there is none",
    "demo": "founds a deployment of its own",
    "carrier": "runs on another machine, which has no ring",
    "bank simulate": "a bank of invented people with its own keys",
    **dict.fromkeys((f"profile {each}" for each in ("check", "explain", "help", "read", "test", "write")), "profiles only"),
}
DAILY = ("status", "step", "approvals", "keys list", "keys new", "keys block", "audit checkpoint", "bank respond")


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("founded") / "deployment"
    found(Founding(home, "C1", "核对中心", "320507", "admin"), clock())
    bank = {"institution": {"code": "902"}, "profile": "hxcb", "data": {"folder": "."}, "root": ".", "behaviours": ["answers"]}
    (home / "bank.yaml").write_text(yaml.safe_dump(bank), "utf-8")
    return home


def state_of(home: Path) -> dict[str, bytes]:
    """Keys, secrets, objects and the ledger itself; a reader's side files of the database are no writing."""
    paths = [path for path in sorted(home.rglob("*")) if path.is_file() and not path.name.startswith("ledger.db-")]
    return {str(path.relative_to(home)): path.read_bytes() for path in paths}


def ended(home: Path, verb: str) -> int:
    """The exit code of a verb, with what it must be given."""
    (file := home.parent / "file").write_bytes(b"anything")
    given = [word.format(home=home, file=file, new=home.parent / "new", bank=home / "bank.yaml") for word in VERBS[verb].split()]
    there = [] if verb in AT_A_BANK else ["--dir", str(home)]
    said = CliRunner().invoke(app, [*verb.split(), *given, *there])
    return explain(said.exception, True) if isinstance(said.exception, Exception) else said.exit_code


def _verbs(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every verb of the command, as it is typed."""
    for name, under in getattr(command, "commands", {}).items():
        yield from _verbs(under, (*path, name))
    if path and not hasattr(command, "commands"):
        yield " ".join(path)


def test_c2_every_verb_is_held_against_an_outage_or_said_to_need_no_ring() -> None:
    assert {*VERBS, *WITHOUT_THE_RING} == set(_verbs(typer.main.get_command(app)))


def test_c2_a_ring_that_does_not_open_stops_every_verb_and_nothing_is_written(founded: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(founded, tmp_path / "deployment"))
    DAMAGES["an index that was changed"](home)
    before = state_of(home)
    assert dict.fromkeys(VERBS, REFUSED) == {verb: ended(home, verb) for verb in VERBS}
    assert before == state_of(home)
    assert ["deployment", "file"] == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize("damage", DAMAGES)
def test_c2_whatever_keeps_a_ring_from_opening_stops_the_work(founded: Path, tmp_path: Path, damage: str) -> None:
    home = Path(shutil.copytree(founded, tmp_path / "deployment"))
    DAMAGES[damage](home)
    before = state_of(home)
    assert dict.fromkeys(DAILY, REFUSED) == {verb: ended(home, verb) for verb in DAILY}
    assert before == state_of(home)
