"""One institution as the steps see it: who it is, what it speaks on a day, the road to it."""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from bank_profiles.language.profile import Profile
from bank_profiles.package_names import is_receipt_name, whose
from config.connection import Connection, Entity, Institution, Limits
from config.hours import Hours
from config.relayed import Relayed
from transports.channel import Channel
from transports.openssh import OldServer
from transports.transport import Transport


@dataclasses.dataclass(frozen=True)
class Way:
    """One road of a bank. ``after``: how long the one before must have failed until this one is taken without asking a person."""

    kind: str
    open: Callable[[], Transport]
    leaves_files: bool = False  # what we have taken goes on lying there
    after: timedelta | None = None
    every: timedelta = timedelta(minutes=5)  # how often the clock looks for answers there
    asked_for: timedelta | None = None  # how long after it was sent an answer is asked for; none: until it is there or overdue
    called_back: bool = False  # the bank brings its answers here: to collect them nobody is called
    carrier: Relayed | None = None  # who travels it for us
    excused: OldServer | None = None  # its server is too old for the rules: what is excused, and until when


@dataclasses.dataclass(frozen=True)
class Bank:
    """A connection with its profile and its roads, the first one preferred. ``edition``: the profile an older batch was written in."""

    code: str
    name: str
    kind: str
    profile_on: Callable[[date], Profile]
    edition: Callable[[str], Profile]
    channel: Callable[[Profile], Channel]
    ways: Callable[[date], Sequence[Way]]
    limits: Limits
    hours: Hours = dataclasses.field(default_factory=Hours)
    zip_password: Callable[[], bytes | None] = lambda: None  # of its zips, where the profile says legacy_password: connection
    sharers: tuple[str, ...] = ()  # the legal entities behind one shared channel, this one among them; their passes take turns

    def lines_limit(self, profile: Profile) -> int:
        """The most lines of one batch: the smaller of the profile's and the site's limit."""
        return min(n for n in (profile.service.limits.lines_max, self.limits.lines_max) if n)

    @property
    def line_name(self) -> str:
        """What stands for the connection: institutions with the same one share it."""
        return self.sharers[0] if self.sharers else self.code

    def is_ours(self, profile: Profile, parcel: str) -> bool:
        """Is a file that lies there this institution's? On a shared channel its name says so."""
        return not self.sharers or _whose(profile, parcel) == self.code

    def is_nobodys(self, profile: Profile, parcel: str) -> bool:
        """A file on a shared channel that names none of the institutions behind it: one of them, the first, tells of it."""
        return self.sharers[:1] == (self.code,) and _whose(profile, parcel) not in self.sharers


def _whose(profile: Profile, parcel: str) -> str | None:
    """Whose answer or receipt it is, as its name says."""
    return whose(profile, "receipt" if is_receipt_name(profile, parcel) else "response", parcel)


def parties(connection: Connection) -> tuple[Institution | Entity, ...]:
    """Who is asked over a connection: the bank itself, or the legal entities its data centre answers for."""
    return connection.entities or (connection.institution,)


@dataclasses.dataclass(frozen=True)
class Banks:
    """All institutions of a deployment: those that work, and those whose connection or profile is refused, and why (code, zh, en).

    ``tests``: the test systems of institutions. No step sees them; an institution may have one beside its real connection.
    """

    working: dict[str, Bank]
    broken: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)  # connection file -> why
    awaited: frozenset[str] = frozenset()  # institutions that are broken, by code: they are asked once they are mended
    tests: dict[str, Bank] = dataclasses.field(default_factory=dict)
    connections: tuple[Connection, ...] = ()  # of those that work, in order of their files; of no test system

    def behind(self, connection: Connection) -> dict[str, Bank]:
        """Those of one of ``connections``, by code."""
        return {party.code: self.working[party.code] for party in parties(connection)}
