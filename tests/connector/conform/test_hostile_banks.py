"""Banks that do what no bank may: answer strangers, answer anew what they answered, take back what was acknowledged, or let time pass."""

import dataclasses
import hashlib
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bank_profiles.language.profile import Profile
from connector.assembly import clock
from connector.bankside.desk import Desk, centre_manners
from connector.bankside.respond import respond
from connector.conform.issuing import Issued, conform
from tests.connector.conform.town import BANK, QUICK, TrialTown, deviations, results
from transports.channel import Channel
from transports.folder import Folder, FolderSettings
from transports.sealing import pgp
from transports.sealing.ber import Reader
from transports.sealing.cms import suite_of
from transports.sealing.cms.envelope import Envelope
from transports.sealing.cms.signed_data import Signed
from transports.sealing.cms.suite import Agreed
from transports.sealing.pgp import packets as pgp_packets
from transports.sealing.pgp.envelope import open_envelope
from transports.sealing.seals import seals
from transports.transport import Blocks, Put

Pause = Callable[[TrialTown], None]


class Gullible(Channel):
    """Opens whatever is enveloped for it, and does not look who signed."""

    def open(self, source: Blocks, at: datetime) -> Iterator[bytes]:
        keys = seals(self.suite, self.ring).openers(self.aliases.our_decrypt)
        if isinstance(self.suite, Agreed) and self.suite.suite == pgp.SUITE:
            _, inside = open_envelope(b"".join(source()), [opener for own in keys for opener in own.openers])
            (literal,) = [packet.body for packet in pgp_packets.packets(inside) if packet.tag == pgp_packets.LITERAL]
            return iter([bytes(literal)[6 + literal[1] :]])
        suite = suite_of(self.suite)
        plain = b"".join(Envelope(source(), suite, keys).content())
        try:
            return iter([b"".join(Signed(Reader([plain]), suite.family).content())])
        except Exception:
            return iter([plain])


class GullibleDesk(Desk):
    def channel(self, profile: Profile) -> Channel:
        honest = super().channel(profile)
        return Gullible(honest.suite, honest.ring, honest.aliases)


def gullible(town: TrialTown) -> None:
    """Answers what a stranger signed."""
    desk = town.desk(BANK)
    fields = {field.name: getattr(desk, field.name) for field in dataclasses.fields(desk)}
    respond(GullibleDesk(**fields), clock())


def forgetful(town: TrialTown) -> None:
    """Does not remember what it answered."""
    shutil.rmtree(town.servers[BANK].root / "answered", ignore_errors=True)
    town.banks_respond()


class Clinging(Folder):
    """Says that it has put away what was taken, and has not."""

    def acknowledge(self, name: str) -> None:
        """Nothing."""


class ClingingDesk(Desk):
    def counter(self, profile: Profile) -> Folder:
        return Clinging(FolderSettings(self.root, centre_manners(profile)))


class Hasty(Folder):
    """Gives its final name to whatever came before the line broke."""

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        came = bytearray()
        try:
            for block in blocks():
                came += block
        except OSError:  # as the server tells that no more comes
            super().put(name, lambda: iter([bytes(came)]), len(came), hashlib.sha256(came).hexdigest())
            raise
        return super().put(name, lambda: iter([bytes(came)]), size, digest)


class HastyDesk(Desk):
    def counter(self, profile: Profile) -> Folder:
        return Hasty(FolderSettings(self.root, centre_manners(profile)))


@pytest.mark.parametrize(
    ("bank", "named"),
    [
        (gullible, {"by-a-stranger": "answered-all-the-same", "unsigned": "answered-all-the-same"}),
        (forgetful, {"same-name-twice": "answered-twice", "answered-once": "answered-twice"}),
    ],
)
def test_a_bank_that_is(bank: Pause, named: dict[str, str], samples: Path, tmp_path: Path) -> None:
    with TrialTown(tmp_path, samples / "city" / "seed1") as town:
        issued = conform(town.deployment(), BANK, by="li", release="0", patience=QUICK, pause=lambda _: bank(town))

    assert named == deviations(issued)


def test_a_bank_that_clings_to_what_was_taken(samples: Path, tmp_path: Path) -> None:
    with TrialTown(tmp_path, samples / "city" / "seed1", "https", served=ClingingDesk) as town:
        issued = town.conform()

    assert {"acknowledged": "still-listed"} == deviations(issued)


def test_a_bank_that_takes_half_a_file_for_a_whole_one(samples: Path, tmp_path: Path) -> None:
    with TrialTown(tmp_path, samples / "city" / "seed1", "https", served=HastyDesk) as town:
        issued = town.conform()

    assert {"cut-in-half": "half-present"} == deviations(issued)


def test_a_deadline_that_passes_in_silence_is_a_deviation(samples: Path, tmp_path: Path) -> None:
    with TrialTown(tmp_path, samples / "city" / "seed1", behaviours={BANK: ["silent"]}) as town:
        issued = _days_later(town, town.banks_respond)

    assert "not-answered" == deviations(issued)["one-person"]
    assert "nothing-came" == next(case["code"] for case in issued.said["cases"] if case["id"] == "in-time")


def test_an_answer_after_the_deadline_is_late(samples: Path, tmp_path: Path) -> None:
    with TrialTown(tmp_path, samples / "city" / "seed1") as town:
        issued = _days_later(town, town.banks_respond)

    assert {"in-time": "late"} == deviations(issued)
    assert "kept" == results(issued)["one-person"]


def _days_later(town: TrialTown, look: Callable[[], None]) -> Issued:
    """A run in which ten days pass at the first pause."""
    began, passed = clock(), [timedelta(0)]

    def now() -> datetime:
        return began + passed[0]

    def pause(_: float) -> None:
        look()
        passed[0] += timedelta(days=10) if not passed[0] else timedelta(seconds=1)

    return conform(town.deployment(now), BANK, by="li", release="0", patience=QUICK, pause=pause)
