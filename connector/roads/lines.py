"""Roads of messages: dedicated lines over TCP and HTTPS, opened from the profile's words and the connection's keys."""

import hashlib
import ssl
from pathlib import Path

from bank_profiles.language.channel import Channel
from bank_profiles.language.lines import LineHttp, LineTcp
from config.settings import read_secret, secret_file
from config.yaml_file import BadSettings
from connector.roads import dialects
from connector.roads.called_back import CalledBack, Landing
from connector.roads.journey import Journey
from transports.https import Https, HttpsSettings, Signing
from transports.tcp import Mac, Tcp, TcpSettings
from transports.tls import TlsSettings, pin_of
from transports.transport import Transport


def tcp(journey: Journey) -> Transport:
    """A dedicated line with framed messages."""
    line = journey.channel
    assert isinstance(line, LineTcp)
    return Tcp(
        TcpSettings(
            dialect=dialects.of_tcp(line),
            tls=_tls(journey) if line.tls == "mutual" else None,
            mac=_mac(journey, line),
            sequence=line.sequence,
            numbers=numbers(journey, line),
            heartbeat=dialects.heartbeat(line),
            reply_name=line.reply_name,
            deadlines=dialects.tcp_deadlines(line),
            address=journey.address(),
            connection=line.connection,
            pace=journey.pace(),
            repeatable=line.repeatable,
            page_bytes=line.page_bytes or TcpSettings.page_bytes,
        )
    )


def proof_of(channel: Channel) -> tuple[str, ...]:
    """What of a connection proves the two sides of a framed line to each other."""
    if not isinstance(channel, LineTcp):
        return ()
    codes = () if channel.mac is None else ("mac",) if channel.mac_keys == "one" else ("mac", "bank_mac")
    return (*(("line", "pins") if channel.tls == "mutual" else ()), *codes)


def answers_at_once(channel: Channel) -> bool:
    """Does a question's answer come back in the call that brings it?"""
    if isinstance(channel, LineTcp):
        return channel.answer == "same_call"
    return isinstance(channel, LineHttp) and not (channel.collect or channel.call_back or channel.calls == "house_polled")


def numbers(journey: Journey, line: LineTcp) -> Path | None:
    """Where the numbers of a key are counted: that of the codes, else that of our certificate. An address may change, they go on."""
    if line.sequence != "key":
        return None
    if line.mac is not None:
        return journey.numbers(_secret(journey, journey.road.mac))
    keys = journey.road.line
    assert keys is not None  # expect_travelled saw to it
    return journey.numbers(pin_of(ssl.PEM_cert_to_DER_cert(_secret(journey, keys.certificate).decode())).encode())


def https(journey: Journey) -> Transport:
    """A dedicated line over HTTPS; of a bank that calls back, with the place where its call-backs land."""
    line = journey.channel
    assert isinstance(line, LineHttp)
    if not line.call_back:
        return _https(journey, line)
    if not journey.institution:  # the receiver is where the ledger is: what came before is asked there
        raise BadSettings("a bank cannot call a carrier back", "银行不能回调前置机", code="road-wrong")
    landing = Landing.of(journey.folder, journey.institution)
    return CalledBack(_https(journey, line), landing.road(), asks=line.collect is not None)


def _https(journey: Journey, line: LineHttp) -> Https:
    return Https(
        HttpsSettings(
            address=journey.address(),
            tls=_tls(journey),
            now=lambda: journey.now().timestamp(),
            base=dialects.https_base(line),
            dialect=dialects.of_https(line),
            signing=_signing(journey, line),
            deadlines=dialects.https_deadlines(line),
            pace=journey.pace(),
        )
    )


def _tls(journey: Journey) -> TlsSettings:
    keys = journey.road.line
    assert keys is not None  # expect_travelled saw to it
    return TlsSettings(
        certificate=_file(journey, keys.certificate),
        key=_file(journey, keys.key),
        authority=_secret(journey, keys.authority).decode(),
        pins=journey.pins(),
        name=keys.name,
    )


def _file(journey: Journey, secret: str) -> Path:
    return secret_file(journey.folder, secret.removeprefix("secret:"))


def _mac(journey: Journey, line: LineTcp) -> Mac | None:
    if line.mac is None:
        return None
    ours, theirs = journey.road.mac, journey.road.bank_mac
    return Mac(line.mac, _secret(journey, ours), _secret(journey, theirs) if line.mac_keys == "two" else b"")


def _secret(journey: Journey, named: str | None) -> bytes:
    return read_secret(journey.folder, (named or "").removeprefix("secret:"))


def _signing(journey: Journey, line: LineHttp) -> Signing | None:
    """Ours is a detached CMS signature by the key that signs our parcels, the bank's on its replies by the key that signs its own."""
    if line.sign is None:
        return None
    if journey.sign is None:  # a carrier has no key of ours
        raise BadSettings(
            "this bank wants every message signed by our key, and a carrier has none: reach it from the centre",
            "该银行要求逐条报文由我方密钥签名，而前置机没有该密钥：请由中心直接连接",
            code="road-wrong",
        )
    certificate = _file(journey, journey.road.line.certificate).read_bytes() if journey.road.line else b""
    return dialects.signing(
        line, hashlib.sha256(certificate).hexdigest()[:16], journey.institution or "-", journey.sign, journey.verify
    )
