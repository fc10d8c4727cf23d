"""What a package is called, sealed and bare, and what it is about: names made of facts, and facts read from names."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from bank_profiles.filenames import NameValues, recognise, render
from bank_profiles.language.profile import Profile
from bank_profiles.language.words import SideName

BANK_TIME = timezone(timedelta(hours=8), "Asia/Shanghai")  # without daylight saving since 1991


@dataclass(frozen=True)
class PackageFacts:
    """What a package is about. ``bank``: the institution's code; ``seq``: which package of the day; ``made_at`` with a zone.

    Of an answer: which of how many packages it is (``package_no``, ``packages``), and whether it takes an earlier one's place.
    """

    bank: str
    batch_no: str
    day: date
    seq: int
    made_at: datetime
    package_no: int = 1
    packages: int = 1
    revised: bool = False

    def for_names(self) -> NameValues:
        return NameValues(
            bank=self.bank,
            batch_no=self.batch_no,
            day=self.day,
            made_at=self._local(),
            seq=self.seq,
            part=self.package_no,
            parts=self.packages,
        )

    def for_records(self) -> dict[str, Any]:
        """As header and trailer fields name them (targets.WRITTEN_FACTS)."""
        made_time = self._local().time().replace(microsecond=0)
        return {
            "batch_no": self.batch_no,
            "bank": self.bank,
            "day": self.day,
            "made_time": made_time,
            "seq": self.seq,
            "package_no": self.package_no,
            "packages": self.packages,
            "revision": "revised" if self.revised else "original",
        }

    def _local(self) -> datetime:
        return self.made_at.astimezone(BANK_TIME)


def package_name(profile: Profile, side: SideName, facts: PackageFacts) -> str:
    pattern = pattern_written(side, profile.side(side).package.name, profile.profile)
    return render(pattern, facts.for_names(), profile.rule(side, "package", "name"))


def pattern_written(side: SideName, pattern: str, free: str) -> str:
    """As it can be written. A name of the bank's that may hold any text gets some; of what we send every letter is agreed."""
    return pattern.replace("*", free, 1).replace("*", "") if side != "inquiry" else pattern


def parcel_name(profile: Profile, side: SideName, facts: PackageFacts) -> str:
    """The name of the sealed package on the wire."""
    return sealed_name(profile, package_name(profile, side, facts))


def sealed_name(profile: Profile, package: str) -> str:
    """The name on the wire of a package of this name."""
    return render(profile.channel.sealed_as, NameValues(package=package), profile.rule("channel", "sealed_as"))


def is_sealed_name(profile: Profile, name: str) -> bool:
    """Is it the name of a sealed parcel, and not of what lies in one?"""
    return recognise(profile.channel.sealed_as, name) is not None


def whose(profile: Profile, side: SideName, parcel: str) -> str | None:
    """The institution a parcel's name says it is of, where names of this side say one and this is such a name."""
    said = recognise(profile.side(side).package.name, unsealed_name(profile, parcel))
    return str(said["bank"]) if said and "bank" in said else None


def unsealed_name(profile: Profile, name: str) -> str:
    """The name of the package in a parcel of this name; itself, where it is none of a parcel."""
    said = recognise(profile.channel.sealed_as, name)
    return str(said["package"]) if said and "package" in said else name


def is_receipt_name(profile: Profile, parcel: str) -> bool:
    """Is it the name of a receipt, and of no answer? Sealed or bare; never where the bank sends no receipts."""
    return profile.receipt is not None and recognise(profile.receipt.package.name, unsealed_name(profile, parcel)) is not None
