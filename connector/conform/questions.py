"""A question to a test system: written in the bank's language and sealed as every inquiry is, or sealed wrongly on purpose."""

import dataclasses
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import pyarrow as pa

from bank_profiles.language.profile import Profile
from bank_profiles.papers import Paper, papers_of
from bank_profiles.translation import PackageFacts, write_package
from transports.channel import Channel
from transports.sealing import cms
from transports.sealing.certificates import Certificate, OwnKey, make_private_key, self_signed
from transports.sealing.envelope import envelop

_STRANGER_DAYS = 2


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
        self, code: str, profile: Profile, channel: Channel, number: Callable[[], tuple[str, int]], now: Callable[[], datetime]
    ) -> None:
        self._code, self._profile, self._channel, self._number, self._now = code, profile, channel, number, now

    def question(self, lines: pa.Table, seal: "Seal | None" = None) -> Question:
        """Raises UnwritableRoster where the layout cannot carry it, UnknownKey."""
        now = self._now()
        batch_no, seq = self._number()
        facts = PackageFacts(bank=self._code, batch_no=batch_no, day=lines["as_of"][0].as_py(), seq=seq, made_at=now)
        papers = _papers(self._profile, lines)
        written = write_package(self._profile, "inquiry", facts, {"inquiry": [lines]}, papers)
        parcel = (seal or honest)(self._channel, b"".join(written.blocks), now)
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


# ---- seals ----------------------------------------------------------------------------------------------------------------------------

Seal = Callable[[Channel, bytes, datetime], bytes]


def honest(channel: Channel, content: bytes, at: datetime) -> bytes:
    """Signed by us, enveloped for the bank."""
    return b"".join(channel.seal([content], at, len(content)))


def flipped(channel: Channel, content: bytes, at: datetime) -> bytes:
    """An honest parcel in which one bit turned over on the way."""
    parcel = bytearray(honest(channel, content, at))
    parcel[len(parcel) // 2] ^= 1
    return bytes(parcel)


def for_another(channel: Channel, content: bytes, at: datetime) -> bytes:
    """Signed by us, enveloped for somebody else."""
    signer, _ = channel.keys(at)
    other = _stranger(channel, at, encrypts=True).certificate
    return b"".join(cms.seal([content], suite=channel.suite, signer=signer, recipients=[other], at=at))


def by_a_stranger(channel: Channel, content: bytes, at: datetime) -> bytes:
    """Enveloped for the bank, signed by somebody it does not know."""
    signer = _stranger(channel, at, encrypts=False)
    return b"".join(cms.seal([content], suite=channel.suite, signer=signer, recipients=_bank(channel, at), at=at))


def unsigned(channel: Channel, content: bytes, at: datetime) -> bytes:
    """Enveloped for the bank, signed by nobody."""
    return b"".join(envelop([content], None, cms.suite_of(channel.suite), _bank(channel, at)))


def _bank(channel: Channel, at: datetime) -> list[Certificate]:
    return channel.ring.peers(channel.aliases.peer_encrypt, at)[:1]


def _stranger(channel: Channel, at: datetime, *, encrypts: bool) -> OwnKey:
    """A key nobody was told of; it ends with this process."""
    private = make_private_key(cms.suite_of(channel.suite).family.makes)
    begins, ends = at - timedelta(days=1), at + timedelta(days=_STRANGER_DAYS)
    return OwnKey(private, self_signed(private, "stranger", encrypts=encrypts, not_before=begins, not_after=ends))
