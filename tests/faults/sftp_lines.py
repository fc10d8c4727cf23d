"""Faults of the line, S1 to S20: names, addresses, host keys, algorithms, logins, sessions, cuts, silence."""

import socket
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import paramiko
from paramiko import sftp as wire
from paramiko.common import OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED, OPEN_FAILED_RESOURCE_SHORTAGE

from tests.contracts.transport_contract import BYTES
from tests.cutting_proxy import CuttingProxy
from tests.faults.raw_ssh import BANNER, black_hole, nobody, offer, says
from tests.faults.scripted_sftp import AUTH_FAILED, AUTH_PARTIALLY_SUCCESSFUL, Packet, Rule
from tests.faults.sftp_scene import VERBS, Scene
from tests.faults.table import Came, Run, came
from transports.address import Address
from transports.sftp import Deadlines, Sftp

BRIEF = Deadlines(connect_s=0.3, login_s=0.3)
IMPATIENT = Deadlines(silence_s=1.0, transfer_s=1.0, bytes_per_s=10**9)
Fault = Callable[[Run, Scene], Came]

BYTE = {"0": 0, "1": 1, "50%": len(BYTES) // 2, "last": len(BYTES) - 1}
WEAK = {
    "group14-sha1": offer(kex="diffie-hellman-group14-sha1,kex-strict-s-v00@openssh.com"),
    "group1-sha1": offer(kex="diffie-hellman-group1-sha1"),
    "gex-sha1": offer(kex="diffie-hellman-group-exchange-sha1"),
    "ssh-rsa": offer(host_key="ssh-rsa"),
    "ssh-dss": offer(host_key="ssh-dss"),
    "aes-cbc": offer(cipher="aes128-cbc,aes256-cbc"),
    "3des-cbc": offer(cipher="3des-cbc"),
    "arcfour": offer(cipher="arcfour256,arcfour"),
    "no cipher": offer(cipher="none"),
    "hmac-sha1": offer(mac="hmac-sha1,hmac-sha1-96"),
    "hmac-md5": offer(mac="hmac-md5"),
    "no mac": offer(mac="none"),
}


def refused(run: Run, scene: Scene) -> Came:
    with nobody() as port:
        return scene.act(run.where, port=port)


def hole(run: Run, scene: Scene) -> Came:
    with black_hole() as port:
        return scene.act(run.where, port=port, deadlines=BRIEF)


def no_name(run: Run, scene: Scene) -> Came:
    return scene.act(run.where, address=Address("bank.invalid.", 22, (ip_network("127.0.0.0/8"),)))


def elsewhere(run: Run, scene: Scene) -> Came:
    port = scene.server.address[1]
    leads_to = ["127.0.0.1" if run.case == "after the first line" else "203.0.113.9"]

    def answer(*_asked: Any, **_how: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (leads_to[0], port))]

    scene.monkeypatch.setattr("transports.address.socket.getaddrinfo", answer)
    allowed = scene.settings(address=Address("bank.example", port, (ip_network("127.0.0.0/8"),)))
    with Sftp(allowed) as transport:
        if run.case == "after the first line":
            transport.list()
            leads_to[0] = "169.254.169.254"
            transport.close()
        return came(lambda: VERBS[run.where](transport))


def mute(run: Run, scene: Scene) -> Came:
    with says(b"") as port:
        return scene.act(run.where, port=port, deadlines=BRIEF)


def stalled(run: Run, scene: Scene) -> Came:
    if run.case == "keys":
        scene.server.stalls = True
        return scene.act(run.where, deadlines=BRIEF)
    with says(BANNER if run.case == "banner" else offer()) as port:
        return scene.act(run.where, port=port, deadlines=BRIEF)


def unpinned(run: Run, scene: Scene) -> Came:
    said = scene.act(run.where, pins=("SHA256:" + "A" * 43,))
    assert scene.server.ways == []  # not even a user's name was said
    return said


def after_the_first_line(change: Callable[[Scene], None]) -> Fault:
    """The line works; then it breaks, and on the next one something has changed."""

    def fault(run: Run, scene: Scene) -> Came:
        with Sftp(scene.settings()) as transport:
            transport.list()
            change(scene)
            scene.server.hang_up()
            assert Came("retry", "line-broken", "Unreachable") == came(lambda: VERBS[run.where](transport))
            return came(lambda: VERBS[run.where](transport))

    return fault


def another_key(scene: Scene) -> None:
    scene.server.change_key(Path(scene.root).parent / "another_key")


def another_type(run: Run, scene: Scene) -> Came:
    pinned = paramiko.RSAKey.generate(3072).fingerprint
    return scene.act(run.where, pins=(pinned,))


