"""The faults of HTTPS (H1 to H36), each said byte for byte by a scripted server, and what our client makes of it."""

import ast
import dataclasses
import gzip
import socket
import ssl
import time
import zlib
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest

from bank_profiles.language.lines import LineHttp
from connector.roads.dialects import of_https
from tests.certificates import Identity, authority, early, expired, leaf, revocations
from tests.contracts.transport_contract import DIGEST, look, put
from tests.faults.table import HERE, Came, Run, came, read_table, runs
from tests.https_line import Bank, Town
from tests.scripted_https import Script, ScriptedHttps, Talk
from transports.https import HOUSE, Deadlines, Https, HttpsSettings
from transports.https.signing import digest_field

SHORT = Deadlines(connect_s=1.0, reply_s=1.0, transfer_s=1.5, bytes_per_s=10**9)
FILE = b"an answer"
SEALED = bytes.fromhex("308006092a864886f70d010703a080") + FILE
STORED = f"X-Stored-Digest: {digest_field(DIGEST)}"
JSON, OCTETS = "Content-Type: application/json", "Content-Type: application/octet-stream"
LISTING = b'{"files":[{"name":"R.p7m","size":9,"modified":1}],"left_out":[]}'
GOOD = {
    "put": (201, (STORED,), b""),
    "look": (200, (JSON,), b'{"presence":"present"}'),
    "list": (200, (JSON,), LISTING),
    "get": (200, (OCTETS,), FILE),
    "acknowledge": (204, (), b""),
    "post": (200, (OCTETS,), SEALED),
    "poll": (200, (OCTETS,), SEALED),
    "fetch": (200, (OCTETS,), SEALED),
}
ACTS: dict[str, Callable[[Https], object]] = {
    "put": put,
    "look": look,
    "list": lambda line: line.list(),
    "get": lambda line: line.get("R.p7m"),
    "acknowledge": lambda line: line.acknowledge("R.p7m"),
    "post": put,
    "word": put,
    "poll": lambda line: line.list(["Q.p7m"]),
    "fetch": lambda line: line.get("Q.p7m.answer"),
}
POSTED = {"kind": "line_http", "path": "/cx/ask", "seal": "cms-aes256gcm"}
LATER = POSTED | {"collect": {"collect": "/cx/answer?msg={name}"}, "proof": {"member": "retCode", "values": "0000"}}
DIALECTS = {
    place: of_https(LineHttp.model_validate(said))
    for place, said in {"post": POSTED, "word": LATER, "poll": LATER, "fetch": LATER}.items()
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(tmp_path_factory.mktemp("town"))


@dataclasses.dataclass
class Ground:
    """Where one fault happens."""

    town: Town
    run: Run

    def meet(self, script: Script, *, bank: Any = None, change: Any = None, **client: Any) -> Came:
        """The act of this run against a server with this script."""
        self.server = ScriptedHttps(bank or self.town.bank_tls(), script, change=change)
        with self.server, Https(self.client(self.server.port, **client)) as line:
            return came(lambda: ACTS[self.run.where](line))

    def client(self, port: int, **client: Any) -> HttpsSettings:
        """Ours, in the dialect of the place where it strikes."""
        dialect = DIALECTS.get(self.run.where, HOUSE)
        return self.town.client(port, **({"deadlines": SHORT, "dialect": dialect} | client))

    def answers(self, status: int, *headers: str, body: bytes = b"") -> Came:
        """The act against a server that hears all and says this."""

        def script(talk: Talk) -> None:
            talk.hear()
            talk.say(status, *headers, body=body)

        return self.meet(script)

    def says(self, script: Callable[[Talk, list[str], bytes], None]) -> Came:
        """The act against a server whose good answer is told in a bad way."""
        _, headers, body = GOOD[self.run.where]
        if self.run.where == "put":
            headers, body = (STORED, OCTETS, "X-Answer-Name: R.p7m"), FILE

        def heard(talk: Talk) -> None:
            talk.hear()
            script(talk, list(headers), body)

        return self.meet(heard)


# ---- statuses ------------------------------------------------------------------------------------------------------------------


def patience(ground: Ground) -> Came:
    asked = {
        "seconds": "2",
        "date": formatdate(time.time() + 60, usegmt=True),
        "absurd": "9" * 400,
        "negative": "-5",
        "garbage": "soon, perhaps",
    }
    if ground.run.case == "gateway":
        return ground.answers(502)
    return ground.answers(503, f"Retry-After: {asked[ground.run.case]}")


def redirect(ground: Ground) -> Came:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.2)
        said = ground.answers(int(ground.run.case), f"Location: https://127.0.0.1:{elsewhere.getsockname()[1]}/x")
        with pytest.raises(TimeoutError):
            elsewhere.accept()
    assert len(ground.server.heads) == 1
    return said


