"""A question to a test system: written in the bank's language and sealed as every inquiry is, or sealed wrongly on purpose."""

import dataclasses
import hashlib
from collections.abc import Callable
from datetime import datetime

import pyarrow as pa

from bank_profiles.language.profile import Profile
from bank_profiles.papers import Paper, papers_of
from bank_profiles.translation import PackageFacts, write_package
from transports.channel import Channel
from transports.wrong_seals import honest

Seal = Callable[[Channel, bytes, datetime], bytes]  # of wrong_seals, where it is not the honest one


@dataclasses.dataclass(frozen=True)
class Question:
    """An inquiry on its way: its number, its name on the wire, its sealed bytes, and when it was made."""

    batch_no: str
    name: str
    lines: int
    parcel: bytes = dataclasses.field(repr=False)
    asked_at: datetime

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the parcel."""
        return hashlib.sha256(self.parcel).hexdigest()


class Writer:
    """Writes the questions of one trial. ``number`` gives the batch number and the sequence number of the next one."""

    def __init__(
        self,
        code: str,
        profile: Profile,
        channel: Channel,
        number: Callable[[], tuple[str, int]],
        now: Callable[[], datetime],
        zip_password: bytes | None = None,
    ) -> None:
        self._code, self._profile, self._channel, self._number, self._now = code, profile, channel, number, now
        self._zip_password = zip_password

    def question(self, lines: pa.Table, seal: Seal = honest, lacking: int = 0) -> Question:
        """``lacking``: so many of the last lines come without their papers. Raises UnwritableRoster where the layout cannot carry it,
        UnknownKey."""
        now = self._now()
        batch_no, seq = self._number()
        facts = PackageFacts(bank=self._code, batch_no=batch_no, day=lines["as_of"][0].as_py(), seq=seq, made_at=now)
        papers = _papers(self._profile, lines.slice(0, len(lines) - lacking))
        written = write_package(self._profile, "inquiry", facts, {"inquiry": [lines]}, papers, self._zip_password)
        parcel = seal(self._channel, b"".join(written.blocks), now)
        return Question(batch_no, written.sealed_name, len(lines), parcel, now)


def _papers(profile: Profile, lines: pa.Table) -> list[Paper]:
    """What stands for the authorizations of nobody, where the bank wants them."""
    agreed = profile.inquiry.authorization
    if agreed is None:
        return []
    numbers = [str(number) for number in lines.column("authorization_no").to_pylist()]
    return papers_of(
        agreed, numbers, lambda number: f"conformance trial, authorization {number}: this is no person's paper\n".encode()
    )