def weak(run: Run, scene: Scene) -> Came:
    if run.case in WEAK:
        with says(WEAK[run.case]) as port:
            return scene.act(run.where, port=port)
    if run.case == "short rsa":
        scene.server._host_key = paramiko.RSAKey.generate(2048)
    scene.server.strict = run.case != "not strict"
    said = scene.act(run.where)
    assert scene.server.ways == []
    return said


def login(answer: int) -> Fault:
    """Our key gets this answer."""

    def fault(run: Run, scene: Scene) -> Came:
        scene.server.login = answer
        said = scene.act(run.where)
        assert {"publickey"} == set(scene.server.ways)  # no password is offered to whoever asks for one
        return said

    return fault


def no_more_login(scene: Scene) -> None:
    scene.server.login = AUTH_FAILED


def password_ended(run: Run, scene: Scene) -> Came:
    """A server may ask for it where a password was tried (RFC 4252 8), which we never do; one that asks all the same gets none."""
    if run.case == "login":
        scene.server.wants_new_password = True
        said = scene.act(run.where)
        assert {"publickey"} == set(scene.server.ways)
        return said
    scene.server.greeting = b"WARNING: Your password has expired.\nYou must change your password now.\n"
    return scene.act(run.where)


def sessions(run: Run, scene: Scene) -> Came:
    scene.server.turns_away = run.case == "line"
    scene.server.channel = OPEN_FAILED_RESOURCE_SHORTAGE
    return scene.act(run.where)


def no_channel(run: Run, scene: Scene) -> Came:
    scene.server.channel = OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
    return scene.act(run.where)


def cut(run: Run, scene: Scene) -> Came:
    if run.case.startswith("byte"):
        with CuttingProxy(scene.server.address[1], direction="down", after=int(run.case.split()[1])) as proxy:
            return scene.act(run.where, port=proxy.port)
    scene.server.on(wire.CMD_WRITE, writes_to(BYTE[run.case], Packet.cut))
    scene.server.on(wire.CMD_READ, reads_to(BYTE[run.case], Packet.cut))
    return scene.act(run.where)


def writes_to(byte: int, then: Rule) -> Rule:
    """The file grows to this many bytes."""

    def rule(packet: Packet) -> bool:
        asked = packet.read()
        handle, offset, data = asked.get_binary(), asked.get_int64(), asked.get_binary()
        if offset + len(data) <= byte:
            return False
        if offset < byte:
            packet.store(handle, offset, data[: byte - offset])
        return then(packet)

    return rule


def reads_to(byte: int, then: Rule) -> Rule:
    """The file is given up to this many bytes."""

    def rule(packet: Packet) -> bool:
        asked = packet.read()
        handle, offset, length = asked.get_binary(), asked.get_int64(), asked.get_int()
        if offset + length <= byte:
            return False
        return packet.give(handle, offset, byte - offset) if offset < byte else then(packet)

    return rule


def cut_at_close(run: Run, scene: Scene) -> Came:
    scene.server.on(wire.CMD_CLOSE, Packet.cut)
    return scene.act(run.where)


def drip(run: Run, scene: Scene) -> Came:
    with CuttingProxy(scene.server.address[1]) as proxy, Sftp(scene.settings(port=proxy.port, deadlines=IMPATIENT)) as transport:
        transport.list()
        proxy.slow("up" if run.case == "up" else "down")
        return came(lambda: VERBS[run.where](transport))


def silence(run: Run, scene: Scene) -> Came:
    """The server's side of the line goes on answering keep-alives while the session does not."""
    kept_alive: list[bool] = []
    keepalive = paramiko.Transport._parse_global_request  # type: ignore[attr-defined]

    def count(self: paramiko.Transport, message: paramiko.Message) -> None:
        kept_alive.append(True)
        keepalive(self, message)

    scene.monkeypatch.setattr(paramiko.Transport, "_parse_global_request", count)
    for kind in (wire.CMD_STAT, wire.CMD_OPENDIR):
        scene.server.on(kind, lambda _packet: True)
    said = scene.act(run.where, deadlines=Deadlines(silence_s=1.5, keepalive_s=1))
    assert kept_alive
    return said


LINES: Mapping[str, Fault] = {
    "S1": refused,
    "S2": hole,
    "S3": no_name,
    "S4": elsewhere,
    "S5": mute,
    "S6": stalled,
    "S7": unpinned,
    "S8": after_the_first_line(another_key),
    "S9": another_type,
    "S10": weak,
    "S11": login(AUTH_FAILED),
    "S12": after_the_first_line(no_more_login),
    "S13": password_ended,
    "S14": login(AUTH_PARTIALLY_SUCCESSFUL),
    "S15": sessions,
    "S16": no_channel,
    "S17": cut,
    "S18": cut_at_close,
    "S19": drip,
    "S20": silence,
}
