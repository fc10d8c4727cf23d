"""One institution as the steps see it: who it is, what it speaks on a day, the road to it."""

import dataclasses
from collections.abc import Callable
from datetime import date

from bank_profiles.language.profile import Profile
from transports.channel import Channel
from transports.transport import Transport


@dataclasses.dataclass(frozen=True)
class Bank:
    """A connection with its profile and its road. ``edition`` finds the profile an older batch was written in."""

    code: str
    name: str
    kind: str
    profile_on: Callable[[date], Profile]
    edition: Callable[[str], Profile]
    channel: Callable[[Profile], Channel]
    lines_max: int | None = None

    def lines_limit(self, profile: Profile) -> int:
        """The most lines of one batch: the smaller of the profile's and the site's limit."""
        limits = [n for n in (profile.service.limits.lines_max, self.lines_max) if n]
        return min(limits)

    def line(self, profile: Profile) -> Transport:
        """Open the road."""
        return self.channel(profile).line()


@dataclasses.dataclass(frozen=True)
class Banks:
    """All institutions of a deployment: those that work, and those whose connection or profile is refused, and why (code, zh, en)."""

    working: dict[str, Bank]
    broken: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)  # connection file -> why
    awaited: frozenset[str] = frozenset()  # institutions that are broken, by code: they are asked once they are mended
