"""Every road a bank may have, as a city is carried over it: folders, SFTP, lines, the drop-box, and discs in the hands of two persons."""

import dataclasses
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from config.bankside import CallingBack
from config.settings import read_settings
from connector.assembly import clock
from connector.bankside import disc
from connector.bankside.calling_back import call_back
from connector.bankside.disc import Disc, Slip
from connector.bankside.line_server import line_server
from connector.callbacks.receiving import receiving
from connector.dropbox.serving import Caps, serving
from connector.founding import keep_secret
from connector.ledger import media, people
from connector.media import handing, inward, outward, register
from tests.certificates import Identity, authority, leaf, tls_settings
from tests.dropbox.town import Clerk
from tests.real_sshd import RealSshd
from tests.road_town import EXCHANGE, Road, RoadTown
from tests.town import FOLDERS
from transports.https import CallServer

SEALED = '\n  seal: cms-aes256gcm\n  sealed_as: "{package}.p7m"\n'
SEAL = "0031457"


class Mounted(Road):
    """A mounted directory: the bank's own folders."""

    def channel(self, theirs: str) -> str:
        return theirs.replace("kind: sftp", "kind: folder")

    def reached(self, town: RoadTown, code: str) -> dict[str, Any]:
        root = town.bank_folder(code) / EXCHANGE
        for name in {name for folders in FOLDERS.values() for name in folders}:
            (root / name).mkdir(parents=True, exist_ok=True)
        return {"folder": str(root)}


class OverSftp(Road):
    """SFTP to OpenSSH's own server, as most banks have it."""

    server: Mapping[str, Any] = {}

    def channel(self, theirs: str) -> str:
        return theirs

    def reached(self, town: RoadTown, code: str) -> dict[str, Any]:
        home = town.bank_folder(code)
        folders = sorted({name for folders in FOLDERS.values() for name in folders})
        server = town.servers_of_roads.enter_context(RealSshd(home / "sshd", folders=folders, **self.server))
        (home / EXCHANGE).symlink_to(server.root)
        keep_secret(town.dir, f"{code}/sftp-key", server.client_key_pem.encode())
        return {
            "address": {"host": "127.0.0.1", "port": server.port},
            "account": {"user": server.user, "key": f"secret:{code}/sftp-key"},
            "pins": [server.host_key_pin],
        } | self.exception(server)

    def exception(self, server: RealSshd) -> dict[str, Any]:
        """What the connection excuses."""
        return {}


class OverOldSftp(OverSftp):
    """SFTP to a server that offers ssh-rsa and SHA-1 alone, by its named and dated exception."""

    server: Mapping[str, Any] = {
        "host_keys": ("rsa",),
        "options": (
            "HostKeyAlgorithms ssh-rsa",
            "KexAlgorithms diffie-hellman-group14-sha1",
            "Ciphers aes256-ctr",
            "MACs hmac-sha1",
        ),
    }

    def exception(self, server: RealSshd) -> dict[str, Any]:
        said = {
            "host_key": (server.folder / "host_rsa.pub").read_text().strip(),
            "kex": ["diffie-hellman-group14-sha1"],
            "host_key_algorithms": ["ssh-rsa"],
            "macs": ["hmac-sha1"],
            "reason": "the bank renews its server in spring",
            "granted_by": ["chen", "wu"],
            "until": clock().date() + timedelta(days=90),
        }
        return {"old_server": said}