def login_page(ground: Ground) -> Came:
    return ground.answers(200, "Content-Type: text/html; charset=utf-8", STORED, body=b"<html>Please log in</html>")


def wrong_type(ground: Ground) -> Came:
    return ground.answers(200, "Content-Type: text/plain", STORED, body=LISTING)


# ---- bodies and heads --------------------------------------------------------------------------------------------------------------


def truncated(talk: Talk, headers: list[str], body: bytes) -> None:
    talk.say(200, *headers, body=body, length=len(body) + 5)


def bad_chunk(talk: Talk, headers: list[str], body: bytes) -> None:
    talk.raw("\r\n".join(["HTTP/1.1 200 Word", *headers, "Transfer-Encoding: chunked", "", ""]).encode())
    talk.raw(b"%x\r\n" % (len(body) + 5) + body)


def too_long(talk: Talk, headers: list[str], body: bytes) -> None:
    talk.say(200, *headers, body=body, length=len(body) + 5)
    talk.line.recv(1)


def two_lengths(talk: Talk, headers: list[str], body: bytes) -> None:
    talk.say(200, *headers, "Content-Length: 3", body=body)


def large_head(ground: Ground) -> Came:
    more = ["X-Long: " + "x" * 1_000_000] if ground.run.case == "long" else [f"X-{n}: x" for n in range(10_000)]
    return ground.says(lambda talk, headers, body: talk.say(200, *headers, *more, body=body))


def slow_head(ground: Ground) -> Came:
    head = b"HTTP/1.1 200 Word\r\nX-Slow: " + b"x" * 200
    return ground.says(lambda talk, headers, body: ground.server.slowly(talk, (head[n : n + 1] for n in range(len(head)))))


def slow_body(ground: Ground) -> Came:
    def script(talk: Talk, headers: list[str], body: bytes) -> None:
        talk.say(200, *headers, body=body[:1], length=500)
        ground.server.slowly(talk, (b"x" for _ in range(200)))

    return ground.says(script)


def compressed(ground: Ground) -> Came:
    bomb = b"0" * 10_000_000
    packed = gzip.compress(bomb) if ground.run.case == "gzip" else zlib.compress(bomb)
    encoding = f"Content-Encoding: {ground.run.case}"
    return ground.says(lambda talk, headers, body: talk.say(200, *headers, encoding, body=packed))


def hostile_json(ground: Ground) -> Came:
    bodies = {
        "twice": b'{"files":[],"files":[],"presence":"present","presence":"absent"}',
        "deep": b"[" * 100_000 + b"]" * 100_000,
        "number": b'{"files":[{"name":"a","size":' + b"9" * 10_000 + b'}],"presence":' + b"9" * 10_000 + b"}",
        "infinity": b'{"files":[{"name":"a","size":1,"modified":1e999}],"presence":NaN}',
        "utf8": b'{"files":"\xff","presence":"\xff"}',
        "cut": b'{"files":[{"name":',
        "kind": b'{"files":{"name":"a"},"presence":["present"]}',
    }
    return ground.answers(200, JSON, body=bodies[ground.run.case])


# ---- lines -------------------------------------------------------------------------------------------------------------------------


def never_shaken(ground: Ground) -> Came:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with Https(ground.client(port)) as line:
            return came(lambda: ACTS[ground.run.where](line))


def silence(talk: Talk) -> None:
    talk.hear()
    talk.line.recv(1)


def reset_in_request(ground: Ground) -> Came:
    def script(talk: Talk) -> None:
        talk.hear_head()
        if ground.run.case == "body":
            talk.raw(b"HTTP/1.1 100 Continue\r\n\r\n")
            talk.line.recv(1000)
        talk.reset()

    blocks: list[bytes] = [b"x" * 65536] * 256  # more than a line's buffers hold
    content = b"".join(blocks)
    with ScriptedHttps(ground.town.bank_tls(), script) as server:
        with Https(ground.client(server.port)) as line:
            said = came(lambda: put(line, content=content))
        assert server.shaken == 1  # aiohttp alone would have sent it again
    return said


