"""A bank's calls over HTTPS as a profile says them: what is believed of a reply, and whose it is."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bank_profiles.language.lines import LineHttp
from connector.assembly import Deployment, clock
from connector.bankside.desk import Desk
from connector.bankside.line_server import line_server
from connector.roads import dialects
from tests.callbacks.town import CHANNEL, CallBackTown
from tests.certificates import tls_settings
from tests.contracts.transport_contract import BYTES, DIGEST, put
from tests.https_line import Town
from tests.scripted_https import Script, ScriptedHttps, says
from transports.errors import Refused
from transports.https import Https
from transports.https.signing import digest_field
from transports.sealing.cms import suite_aes
from transports.transport import Delivery, Put, Transport

SEALED = bytes.fromhex("308006092a864886f70d010703a080") + b"an answer"
OCTETS, JSON, HTML = (f"Content-Type: {kind}" for kind in ("application/octet-stream", "application/json", "text/html"))
LATER = {"collect": {"collect": "/cx/answer?msg={name}"}}
BY_MEMBER = LATER | {"proof": {"member": "retCode", "values": "0000", "refused": ["9001"]}}
BY_HEADER = LATER | {"proof": {"header": "X-Stored"}}
STORED = f"X-Stored: {digest_field(DIGEST)}"


def line(**said: Any) -> LineHttp:
    return LineHttp.model_validate({"kind": "line_http", "path": "/cx/ask", "seal": "cms-aes256gcm"} | said)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(tmp_path_factory.mktemp("town"))


def posted(town: Town, said: LineHttp, script: Script) -> tuple[Put, ScriptedHttps]:
    with (
        ScriptedHttps(town.bank_tls(), script) as bank,
        Https(town.client(bank.port, dialect=dialects.of_https(said), base=dialects.https_base(said))) as road,
    ):
        return put(road, "Q.p7m"), bank


SIGNED = CHANNEL.replace("put_in: header X-Sign", "put_in: header X-Sign, replies: true")


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CallBackTown]:
    with CallBackTown(tmp_path_factory.mktemp("bank"), channel=SIGNED) as made:
        yield made


# ---- what is believed ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [{}, LATER, BY_MEMBER, BY_HEADER], ids=["same call", "no proof", "member", "header"])
@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, (HTML,), b"<html>Please log in</html>"),
        (200, (OCTETS,), b"<html>Please log in</html>"),
        (200, (), b""),
        (202, (), b"rejected: unknown"),
        (202, (OCTETS,), b""),
        (204, (), b""),
        (200, (JSON,), b'{"retCode":"4711"}'),
        (200, (JSON,), b'{"retCode":true}'),
        (201, ("X-Stored: sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:",), b""),
    ],
)
def test_a_good_status_alone_never_says_delivered(
    town: Town, said: dict[str, Any], status: int, headers: tuple[str, ...], body: bytes
) -> None:
    told, _ = posted(town, line(**said), says(status, *headers, body=body))

    assert Delivery.IN_DOUBT is told.delivery


def test_an_answer_in_the_call_is_the_proof_and_gets_its_name(town: Town) -> None:
    told, bank = posted(town, line(reply_name="A-{file}"), says(200, OCTETS, body=SEALED))

    assert Put(Delivery.DELIVERED, replies=(("A-Q.p7m", SEALED),)) == told
    assert bank.heads[0].startswith(b"POST /cx/ask HTTP/1.1\r\n")


@pytest.mark.parametrize("said", [BY_MEMBER, BY_HEADER], ids=["member", "header"])
def test_an_answer_that_comes_earlier_than_agreed_is_not_lost(town: Town, said: dict[str, Any]) -> None:
    told, _ = posted(town, line(**said), says(201, OCTETS, STORED, body=SEALED))

    assert Put(Delivery.DELIVERED, replies=(("Q.p7m.answer", SEALED),)) == told


@pytest.mark.parametrize(
    ("said", "headers", "body", "ends"),
    [
        (BY_MEMBER, (JSON,), b'{"retCode":"0000"}', Put(Delivery.DELIVERED)),
        (BY_HEADER, (STORED,), b"", Put(Delivery.DELIVERED)),
        (BY_HEADER | {"proof": {"member": "code", "values": "0"}}, (JSON,), b'{"code":0}', Put(Delivery.DELIVERED)),
    ],
)
def test_what_the_note_calls_proof_is_believed(
    town: Town, said: dict[str, Any], headers: tuple[str, ...], body: bytes, ends: Put
) -> None:
    assert ends == posted(town, line(**said), says(200, *headers, body=body))[0]


def test_a_no_of_the_bank_is_a_no(town: Town) -> None:
    told, _ = posted(town, line(**BY_MEMBER), says(200, JSON, body=b'{"retCode":"9001"}'))

    assert (Delivery.REFUSED, "refused") == (told.delivery, told.code)


def test_the_bank_learns_the_name_where_its_note_wants_it(town: Town) -> None:
    said = line(path="/cx/{name}/ask", headers={"X-Msg-Id": "{name}", "X-Digest": "{digest}"})
    _, bank = posted(town, said, says(200))

    assert bank.heads[0].startswith(b"POST /cx/Q.p7m/ask HTTP/1.1\r\n")
    assert ["Q.p7m", DIGEST] == [bank.talks[0].header(name) for name in ("X-Msg-Id", "X-Digest")]
    assert [BYTES] == bank.bodies


def test_a_login_page_is_no_answer_that_was_asked_for(town: Town) -> None:
    said = line(**BY_MEMBER)
    page = says(200, HTML, body=b"<html>Please log in</html>")
    with (
        ScriptedHttps(town.bank_tls(), page) as bank,
        Https(town.client(bank.port, dialect=dialects.of_https(said))) as road,
        pytest.raises(Refused) as refused,
    ):
        road.list(["Q.p7m"])

    assert "reply-type" == refused.value.code
    assert bank.heads[0].startswith(b"GET /cx/answer?msg=Q.p7m HTTP/1.1\r\n")


@pytest.mark.parametrize("suite", suite_aes.SUITES)
def test_every_seal_is_known_for_one(town: Town, bank: CallBackTown, suite: str) -> None:
    desk = Desk.open(bank.bank_folder(bank.code) / "bank.yaml")
    channel = dataclasses.replace(desk.channel(desk.profile(clock())), suite=suite)
    parcel = b"".join(channel.seal([b"a long answer " * 9000], clock()))
    told, _ = posted(town, line(), says(200, OCTETS, body=parcel))

    assert (("Q.p7m.answer", parcel),) == told.replies


# ---- whose reply it is -------------------------------------------------------------------------------------------------------------


def road(bank: CallBackTown) -> Transport:
    """As the steps open it."""
    parts = Deployment.open(bank.dir).parts
    return parts.banks.working[bank.code].ways(parts.day(clock()))[0].open()


def test_a10_both_sides_sign_and_both_are_believed(bank: CallBackTown) -> None:
    with road(bank) as opened:
        assert Put(Delivery.DELIVERED) == put(opened, "signed.p7m")


@pytest.mark.parametrize("by", ["another key", "nobody"])
def test_a10_a_reply_the_bank_did_not_sign_shows_nothing(tmp_path: Path, by: str) -> None:
    with CallBackTown(tmp_path, channel=SIGNED) as town:
        desk = Desk.open(town.bank_folder(town.code) / "bank.yaml")
        profile = desk.profile(clock())
        if by == "nobody":
            silent = profile.channel.model_copy(update={"sign": None})
            profile = profile.model_copy(update={"channel": silent})
        else:
            keys = desk.settings.keys.model_copy(update={"our_sign": desk.settings.keys.our_decrypt})
            desk = dataclasses.replace(desk, settings=desk.settings.model_copy(update={"keys": keys}))
        tls = tls_settings(tmp_path, town.bank, town.issuer, town.ours.pin, file="forger")
        with line_server(desk, profile, clock, tls=tls) as forger:
            town.amend(town.connection, address={"host": "127.0.0.1", "port": forger.port})
            with road(town) as opened:
                told = put(opened, "forged.p7m")

    assert (Delivery.IN_DOUBT, "reply-signature") == (told.delivery, told.code)


def test_a10_the_bank_serves_nothing_the_centre_did_not_sign(bank: CallBackTown) -> None:
    good = road(bank)._transport._line._settings  # type: ignore[attr-defined]
    assert good.signing is not None
    garbage = dataclasses.replace(good.signing, sign=lambda _message: b"signature", verify=None)
    of_something_else = dataclasses.replace(good.signing, sign=lambda message: good.signing.sign(message + b"!"), verify=None)
    for_another = dataclasses.replace(good.signing, bank="990100000099", verify=None)
    for how in (None, garbage, of_something_else, for_another):
        with Https(dataclasses.replace(good, signing=how)) as stranger:
            told = put(stranger, "poor.p7m")
            assert (Delivery.REFUSED, "not-authentic") == (told.delivery, told.code)
    assert not (bank.root / "in" / "poor.p7m").exists()
