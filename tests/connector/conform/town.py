"""A centre and one bank's test system, over the road a test names; the bank looks into its folders whenever the trial pauses."""

import json
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from bank_profiles.catalogue import BANKS
from connector.assembly import clock
from connector.bankside.desk import Desk
from connector.bankside.line_server import line_server
from connector.conform.issuing import Issued, conform
from connector.conform.schema import conformance_schema
from connector.conform.trial import Patience
from connector.founding import keep_secret
from tests.certificates import authority, leaf, tls_settings
from tests.real_sshd import RealSshd
from tests.town import Town

_SCHEMA = jsonschema.Draft202012Validator(conformance_schema())
QUICK = Patience(timedelta(seconds=2), timedelta(seconds=0.1), timedelta(seconds=0.05), timedelta(seconds=0.02))
BANK = "902307450222"
LINES_MAX = 40
SEALED = '  seal: cms-aes256gcm\n  sealed_as: "{package}.p7m"\n'
LINES = {
    "tcp": "  kind: line_tcp\n  framing: {kind: length_prefix, digits: 8}\n  messages: house\n  connection: kept\n  answer: later\n"
    + SEALED,
    "tcp_at_once": "  kind: line_tcp\n  framing: {kind: length_prefix, digits: 8}\n  messages: house\n" + SEALED,
    "https": "  kind: line_http\n  path: /cx/v1\n  calls: house\n  collect: {collect: /answers}\n" + SEALED,
}


def one_bank(city: Path, target: Path) -> Path:
    """The city with one institution only."""
    target.mkdir(parents=True)
    for path in city.iterdir():
        if path.name != "institutions.json":
            (target / path.name).symlink_to(path)
    said = json.loads((city / "institutions.json").read_text("utf-8"))["institutions"]
    chosen = [each for each in said if each["code"] == BANK]
    (target / "institutions.json").write_text(json.dumps({"institutions": chosen}), "utf-8")
    return target


class TrialTown(Town):
    """``road``: sftp, or one of LINES, whose server is of ``served``. The connection is marked as a test unless ``real``."""

    def __init__(
        self,
        folder: Path,
        city: Path,
        road: str = "sftp",
        *,
        language: str = "hxcb",
        real: bool = False,
        served: type[Desk] = Desk,
        **given: Any,
    ) -> None:
        super().__init__(folder / "town", one_bank(city, folder / "city"), **given)
        self.road, self.language, self.real, self.served = road, language, real, served
        self._servers = ExitStack()

    def __enter__(self) -> "TrialTown":
        super().__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._servers.close()
        super().__exit__(*exc)

    def _settle_bank(self, institution: dict[str, str], profile: str) -> None:
        super()._settle_bank(institution, self.language)

    def write_connection(self, institution: dict[str, str], profile: str, server: RealSshd, pin: str | None = None) -> None:
        super().write_connection(institution, profile, server, pin)
        path = self.dir / "connections" / f"{BANK}.yaml"
        said = yaml.safe_load(path.read_text("utf-8")) | {"limits": {"lines_max": LINES_MAX}, "test": not self.real}
        if self.road != "sftp":
            said = self._lined(said)
        path.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")

    def _lined(self, said: dict[str, Any]) -> dict[str, Any]:
        """A dedicated line in place of the sshd, before the same folders."""
        home = self.bank_folder(BANK)
        text = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").partition("\nexamples:")[0]
        channel = text[text.index("\nchannel:") : text.index("\ninquiry:")]
        note = text.replace("profile: hxcb", "profile: lined").replace(channel, f"\nchannel:\n{LINES[self.road]}") + "\n"
        for place in (self.dir, home):
            (place / "profiles" / "lined").mkdir(parents=True)
            (place / "profiles" / "lined" / "2026.1.yaml").write_text(note, "utf-8")
        own = yaml.safe_load((home / "bank.yaml").read_text("utf-8")) | {"profile": "lined", "profiles": ["profiles"]}
        (home / "bank.yaml").write_text(yaml.safe_dump(own), "utf-8")
        issuer = authority()
        bank, ours = leaf(issuer, "bank"), leaf(issuer, "ours")
        for name, pem in (("certificate", ours.pem), ("key", ours.key_pem), ("authority", issuer.pem)):
            keep_secret(self.dir, f"line-{name}", pem.encode())
        desk = self.served.open(home / "bank.yaml")
        desk.make_folders(desk.profile(clock()))
        tls = tls_settings(home, bank, issuer, ours.pin, file="line")
        server = self._servers.enter_context(line_server(desk, desk.profile(clock()), clock, tls=tls))
        line = {name: f"secret:line-{name}" for name in ("certificate", "key", "authority")} | {"name": "localhost"}
        kept = {name: said[name] for name in ("institution", "keys", "limits", "test")}
        return kept | {
            "profile": "lined",
            "address": {"host": "127.0.0.1", "port": server.port},
            "line": line,
            "pins": [bank.pin],
        }

    def conform(self, patience: Patience = QUICK, **given: Any) -> Issued:
        """A run, in which the bank looks into its folders at every pause; its certificate is what the published schema says."""
        deployment = self.deployment()
        issued = conform(deployment, BANK, by="li", release="0", patience=patience, pause=lambda _: self.banks_respond(), **given)
        _SCHEMA.validate(issued.said)
        return issued


def results(issued: Issued) -> dict[str, str]:
    """Case → result."""
    return {case["id"]: case["result"] for case in issued.said["cases"]}


def deviations(issued: Issued) -> dict[str, str]:
    """Case → code, of those that deviate."""
    return {case["id"]: case["code"] for case in issued.said["cases"] if case["result"] == "deviates"}


def unlike(issued: Issued, *wanted: str) -> dict[str, tuple[str, str, str]]:
    """What did not end in one of these: case → result, code, what was seen."""
    return {c["id"]: (c["result"], c["code"], c["seen"]["en"]) for c in issued.said["cases"] if c["result"] not in wanted}
