"""No canary sings: after a whole journey by the real command, with refusals, parked rows and kills, nobody's data stands in clear.

Looked through: the deployment folder, its database (and the write-ahead log of the whole journey), the folder for temporary files,
everything the command said, the folders the banks share with us, and which files the command ever opened to write.
"""

import dataclasses
import gzip
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from connector.assembly import clock
from connector.bankside.lookup import Answer
from connector.ledger.schema import metadata
from tests.canaries import ADULT, NAME, SCAN, TOKENS, make_city, number, seen_below, seen_in
from tests.connector.register.office import deaths_sheet, on, register_sheet, stopped
from tests.real_postgres import RealPostgres
from tests.replies import batches, reply, with_rows
from tests.town import Town

ROOT = Path(__file__).resolve().parent.parent

# Loaded by every python below it: writes down each file that is opened to be written.
WATCH = """
import os, sys
_log = os.open({log!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def _hook(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)) and args[2] & (os.O_WRONLY | os.O_RDWR):
        os.write(_log, os.fsencode(os.path.abspath(args[0])) + b"\\n")
sys.addaudithook(_hook)
"""


# The command again and again in one process, as `connector` runs it: a start costs a second.
COMMANDS = """
import json, sys
from connector.cli.main import main
for arguments in json.loads(sys.argv[1]):
    sys.argv[1:] = arguments
    try:
        main()
    except SystemExit as ended:
        assert ended.code in (0, 1, 4, 5), (arguments, ended.code)
"""
LOOKS = (["status"], ["authorization", "list"], ["authorization", "show", "SQ1"], ["approvals"], ["users", "list"])
FIGURES = (["statistics"], ["statistics", "--explain"], ["statistics", "recount"], ["forecast"])
CLOCK = (["due"], ["remind", "--dry-run"], ["remind"], ["remind", "list"], ["calendar", "show"], ["calendar", "moved"])
REGISTERS = (["register", "show"], ["register", "rounds"], ["deaths", "show"], ["appeal", "list"])