class OverLine(Road):
    """A dedicated line, as its words in the profile say; the bank's server stands before its folders."""

    def __init__(self, words: str) -> None:
        self.words = words

    def channel(self, theirs: str) -> str:
        return f"\nchannel:\n{self.words}{SEALED}"

    def reached(self, town: RoadTown, code: str) -> dict[str, Any]:
        bank, ours = leaf(town.issuer, "bank"), leaf(town.issuer, "ours")
        for name, text in (("certificate", ours.pem), ("key", ours.key_pem), ("authority", town.issuer.pem)):
            keep_secret(town.dir, f"{code}/line-{name}", text.encode())
        desk = town.desk(code)
        profile = desk.profile(town.at)
        desk.make_folders(profile)
        tls = tls_settings(town.bank_folder(code), bank, town.issuer, ours.pin, file="line")
        server = town.servers_of_roads.enter_context(line_server(desk, profile, lambda: town.at, tls=tls))
        line = {name: f"secret:{code}/line-{name}" for name in ("certificate", "key", "authority")}
        return {
            "address": {"host": "127.0.0.1", "port": server.port},
            "line": line | {"name": "localhost"},
            "pins": [bank.pin],
        }


class OverCallBacks(OverLine):
    """A dedicated line on which the bank calls us with its answers."""

    def open_centre(self, town: RoadTown) -> None:
        self.centre, self.machines = leaf(town.issuer, "centre"), authority("Machines of banks")
        self.callers = {code: leaf(self.machines, f"machine of {code}") for code in town.codes}
        kept = {"certificate": self.centre.pem, "key": self.centre.key_pem, "callers": self.machines.pem}
        for name, text in kept.items():
            keep_secret(town.dir, f"call-backs/{name}", text.encode())
        _amend(town.dir / "service.yaml", call_backs={name: f"secret:call-backs/{name}" for name in ("certificate", "key")})

    def reached(self, town: RoadTown, code: str) -> dict[str, Any]:
        caller = {"authority": "secret:call-backs/callers", "pins": [self.callers[code].pin]}
        return super().reached(town, code) | {"call_back": caller}

    def carry(self, town: RoadTown) -> None:
        town.passes("dispatch")
        opened = town.deployment()
        with receiving(opened.parts, opened.ring, read_settings(town.dir), lambda: town.at, port=0) as server:
            for code in town.codes:
                town.respond(code)
                self._call(town, code, server.port)
        town.passes("collect")

    def _call(self, town: RoadTown, code: str, port: int) -> None:
        home, desk = town.bank_folder(code), town.desk(code)
        certificate, key = self.callers[code].write(home, "calls")
        (home / "centre.pem").write_text(town.issuer.pem)
        there = {"host": "127.0.0.1", "port": port, "name": "localhost", "pins": (self.centre.pin,)}
        files = {"certificate": certificate.name, "key": key.name, "authority": "centre.pem"}
        said = desk.settings.model_copy(update={"call_back": CallingBack.model_validate(there | files)})
        calling = dataclasses.replace(desk, settings=said)
        assert {"called-back"} == {each.ended for each in call_back(calling, home, lambda: town.at)}


def _amend(path: Path, **said: Any) -> None:
    path.write_text(path.read_text("utf-8") + yaml.safe_dump(said), "utf-8")


class OverProvedLine(OverLine):
    """A leased line without TLS: a code under a key the two sides hold, and numbers that never come again, prove every message."""

    def reached(self, town: RoadTown, code: str) -> dict[str, Any]:
        key = hashlib.sha256(code.encode()).digest()
        keep_secret(town.dir, f"{code}/mac-key", key)
        desk = town.desk(code)
        profile = desk.profile(town.at)
        desk.make_folders(profile)
        opened = line_server(desk, profile, lambda: town.at, tls=None, mac_key=key)
        server = town.servers_of_roads.enter_context(opened)
        return {"address": {"host": "127.0.0.1", "port": server.port}, "mac": f"secret:{code}/mac-key"}


class ByLanguage(Road):
    """Each bank by the road of its language."""

    def __init__(self, roads: Mapping[str, Road]) -> None:
        self.roads = roads

    def of(self, profile: str) -> Road:
        return self.roads[profile]


