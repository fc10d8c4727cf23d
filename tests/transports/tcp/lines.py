"""Lines for tests: three dialects, and our server over folders with our client before it."""

import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.certificates import Identity, authority, leaf, tls_settings
from tests.contracts.transport_contract import clean, manners
from transports.address import Address
from transports.errors import TransportError
from transports.folder import Folder, FolderSettings
from transports.tcp import (
    HOUSE,
    Codes,
    Deadlines,
    Dialect,
    Field,
    Framing,
    Header,
    Mac,
    Meaning,
    ServerSettings,
    Tcp,
    TcpServer,
    TcpSettings,
)

KEY = b"sixteen bytes or more"
SOON = Deadlines(connect_s=2, handshake_s=2, reply_s=2, silence_s=2, transfer_s=10)

# domain.md 2.4: eight digits that count themselves, padded with blanks, then version, application, code, time and a code
# of authentication before the body. What the bank's note lacks for our five verbs (name, number, page) is added to it.
ESB = Dialect(
    Framing(digits=8, counts="all", pad=" ", padded="right"),
    Header(
        (
            Field("constant", 4, "1.00"),
            Field("constant", 10, "CONNECTOR"),
            Field("code", 10),
            Field("time", 14),
            Field("sequence", 8),
            Field("status", 4),
            Field("name", 255),
            Field("size", 12),
            Field("digest", 64),
            Field("page", 6),
            Field("pages", 6),
            Field("text", 40),
            Field("mac", 32),
        ),
        charset="gb18030",
    ),
    Codes(
        ("PUT", "PUT_R"),
        ("LOOK", "LOOK_R"),
        ("LIST", "LIST_R"),
        ("GET", "GET_R"),
        ("KEEP", "KEEP_R"),
        ("COLLECT", "COLLECT_R"),
        ("BEAT", "BEAT_R"),
    ),
    {f"{number:04}": meaning for number, meaning in enumerate(Meaning)},
)
# Two bytes of length, so every parcel has many parts and every answer many pages.
SMALL = dataclasses.replace(HOUSE, framing=Framing(binary=2, counts="all", frame_bytes_max=16_000))
BARE = Dialect(Framing(digits=8))


def stamp() -> datetime:
    return datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


class Heard(list[str]):
    """What a server tells: the codes of what ended its lines, and the first error itself."""

    def __init__(self) -> None:
        super().__init__()
        self.first: TransportError | None = None
        self._came = threading.Condition()

    def __call__(self, error: TransportError) -> None:
        with self._came:
            self.append(error.code)
            self.first = self.first or error
            self._came.notify_all()

    def wait(self, code: str) -> bool:
        with self._came:
            return self._came.wait_for(lambda: code in self, 5)


class Lines:
    """A bank's folders below ``root`` with our server before them, in one dialect. ``tls``: mutual, else a MAC."""

    def __init__(self, root: Path, dialect: Dialect = HOUSE, *, tls: bool = True, **common: Any) -> None:
        self.root = clean(root / "bank")
        self.keys = root
        self.heard = Heard()
        self.tls = tls
        self.common = {"dialect": dialect, "deadlines": SOON} | common
        self._manners: dict[str, Any] = {}
        self.ca = authority()
        self.theirs, self.ours = leaf(self.ca), leaf(self.ca, "client")
        if not tls and dialect.header.has("mac"):
            self.common |= {"mac": Mac("hmac-sha256", KEY)}
        if dialect.header.has("sequence") and not tls:
            self.common |= {"sequence": "key"}

    def folder(self) -> Folder:
        return Folder(FolderSettings(self.root, manners(**self._manners)))

    @contextmanager
    def serve(self, **changes: Any) -> Iterator[TcpServer]:
        tls = tls_settings(self.keys, self.theirs, self.ca, self.ours.pin, file="server") if self.tls else None
        settings = ServerSettings(**({"tls": tls} | self._numbers("server") | self.common | changes))
        with TcpServer(settings, self.folder, tell=self.heard, stamp=stamp) as server:
            yield server

    def client_tls(self, own: Identity | None = None, *pins: str) -> Any:
        return tls_settings(self.keys, own or self.ours, self.ca, *(pins or (self.theirs.pin,)), name="localhost", file="client")

    def settings(self, port: int, **changes: Any) -> TcpSettings:
        tls = self.client_tls() if self.tls and "tls" not in changes else None
        given = {"tls": tls, "address": Address("127.0.0.1", port)} | self._numbers("client") | self.common
        return TcpSettings(**(given | changes))

    def call(self, port: int, **changes: Any) -> Tcp:
        return Tcp(self.settings(port, **changes), stamp=stamp)

    def opened(self, port: int, **changes: Any) -> Any:
        """An ``open`` for a Road: manners go to the server's folders, caps to the client too."""

        def open_(**wanted: Any) -> Tcp:
            self._manners = wanted
            caps = {key: wanted[key] for key in ("file_bytes_max", "entries_max") if key in wanted}
            return self.call(port, **(changes | caps))

        return open_

    def _numbers(self, side: str) -> dict[str, Any]:
        if self.common.get("sequence") != "key":
            return {}
        folder = self.keys / side
        folder.mkdir(exist_ok=True)
        return {"numbers": folder}