def reset_in_reply(ground: Ground) -> Came:
    def script(talk: Talk, headers: list[str], body: bytes) -> None:
        if ground.run.case == "mid":
            talk.say(200, *headers, body=body[:4], length=len(body))
        talk.reset()

    return ground.says(script)


# ---- TLS -----------------------------------------------------------------------------------------------------------------------------


def shows(make: Callable[[Town], Any]) -> Callable[[Ground], Came]:
    def fault(ground: Ground) -> Came:
        shown = make(ground.town)
        certificate, key = shown.write(ground.town.folder, "shown")
        bank = ground.town.bank_tls(certificate=certificate, key=key)
        tls = ground.town.our_tls(pins=(shown.pin,)) if ground.run.row.id != "H27" else ground.town.our_tls()
        said = ground.meet(silence, bank=bank, tls=tls)
        assert ground.server.heads in ([], [b""])  # not one byte of a request had left
        return said

    return fault


def our_certificate(ground: Ground) -> Came:
    town = ground.town
    ours = expired(town.issuer) if ground.run.case == "expired" else leaf(town.issuer, "another")
    certificate, key = ours.write(town.folder, "poor")
    if ground.run.case == "expired":
        return ground.meet(silence, tls=town.our_tls(certificate=certificate, key=key))
    if ground.run.case == "revoked":
        return ground.meet(
            silence, change=lambda bank: revoke(bank, town.issuer, ours), tls=town.our_tls(certificate=certificate, key=key)
        )
    with (
        Bank(town, town.folder) as bank,
        Https(town.client(bank.server.port, tls=town.our_tls(certificate=certificate, key=key))) as line,
    ):
        said = came(lambda: ACTS[ground.run.where](line))
        assert bank.opened == 0
    return said


def revoke(bank: ssl.SSLContext, issuer: Identity, ours: Identity) -> None:
    """The bank asks its authority's list, and our certificate stands in it."""
    bank.load_verify_locations(cadata=issuer.pem + revocations(issuer, ours))
    bank.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def old_tls(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")


def old_cipher(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES256-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")


FAULTS: dict[str, Callable[[Ground], Came]] = {
    "H1": lambda ground: ground.answers(500),
    "H2": patience,
    "H3": lambda ground: ground.answers(504),
    "H4": lambda ground: ground.answers(429),
    "H5": lambda ground: ground.answers(int(ground.run.case)),
    "H6": lambda ground: ground.answers(404),
    "H7": lambda ground: ground.answers(409),
    "H8": redirect,
    "H9": login_page,
    "H10": lambda ground: ground.answers(200),
    "H11": wrong_type,
    "H12": lambda ground: ground.says(truncated),
    "H13": lambda ground: ground.says(bad_chunk),
    "H14": lambda ground: ground.says(too_long),
    "H15": lambda ground: ground.says(two_lengths),
    "H16": large_head,
    "H17": slow_head,
    "H18": slow_body,
    "H19": never_shaken,
    "H20": lambda ground: ground.meet(silence),
    "H21": reset_in_request,
    "H22": reset_in_reply,
    "H23": shows(lambda town: expired(town.issuer)),
    "H24": shows(lambda town: early(town.issuer)),
    "H25": shows(lambda town: leaf(town.issuer, names=("elsewhere.example",))),
    "H26": shows(lambda town: leaf(authority("Nobody"))),
    "H27": shows(lambda town: leaf(town.issuer)),
    "H28": our_certificate,
    "H29": lambda ground: ground.meet(silence, change=old_tls if ground.run.case == "tls11" else old_cipher),
    "H35": compressed,
    "H36": hostile_json,
}


@pytest.mark.parametrize("run", runs("https"), ids=str)
def test_fault(town: Town, run: Run) -> None:
    assert run.wanted == FAULTS[run.row.id](Ground(town, run))


def test_what_is_run_elsewhere_is_held_against_its_row_there() -> None:
    for row in read_table("https"):
        file, _, name = row.test.partition("::")
        if not file:
            continue
        tree = ast.parse((HERE.parents[1] / file).read_text("utf-8"))
        test = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name)
        asked = {ast.unparse(node) for node in ast.walk(test) if isinstance(node, ast.Call)}
        assert f"promised('{row.id}', '{row.where[0]}')" in asked, row.test
