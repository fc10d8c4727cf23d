"""Several banks at once, each with its own SFTP server and its own responder, honest or misbehaving as its bank.yaml says.

with Simulation(paths, clock) as simulation:
    simulation.banks["990100000001"].address, .pin      # where it listens, what to pin
"""

import dataclasses
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from bank_profiles.errors import Problems
from config.yaml_file import BadSettings
from connector.bankside.desk import Desk, served_folders
from connector.bankside.respond import Handled, respond
from connector.bankside.sftp_server import SftpServer
from connector.objects.store import ObjectError
from transports.errors import TransportError

LOOK_EVERY_S = 0.25


@dataclasses.dataclass
class RunningBank:
    """One bank at work. ``handled`` grows as inquiries come.

    ``waiting``: what the last pass left for later, and why. ``stopped_by``: what it could not get over, if anything.
    """

    desk: Desk
    server: SftpServer
    folder: Path  # where its bank.yaml lies
    handled: list[Handled] = dataclasses.field(default_factory=list)
    waiting: list[Handled] = dataclasses.field(default_factory=list)
    stopped_by: Exception | None = None

    @property
    def code(self) -> str:
        """The institution."""
        return self.desk.code

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of its SFTP server."""
        return self.server.address

    @property
    def pin(self) -> str:
        """The fingerprint of its host key."""
        return self.server.pin

    def look(self, now: datetime) -> None:
        """One pass over its folders."""
        try:
            passed = respond(self.desk, now)
            self.handled += [each for each in passed if each.ended != "waiting"]
            self.waiting, self.stopped_by = [each for each in passed if each.ended == "waiting"], None
        except (
            Problems,
            TransportError,
            ObjectError,
            OSError,
        ) as wrong:  # its own trouble: the other banks go on, and so does it
            self.stopped_by = wrong


class Simulation:
    """The banks of several bank.yaml files. Starts everything on entering, stops everything on leaving.

    Raises BadSettings, BadProfile, BrokenRing on entering: a bank that is wrong is not simulated.
    """

    def __init__(self, banks: Iterable[Path], clock: Callable[[], datetime], *, look_every_s: float = LOOK_EVERY_S) -> None:
        self._paths, self._clock, self._every_s = list(banks), clock, look_every_s
        self._stop = threading.Event()
        self._stack = ExitStack()
        self.banks: dict[str, RunningBank] = {}

    def __enter__(self) -> "Simulation":
        with ExitStack() as started:
            for path in self._paths:
                bank = self._bank(path, started)
                self.banks[bank.code] = bank
            for bank in self.banks.values():
                thread = threading.Thread(target=self._respond, args=(bank,), name=f"bank-{bank.code}", daemon=True)
                thread.start()
                started.callback(thread.join)
            started.callback(self._stop.set)  # runs first
            self._stack = started.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def _bank(self, path: Path, started: ExitStack) -> RunningBank:
        desk = Desk.open(path)
        serving = desk.settings.sftp
        if serving is None:
            raise BadSettings(
                f"{path}: sftp is missing; a simulated bank serves its own folders", f"{path}：缺少 sftp 一节；模拟银行须自带服务"
            )
        profile = desk.profile(self._clock())
        desk.make_folders(profile)
        server = SftpServer(
            desk.root,
            host_key=path.resolve().parent / serving.host_key,
            user=serving.user,
            client_line=serving.client,
            folders=served_folders(profile),
            host=serving.host,
            port=serving.port,
            room_bytes=serving.room_bytes,
        )
        return RunningBank(desk, started.enter_context(server), path.resolve().parent)

    def _respond(self, bank: RunningBank) -> None:
        while not self._stop.is_set():
            bank.look(self._clock())
            self._stop.wait(self._every_s)