class OverSharedLine(OverLine):
    """The line of a data centre that answers for all banks of one profile, each an entity of its own."""

    numbered_alike = False  # the banks of one centre stand together, and batches are numbered in the order of banks

    def reached(self, town: RoadTown, code: str) -> dict[str, Any]:
        return super().reached(town, code) if code == town.host(code) else {}

    def join(self, town: RoadTown) -> None:
        for host in town.codes[:2]:
            members = [each for each in town.institutions if town.host(each["code"]) == host]
            path = town.dir / "connections" / f"{host}.yaml"
            said = yaml.safe_load(path.read_text("utf-8"))
            said["institution"] = {"code": f"centre-of-{host}", "name": "省联社数据中心（示例）", "class": "data_centre"}
            said["entities"] = [{"code": each["code"], "name": each["name"], "class": "rural_bank"} for each in members]
            path.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
            for code in (each["code"] for each in members if each["code"] != host):
                (town.dir / "connections" / f"{code}.yaml").unlink()
                town.share_desk(code, host)


class ByDropBox(Road):
    """The web drop-box: a bank's staff fetch the inquiries and bring the answers."""

    def __init__(self) -> None:
        self.staff: dict[str, Identity] = {}

    def channel(self, theirs: str) -> str:
        return f"\nchannel:\n  kind: dropbox{SEALED}"

    def open_centre(self, town: RoadTown) -> None:
        server = leaf(town.issuer, "centre")
        for name, text in (("certificate", server.pem), ("key", server.key_pem), ("authority", town.issuer.pem)):
            keep_secret(town.dir, f"serve/{name}", text.encode())
        said = {"serve": {name: f"secret:serve/{name}" for name in ("certificate", "key", "authority")}}
        _amend(town.dir / "service.yaml", **said)

    def reached(self, town: RoadTown, code: str) -> dict[str, Any]:
        self.staff[code] = leaf(town.issuer, f"staff of {code}")
        return {"pins": [self.staff[code].pin]}

    def carry(self, town: RoadTown) -> None:
        town.passes("dispatch")
        parts = town.deployment().parts
        with serving(parts, read_settings(town.dir), clock, port=0, caps=Caps()) as server:
            for code in town.codes:
                self._staff_at_work(town, code, server)
        town.passes("collect")

    def _staff_at_work(self, town: RoadTown, code: str, server: CallServer) -> None:
        """Fetch everything, let the house answer, bring and submit every answer."""
        clerk = Clerk(server.port, town.bank_folder(code), self.staff[code], town.issuer)
        desk = town.desk(code)
        profile = desk.profile(town.at)
        desk.make_folders(profile)
        batches = {}
        for owed in clerk.get("/batches").said["items"]:
            name = owed["parcel"]["name"]
            (desk.root / "in" / name).write_bytes(clerk.get(f"/batches/{owed['batch']}/parcel").body)
            batches[name] = owed["batch"]
        for handled in town.respond(code):
            for answer in handled.answers:
                put = clerk.put(batches[handled.parcel], answer, (desk.root / "out" / answer).read_bytes())
                assert 201 == put.status, put.body
            submitted = clerk.post(f"/batches/{batches[handled.parcel]}/submission", {"files": list(handled.answers)})
            assert 202 == submitted.status, submitted.body


