"""Our HTTPS client at banks with ways of their own: calls as data, proofs, polls, signatures, patience; and where it never goes."""

import base64
import dataclasses
import ipaddress
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.contracts.transport_contract import BYTES, DIGEST, NAME, Road, arm, clean, look, put
from tests.https_line import OUR_SIGNING, Bank, Town, sha, sign_as, verify
from tests.scripted_https import ScriptedHttps, Talk, says
from transports.address import Address
from transports.crashpoint import Crash
from transports.errors import Refused, Unreachable
from transports.https import HOUSE_POLLED, Call, Dialect, Headers, Https, Listing, Means, Proof, Signing
from transports.https.signing import Stamp, digest_field
from transports.transport import Delivery, Presence, Put, Remote

__all__ = ["arm"]
STORED = f"X-Stored-Digest: {digest_field(DIGEST)}"
JSON, OCTETS = "Content-Type: application/json", "Content-Type: application/octet-stream"
PLAIN = Dialect(put=Call("POST", "/api/upload?file={name}", {200: Means.DONE}, types=("application/json",)))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(tmp_path_factory.mktemp("town"))


# ---- a bank's own calls ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "ends", "code"),
    [
        (b'{"code":"0000","msg":"ok"}', Delivery.DELIVERED, ""),
        (b'{"code":"9001"}', Delivery.REFUSED, "refused"),
        (b'{"code":"4711"}', Delivery.IN_DOUBT, "reply-unproved"),
        (b"{}", Delivery.IN_DOUBT, "reply-unproved"),
        (b'{"code":"0000","code":"9001"}', Delivery.IN_DOUBT, "reply-malformed"),
        (b'["0000"]', Delivery.IN_DOUBT, "reply-unproved"),
    ],
)
def test_a_bank_that_says_in_a_member_whether_it_took_it(town: Town, body: bytes, ends: Delivery, code: str) -> None:
    dialect = dataclasses.replace(PLAIN, proof=Proof(member="code", values=("0000",), refused=("9001",)))
    with (
        ScriptedHttps(town.bank_tls(), says(200, JSON, body=body)) as bank,
        Https(town.client(bank.port, dialect=dialect, base="/v2/")) as line,
    ):
        said = put(line, "查询.zip")

    assert (ends, code) == (said.delivery, said.code)
    assert bank.heads[0].startswith(b"POST /v2/api/upload?file=%E6%9F%A5%E8%AF%A2.zip HTTP/1.1\r\n")
    assert [BYTES] == bank.bodies


@pytest.mark.parametrize("status", [200, 202, 204, 206, 299, 500, 502, 503, 504, 520])
def test_no_status_is_taken_for_delivered_by_default(town: Town, status: int) -> None:
    dialect = Dialect(put=Call("PUT", "/{name}", {}))
    with ScriptedHttps(town.bank_tls(), says(status)) as bank, Https(town.client(bank.port, dialect=dialect)) as line:
        assert Delivery.IN_DOUBT is put(line).delivery


def test_a_status_the_note_calls_not_taken_may_be_put_again(town: Town) -> None:
    dialect = Dialect(put=Call("PUT", "/{name}", {500: Means.NOT_TAKEN}))
    with ScriptedHttps(town.bank_tls(), says(500)) as bank, Https(town.client(bank.port, dialect=dialect)) as line:
        assert Delivery.RETRY is put(line).delivery


@pytest.mark.parametrize(("repeatable", "seen"), [(False, Presence.UNKNOWN), (True, Presence.ABSENT)])
def test_what_the_note_does_not_offer_is_not_asked(town: Town, repeatable: bool, seen: Presence) -> None:
    dialect = dataclasses.replace(PLAIN, repeatable=repeatable)
    with ScriptedHttps(town.bank_tls(), says(500)) as bank, Https(town.client(bank.port, dialect=dialect)) as line:
        assert seen is look(line)
        assert [] == line.list((NAME,))
        line.acknowledge("R.p7m")
        with pytest.raises(Refused) as refused:
            list(line.get("R.p7m"))

    assert "not-offered" == refused.value.code
    assert [] == bank.heads


