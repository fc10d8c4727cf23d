"""What each bank does with each package of a month: drawn once from a seed, the same every time, and on record for the verdict."""

import dataclasses
import random
from collections.abc import Mapping
from datetime import timedelta

# Behaviour → how often of a hundred packages. What is said is said by the clock of the month; hours run day and night.
SHARES: Mapping[str, int] = {
    "plain": 62,
    "no_receipt": 4,
    "in_parts": 5,
    "part_late": 2,
    "part_never": 1,
    "in_turn": 4,  # some lines pending at first, the rest a day later
    "late": 3,
    "silent": 2,
    "rejects": 2,
    "revised": 3,
    "differs": 2,  # says something else, and does not call it a revision
    "twice": 3,
    "stranger": 1,  # beside its answer, one to a batch nobody sent it
    "unasked": 1,  # beside its rows, rows of lines it was never asked
    "damaged": 1,  # a parcel cut short, and the same whole a day later
    "miscounts": 1,
    "fails": 2,  # says that its own system failed for some lines
    "refuses": 1,  # every line
}


@dataclasses.dataclass(frozen=True)
class Act:
    """How a package is treated: the behaviour, after which time it is answered, and the seed of what is said."""

    kind: str
    after: timedelta
    seed: int


class Script:
    """The acts of one bank, package by package."""

    def __init__(self, seed: int, bank: int) -> None:
        self._chance = random.Random(seed * 1_000_003 + bank)
        self._forced: list[str] = []
        self.slow = bank % 7 == 3  # this one takes its time
        self.away = bank % 29 == 5  # its folder is not there on some days

    def next(self) -> Act:
        """The act for the package that came next."""
        kind = self._chance.choices([*SHARES], [*SHARES.values()])[0]
        hours = self._chance.choice((20, 26, 30) if self.slow else (2, 4, 6, 22))
        if self._forced:
            kind = self._forced.pop()
        if kind == "rejects":
            self._forced.append("plain")  # mended, it is taken
        return Act(kind, timedelta(hours=hours), self._chance.randrange(1 << 30))
