"""The city over every road: the same lines, the same households, and the same bytes of business, whatever carries them (domain rule 27)."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from bank_profiles.catalogue import BANKS
from connector.assembly import clock
from connector.bankside.desk import Desk
from connector.bankside.line_server import line_server
from connector.founding import keep_secret
from tests.certificates import Identity, authority, leaf, tls_settings
from tests.town import FOLDERS, Town, differences
from transports.tls import TlsSettings

LATER = """
  kind: line_tcp
  framing: {kind: length_prefix, digits: 8}
  messages: house
  connection: kept
  answer: later
  seal: cms-aes256gcm
  sealed_as: "{package}.p7m"
"""
CHANNELS = {
    "tcp, asked now and collected later": LATER,
    "tcp, answered in the call": LATER.replace("answer: later", "answer: same_call").replace("kept", "one_per_message"),
    "https": """
  kind: line_http
  path: /cx/v1
  calls: house
  collect: {collect: /answers}
  sign: {over: message, put_in: header X-Sign}
  seal: cms-aes256gcm
  sealed_as: "{package}.p7m"
""",
}
FOLDER = "folder"


class RoadTown(Town):
    """All banks on one road: lines have a server of the bank's before its folders, a mounted folder has none."""

    def __init__(self, folder: Path, city: Path, road: str) -> None:
        super().__init__(folder, city)
        self.road = road
        self.issuer = authority()
        self.servers_of_lines = ExitStack()

    def __exit__(self, *exc: object) -> None:
        self.servers_of_lines.close()
        super().__exit__(*exc)

    def _settle_bank(self, institution: dict[str, str], profile: str) -> None:
        code, home, own = institution["code"], self.bank_folder(institution["code"]), f"on-{profile}"
        root = home / "exchange"
        for name in FOLDERS[profile]:
            (root / name).mkdir(parents=True, exist_ok=True)
        note = self._note(profile, own)
        for place in (self.dir, home):
            (place / "profiles" / own).mkdir(parents=True, exist_ok=True)
            (place / "profiles" / own / "2026.1.yaml").write_text(note, "utf-8")
        sign, encrypt = self._our_bank(home, code, own, _Served(root))
        said = yaml.safe_load((home / "bank.yaml").read_text("utf-8")) | {"profiles": ["profiles"]}
        (home / "bank.yaml").write_text(yaml.safe_dump(said), "utf-8")
        ring = self.ring()
        ring.import_certificate(f"{code}/sign", sign, use="sign")
        ring.import_certificate(f"{code}/encrypt", encrypt, use="encrypt")
        self._connect(institution, own, self._reached(home, code, root))

    def _note(self, profile: str, own: str) -> str:
        text = (
            (BANKS / profile / "2026.1.yaml")
            .read_text("utf-8")
            .partition("\nexamples:")[0]
            .replace(f"profile: {profile}", f"profile: {own}")
        )
        channel = text[text.index("\nchannel:") : text.index("\ninquiry:")]
        if self.road == FOLDER:
            return text.replace(channel, channel.replace("kind: sftp", "kind: folder")) + "\n"
        return text.replace(channel, f"\nchannel:{CHANNELS[self.road]}") + "\n"

    def _reached(self, home: Path, code: str, root: Path) -> dict[str, Any]:
        """What the connection says of the road; a line's server runs from here on."""
        if self.road == FOLDER:
            return {"folder": str(root)}
        bank, ours = leaf(self.issuer, "bank"), leaf(self.issuer, "ours")
        for name, text in (("certificate", ours.pem), ("key", ours.key_pem), ("authority", self.issuer.pem)):
            keep_secret(self.dir, f"{code}/line-{name}", text.encode())
        server = self.servers_of_lines.enter_context(self._served(home, self._tls(home, bank, ours)))
        line = {name: f"secret:{code}/line-{name}" for name in ("certificate", "key", "authority")}
        return {
            "address": {"host": "127.0.0.1", "port": server.port},
            "line": line | {"name": "localhost"},
            "pins": [bank.pin],
        }

    def _tls(self, home: Path, bank: Identity, ours: Identity) -> TlsSettings:
        return tls_settings(home, bank, self.issuer, ours.pin, file="line")

    def _served(self, home: Path, tls: TlsSettings) -> Any:
        desk = Desk.open(home / "bank.yaml")
        profile = desk.profile(clock())
        desk.make_folders(profile)
        return line_server(desk, profile, clock, tls=tls)

    def _connect(self, institution: dict[str, str], profile: str, road: dict[str, Any]) -> None:
        code = institution["code"]
        keys = {"bank_encrypt": f"cert:{code}/encrypt", "bank_sign": f"cert:{code}/sign"}
        said = {
            "institution": {"code": code, "name": institution["name"], "class": institution.get("kind", "city_bank")},
            "profile": profile,
            "keys": keys | {"our_sign": "secret:us/sign", "our_decrypt": "secret:us/decrypt"},
        }
        (self.dir / "connections" / f"{code}.yaml").write_text(yaml.safe_dump(said | road, allow_unicode=True), "utf-8")


class _Served:
    """What a bank of the town asks of its server: where its folders are."""

    def __init__(self, root: Path) -> None:
        self.root = root


@pytest.mark.parametrize("road", [FOLDER, *CHANNELS])
def test_rule_027_the_city_comes_out_the_same_over(road: str, samples: Path, tmp_path: Path) -> None:
    city = samples / "city" / "seed1"
    with RoadTown(tmp_path, city, road) as town:
        town.intake()
        town.journey()

        assert [] == differences(town, city)
