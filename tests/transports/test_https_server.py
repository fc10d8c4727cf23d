"""Our HTTPS server against strangers, replays and raw bytes; and what an openssl and a curl of others see of it."""

import concurrent.futures
import dataclasses
import json
import random
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import leaf
from tests.contracts.transport_contract import BYTES, NAME, clean, look, put
from tests.faults.table import Came, promised
from tests.https_line import BANK_SIGNING, OUR_SIGNING, QUICK, Bank, Town, sha, sign_as, verify
from transports.errors import Refused
from transports.https import FileSeen, Https, MemorySeen, Peer, answers
from transports.https.signing import Stamp, digest_field
from transports.sealing import refusals
from transports.tls import client_context
from transports.transport import Delivery, Put

HOUR, DAY = 3600.0, 86400.0


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(tmp_path_factory.mktemp("town"))


@pytest.fixture
def receiver(town: Town, tmp_path: Path) -> Iterator[Bank]:
    """A call-back receiver: put alone, signed, with a ledger in a file."""
    town.clock.ahead = 0.0
    seen = FileSeen(tmp_path / "seen")
    bank = Bank(town, clean(tmp_path / "bank"), signing=BANK_SIGNING, verify=verify, verbs=frozenset({"put"}), seen=seen)
    with bank:
        yield bank
    seen.close()
    town.clock.ahead = 0.0


