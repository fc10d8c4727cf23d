"""Where a fault of a TCP line happens: a peer that says what a script says, or a caller that sends what no client of ours sends."""

import contextlib
import dataclasses
import hashlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.contracts.transport_contract import NAME, put
from tests.cutting_proxy import CuttingProxy, Direction
from tests.faults.table import Came, came_of
from tests.transports.tcp.lines import KEY, Lines
from transports.address import Address
from transports.tcp import HOUSE, Deadlines, Field, Header, Heartbeat, Mac, Meaning, Message, ServerSettings, Tcp, TcpSettings
from transports.tcp.line import Line
from transports.transport import Put

# Our own dialect with a MAC, so that a plain socket can speak it.
DIALECT = dataclasses.replace(HOUSE, header=Header((*HOUSE.header.fields, Field("mac", 64))))
FRAME_MAX = DIALECT.framing.frame_bytes_max
FAST = Deadlines(connect_s=2, handshake_s=2, reply_s=0.5, silence_s=0.5, transfer_s=3)
PATIENT = Deadlines(connect_s=2, handshake_s=2, reply_s=5, silence_s=5, transfer_s=20)
BEATS = Heartbeat(every_s=0.2, missed=2)
SHORT = b"short enough for one message"

Script = Callable[["Wire"], None]


class Wire:
    """The other end of one connection: whole messages by ``hear`` and ``say``, anything else by ``raw``."""

    def __init__(self, sock: socket.socket, settings: Any) -> None:
        self.sock = sock
        self.line = Line(sock, settings)
        self._settings = settings

    def hear(self) -> Message:
        """The next message that is no part of an earlier one."""
        message = self.line.receive(time.monotonic() + 5, 5)
        if message is None:
            raise EOFError
        return message

    def hear_parcel(self) -> Message:
        """All parts of a put; the last one."""
        while (message := self.hear()).more:
            pass
        return message

    def say(self, *messages: Message) -> None:
        for message in messages:
            self.line.send(message, time.monotonic() + 5)

    def frame(self, message: Message) -> bytes:
        """The message as it goes over the line."""
        return DIALECT.framing.encode(self.line._frame(message))

    def raw(self, data: bytes) -> None:
        self.sock.sendall(data)

    def rest(self) -> bytes:
        """All that still comes until the other side ends the line."""
        self.sock.settimeout(10)
        found = b""
        with contextlib.suppress(OSError):
            while data := self.sock.recv(65536):
                found += data
        return found

    def fin(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """End the line as a machine does that lost it: with a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def taken(question: Message, **more: Any) -> Message:
    """The right answer to a put."""
    return Message(DIALECT.codes.put[1], question.sequence, DIALECT.status(Meaning.OK), question.name, **more)


class Scene:
    """One run's disk and numbers. ``peer(script…)``: a bank that does as the scripts say, one for each connection in turn."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.lines = Lines(folder, DIALECT, tls=False, deadlines=FAST)
        self.mac = Mac("hmac-sha256", KEY)
        self.failed: list[BaseException] = []

    def settings(self, kind: type, side: str, **given: Any) -> Any:
        numbers = self.folder / side
        numbers.mkdir(exist_ok=True)
        common = {"dialect": DIALECT, "tls": None, "mac": self.mac, "sequence": "key", "numbers": numbers, "deadlines": FAST}
        return kind(**(common | given))

    def client(self, port: int, **changes: Any) -> Tcp:
        return Tcp(self.settings(TcpSettings, "client", address=Address("127.0.0.1", port), **changes))

    @contextlib.contextmanager
    def peer(self, *scripts: Script, **changes: Any) -> Iterator[Tcp]:
        """Our client, called to a peer that follows the scripts."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(10)
            thread = threading.Thread(target=self._follow, args=(listener, scripts), daemon=True)
            thread.start()
            with self.client(int(listener.getsockname()[1]), **changes) as client:
                yield client
        thread.join(10)
        assert self.failed == []

    def _follow(self, listener: socket.socket, scripts: tuple[Script, ...]) -> None:
        self._kept: list[socket.socket] = []
        try:
            for script in scripts:
                sock, _ = listener.accept()
                self._kept.append(sock)
                with contextlib.suppress(OSError, EOFError):  # the client let the line go
                    script(Wire(sock, self.settings(ServerSettings, "peer")))
        except BaseException as error:
            self.failed.append(error)

    @contextlib.contextmanager
    def caller(self, port: int) -> Iterator[Wire]:
        """A raw connection to our server."""
        with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
            yield Wire(sock, self.settings(TcpSettings, "caller", address=Address("127.0.0.1", port)))

    def served(self, act: Callable[[Wire], object], code: str, *, arrives: bool = False, **changes: Any) -> Came:
        """Our server, called by ``act``: what it told of the line's end, and whether NAME arrived."""
        with self.lines.serve(**({"deadlines": FAST, "idle_s": 1.0} | changes)) as server:
            with self.caller(server.port) as wire:
                act(wire)
                assert self.lines.heard.wait(code), self.lines.heard
            assert arrives is self.lines.root.joinpath("in", NAME).exists()
            self.still_serves(server.port)
        assert self.lines.heard.first is not None
        return came_of(self.lines.heard.first)

    def still_serves(self, port: int) -> None:
        """Whatever one line did, the next one is served."""
        with self.client(port, numbers=self.other_numbers()) as client:
            assert put(client, "next.zip", b"next").delivery.value == "delivered"

    def other_numbers(self) -> Path:
        """Numbers ahead of all a scripted caller used, and not too far."""
        folder = self.folder / "next"
        folder.mkdir(exist_ok=True)
        heard = self.folder / "server" / "heard.number"
        (folder / "called.number").write_text(str(int(heard.read_text()) + 100 if heard.exists() else 1))
        return folder


class FlakyProxy(CuttingProxy):
    """``die()``: the lines there are carry nothing more, and nobody is told; new ones pass. ``cut_after(n)``: cut n bytes on."""

    _dead: set[socket.socket] = set()  # noqa: RUF012 (replaced at the first death)

    def die(self) -> None:
        self._dead = set(self._lines)

    def cut_after(self, count: int | None) -> None:
        self._after = None if count is None else self.carried["up"] + count

    def _pump(self, source: socket.socket, sink: socket.socket, direction: Direction) -> None:
        proxy = self

        class Mortal:
            def recv(self, count: int) -> bytes:
                while (data := source.recv(count)) and source in proxy._dead:
                    pass
                return data

        super()._pump(Mortal(), sink, direction)  # type: ignore[arg-type]


def question(number: int, name: str = NAME, body: bytes = SHORT, **more: Any) -> Message:
    """A put as our client would send it."""
    digest = hashlib.sha256(body).hexdigest()
    return Message(DIALECT.codes.put[0], number, name=name, size=len(body), digest=digest, body=body, **more)


def ask(number: int, verb: str, name: str = "") -> Message:
    """A question without a body."""
    return Message(DIALECT.codes.all()[verb][0], number, name=name)


def sent(client: Tcp, content: bytes = SHORT, name: str = NAME) -> Put:
    return put(client, name, content)
