"""Several banks at once, each on its own road and with its own responder, honest or misbehaving as its bank.yaml says.

with Simulation(paths, clock) as simulation:
    simulation.banks["990100000001"].where      # a Door (host, port, what to pin), a shared directory, or None: carried by hand
"""

import dataclasses
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from bank_profiles.errors import Problems
from bank_profiles.language.profile import Profile
from config.bankside import LineServing, Serving
from config.behaviours import Behaviour
from config.yaml_file import BadSettings
from connector.bankside.desk import Desk, served_folders
from connector.bankside.line_server import line_server
from connector.bankside.respond import Handled, respond
from connector.bankside.sftp_server import SftpServer
from connector.objects.store import ObjectError
from connector.roads.lines import answers_at_once
from transports.errors import TransportError
from transports.sealing.certificates import Certificate
from transports.tls import TlsSettings, pin_of

LOOK_EVERY_S = 0.25
SERVED = {"sftp": "sftp", "line_tcp": "line", "line_http": "line"}  # kind of road → the section of bank.yaml its server needs


@dataclasses.dataclass(frozen=True)
class Door:
    """Where a bank's server listens, and the fingerprint to pin: of its host key, or of the key in its line's certificate."""

    host: str
    port: int
    pin: str


Where = Door | Path | None  # a server, a directory both sides have, or nothing: what goes by media is carried by persons


@dataclasses.dataclass
class RunningBank:
    """One bank at work. ``handled`` grows as inquiries come. ``road``: the kind of its profile's channel.

    ``waiting``: what the last pass left for later, and why. ``stopped_by``: what it could not get over, if anything.
    """

    desk: Desk
    folder: Path  # where its bank.yaml lies
    road: str
    where: Where
    looks: bool = True  # by itself, again and again; not where its server answers in the call
    handled: list[Handled] = dataclasses.field(default_factory=list)
    waiting: list[Handled] = dataclasses.field(default_factory=list)
    stopped_by: Exception | None = None
    _looking: threading.Lock = dataclasses.field(default_factory=threading.Lock, repr=False)

    @property
    def code(self) -> str:
        """The institution."""
        return self.desk.code

    def look(self, now: datetime) -> None:
        """One pass over its folders, after any that is under way: whatever lies there now is handled when it returns."""
        try:
            with self._looking:
                passed = respond(self.desk, now)
            self.handled += [each for each in passed if each.ended != "waiting"]
            self.waiting, self.stopped_by = [each for each in passed if each.ended == "waiting"], None
        except (Problems, TransportError, ObjectError, OSError) as wrong:
            self.stopped_by = wrong  # its own trouble: the other banks go on, and so does it


class Simulation:
    """The banks of several bank.yaml files. Starts everything on entering, stops everything on leaving.

    ``behaviours``: by institution, what it does this time instead of what its bank.yaml says.
    Raises BadSettings, BadProfile, BrokenRing on entering: a bank that is wrong is not simulated.
    """

    def __init__(
        self,
        banks: Iterable[Path],
        clock: Callable[[], datetime],
        *,
        look_every_s: float = LOOK_EVERY_S,
        behaviours: Mapping[str, tuple[Behaviour, ...]] | None = None,
    ) -> None:
        self._paths, self._clock, self._every_s = list(banks), clock, look_every_s
        self._behaviours = behaviours or {}
        self._stop = threading.Event()
        self._stack = ExitStack()
        self.banks: dict[str, RunningBank] = {}

    def __enter__(self) -> "Simulation":
        with ExitStack() as started:
            for path in self._paths:
                bank = self._bank(path, started)
                self.banks[bank.code] = bank
            for bank in (each for each in self.banks.values() if each.looks):
                thread = threading.Thread(target=self._respond, args=(bank,), name=f"bank-{bank.code}", daemon=True)
                thread.start()
                started.callback(thread.join)
            started.callback(self._stop.set)  # runs first
            self._stack = started.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def _bank(self, path: Path, started: ExitStack) -> RunningBank:
        desk, folder = self._desk(path), path.resolve().parent
        profile = desk.profile(self._clock())
        road = profile.channel.kind
        desk.make_folders(profile)
        where: Where = desk.root if road == "folder" else None
        if road in SERVED:
            _expect_served(path, desk, road)
            where = (_sftp if road == "sftp" else self._line)(desk, profile, folder, started)
        return RunningBank(desk, folder, road, where, looks=not answers_at_once(profile.channel))

    def _desk(self, path: Path) -> Desk:
        desk = Desk.open(path)
        this_time = self._behaviours.get(desk.code, desk.settings.behaviours)
        return dataclasses.replace(desk, settings=desk.settings.model_copy(update={"behaviours": this_time}))

    def _line(self, desk: Desk, profile: Profile, folder: Path, started: ExitStack) -> Door:
        said = desk.settings.line
        assert said is not None
        server = line_server(desk, profile, self._clock, tls=_tls(said, folder), host=said.host, port=said.port)
        port = started.enter_context(server).port
        return Door(said.host, port, pin_of(Certificate.read((folder / said.certificate).read_bytes()).der))

    def _respond(self, bank: RunningBank) -> None:
        while not self._stop.is_set():
            bank.look(self._clock())
            self._stop.wait(self._every_s)


def _expect_served(path: Path, desk: Desk, road: str) -> None:
    name = SERVED[road]
    if getattr(desk.settings, name) is None:
        raise BadSettings(
            f"{path}: {name} is missing; a simulated bank on the road {road} runs its own server",
            f"{path}：缺少 {name} 一节；通道为 {road} 的模拟银行须自带服务",
        )


def _sftp(desk: Desk, profile: Profile, folder: Path, started: ExitStack) -> Door:
    said: Serving | None = desk.settings.sftp
    assert said is not None
    server = SftpServer(
        desk.root,
        host_key=folder / said.host_key,
        user=said.user,
        client_line=said.client,
        folders=served_folders(profile),
        host=said.host,
        port=said.port,
        room_bytes=said.room_bytes,
    )
    started.enter_context(server)
    return Door(*server.address, server.pin)


def _tls(said: LineServing, folder: Path) -> TlsSettings:
    authority = (folder / said.authority).read_text("ascii")
    return TlsSettings(folder / said.certificate, folder / said.key, authority, said.pins)