class Journey:
    """One centre, everything by the command; what it said is kept."""

    def __init__(self, town: Town, folder: Path, server: RealPostgres | None = None) -> None:
        self.town, self.server, self.killed = town, server, server is None
        self.outside, self.tmp, self.watch = folder / "outside", folder / "tmp", folder / "watch"
        for each in (self.outside, self.tmp, self.watch):
            each.mkdir()
        self.log = folder / "written.log"
        (self.watch / "sitecustomize.py").write_text(WATCH.format(log=str(self.log)))
        self.said: list[str] = []

    def say(self, *commands: Sequence[str], crash: str = "") -> None:
        """Run some commands in one process of their own, and keep what they say."""
        self.said += self._run(*commands, crash=crash)

    def _run(self, *commands: Sequence[str], crash: str = "") -> list[str]:
        env = os.environ | {
            "TMPDIR": str(self.tmp),
            "PYTHONPATH": f"{self.watch}{os.pathsep}{ROOT}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "CONNECTOR_DIR": str(self.town.dir),
            "CONNECTOR_USER": "zhang",
            "CONNECTOR_CRASHPOINT": crash,
        }
        line = [sys.executable, "-c", COMMANDS, json.dumps(commands)]
        done = subprocess.run(line, capture_output=True, text=True, env=env, check=False)
        assert (-signal.SIGKILL if crash else 0) == done.returncode, f"{commands}: {done.stderr}"
        return [done.stdout, done.stderr]

    def run(self) -> None:
        """In, out, back and told; killed on the way; with what banks get wrong."""
        take_in = ["intake", str(self.town.city / "requests.csv")]
        scans = ["--scans", str(self.town.city / "scans")]
        self.say(
            ["users", "add", "zhang", "--role", "operator", "--by", "li"],
            [*take_in, "--dry-run", "--all"],
            [*take_in, "--refused", str(self.outside / "refused.csv"), *scans],
            [*take_in, "--refused", str(self.outside / "refused.xlsx"), "--json"],
        )
        if self.killed:
            self.say(["step", "gather"], crash="O7")
        self.say(["step", "gather"], ["step", "dispatch"])
        self._answer()
        if self.killed:
            self.say(["step", "collect"], ["step", "settle"], crash="N9")
            self.say(["step", "settle"], crash="N11")
        steps = [["step", name, "--json"] for name in ("collect", "settle", "conclude")]
        self.say(
            *steps,
            *LOOKS,
            *([*look, "--json"] for look in LOOKS),
            ["report", "JT2"],
            ["audit", "export", str(self.tmp / "audit.jsonl")],
        )
        # Reports are for whoever may read them: what was told is not among what is looked through.
        told, _ = self._run(
            ["report", "JT1", "--format", "json"], ["report", "JT1", "--format", "xlsx", "--out", str(self.outside / "JT1.xlsx")]
        )
        (self.outside / "JT1.json").write_text(told, "utf-8")
        self._later()

    def _later(self) -> None:
        """What comes after: a register, deaths, an appeal, a line asked again, a batch held; and what looks at all of it."""
        city, bank = self.town.city, self.town.institutions[1]["code"]
        ended = {"ends_on": "2026-11-01", "reason": f"{NAME}收入超过标准"}
        named = {"name": f"{NAME}甲1", "id_type": "居民身份证", "id_no": number(ADULT, 1)}
        (city / "register.csv").write_bytes(register_sheet(on("JT1", **named), stopped("JT2", **ended)))
        dead = [(f"{NAME}甲3", number(ADULT, 3)), (f"{NAME}另", number(ADULT, 2)), (f"{NAME}错", number(ADULT, 9)[:-1] + "?")]
        (city / "deaths.csv").write_bytes(
            deaths_sheet(*({"name": who, "id_no": no, "died_on": "2026-11-02"} for who, no in dead))
        )
        account = next(row["account_no"] for row in self._holdings() if row["institution"] == bank)
        (city / "accounts.txt").write_text(f"{bank},{account}\n", "utf-8")
        (silent, *_) = batches(self.town, self.town.institutions[3]["code"])
        appeal = [
            "--banks",
            bank,
            "--received",
            f"{clock():%Y-%m-%d}",
            "--reason",
            "not mine",
            "--accounts",
            str(city / "accounts.txt"),
        ]
        why = ["--reason", "looked into"]
        self.say(
            ["register", "take", str(city / "register.csv"), "--json"],
            ["deaths", "take", str(city / "deaths.csv"), "--all"],
            ["deaths", "look", "1", "3", "--another", *why],
            ["appeal", "open", "JT1", *appeal],
            ["appeal", "ask", "1"],
            ["again", silent.institution, silent.number, "--now", *why],
            ["step", "gather"],
            ["step", "all", "--json"],
            ["appeal", "show", "1"],
            *(["proof", home, "--all", *form] for home in ("JT1", "JT3") for form in ([], ["--json"])),
            *(each for look in (*FIGURES, *CLOCK, *REGISTERS, *LOOKS) for each in (look, [*look, "--json"])),
            ["worker", "--once-idle", "--json"],
        )

    def _holdings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.outside / "JT1.json").read_text("utf-8"))["holdings"]
        return found

    def _answer(self) -> None:
        """One bank cannot be read in places; one answers well; one answers about others too; one lies in its trailer."""
        garbles, answers, confused, lies = (bank["code"] for bank in self.town.institutions)
        self.town.banks_respond(answers)
        (batch,) = batches(self.town, garbles)
        reply(self.town, batch, rows=_chatty, text=_garbled)
        reply(self.town, batch, again=1, text=_misplaced)
        (batch,) = batches(self.town, confused)
        reply(self.town, batch, rows=with_rows("holding", STRANGER))
        (batch,) = batches(self.town, lies)
        reply(self.town, batch, text=lambda text: re.sub(rb"\n99(\d{8})", rb"\n9999999999", text))

    def written_elsewhere(self) -> set[str]:
        """Files the command opened to write outside the deployment and what the operator asked for."""
        places = ("/dev/", *(f"{place.resolve()}/" for place in (self.town.dir, self.outside, self.tmp)))
        return {line for line in self.log.read_text().splitlines() if not line.startswith(places)}


