"""An SFTP server that does what a script says where an honest one would do its duty: the one of connector/bankside, with hooks.

``server.on(CMD_WRITE, rule)`` asks ``rule`` before every such packet; it answers by itself and returns True, or leaves it to the server.
"""

import logging
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import paramiko
from paramiko import sftp as wire
from paramiko.common import AUTH_FAILED, AUTH_PARTIALLY_SUCCESSFUL, AUTH_SUCCESSFUL, OPEN_SUCCEEDED
from paramiko.message import Message

from connector.bankside import sftp_server as honest
from transports.files import Entry

USER = "connector"


class Packet:
    """One request of the client, and the ways to answer it."""

    def __init__(self, session: Any, kind: int, number: int, message: Message) -> None:
        self._session, self.kind, self.number = session, kind, number
        self._rest = message.get_remainder()

    def read(self) -> Message:
        """What is asked, from its first word."""
        return Message(self._rest)

    def say(self, status: int) -> bool:
        """Answer with a status."""
        self._session._send_status(self.number, status)
        return True

    def data(self, content: bytes) -> bool:
        """Answer a read with these bytes."""
        self._session._response(self.number, wire.CMD_DATA, content)
        return True

    def words(self, content: bytes) -> bool:
        """Answer with a status of these words."""
        reply = Message()
        reply.add_int(self.number)
        reply.add_bytes(content)
        self._session._send_packet(wire.CMD_STATUS, reply)
        return True

    def names(self, entries: Iterable[tuple[bytes, paramiko.SFTPAttributes]]) -> bool:
        """Answer a listing with these names, whatever they are."""
        listed = list(entries)
        reply = Message()
        reply.add_int(self.number)
        reply.add_int(len(listed))
        for name, attributes in listed:
            reply.add_string(name)
            reply.add_string(b"-")
            attributes._pack(reply)  # type: ignore[attr-defined]
        self._session._send_packet(wire.CMD_NAME, reply)
        return True

    def attributes(self, attributes: paramiko.SFTPAttributes) -> bool:
        """Answer a stat with these attributes."""
        self._session._response(self.number, wire.CMD_ATTRS, attributes)
        return True

    def do(self, message: Message | None = None) -> bool:
        """Do what an honest server does, with another request if one is given."""
        honest._Subsystem._process(self._session, self.kind, self.number, message or self.read())
        return True

    def store(self, handle: bytes, offset: int, data: bytes) -> None:
        """Write these bytes, and answer nothing yet."""
        self._session.file_table[handle].write(offset, data)

    def give(self, handle: bytes, offset: int, length: int) -> bool:
        """Read this many bytes instead of as many as were asked for."""
        other = Message()
        other.add_string(handle)
        other.add_int64(offset)
        other.add_int(length)
        return self.do(Message(other.asbytes()))

    def open(self, path: str, flags: int) -> bool:
        """Open with other flags than were asked for."""
        other = Message()
        other.add_string(path)
        other.add_int(flags)
        other.add_int(0)  # no attributes
        return self.do(Message(other.asbytes()))

    def cut(self) -> bool:
        """Break the line instead of an answer."""
        self._session.sock.get_transport().close()
        return True


Rule = Callable[[Packet], bool]


class ScriptedSftp(honest.SftpServer):
    """``root`` with in, out and out/done. ``login``, ``channel``, ``greeting``: how it takes a client; ``on``: what it does to packets."""

    def __init__(self, root: Path, host_key: Path, client_line: str) -> None:
        super().__init__(root, host_key=host_key, user=USER, client_line=client_line)
        self.client_line = client_line
        self._ended = threading.Event()
        self.heal()

    def heal(self) -> None:
        """An honest server again."""
        self.rules: dict[int, Rule] = {}
        self.login, self.channel, self.greeting = AUTH_SUCCESSFUL, OPEN_SUCCEEDED, b""
        self.ways: list[str] = []  # how clients tried to log in
        self.strict, self.stalls, self.turns_away, self.wants_new_password = True, False, False, False

    def stop(self) -> None:
        """Nobody goes on waiting for it."""
        self._ended.set()
        super().stop()

    def on(self, kind: int, rule: Rule) -> None:
        """Ask ``rule`` before every packet of this kind."""
        self.rules[kind] = rule

    def hang_up(self) -> None:
        """Break every line."""
        for line in list(self._lines):
            line.close()

    def change_key(self, path: Path) -> None:
        """Show another host key from now on."""
        honest.make_ssh_key(path)
        self._host_key = paramiko.PKey.from_path(path)

    def _serve(self, knocking: socket.socket) -> None:
        if self.turns_away:
            knocking.close()
            return
        line = paramiko.Transport(knocking, strict_kex=self.strict)
        line.set_log_channel("tests.sftp")
        line.add_server_key(self._host_key)
        line.set_subsystem_handler("sftp", _Session, honest._Verbs, self._disk)
        if self.stalls:
            line._activate_outbound = self._ended.wait  # type: ignore[attr-defined]
        self._lines.add(line)
        line.start_server(event=threading.Event(), server=_Door(self, line))


class _Door(honest._Login):
    """Lets in whom the script lets in, and notes how they tried."""

    def __init__(self, server: ScriptedSftp, line: paramiko.Transport) -> None:
        super().__init__(USER, server.client_line)
        self.script, self._line = server, line

    def get_allowed_auths(self, username: str) -> str:
        return "publickey,password,keyboard-interactive"

    def check_auth_none(self, username: str) -> int:
        self.script.ways.append("none")
        return AUTH_FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        self.script.ways.append("password")
        return AUTH_FAILED

    def check_auth_interactive(self, username: str, submethods: str) -> int:
        self.script.ways.append("keyboard-interactive")
        return AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.script.ways.append("publickey")
        if self.script.wants_new_password:
            self._line._send_message(_new_password())  # type: ignore[attr-defined]
            return AUTH_FAILED
        known = super().check_auth_publickey(username, key)
        return known if known != AUTH_SUCCESSFUL else self.script.login

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return self.script.channel or super().check_channel_request(kind, chanid)


def _new_password() -> Message:
    """SSH_MSG_USERAUTH_PASSWD_CHANGEREQ (RFC 4252 8): a prompt and its language."""
    asks = Message()
    asks.add_byte(bytes([60]))
    asks.add_string("Your password has expired; choose a new one")
    asks.add_string("")
    return asks


class _Session(honest._Subsystem):
    """One session of one client."""

    def _send_server_version(self) -> int:
        script = self.get_server().script
        if script.greeting:
            self.sock.sendall(script.greeting)
        return super()._send_server_version()

    def _process(self, t: int, request_number: int, msg: Message) -> None:
        rule = self.get_server().script.rules.get(t)
        packet = Packet(self, t, request_number, msg)
        if rule is None or not rule(packet):
            packet.do()


def attributes(entry: Entry, *, mode: int = 0o100644, time: bool = True) -> paramiko.SFTPAttributes:
    """As the protocol carries them; a size below 0 is not told."""
    made = paramiko.SFTPAttributes()
    made.st_mode = mode
    if entry.size >= 0:
        made.st_size = entry.size
    if time:
        made.st_atime = made.st_mtime = int(entry.modified)
    return made


logging.getLogger("tests.sftp").propagate = False
__all__ = ["AUTH_FAILED", "AUTH_PARTIALLY_SUCCESSFUL", "USER", "Packet", "Rule", "ScriptedSftp", "attributes"]