@dataclasses.dataclass
class Raw:
    """A caller that writes its own bytes."""

    town: Town
    port: int
    tls: Any = None

    def __post_init__(self) -> None:
        self.context = client_context(self.tls or self.town.our_tls())

    def connect(self) -> ssl.SSLSocket:
        line = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return self.context.wrap_socket(line, server_hostname="localhost")

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and all that came after; 0 when the line was broken off."""
        with self.connect() as line:
            return self.talk(line, request)

    def talk(self, line: ssl.SSLSocket, request: bytes) -> tuple[int, bytes]:
        told = b""
        try:
            line.sendall(request)
            while data := line.recv(65536):
                told += data
        except OSError:
            pass
        return (int(told[9:12]) if told.startswith(b"HTTP/1.1 ") else 0), told.partition(b"\r\n\r\n")[2]


def message(town: Town, name: str = "A.p7m", body: bytes = b"answer", **changes: Any) -> bytes:
    """A signed call-back; ``changes`` alter its stamp before it is signed, ``signature`` and ``sent`` what is sent."""
    sent, signature = changes.pop("sent", body), changes.pop("signature", None)
    key = changes.pop("signed_by", "ours-1")
    usual = Stamp(
        "ours-1",
        "bank-a",
        sha(name.encode())[:32],
        str(int(town.clock())),
        sha(body + name.encode())[:32],
        digest_field(sha(body)),
    )
    stamp = dataclasses.replace(usual, **changes)
    target = f"/parcels/{name}"
    made = signature or sign_as(key)(stamp.message(OUR_SIGNING.lines, method="PUT", target=target))
    headers = {"Host": "x", "Connection": "close", "Content-Length": str(len(sent))} | stamp.headers(OUR_SIGNING.headers, made)
    head = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    return f"PUT {target} HTTP/1.1\r\n{head}\r\n".encode() + sent


def refused(status: int, told: bytes) -> Came:
    """What a reply of ours says to one who called."""
    return Came("refused", json.loads(told)["code"], "Refused") if 400 <= status < 500 else Came("done")


# ---- replays -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("later", [0.0, HOUR, 400 * DAY], ids=["now", "1h", "400d"])
def test_a11_rule_028_h31_a_replay_is_told_and_put_once(town: Town, receiver: Bank, later: float) -> None:
    caller = Raw(town, receiver.server.port)
    first = message(town)
    assert 201 == caller.ask(first)[0]
    (receiver.root / "in" / "A.p7m").unlink()  # taken in by now
    (receiver.root / "in" / "A.p7m.ok").unlink()

    town.clock.ahead = later
    byte_for_byte, told = caller.ask(first)
    signed_anew = caller.ask(message(town, nonce="fresh"))[0]

    assert 200 == byte_for_byte if later == 0 else (401, True) == (byte_for_byte, b"stamp-outside" in told)
    assert 200 == signed_anew
    left = [] == receiver_holds(receiver) and 1 == receiver.opened
    assert promised("H31", "call-back") == Came("left" if left else "delivered")


@pytest.mark.parametrize("off", [-121, 121, -400 * DAY])
def test_a11_h32_a_stamp_outside_the_window_is_refused(town: Town, receiver: Bank, off: float) -> None:
    status, told = Raw(town, receiver.server.port).ask(message(town, time=str(int(town.clock() + off))))

    assert promised("H32", "call-back") == refused(status, told)
    assert 0 == receiver.opened


def test_a11_a_stamp_within_the_window_is_taken(town: Town, receiver: Bank) -> None:
    for number, off in enumerate((-115, 115)):
        made = message(town, f"{number}.p7m", time=str(int(town.clock() + off)))
        assert 201 == Raw(town, receiver.server.port).ask(made)[0]


def test_a10_h33_a_nonce_with_another_body_is_refused(town: Town, receiver: Bank) -> None:
    caller = Raw(town, receiver.server.port)
    caller.ask(message(town, nonce="n"))

    status, told = caller.ask(message(town, "B.p7m", b"other", nonce="n"))

    assert promised("H33", "call-back") == refused(status, told)
    assert ["A.p7m"] == receiver_holds(receiver)


def test_rule_028_h34_two_identical_call_backs_at_once_are_put_once(town: Town, receiver: Bank) -> None:
    made, caller = message(town), Raw(town, receiver.server.port)
    with concurrent.futures.ThreadPoolExecutor(8) as together:
        told = [each.result()[0] for each in [together.submit(caller.ask, made) for _ in range(8)]]

    assert [200] * 7 + [201] == sorted(told)
    assert promised("H34", "call-back") == Came("left" if 1 == receiver.opened else "delivered")


def test_rule_028_one_message_id_with_other_bytes_is_a_collision(town: Town, receiver: Bank) -> None:
    caller = Raw(town, receiver.server.port)
    caller.ask(message(town))

    status, told = caller.ask(message(town, body=b"other"))

    assert (409, True) == (status, b'"collision"' in told)


@pytest.mark.parametrize("junk", [{"signature": b"junk"}, {"sent": b"junk!!"}, {"signed_by": "bank-1"}], ids=str)
def test_a16_junk_with_a_future_id_does_not_occupy_it(town: Town, receiver: Bank, junk: dict[str, Any]) -> None:
    caller = Raw(town, receiver.server.port)

    assert 401 == caller.ask(message(town, **junk))[0]
    assert 201 == caller.ask(message(town, nonce="fresh"))[0]
    assert ["A.p7m"] == receiver_holds(receiver)


def test_a15_every_failed_proof_is_told_in_the_same_words(town: Town, receiver: Bank) -> None:
    caller = Raw(town, receiver.server.port)
    stranger = leaf(town.issuer, "stranger")
    certificate, key = stranger.write(town.folder, "stranger")
    told = {
        caller.ask(message(town, signature=b"junk")),
        caller.ask(message(town, "B.p7m", signed_by="bank-1")),
        caller.ask(message(town, "C.p7m", key_id="nobody")),
        caller.ask(message(town, "D.p7m", sent=b"junk!!")),
        caller.ask(b"PUT /parcels/E HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
        Raw(town, receiver.server.port, town.our_tls(certificate=certificate, key=key)).ask(message(town, "F.p7m")),
    }

    assert 1 == len(told)
    assert 401 == next(iter(told))[0]


def test_a15_why_a_seal_did_not_hold_is_told_to_no_caller() -> None:
    codes = [code for code in refusals.CODES if code.startswith("seal-")]
    told = {answers.of_error(refusals.refusal(code), 60).body for code in codes}
    told |= {answers.of_put(Put(Delivery.REFUSED, code), 60).body for code in codes}

    assert len(codes) > 10
    assert [(refusals.OUTWARD_CODE, refusals.OUTWARD[0])] == [(said["code"], said["title"]) for said in map(json.loads, told)]


@pytest.mark.parametrize("part", ["key_id", "bank", "message_id", "time", "nonce", "digest"])
def test_a10_the_signature_covers_every_part(town: Town, receiver: Bank, part: str) -> None:
    made = message(town)
    usual = Stamp(
        "ours-1", "bank-a", sha(b"A.p7m")[:32], str(int(town.clock())), sha(b"answerA.p7m")[:32], digest_field(sha(b"answer"))
    )
    value = getattr(usual, part).encode()
    other = {"digest": digest_field(sha(b"other")).encode(), "time": str(int(town.clock()) + 5).encode()}.get(
        part, b"x" + value[1:]
    )

    assert value in made
    assert 401 == Raw(town, receiver.server.port).ask(made.replace(value, other))[0]
    assert 401 == Raw(town, receiver.server.port).ask(made.replace(b"/A.p7m", b"/B.p7m"))[0]


def test_rule_028_the_ledger_outlives_the_process_and_a_torn_line(tmp_path: Path) -> None:
    first = FileSeen(tmp_path / "seen")
    assert "new" == first.first("k", "m", "n", sha(b"1"), 0.0)
    first.keep("k", "m", sha(b"1"))
    assert "new" == first.first("k", "half", "n2", sha(b"2"), 0.0)
    first.close()
    with (tmp_path / "seen").open("ab") as file:
        file.write(b"kept 0011")

    again = FileSeen(tmp_path / "seen")

    assert "same" == again.first("k", "m", "n3", sha(b"1"), 400 * DAY)
    assert "other" == again.first("k", "m", "n4", sha(b"2"), 400 * DAY)
    assert "new" == again.first("k", "half", "n5", sha(b"2"), 400 * DAY)
    assert "new" == again.first("k2", "m", "n6", sha(b"2"), 400 * DAY)
    again.close()


def test_a_message_whose_first_try_failed_is_new_again(town: Town, tmp_path: Path) -> None:
    with Bank(town, tmp_path, seen=MemorySeen()) as bank, Https(town.client(bank.server.port)) as line:
        assert (Delivery.REFUSED, "missing") == ((failed := put(line)).delivery, failed.code)  # the folders are not there yet
        clean(bank.root)

        assert Put(Delivery.DELIVERED) == put(line)


# ---- what is offered -------------------------------------------------------------------------------------------------------------


def test_a_receiver_takes_and_shows_nothing(town: Town, receiver: Bank) -> None:
    with Https(town.client(receiver.server.port, signing=OUR_SIGNING)) as line:
        assert Put(Delivery.DELIVERED) == put(line)
        for act in (line.list, lambda: look(line), lambda: list(line.get("A.p7m")), lambda: line.acknowledge("A.p7m")):
            with pytest.raises(Refused) as refused:
                act()
            assert "not-offered" == refused.value.code


def test_answers_in_the_same_call_come_back_with_the_put(town: Town, tmp_path: Path) -> None:
    replies = (("答复_1.p7m", b"one"), ("R2.p7m", b""), ("R3.p7m", BYTES))

    class Answering(Bank):
        def _open(self, peer: Peer) -> Any:
            road = super()._open(peer)
            plain = road.put
            road.put = lambda *args: dataclasses.replace(plain(*args), replies=replies)  # type: ignore[method-assign]
            return road

    with Answering(town, clean(tmp_path)) as bank, Https(town.client(bank.server.port)) as line:
        assert Put(Delivery.DELIVERED, replies=replies) == put(line)


def receiver_holds(receiver: Bank) -> list[str]:
    return sorted(path.name for path in (receiver.root / "in").iterdir() if path.suffix == ".p7m")


# ---- strangers -------------------------------------------------------------------------------------------------------------------


def test_a9_slow_heads_and_slow_bodies_are_broken_off_and_nobody_else_waits(town: Town, tmp_path: Path) -> None:
    limits = dataclasses.replace(QUICK, transfer_s=1.0, bytes_per_s=10**9)
    with Bank(town, clean(tmp_path), head_s=1.0, deadlines=limits) as bank:
        caller = Raw(town, bank.server.port)
        slow_head, slow_body = caller.connect(), caller.connect()
        slow_head.sendall(b"GET /answers HT")
        slow_body.sendall(
            f"PUT /parcels/a HTTP/1.1\r\nHost: x\r\nContent-Digest: {digest_field(sha(b'x' * 9))}\r\nContent-Length: 9\r\n\r\nx".encode()
        )

        with Https(town.client(bank.server.port)) as line:
            assert [] == line.list()
        began = time.monotonic()
        assert 0 == caller.talk(slow_head, b"TP")[0]
        assert 408 == caller.talk(slow_body, b"x")[0]
        assert time.monotonic() - began < 5
        assert [] == list((bank.root / "in").iterdir())


def test_a9_more_lines_than_allowed_are_closed_at_once(town: Town, tmp_path: Path) -> None:
    with Bank(town, clean(tmp_path), connections_max=3, head_s=1.0) as bank:
        held = [socket.create_connection(("127.0.0.1", bank.server.port)) for _ in range(3)]
        time.sleep(0.1)
        with socket.create_connection(("127.0.0.1", bank.server.port), timeout=5) as fourth:
            assert b"" == fourth.recv(1)
        for line in held:
            line.close()
        time.sleep(0.3)
        with Https(town.client(bank.server.port)) as line:
            assert [] == line.list()


@pytest.mark.parametrize(
    "head", [b"X-Long: " + b"x" * 1_000_000, b"\r\n".join(b"X-%d: x" % n for n in range(10_000))], ids=["long", "many"]
)
def test_a9_h16_large_heads_are_refused(town: Town, receiver: Bank, head: bytes) -> None:
    assert Raw(town, receiver.server.port).ask(b"PUT /parcels/a HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")[0] in (0, 400)


def test_a9_a_body_above_the_cap_is_refused_before_it_comes(town: Town, tmp_path: Path) -> None:
    with Bank(town, clean(tmp_path), body_bytes_max=1000) as bank, Https(town.client(bank.server.port)) as line:
        refused = put(line)

    assert (Delivery.REFUSED, "too-large") == (refused.delivery, refused.code)
    assert 0 == bank.opened


@pytest.fixture
def hasty(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    """A receiver that waits for nobody."""
    monkeypatch.setattr("transports.https.server.LINGER_S", 0.05)
    monkeypatch.setattr("transports.https.server.SWEEP_S", 0.1)
    limits = dataclasses.replace(QUICK, transfer_s=0.1, bytes_per_s=10**9)
    town.clock.ahead = 0.0
    with Bank(
        town, clean(tmp_path), signing=BANK_SIGNING, verify=verify, verbs=frozenset({"put"}), head_s=0.5, deadlines=limits
    ) as bank:
        yield bank


def test_two_hundred_callers_that_speak_no_sense_stop_nobody(town: Town, hasty: Bank) -> None:
    receiver = hasty
    chance = random.Random(20261121)
    good = message(town, "Z.p7m")
    caller = Raw(town, receiver.server.port)
    for _ in range(200):
        status, told = caller.ask(_spoilt(good, chance) + b"\r\n\r\n")
        assert status in (0, 200, 201, 400, 401, 404, 408, 409, 411, 413, 422), told
        assert b"Traceback" not in told

    assert caller.ask(message(town, "Z.p7m", nonce="fresh"))[0] in (200, 201)  # what no signature covers may be spoilt
    assert [b"answer"] == [(receiver.root / "in" / name).read_bytes() for name in receiver_holds(receiver)]


def _spoilt(good: bytes, chance: random.Random) -> bytes:
    kind = chance.randrange(4)
    if kind == 0:
        return chance.randbytes(chance.randrange(1, 400))
    spoilt = bytearray(good)
    if kind == 1:
        return bytes(spoilt[: chance.randrange(len(spoilt) - 6)])
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(spoilt) - 6)
        spoilt[at : at + (kind == 3)] = bytes((chance.randrange(256),)) * (1 if kind == 2 else chance.randrange(3))
    return bytes(spoilt).replace(b"Z.p7m HTTP", b"Z.p7m  HTTP") if bytes(spoilt) == good else bytes(spoilt)


# ---- the tools of others -----------------------------------------------------------------------------------------------------------

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed here")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")


def s_client(town: Town, port: int, *options: str, said: bytes = b"", ours: bool = True) -> str:
    tls = town.our_tls()
    (town.folder / "authority.pem").write_text(town.issuer.pem)
    who = ["-cert", str(tls.certificate), "-key", str(tls.key)] if ours else []
    command = [
        "openssl",
        "s_client",
        "-connect",
        f"127.0.0.1:{port}",
        "-CAfile",
        str(town.folder / "authority.pem"),
        *who,
        *options,
    ]
    done = subprocess.run(command, input=said, capture_output=True, timeout=20, check=False)
    return (done.stdout + done.stderr).decode(errors="replace")


@needs_openssl
@pytest.mark.real
@pytest.mark.parametrize(
    "options",
    [["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1_2", "-cipher", "AES256-SHA:@SECLEVEL=0"]],
    ids=["tls11", "cipher"],
)
def test_a7_h29_old_tls_gets_no_line(town: Town, receiver: Bank, options: list[str]) -> None:
    told = s_client(town, receiver.server.port, *options, said=b"GET / HTTP/1.1\r\n\r\n")

    assert "HTTP/1.1" not in told
    assert "Cipher is (NONE)" in told or "alert" in told


@needs_openssl
@pytest.mark.real
def test_a7_h28_nobody_comes_in_without_a_certificate(town: Town, receiver: Bank) -> None:
    assert "HTTP/1.1" not in s_client(town, receiver.server.port, "-ign_eof", said=b"GET / HTTP/1.1\r\n\r\n", ours=False)


@needs_curl
@pytest.mark.real
def test_a_curl_of_a_bank_puts_and_gets(town: Town, tmp_path: Path) -> None:
    tls = town.our_tls()
    (town.folder / "authority.pem").write_text(town.issuer.pem)
    (tmp_path / "body").write_bytes(BYTES)
    with Bank(town, clean(tmp_path / "bank")) as bank:
        (bank.root / "out" / "R.p7m").write_bytes(b"answer")
        (bank.root / "out" / "R.p7m.ok").touch()
        base = [
            "curl",
            "-sS",
            "--max-time",
            "10",
            "--cacert",
            str(town.folder / "authority.pem"),
            "--cert",
            str(tls.certificate),
            "--key",
            str(tls.key),
        ]
        url = f"https://localhost:{bank.server.port}"
        digest = f"Content-Digest: {digest_field(sha(BYTES))}"
        stored = run_([*base, "-w", "%{http_code}", "-T", str(tmp_path / "body"), "-H", digest, f"{url}/parcels/{NAME}"])
        fetched = run_([*base, f"{url}/answers/R.p7m"])
        heads = [run_([*base, "-i", f"{url}/{path}"]).decode() for path in ("answers/R.p7m", "nothing")]

        assert (b"201", b"answer") == (stored, fetched)
        assert [1, 1] == [head.lower().count("server: connector") for head in heads]
        assert not any("aiohttp" in head or "Python" in head for head in heads)
        assert BYTES == (bank.root / "in" / NAME).read_bytes()


def run_(command: list[str]) -> bytes:
    return subprocess.run(command, capture_output=True, timeout=20, check=True).stdout