STRANGER = {
    "line_ref": "000099",
    "holder_name": f"{NAME}乙",
    "account_no": f"{TOKENS['account']}000000001",
    "product": "fund",
    "currency": "CNY",
    "balance_minor": int(TOKENS["balance"]),
}


def _chatty(answer: Answer) -> Answer:
    """A bank that names the person in its remark."""
    rows = [{**row, "message": f"{NAME}甲，{TOKENS['number']}：已核"} for row in answer.outcome.to_pylist()]
    return dataclasses.replace(answer, outcome=answer.outcome.from_pylist(rows, answer.outcome.schema))


def _garbled(text: bytes) -> bytes:
    """An account number where the product belongs, a name where a sum does, a day that is none: rows to be parked."""
    text = text.replace(b"|101|", f"|{TOKENS['account']}777777777|".encode(), 1)
    text = text.replace(b"|20261102|", b"|20261399|", 1)
    return text.replace(b"|0||", b"|" + NAME.encode("gb18030") + b"||", 1)


def _misplaced(text: bytes) -> bytes:
    """A name where a status belongs, which nobody foresaw: a file to be refused."""
    return text.replace(b"|0|20261120|", b"|" + NAME.encode("gb18030") + b"|20261120|")


LEDGERS = [pytest.param(name, marks=pytest.mark.xdist_group(f"canary {name}")) for name in ("sqlite", "postgresql")]