class OnDiscs(Road):
    """Media: a disc out and a disc back for each bank, in the hands of two persons at every turn."""

    def channel(self, theirs: str) -> str:
        said = "  kind: media\n  carriers: [optical_disc]\n  label: HX-{date:yyyyMMdd}-{seq:2}\n"
        return f"\nchannel:\n{said}  manifest: {{name: 清单.txt, digest: sm3, signed: true}}\n  virus_scan: none{SEALED}"

    def open_centre(self, town: RoadTown) -> None:
        with town.ledger().begin() as tx:
            for name, role in (("zhao", "operator"), ("wang", "approver")):
                people.add(tx, at=town.at, name=name, roles=[role], centre="C1", region="440106", by="li")

    def reached(self, town: RoadTown, code: str) -> dict[str, Any]:
        return {}

    def carry(self, town: RoadTown) -> None:
        for code in town.codes:
            out, back = (self._blank(town, f"{way}-{code}") for way in ("out", "back"))
            disc.take(town.desk(code), [self._handed_over(town, code, out)], town.at)
            town.respond(code)
            for came in disc.give(town.desk(code), back, f"R-{code}", "C1", town.at):
                self._taken_in(town, code, came)

    def _blank(self, town: RoadTown, name: str) -> Path:
        made = town.folder / "discs" / name
        made.mkdir(parents=True)
        return made

    def _handed_over(self, town: RoadTown, code: str, folder: Path) -> Disc:
        parts = town.deployment().parts
        bank = parts.banks.working[code]
        (key,) = outward.write(parts, bank, folder, kind="optical_disc", by="zhao", now=town.at)
        with parts.ledger.read() as tx:
            row = register.find(tx, str(key))
        handing.seal(parts, bank, row, folder, number=SEAL, by="zhao", second="wang", now=town.at)
        handing.hand_over(parts, bank, row, by="zhao", second="wang", now=town.at)
        return Disc(Slip("C1", row.label, row.set_name, row.volume, row.volumes, row.manifest_digest), folder)

    def _taken_in(self, town: RoadTown, code: str, came: Disc) -> None:
        parts = town.deployment().parts
        bank, hands = parts.banks.working[code], {"by": "zhao", "second": "wang", "now": town.at}
        key = inward.receive(parts, bank, came.slip.label, kind="optical_disc", seal=SEAL, handed_at=town.at, **hands)  # type: ignore[arg-type]
        with parts.ledger.read() as tx:
            row = media.find(tx, key)
        assert row is not None
        inward.take_in(parts, bank, row, came.folder, seal=SEAL, **hands)  # type: ignore[arg-type]


TCP = """  kind: line_tcp
  framing: {kind: length_prefix, digits: 8}
  messages: house
"""
PROVED = "  tls: none\n  mac: hmac-sm3\n  sequence: key\n"
HTTPS = """  kind: line_http
  path: /cx/v1
  calls: house
  collect: {collect: /answers}
  sign: {over: message, put_in: header X-Sign}"""
POSTED = """  kind: line_http
  path: /cx/v1/ask
  headers: {X-Msg-Id: "{name}"}
  sign: {over: message, put_in: header X-Sign, replies: true}"""
POLLED = """
  proof: {member: retCode, values: "0000", refused: "9001"}
  collect: {collect: "/cx/v1/answer?msg={name}"}"""
RECEIPTS = f"{HTTPS[:-1]}, replies: true}}"  # every message signed, and every receipt
CALLED = """  kind: line_http
  path: /cx/v1/ask
  headers: {X-Msg-Id: "{name}"}
  proof: {header: X-Stored-Digest}
  call_back: true
  sign: {over: body, put_in: header X-Sign}"""
ROADS: Mapping[str, Road] = {
    "folder": Mounted(),
    "sftp": OverSftp(),
    "sftp, an old server": OverOldSftp(),
    "tcp, asked now and collected later": OverLine(f"{TCP}  connection: kept\n  answer: later"),
    "tcp, answered in the call": OverLine(f"{TCP}  connection: one_per_message\n  answer: same_call"),
    "https": OverLine(HTTPS),
    "https, the bank's calls, answered in the call": OverLine(POSTED),
    "https, the bank's calls, collected later": OverLine(POSTED + POLLED),
    "https, the bank calls back": OverCallBacks(CALLED),
    "tcp without TLS, every message proved": OverProvedLine(f"{TCP}{PROVED}  connection: kept\n  answer: later"),
    "tcp, one line for many": OverSharedLine(f"{TCP}  connection: kept\n  answer: later"),
    "drop-box": ByDropBox(),
    "media": OnDiscs(),
}
