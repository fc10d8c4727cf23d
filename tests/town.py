"""A centre and its banks on this machine: real sshds, our ring and theirs, a whole deployment; and the journey run to its end.

``Town`` holds no test: it is what the journey, the faults, the kills and the canary are tried on.
"""

import csv
import functools
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import yaml

from config.settings import database_url, read_settings
from connector.assembly import Deployment, clock, lanes_executor
from connector.bankside.desk import Desk
from connector.bankside.respond import respond
from connector.founding import INTERNATIONAL, KEY_DAYS, KEY_KINDS, NATIONAL, Founding, found, keep_secret
from connector.intake import door
from connector.ledger import answers
from connector.ledger.ledger import Ledger
from connector.ledger.rows import AnyRow
from connector.reports.dossier import Reader
from connector.reports.standing import kept
from connector.steps import runner
from tests.real_sshd import RealSshd
from transports.sealing.keyring import KeyRing

HERE = Path(__file__).resolve().parent
PROFILES = ("hxcb", "gdyz")
FOLDERS = {"hxcb": ("in/cx", "out/cx", "out/cx/bak"), "gdyz": ("upload", "download")}
CIPHERS = {"hxcb": "-aes-256-gcm", "gdyz": "-aes-256-cbc"}
BANK_SECRET = b"a bank's own secret"


@functools.cache
def _bank_keys(number: int, kind: str) -> "tempfile.TemporaryDirectory[str]":
    """The ring of a town's first, second, … bank, the same in every town of a process: to make one takes a quarter of a second."""
    folder = tempfile.TemporaryDirectory()
    ring = KeyRing.create(Path(folder.name), BANK_SECRET)
    ring.new("us/sign", "sign", kind, KEY_DAYS, clock())
    ring.new("us/decrypt", "encrypt", kind, KEY_DAYS, clock())
    return folder


