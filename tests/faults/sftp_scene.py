"""Where a fault of SFTP is played: a scripted server over one folder, an offered answer, and the five verbs tried on it."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.transport_contract import BYTES, NAME, clean, look, put
from tests.faults.scripted_sftp import USER, ScriptedSftp
from tests.faults.table import Came, came
from transports.address import Address
from transports.manners import Manners
from transports.sftp import Sftp, SftpSettings
from transports.transport import Transport

OFFERED = "R_902.zip.p7m"
THEIRS = b"\xff" + BYTES[1:]  # of another's making, as large as ours

VERBS: dict[str, Callable[[Transport], object]] = {
    "put": put,
    "look": look,
    "list": lambda transport: transport.list(),
    "get": lambda transport: transport.get(OFFERED),
    "acknowledge": lambda transport: transport.acknowledge(OFFERED),
}


@dataclasses.dataclass
class Scene:
    """One server, its folder ``root`` and how its clients are set."""

    server: ScriptedSftp
    root: Path
    key_pem: str
    monkeypatch: pytest.MonkeyPatch

    def set(self) -> None:
        """An honest server, an empty drop, one answer offered."""
        clean(self.root)
        self.server.heal()
        (self.root / "out" / OFFERED).write_bytes(BYTES)
        (self.root / "out" / f"{OFFERED}.ok").touch()

    def settings(self, *, port: int | None = None, manners: dict[str, Any] | None = None, **changes: Any) -> SftpSettings:
        """As a connection would set it."""
        folders = {"send_dir": "in", "take_dir": "out", "done_dir": "out/done"}
        usual = SftpSettings(
            Address("127.0.0.1", port or self.server.address[1]),
            USER,
            self.key_pem,
            (self.server.pin,),
            Manners(**(folders | (manners or {}))),
        )
        return dataclasses.replace(usual, **changes)

    def act(self, where: str, **changes: Any) -> Came:
        """What comes of one verb on a line of its own."""
        with Sftp(self.settings(**changes)) as transport:
            return came(lambda: VERBS[where](transport))

    def expect_healed(self) -> None:
        """With an honest server every verb does its duty, and what was put stands whole, once."""
        self.server.heal()
        with Sftp(self.settings()) as transport:
            assert Came("delivered") == came(lambda: put(transport))
            if (self.root / "out" / OFFERED).exists():  # not archived by a rename whose reply was lost
                assert BYTES == b"".join(transport.get(OFFERED))
            transport.acknowledge(OFFERED)
        assert [NAME, f"{NAME}.ok"] == sorted(path.name for path in (self.root / "in").iterdir())
        assert BYTES == (self.root / "in" / NAME).read_bytes()
        assert BYTES == (self.root / "out" / "done" / OFFERED).read_bytes()