@pytest.fixture(scope="module", params=LEDGERS)
def journey(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    folder = tmp_path_factory.mktemp("canary")
    city = make_city(folder / "city")
    if request.param == "postgresql":
        with RealPostgres() as server, Town(folder, city, database=server.fresh()) as town:
            made = Journey(town, folder, server)
            made.run()
            yield made
        return
    with Town(folder, city) as town:
        made = Journey(town, folder)
        with closing(sqlite3.connect(town.dir / "ledger.db", isolation_level=None)) as reader:
            reader.execute("BEGIN")  # as long as somebody reads, the write-ahead log keeps everything
            reader.execute("SELECT count(*) FROM audit").fetchone()
            made.run()
            yield made


@pytest.mark.parametrize(
    "disguise",
    [
        lambda text: text.encode("gb18030"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode().hex().encode(),
        lambda text: json.dumps({"kept": text}).encode(),
        lambda text: (
            subprocess.run(["base64", "-w0"], input=b"xx" + text.encode() + b"yyyy", capture_output=True, check=True).stdout
        ),
        lambda text: gzip.compress(text.encode()),
        lambda text: b"\0" * 7 + pa.compress(text.encode() * 3, "zstd", asbytes=True),
    ],
)
@pytest.mark.parametrize("token", TOKENS.values())
def test_i13_the_scanner_sees_every_canary_in_every_disguise(token: str, disguise, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert set() != seen_in(b"\xff before " + disguise(f"…{token}…")) or set() != seen_in(disguise(f"…{token}…"))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "planted").write_bytes(disguise(token + token))
    assert ["deep/planted"] == list(seen_below(tmp_path))


def test_i13_a_file_that_goes_while_we_look_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = os.walk
    monkeypatch.setattr(os, "walk", lambda folder: ((place, below, [*names, "gone"]) for place, below, names in walk(folder)))
    (tmp_path / "stays").write_text(NAME)

    assert ["stays"] == list(seen_below(tmp_path))


def test_i13_the_journey_really_was_about_the_canaries(journey: Journey) -> None:
    outside = seen_below(journey.outside)
    states = {bank["code"]: [file["state"] for file in bank["files"]] for bank in _status(journey)["banks"]}

    assert {"refused.csv", "refused.xlsx", "JT1.json", "JT1.xlsx"} == set(outside)
    assert [["rows-parked", "refused"], ["opened"], ["rows-parked"], ["refused"]] == list(states.values())
    assert {"name", "number", "child's number", "account", "balance"} <= {each.partition(" (")[0] for each in outside["JT1.json"]}


def _status(journey: Journey) -> dict[str, Any]:
    said = next(text for text in journey.said if '"status/1"' in text)
    found: dict[str, Any] = json.JSONDecoder().raw_decode(said, said.index('{\n  "schema": "status/1"'))[0]
    return found


def test_i13_the_later_life_really_happened(journey: Journey) -> None:
    rows = dict(_tables(journey))

    filled = ("recipient", "register_sheet", "death", "appeal", "appeal_item", "stopped_member", "line_event", "tally", "counter")
    assert [] == [name for name in filled if not rows[name]]


def test_i13_f2_nothing_in_the_deployment_folder_is_in_clear(journey: Journey) -> None:
    kept = {path.relative_to(journey.town.dir).parts[0] for path in journey.town.dir.rglob("*") if path.is_file()}

    assert {"objects", "keys", "connections", "service.yaml"} <= kept
    assert journey.server or {"ledger.db", "ledger.db-wal", "ledger.db-shm", "lanes"} <= kept
    assert {} == seen_below(journey.town.dir)


def test_i13_f6_nothing_in_any_table_is_in_clear(journey: Journey) -> None:
    assert {} == {name: found for name, rows in _tables(journey) if (found := seen_in(rows))}


def _tables(journey: Journey) -> Iterator[tuple[str, bytes]]:
    """Every table, every row, every column as the database gives it."""
    server = journey.server
    address = journey.town.database.partition("dbname=")[0]
    connect = (
        (lambda: psycopg.connect(address.replace("+psycopg", "")))
        if server
        else lambda: sqlite3.connect(journey.town.dir / "ledger.db")
    )
    with closing(connect()) as connection:
        for table in metadata.sorted_tables:
            rows = connection.execute(f'SELECT * FROM "{table.name}"').fetchall()
            yield table.name, b"\n".join(_bytes(cell) for row in rows for cell in row)


def _bytes(cell: object) -> bytes:
    return bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()


def test_i13_nothing_in_the_files_of_the_database_server_is_in_clear(journey: Journey) -> None:
    server = journey.server
    if server is None:
        return  # SQLite's files lie in the deployment folder
    server.connect().execute("CHECKPOINT")

    assert {} == seen_below(server.folder)


def test_i13_e5_nothing_the_command_said_names_anybody(journey: Journey) -> None:
    assert len("".join(journey.said)) > 10_000
    assert set() == seen_in("\n".join(journey.said).encode())


def test_i13_opened_content_never_touches_a_disk(journey: Journey) -> None:
    assert {} == seen_below(journey.tmp)
    assert {"audit.jsonl", "audit.jsonl.pem"} == {path.name for path in journey.tmp.rglob("*")}
    assert set() == journey.written_elsewhere()
    assert f"{journey.town.dir.resolve()}/objects/unfinished/" in journey.log.read_text()


def test_i13_nothing_on_the_road_is_in_clear(journey: Journey) -> None:
    seen = {code: seen_below(server.root) for code, server in journey.town.servers.items()}

    assert {code: {} for code in journey.town.servers} == seen


def test_i13_scans_are_kept_sealed(journey: Journey) -> None:
    sizes = {path.stat().st_size for path in (journey.town.dir / "objects").rglob("*") if path.is_file()}

    assert any(len(SCAN) < size < len(SCAN) + 100 for size in sizes)