@pytest.mark.parametrize(
    ("headers", "length", "seen"),
    [
        ((), len(BYTES), Presence.PRESENT),
        ((), len(BYTES) - 1, Presence.DIFFERENT),
        ((f"Content-Digest: {digest_field(DIGEST)}",), len(BYTES), Presence.PRESENT),
        ((f"Content-Digest: {digest_field(sha(b'x'))}",), len(BYTES), Presence.DIFFERENT),
    ],
)
def test_a_look_by_head_compares_size_and_digest(town: Town, headers: tuple[str, ...], length: int, seen: Presence) -> None:
    def script(talk: Talk) -> None:
        talk.hear()
        talk.say(200, *headers, length=length)

    dialect = dataclasses.replace(PLAIN, look=Call("HEAD", "/in/{name}", {200: Means.DONE, 404: Means.GONE}))
    with ScriptedHttps(town.bank_tls(), script) as bank, Https(town.client(bank.port, dialect=dialect)) as line:
        assert seen is look(line)


def test_a_listing_in_a_banks_own_words_with_hostile_names(town: Town) -> None:
    items = b'[{"fileName":"B.p7m","len":3,"t":2},{"fileName":"../x","len":1},{"fileName":"A.p7m","len":4,"t":1}]'
    dialect = dataclasses.replace(
        PLAIN, list=Call("GET", "/ls", {200: Means.DONE}, ("application/json",)), listing=Listing("", "fileName", "len", "t")
    )
    with (
        ScriptedHttps(town.bank_tls(), says(200, JSON, body=items)) as bank,
        Https(town.client(bank.port, dialect=dialect)) as line,
    ):
        assert [Remote("A.p7m", 4, 1.0), Remote("B.p7m", 3, 2.0)] == line.list()
        assert ["name-separator"] == [reason for reason, _ in line.strange]


def test_what_a_peer_says_it_left_out_is_repeated_only_in_the_agreed_form(town: Town) -> None:
    body = '{"files":[],"left_out":[["name-leading","‹4 bytes, #00112233›"],["name-x","张三 340524198001010010"],["x",1],"y"]}'.encode()
    with ScriptedHttps(town.bank_tls(), says(200, JSON, body=body)) as bank, Https(town.client(bank.port)) as line:
        assert [] == line.list()
        assert [("name-leading", "‹4 bytes, #00112233›")] == line.strange


def test_each_answer_is_asked_for_by_its_question(town: Town, tmp_path: Path) -> None:
    with Bank(town, clean(tmp_path), answer_of=lambda question: f"R_{question}") as bank:
        road = Road(bank.root, None)  # type: ignore[arg-type]
        road.offer("R_问题1.p7m", BYTES)
        with Https(town.client(bank.server.port, dialect=HOUSE_POLLED)) as line:
            assert [] == line.list()
            assert [Remote("R_问题1.p7m", len(BYTES))] == line.list(("问题1.p7m", "Q2.p7m"))
            assert BYTES == b"".join(line.get("R_问题1.p7m"))
            line.acknowledge("R_问题1.p7m")
            assert [] == line.list(("问题1.p7m",))


def test_hostile_answers_in_the_same_call_are_left_out_and_the_put_stands(town: Town) -> None:
    headers = (STORED, OCTETS, f"X-Answer-Name: {quote('../x', safe='')},R.p7m", "X-Answer-Size: 1,2")
    with ScriptedHttps(town.bank_tls(), says(200, *headers, body=b"abc")) as bank, Https(town.client(bank.port)) as line:
        assert Put(Delivery.DELIVERED, replies=(("R.p7m", b"bc"),)) == put(line)
        assert ["name-separator"] == [reason for reason, _ in line.strange]


def test_a_file_that_has_not_the_digest_it_names_is_not_whole(town: Town) -> None:
    wrong = f"Content-Digest: {digest_field(sha(b'other'))}"
    with (
        ScriptedHttps(town.bank_tls(), says(200, OCTETS, wrong, body=b"answer")) as bank,
        Https(town.client(bank.port)) as line,
        pytest.raises(Refused) as refused,
    ):
        list(line.get("R.p7m"))

    assert "reply-digest" == refused.value.code


