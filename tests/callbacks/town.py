"""A town of one bank on a line over HTTPS that calls back: its line's server here, its house and our receiver as processes of their own."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from bank_profiles.catalogue import BANKS
from config.settings import read_settings
from connector.assembly import Deployment, clock
from connector.bankside.desk import Desk
from connector.bankside.invented import invent
from connector.bankside.line_server import line_server
from connector.callbacks.receiving import receiving
from connector.founding import keep_secret
from tests.certificates import Identity, authority, leaf, tls_settings
from tests.town import FOLDERS, Town
from transports.address import Address
from transports.https import Deadlines, Https, HttpsServer, HttpsSettings

CHANNEL = """channel:
  kind: line_http
  path: /cx/v1
  calls: house
  call_back: true
  sign: {over: message, put_in: header X-Sign}
  seal: cms-aes256gcm
  sealed_as: "{package}.p7m"
"""
QUICK = Deadlines(connect_s=5.0, reply_s=10.0, transfer_s=10.0)


_NUMBERS = itertools.count()  # of callers: several may be written at once


class CallBackTown(Town):
    """``code``: its bank. ``bank``: as it answers on its line; ``caller``: as it calls us; ``ours``: as we are on either."""

    def __init__(self, folder: Path, *, households: int = 2, channel: str = CHANNEL) -> None:
        invent(city := folder / "city", households=households, banks=4)
        listed = json.loads((city / "institutions.json").read_text("utf-8"))
        listed["institutions"] = listed["institutions"][:1]
        (city / "institutions.json").write_text(json.dumps(listed), "utf-8")
        super().__init__(folder, city)
        self.channel = channel
        self.code = self.institutions[0]["code"]
        self.issuer, self.bank_issuer = authority("Lines"), authority("Machines of the bank")
        self.bank, self.ours, self.caller = leaf(self.issuer), leaf(self.issuer), leaf(self.bank_issuer, "caller")

    def _settle_bank(self, institution: dict[str, str], profile: str) -> None:
        code, home = institution["code"], self.bank_folder(institution["code"])
        self.root = home / "exchange"
        for name in FOLDERS["hxcb"]:
            (self.root / name).mkdir(parents=True)
        text = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").partition("\nexamples:")[0]
        text = text.replace("profile: hxcb", "profile: called")
        note = text[: text.index("channel:")] + self.channel + text[text.index("\ninquiry:") :] + "\n"
        for place in (self.dir, home):
            (place / "profiles" / "called").mkdir(parents=True)
            (place / "profiles" / "called" / "2026.1.yaml").write_text(note, "utf-8")
        sign, encrypt = self._our_bank(home, code, "called", self.root)
        ring = self.ring()
        ring.import_certificate(f"{code}/sign", sign, use="sign", evidence="HD-1")
        ring.import_certificate(f"{code}/encrypt", encrypt, use="encrypt", evidence="HD-1")
        self.amend(home / "bank.yaml", profiles=["profiles"])
        desk = Desk.open(home / "bank.yaml")
        desk.make_folders(desk.profile(clock()))
        tls = tls_settings(home, self.bank, self.issuer, self.ours.pin, file="line")
        self.line = self._open.enter_context(line_server(desk, desk.profile(clock()), clock, tls=tls))
        self._connect(institution)

    def _connect(self, institution: dict[str, str]) -> None:
        code = institution["code"]
        for name, text in {
            "certificate": self.ours.pem,
            "key": self.ours.key_pem,
            "authority": self.issuer.pem,
            "callers": self.bank_issuer.pem,
        }.items():
            keep_secret(self.dir, f"line/{name}", text.encode())
        own = {"our_sign": "secret:us/sign", "our_decrypt": "secret:us/decrypt"}
        said: dict[str, Any] = {
            "institution": {"code": code, "name": institution["name"], "class": "city_bank"},
            "profile": "called",
            "hours": "always",
            "address": {"host": "127.0.0.1", "port": self.line.port},
            "line": {name: f"secret:line/{name}" for name in ("certificate", "key", "authority")} | {"name": "localhost"},
            "pins": [self.bank.pin],
            "call_back": {"authority": "secret:line/callers", "pins": [self.caller.pin]},
            "keys": {"bank_encrypt": f"cert:{code}/encrypt", "bank_sign": f"cert:{code}/sign"} | own,
        }
        self.connection = self.dir / "connections" / f"{code}.yaml"
        self.connection.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
        serve = {name: f"secret:line/{name}" for name in ("certificate", "key")}
        self.amend(self.dir / "service.yaml", call_backs=serve)

    def amend(self, path: Path, **said: Any) -> None:
        """Change settings in a file."""
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text("utf-8")) | said, allow_unicode=True), "utf-8")

    # ---------------------------------------------------------------- our receiver
    @contextmanager
    def receiving(self) -> Iterator[HttpsServer]:
        """Ours, in this process."""
        opened = Deployment.open(self.dir)
        with receiving(
            opened.parts, opened.ring, read_settings(self.dir), clock, port=0, deadlines=QUICK, rejoined=opened.rejoined
        ) as server:
            yield server

    @contextmanager
    def served(self) -> Iterator[int]:
        """``connector serve`` as a process; the port of the receiver."""
        line = [
            sys.executable,
            "-m",
            "connector",
            "serve",
            "--no-clock",
            "--call-back-port",
            "0",
            "--json",
            "--dir",
            str(self.dir),
        ]
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}) as process:
            try:
                assert process.stdout is not None
                said = json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")
                yield int(said["call_backs"].rpartition(":")[2].partition("/")[0])
            finally:
                process.terminate()

    # ---------------------------------------------------------------- the bank
    def calls_at(self, port: int, identity: Identity | None = None) -> None:
        """Its bank.yaml says where it calls, and as whom."""
        home = self.bank_folder(self.code)
        (identity or self.caller).write(home, "calls")
        (home / "centre.pem").write_text(self.issuer.pem)
        files = {"certificate": "calls.pem", "key": "calls.key", "authority": "centre.pem"}
        there = {"host": "127.0.0.1", "port": port, "name": "localhost", "pins": [self.ours.pin]}
        self.amend(home / "bank.yaml", call_back=there | files)

    def bank_calls(self) -> dict[str, Any]:
        """``connector bank respond`` as a process: it answers what came and calls back with the answers."""
        own = self.bank_folder(self.code) / "bank.yaml"
        line = [sys.executable, "-m", "connector", "bank", "respond", "--bank", str(own), "--once", "--json"]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        assert done.stdout, done.stderr
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    @contextmanager
    def calling(self, port: int, identity: Identity | None = None, **changes: Any) -> Iterator[Https]:
        """A client of the bank's that a test leads itself; unsigned unless ``signing`` is given."""
        tls = tls_settings(
            self.folder, identity or self.caller, self.issuer, self.ours.pin, name="localhost", file=f"calling-{next(_NUMBERS)}"
        )
        with Https(
            HttpsSettings(
                Address("127.0.0.1", port),
                tls,
                lambda: clock().timestamp(),
                base="/api/v1/call-backs",
                deadlines=QUICK,
                **changes,
            )
        ) as line:
            yield line

    def landed(self) -> list[str]:
        """What lies where collect looks."""
        return sorted(path.name for path in (self.dir / "call-backs" / self.code / "in").iterdir())
