"""A town of one bank that is reached by the drop-box alone, and its clerk: a client of http.client with a certificate."""

import base64
import dataclasses
import hashlib
import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import yaml

from bank_profiles.catalogue import BANKS
from config.settings import read_settings
from connector.assembly import Deployment, clock
from connector.bankside.invented import invent
from connector.dropbox.serving import Caps, serving
from connector.founding import keep_secret
from connector.ledger import rosters
from connector.ledger.rows import AnyRow
from tests.certificates import Identity, authority, leaf
from tests.town import Town
from transports.https import CallServer

T = TypeVar("T")
BASE = "/api/v1/bank"
CHANNEL = """channel:
  kind: dropbox
  seal: cms-aes256gcm
  sealed_as: "{package}.p7m"
"""
BEGUN = b"\x30\x80\x06\x09"  # as every sealed parcel begins
FOLDERS = ("in/cx", "out/cx")  # of the bank's own house


class BoxTown(Town):
    """``codes``: its banks, each with a drop-box; ``issuer`` signs the certificates of their staff, ``staff`` holds them."""

    def __init__(
        self, folder: Path, *, households: int = 2, banks: int = 1, lines_max: int | None = None, city: Path | None = None
    ) -> None:
        if city is None:
            invent(city := folder / "city", households=households, banks=4)
        listed = json.loads((city / "institutions.json").read_text("utf-8"))
        listed["institutions"] = listed["institutions"][: 2 * banks : 2]  # the first, the third: both of hxcb
        (city / "institutions.json").write_text(json.dumps(listed), "utf-8")
        super().__init__(folder, city, lines_max=lines_max)
        self.issuer = authority("Staff of banks")
        self.staff: dict[str, Identity] = {}

    def __enter__(self) -> "BoxTown":
        super().__enter__()
        self.codes = [institution["code"] for institution in self.institutions]
        self.code = self.codes[0]
        for code in self.codes:
            self._becomes_a_box(code)
        server = leaf(self.issuer, "centre")
        for name, text in (("certificate", server.pem), ("key", server.key_pem), ("authority", self.issuer.pem)):
            keep_secret(self.dir, f"serve/{name}", text.encode())
        settings = self.dir / "service.yaml"
        serve = {name: f"secret:serve/{name}" for name in ("certificate", "key", "authority")}
        settings.write_text(settings.read_text("utf-8") + yaml.safe_dump({"serve": serve}), "utf-8")
        return self

    def _settle_bank(self, institution: dict[str, str], profile: str) -> None:
        super()._settle_bank(institution, "hxcb")

    def _becomes_a_box(self, code: str) -> None:
        """The centre reaches it by the drop-box; the bank's own house goes on with folders, between which its clerk carries."""
        self.staff[code] = leaf(self.issuer, f"staff of {code}")
        theirs = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").replace("profile: hxcb", "profile: hxbox")
        head, _, rest = theirs.partition("channel:\n")
        ours = head + CHANNEL + "\n" + rest[rest.index("inquiry:") :]
        for home, text in ((self.dir, ours), (self.bank_folder(code), theirs)):
            (home / "profiles" / "hxbox").mkdir(parents=True, exist_ok=True)
            (home / "profiles" / "hxbox" / "2026.1.yaml").write_text(text, "utf-8")
        own = self.bank_folder(code) / "bank.yaml"
        own.write_text(
            yaml.safe_dump(yaml.safe_load(own.read_text("utf-8")) | {"profile": "hxbox", "profiles": ["profiles"]}), "utf-8"
        )
        connection = self.dir / "connections" / f"{code}.yaml"
        said = yaml.safe_load(connection.read_text("utf-8")) | {"profile": "hxbox", "pins": [self.staff[code].pin]}
        connection.write_text(yaml.safe_dump({key: said[key] for key in said if key not in ("address", "account")}), "utf-8")

    def asked(self, sheet: str = "requests.xlsx") -> "BoxTown":
        """Its households are asked about: sealed parcels lie in the boxes."""
        self.intake(sheet)
        self.step("gather", "dispatch", now=clock() + timedelta(seconds=1))
        return self

    @contextmanager
    def serving(self, **caps: Any) -> Iterator[CallServer]:
        """The drop-box, open."""
        deployment = Deployment.open(self.dir)
        with serving(
            deployment.parts, read_settings(self.dir), clock, port=0, caps=Caps(**caps), rejoined=lambda: deployment.rejoined()[0]
        ) as server:
            yield server

    def clerk(self, server: CallServer, code: str | None = None, *, identity: Identity | None = None) -> "Clerk":
        """Somebody of a bank's staff."""
        return Clerk(server.port, self.folder, identity or self.staff[code or self.code], self.issuer)

    def batches(self, code: str | None = None) -> Sequence[AnyRow]:
        with self.ledger().read() as tx:
            return rosters.batches(tx, code or self.code)

    def bank_answers(self, name: str, parcel: bytes, code: str | None = None) -> list[tuple[str, bytes]]:
        """The bank's own house answers an inquiry its clerk brought in: the sealed answers."""
        root = self.servers[code or self.code].root
        (root / FOLDERS[0] / name).write_bytes(parcel)
        (root / FOLDERS[0] / f"{name}.ok").touch()
        self.banks_respond(code or self.code)
        found = [path for path in sorted((root / FOLDERS[1]).iterdir()) if path.is_file() and path.suffix != ".ok"]
        return [(path.name, path.read_bytes()) for path in found]


def soon(look: Callable[[], T], within_s: float = 10) -> T:
    """What ``look`` finds once it finds something: the server notes what left it after the last byte has left."""
    ends_at = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < ends_at
        time.sleep(0.02)
    return found


@dataclasses.dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    @property
    def codes(self) -> list[str]:
        """The codes of a problem."""
        return [each["code"] for each in self.said["errors"]]


class Clerk:
    """Calls as a bank's staff do, one line a call."""

    def __init__(self, port: int, folder: Path, identity: Identity, issuer: Identity) -> None:
        self._port = port
        certificate, key = identity.write(folder, f"staff-{identity.certificate.serial_number}")
        self.certificate, self.key = certificate, key
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.load_verify_locations(cadata=issuer.pem)
        self._context.load_cert_chain(certificate, key)

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """``headers``: written with _ for -."""
        with self.line() as line:
            line.request(method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
            answer = line.getresponse()
            return Reply(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())

    @contextmanager
    def line(self) -> Iterator[http.client.HTTPSConnection]:
        """A line for several calls."""
        line = http.client.HTTPSConnection("localhost", self._port, context=self._context, timeout=20)
        try:
            yield line
        finally:
            line.close()

    def get(self, path: str, **headers: str) -> Reply:
        return self.call("GET", BASE + path, **headers)

    def post(self, path: str, said: Any, **headers: str) -> Reply:
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        return self.call("POST", BASE + path, body, **headers)

    def put(self, batch: str, name: str, content: bytes, part: tuple[int, int] | None = None, **headers: str) -> Reply:
        """An upload, whole or the bytes from ``part`` on."""
        sent = content if part is None else content[slice(*part)]
        if part is not None:
            headers["Content_Range"] = f"bytes {part[0]}-{part[0] + len(sent) - 1}/{len(content)}"
        headers.setdefault("Content_Digest", digest_of(sent))
        return self.call("PUT", f"{BASE}/batches/{batch}/answers/{name}", sent, **headers)


def digest_of(content: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"