def test_a9_a_file_without_a_length_is_cut_at_the_cap(town: Town) -> None:
    def script(talk: Talk) -> None:
        talk.hear()
        talk.raw(f"HTTP/1.1 200 Word\r\n{OCTETS}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(10_000):
            talk.raw(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    caps = dataclasses.replace(town.client(1).caps, file_bytes_max=100_000)
    with (
        ScriptedHttps(town.bank_tls(), script) as bank,
        Https(town.client(bank.port, caps=caps)) as line,
        pytest.raises(Refused) as refused,
    ):
        list(line.get("R.p7m"))

    assert "too-large" == refused.value.code


# ---- signatures ------------------------------------------------------------------------------------------------------------------


def test_a10_a_bank_that_wants_one_header_over_the_body(town: Town) -> None:
    only = Headers(key_id="", bank="", message_id="", time="", nonce="", digest="", signature="X-Sign")
    signs = Signing("ours-1", "", sign_as("ours-1"), headers=only, lines=("{body}",))
    dialect = dataclasses.replace(PLAIN, proof=Proof(member="taken", values=("1",)))
    with (
        ScriptedHttps(town.bank_tls(), says(200, JSON, body=b'{"taken":1}')) as bank,
        Https(town.client(bank.port, dialect=dialect, signing=signs)) as line,
    ):
        assert Put(Delivery.DELIVERED) == put(line)

    signature = next(head.partition(b":")[2] for head in bank.heads[0].split(b"\r\n") if head.startswith(b"X-Sign:"))
    assert verify("ours-1", BYTES, base64.b64decode(signature))
    assert b"X-Nonce" not in bank.heads[0]


@pytest.mark.parametrize("fault", ["none", "unsigned", "another question's"])
def test_a10_a_reply_that_is_not_signed_by_the_bank_proves_nothing(town: Town, fault: str) -> None:
    def script(talk: Talk) -> None:
        talk.hear()
        if fault == "unsigned":
            talk.say(201, STORED)
            return
        asked = Stamp(
            "bank-1", "bank-a", talk.header("X-Message-Id"), talk.header("X-Time"), talk.header("X-Nonce"), digest_field(sha(b""))
        )
        stamp = dataclasses.replace(asked, nonce="another") if fault != "none" else asked
        signature = sign_as("bank-1")(stamp.message(OUR_SIGNING.reply_lines, status=201, target=f"/parcels/{NAME}"))
        talk.say(201, STORED, *(f"{key}: {value}" for key, value in stamp.headers(Headers(), signature).items()))

    with ScriptedHttps(town.bank_tls(), script) as bank, Https(town.client(bank.port, signing=OUR_SIGNING)) as line:
        said = put(line)

    wanted = (Delivery.DELIVERED, "") if fault == "none" else (Delivery.IN_DOUBT, "reply-signature")
    assert wanted == (said.delivery, said.code)


def test_rule_029_the_same_message_is_put_again_under_the_same_id_with_a_new_nonce(town: Town) -> None:
    with ScriptedHttps(town.bank_tls(), says(504)) as bank, Https(town.client(bank.port, signing=OUR_SIGNING)) as line:
        put(line)
        put(line)

    ids, nonces = zip(*((_header(head, "X-Message-Id"), _header(head, "X-Nonce")) for head in bank.heads), strict=True)
    assert 1 == len(set(ids))
    assert 2 == len(set(nonces))


def _header(head: bytes, name: str) -> str:
    return next(line.partition(b":")[2].strip().decode() for line in head.split(b"\r\n") if line.startswith(name.encode()))


# ---- patience and deadlines ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("7", 7),
        ("9" * 400, 3600),
        ("-1", 0),
        ("soon", 0),
        ("٣", 0),
        (formatdate(0, usegmt=True), 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
    ],
)
def test_h2_the_patience_a_peer_asks_for_is_kept_within_bounds(town: Town, asked: str, seconds: float) -> None:
    clock = Ticking()
    with (
        ScriptedHttps(town.bank_tls(), says(503, f"Retry-After: {asked}")) as bank,
        Https(town.client(bank.port), clock=clock) as line,
    ):
        assert Delivery.RETRY is put(line).delivery
        assert 1 == len(bank.heads)
        clock.at = max(0, seconds - 0.5)
        put(line)
        assert (1 if seconds else 2) == len(bank.heads)
        with pytest.raises(Unreachable):
            line.list()
        clock.at = 2 * seconds + 1
        put(line)
        assert len(bank.heads) >= 2


class Ticking:
    at = 0.0

    def __call__(self) -> float:
        return self.at


# ---- where we never go -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a6_an_address_outside_the_list_gets_no_line(town: Town, host: str) -> None:
    with ScriptedHttps(town.bank_tls(), says(201, STORED)) as bank:
        address = Address(host, bank.port, (ipaddress.ip_network("192.0.2.0/24"),))
        with Https(town.client(bank.port, address=address)) as line:
            said = put(line)
            with pytest.raises(Refused) as refused:
                line.list()

    assert (Delivery.REFUSED, "address-not-allowed") == (said.delivery, said.code)
    assert "address-not-allowed" == refused.value.code
    assert 0 == bank.shaken


def test_a6_a_name_is_resolved_anew_for_every_call(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedHttps(town.bank_tls(), says(201, STORED)) as bank:
        asked: list[str] = []

        def candidates(self: Address) -> list[str]:
            asked.append(self.host)
            return ["127.0.0.1"]

        monkeypatch.setattr(Address, "candidates", candidates)
        with Https(town.client(bank.port, address=Address("bank.example", bank.port))) as line:
            assert Put(Delivery.DELIVERED) == put(line)
            assert Put(Delivery.DELIVERED) == put(line)

    assert ["bank.example"] * 2 == asked
    assert b"Host: bank.example:" in bank.heads[0]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a8_a_redirect_is_never_followed_wherever_it_leads(town: Town, status: int) -> None:
    with ScriptedHttps(town.bank_tls(), says(201, STORED)) as elsewhere:
        there = f"Location: https://localhost:{elsewhere.port}/cx/v1/parcels/A.p7m"
        with (
            ScriptedHttps(town.bank_tls(), says(status, there)) as bank,
            Https(town.client(bank.port)) as line,
        ):
            refused = put(line)

    assert (Delivery.REFUSED, "redirected") == (refused.delivery, refused.code)
    assert ([], 1) == (elsewhere.heads, len(bank.heads))


def test_a8_proxies_and_passwords_of_the_environment_and_cookies_are_not_used(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login somebody password something\n")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NETRC", str(netrc))
    local = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
    with (
        ScriptedHttps(town.bank_tls(), says(201, STORED, "Set-Cookie: a=b; Path=/")) as bank,
        Https(town.client(bank.port, address=Address("localhost", bank.port, local))) as line,
    ):
        for _ in range(2):
            assert Put(Delivery.DELIVERED) == put(line)

    assert all(b"cookie" not in head.lower() and b"authorization" not in head.lower() for head in bank.heads)


def test_a_refusal_before_the_body_was_asked_for_takes_nothing(town: Town) -> None:
    def script(talk: Talk) -> None:
        talk.hear_head()
        talk.say(500)

    with ScriptedHttps(town.bank_tls(), script) as bank, Https(town.client(bank.port)) as line:
        assert Delivery.RETRY is put(line).delivery

    assert [b""] == bank.bodies


def test_done_is_not_believed_before_the_whole_was_handed_over(town: Town) -> None:
    def script(talk: Talk) -> None:
        talk.hear_head()
        talk.say(200, JSON, body=b"{}")
        talk.line.recv(65536)

    with ScriptedHttps(town.bank_tls(), script) as bank, Https(town.client(bank.port, dialect=PLAIN)) as line:
        assert Delivery.DELIVERED is not put(line, content=b"x" * 20_000_000).delivery


@pytest.mark.parametrize("label", ["O14", "O15", "O16", "O20"])
def test_a_crash_of_ours_is_ours_and_leaves_no_line(town: Town, arm: Any, label: str) -> None:
    with ScriptedHttps(town.bank_tls(), says(201, STORED)) as bank, Https(town.client(bank.port)) as line:
        arm(label)
        with pytest.raises(Crash):
            put(line)
        arm("")
        assert Put(Delivery.DELIVERED) == put(line)