class Town:
    """One centre and the institutions of a city folder (requests, accounts.csv, movements.csv, institutions.json, rates, policy)."""

    def __init__(
        self,
        folder: Path,
        city: Path,
        *,
        database: str = "sqlite:///ledger.db",
        shell_banks: Sequence[str] = (),
        behaviours: dict[str, Sequence[str]] | None = None,
        lines_max: int | None = None,
        suite: str = INTERNATIONAL,
        shell_seal: Sequence[str] = (),
    ) -> None:
        self.folder, self.city, self.database = folder, city, database
        self.shell_seal = shell_seal  # the command that seals for a bank of shell tools; openssl's CMS where it is not said
        self.suite, self.kind = suite, KEY_KINDS[suite][0]  # banks have keys of this one kind and know no other of the centre
        self.shell_banks, self.behaviours, self.lines_max = shell_banks, behaviours or {}, lines_max
        self.dir = folder / "centre"
        self.label = ""
        self.institutions = json.loads((city / "institutions.json").read_text("utf-8"))["institutions"]
        self.servers: dict[str, RealSshd] = {}
        self._desks: dict[str, Desk] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        policy = self.city / "policy.json"
        found(
            Founding(
                self.dir,
                "C1",
                "centre",
                "440106",
                "li",
                self.database,
                policy if policy.exists() else None,
                self.city / "rates.csv",
                self.suite,
            ),
            clock(),
        )
        for number, institution in enumerate(self.institutions):
            self._settle_bank(institution, PROFILES[number % 2])
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    # ---------------------------------------------------------------- making the banks
    def bank_folder(self, code: str) -> Path:
        """Where a bank keeps its own things."""
        return self.folder / f"bank-{code}"

    def speaks(self, code: str, profile: str, ours: Mapping[str, str], theirs: Mapping[str, str]) -> None:
        """A bank of hxcb gets a profile of the site instead: the editions the centre has, and those the bank has (version → text)."""
        for home, editions in ((self.dir, ours), (self.bank_folder(code), theirs)):
            folder = home / "profiles" / profile
            folder.mkdir(parents=True)
            for version, text in editions.items():
                (folder / f"{version}.yaml").write_text(text, "utf-8")
        connection = self.dir / "connections" / f"{code}.yaml"
        connection.write_text(connection.read_text("utf-8").replace("profile: hxcb", f"profile: {profile}"), "utf-8")
        own = self.bank_folder(code) / "bank.yaml"
        said = yaml.safe_load(own.read_text("utf-8")) | {"profile": profile, "profiles": ["profiles"]}
        own.write_text(yaml.safe_dump(said), "utf-8")

    def _settle_bank(self, institution: dict[str, str], profile: str) -> None:
        code = institution["code"]
        home = self.bank_folder(code)
        server = self._open.enter_context(RealSshd(home / "sshd", folders=FOLDERS[profile]))
        self.servers[code] = server
        if code in self.shell_banks:
            sign, encrypt = self._shell_bank(server.root, code, profile)
        else:
            sign, encrypt = self._our_bank(home, code, profile, server.root)
        ring = self.ring()
        ring.import_certificate(f"{code}/sign", sign, use="sign", evidence="HD-1")
        ring.import_certificate(f"{code}/encrypt", encrypt, use="encrypt", evidence="HD-1")
        keep_secret(self.dir, f"{code}/sftp-key", server.client_key_pem.encode())
        self.write_connection(institution, profile, server)

    def ring(self) -> KeyRing:
        """The centre's ring."""
        return KeyRing.open(self.dir / "keys", (self.dir / "secrets" / "ring").read_bytes())

    def write_connection(self, institution: dict[str, str], profile: str, server: RealSshd, pin: str | None = None) -> None:
        """DIR/connections/<code>.yaml."""
        code = institution["code"]
        connection: dict[str, Any] = {
            "institution": {"code": code, "name": institution["name"], "class": institution.get("kind", "city_bank")},
            "profile": profile,
            "hours": "always",
            "address": {"host": "127.0.0.1", "port": server.port},
            "account": {"user": server.user, "key": f"secret:{code}/sftp-key"},
            "pins": [pin or server.host_key_pin],
            "keys": {
                "bank_encrypt": f"cert:{code}/encrypt",
                "bank_sign": f"cert:{code}/sign",
                "our_sign": "secret:us/sign",
                "our_decrypt": "secret:us/decrypt",
            },
        }
        if self.lines_max:
            connection["limits"] = {"lines_max": self.lines_max}
        (self.dir / "connections" / f"{code}.yaml").write_text(yaml.safe_dump(connection, allow_unicode=True), "utf-8")

    def _our_bank(self, home: Path, code: str, profile: str, root: Path) -> tuple[bytes, bytes]:
        """A bank that runs our own `bank respond`; its signing and encryption certificates."""
        keep_secret(home, "ring", BANK_SECRET)
        number = [institution["code"] for institution in self.institutions].index(code)
        shutil.copytree(_bank_keys(number, self.kind).name, home / "keys")
        ring = KeyRing.open(home / "keys", BANK_SECRET)
        ours = self.ring()
        ring.import_certificate("centre/sign", ours.certificate("us/sign", self.kind).pem, use="sign")
        ring.import_certificate("centre/encrypt", ours.certificate("us/decrypt", self.kind).pem, use="encrypt")
        settings = {
            "institution": {"code": code},
            "profile": profile,
            "data": {"folder": str(self.city)},
            "root": str(root),
            "behaviours": list(self.behaviours.get(code, ["answers"])),
        }
        (home / "bank.yaml").write_text(yaml.safe_dump(settings), "utf-8")
        return ring.certificate("us/sign").pem, ring.certificate("us/decrypt").pem

    def _shell_bank(self, root: Path, code: str, profile: str, served: str = ".") -> tuple[bytes, bytes]:
        """A bank of shell tools only, in ``root``; below it, in ``served``, are the folders the centre reaches."""
        kind = "sm2" if self.suite == NATIONAL else "ec" if profile == "hxcb" else "rsa"
        subprocess.run([HERE / "independent_bank" / "make_keys.sh", root, kind], check=True)
        (root / "data").symlink_to(self.city)
        send, take = FOLDERS[profile][:2]
        lines = {
            "BANK": code,
            "LANGUAGE": profile,
            "SEND": f"{served}/{send}",
            "TAKE": f"{served}/{take}",
            "DONE": "done",
            "DATA": "data",
            "CIPHER": CIPHERS[profile],
        }
        lines |= {"SEAL": shlex.join(self.shell_seal)} if self.shell_seal else {}
        (root / "bank.conf").write_text("".join(f"{key}={shlex.quote(value)}\n" for key, value in lines.items()))
        ours = self.ring()
        (root / "keys" / "centre_sign.crt").write_bytes(ours.certificate("us/sign", self.kind).pem)
        (root / "keys" / "centre_encrypt.crt").write_bytes(ours.certificate("us/decrypt", self.kind).pem)
        return (root / "keys" / "sign.crt").read_bytes(), (root / "keys" / "decrypt.crt").read_bytes()

    # ---------------------------------------------------------------- the journey
    def deployment(self, now: Callable[[], datetime] = clock) -> Deployment:
        """The centre, opened anew."""
        return Deployment.open(self.dir, now)

    def ledger(self) -> Ledger:
        """The centre's ledger alone."""
        return Ledger.open(database_url(read_settings(self.dir), self.dir))

    def intake(self, sheet: str = "requests.xlsx") -> door.Taken:
        """Bring the city's households in."""
        parts = self.deployment().parts
        rows = door.read_rows((self.city / sheet).read_bytes(), parts)
        return door.take_in(parts, rows, "li", clock())

    def step(self, *names: str, now: datetime | None = None) -> dict[str, runner.StepResult]:
        """One pass of each step."""
        at = now or clock()
        parts = self.deployment(lambda: at).parts
        with lanes_executor() as executor:
            return {name: runner.run(name, parts, at, executor) for name in names}

    def desk(self, code: str) -> Desk:
        """The desk of one of our own banks."""
        if code not in self._desks:
            self._desks[code] = Desk.open(self.bank_folder(code) / "bank.yaml")
        return self._desks[code]

    def banks_respond(self, *codes: str) -> None:
        """Every bank (or those named) looks into its folder once."""
        for code in codes or [institution["code"] for institution in self.institutions]:
            if code in self.shell_banks:
                self.run_shell_bank(self.servers[code].root)
            else:
                respond(self.desk(code), clock())

    def run_shell_bank(self, root: Path) -> None:
        """One pass of a bank of shell tools."""
        subprocess.run([HERE / "independent_bank" / "independent_bank.sh", root], check=True)

    def journey(self) -> None:
        """From the households that wait to their reports."""
        self.step("gather", "dispatch")
        self.banks_respond()
        self.step("collect", "settle", "conclude")

    # ---------------------------------------------------------------- what came of it
    def reports(self) -> dict[str, dict[str, Any]]:
        """Every household's kept report."""
        parts = self.deployment().parts
        return {row.household_key: report for row in self._inquiries() if (report := kept(parts, row)) is not None}

    def lines(self) -> list[tuple[str, str, str, str, int, int]]:
        """(institution, household, person, outcome, accounts, movements) of every line, as the dossiers hold them."""
        parts = self.deployment().parts
        with parts.ledger.read() as tx:
            found = Reader(tx, parts, clock()).read(self._inquiries())
        counts: dict[tuple[str, str, str], list[int]] = {}
        for place, table in enumerate((found.holdings, found.movements)):
            for row in table.to_pylist():
                counts.setdefault((row["institution"], row["household_key"], row["person_key"]), [0, 0])[place] += 1
        return [
            (
                a.institution,
                c.household.household_key,
                a.person_key,
                a.outcome,
                *counts.get((a.institution, c.household.household_key, a.person_key), (0, 0)),
            )
            for c in found.cases
            for a in c.answers
        ]  # type: ignore[misc]

    def _inquiries(self) -> list[AnyRow]:
        parts = self.deployment().parts
        with parts.ledger.read() as tx:
            return list(answers.inquiries(tx, parts.centre))

    def command(self, *arguments: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        """The real command on this deployment."""
        line = [sys.executable, "-m", "connector", *arguments, "--dir", str(self.dir)]
        return subprocess.run(line, capture_output=True, text=True, env=env, check=False)


def differences(town: Town, city: Path) -> list[str]:
    """Where the end of a journey is not what the city's truth says: lines, then households; findings belong to a later day."""
    with (city / "expected_answers.csv").open(encoding="utf-8") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    truth = {(*row[:4], int(row[4]), int(row[5])) for row in rows}
    told = town.lines()
    found = [f"line of {line[0]}: {line[3:]}" for line in truth ^ set(told)]
    found += [] if len(told) == len(rows) else [f"{len(told)} lines, expected {len(rows)}"]
    return found + _household_differences(town.reports(), json.loads((city / "expected_households.json").read_text("utf-8")))


def _household_differences(reports: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    found = [f"household {key}" for key in set(reports) ^ set(expected)]
    for key in set(reports) & set(expected):
        truth, got = expected[key], reports[key]
        plain = [name for name in truth if name not in {"findings", "persons", "accounts"}]
        found += [f"{key}: {name}" for name in plain if truth[name] != got[name]]
        found += [f"{key}: persons"] if _persons(truth) != _persons(got) else []
        found += [f"{key}: accounts"] if _lists(truth) != _lists(got) else []
    return found


def _persons(report: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(person["person_key"], person["assets"]) for person in report["persons"]]


def _lists(report: dict[str, Any]) -> dict[str, set[str]]:
    return {name: set(accounts) for name, accounts in report["accounts"].items()}


def copy_city(source: Path, target: Path) -> Path:
    """A city folder that may be changed."""
    shutil.copytree(source, target)
    return target
