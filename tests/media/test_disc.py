"""The bank's end of a medium: what it takes, what it gives back, and what it refuses to read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.bankside import disc
from connector.bankside.disc import Disc, Slip
from connector.bankside.respond import respond
from tests.media.town import LIST_NAME, MediaTown
from transports.errors import Refused
from transports.media.manifest import JSON_NAME, SIGNATURE_NAME

SMALL = 1_000_000  # bytes a volume, the least there may be


@pytest.fixture
def town(tmp_path: Path) -> Iterator[MediaTown]:
    """The bank speaks the centre's own edition: media on both ends."""
    with MediaTown(tmp_path) as made:
        said = (made.dir / "profiles" / "hxm" / "2026.1.yaml").read_text("utf-8")
        (made.bank_folder(made.code) / "profiles" / "hxm" / "2026.1.yaml").write_text(said, "utf-8")
        yield made.asked()


def handed_over(town: MediaTown) -> Disc:
    """A disc of ours in the bank's drive, with its slip."""
    folder = town.empty("out")
    (key,) = town.write(folder)
    town.seal(key, folder)
    town.hand_over(key)
    row = town.medium(key)
    return Disc(Slip("C1", row.label, row.set_name, row.volume, row.volumes, row.manifest_digest), folder)


def test_rule_026_a_disc_is_answered_by_a_disc(town: MediaTown) -> None:
    desk = town.desk(town.code)
    names = disc.take(desk, [handed_over(town)], town.now)
    assert names == [each.parcel for each in respond(desk, town.now)]

    (back,) = disc.give(desk, town.empty("in"), "R-1", "C1", town.now)
    key = town.receive(back.slip.label)
    taken = town.take_in(key, back.folder)
    town.step("settle", "conclude")

    assert (1, ()) == (taken.fetched, taken.awaited)
    assert town.medium(key).manifest_digest == back.slip.list_digest
    assert {"ANSWERED"} == set(town.states())
    assert {LIST_NAME, JSON_NAME, SIGNATURE_NAME} < {path.name for path in back.folder.iterdir()}


def test_a_disc_read_twice_is_answered_once(town: MediaTown) -> None:
    desk, given = town.desk(town.code), handed_over(town)
    disc.take(desk, [given], town.now)
    respond(desk, town.now)
    disc.give(desk, town.empty("in"), "R-1", "C1", town.now)

    disc.take(desk, [given], town.now)
    respond(desk, town.now)
    again = disc.give(desk, town.empty("again"), "R-2", "C1", town.now)

    first = {path.name: path.read_bytes() for path in (town.folder / "in").glob("*.p7m")}
    assert [first] == [{path.name: path.read_bytes() for path in each.folder.glob("*.p7m")} for each in again]


def test_answers_too_many_for_one_volume_come_on_several(town: MediaTown) -> None:
    desk = town.desk(town.code)
    profile = desk.profile(town.now)
    desk.make_folders(profile)
    big = {f"R_{number}.bin": bytes([number]) * 1_700_000 for number in (1, 2)}
    for name, content in big.items():
        (desk.root / "out" / name).write_bytes(content)

    discs = disc.give(desk, town.empty("in"), "R-1", "C1", town.now, capacity=SMALL)
    keys = [town.receive(d.slip.label, volume=(d.slip.volume, d.slip.of), set_name=d.slip.set_name) for d in discs]
    taken = [town.take_in(key, d.folder) for key, d in zip(keys, discs, strict=True)]

    assert ["R-1", *(f"R-1-{number}" for number in range(2, len(discs) + 1))] == [d.slip.label for d in discs]
    assert (2, ()) == (sum(each.fetched for each in taken), taken[-1].awaited)
    assert [] == disc.give(desk, town.empty("nothing"), "R-2", "C1", town.now)


@pytest.mark.parametrize(
    ("slip", "code"),
    [
        (Slip("C2", ""), "media-other-centre"),
        (Slip("C1", "HX-19990101-01"), "media-other-label"),
        (Slip("C1", "", list_digest="0" * 64), "media-other-label"),
        (Slip("C1", "", volume=1, of=2), "media-other-volume"),
    ],
)
def test_a_disc_that_is_not_the_one_on_the_slip_is_not_taken(town: MediaTown, slip: Slip, code: str) -> None:
    given, desk = handed_over(town), town.desk(town.code)
    wrong = Slip(slip.centre, slip.label or given.slip.label, given.slip.set_name, slip.volume, slip.of, slip.list_digest)

    with pytest.raises(Refused) as refused:
        disc.take(desk, [Disc(wrong, given.folder)], town.now)

    assert code == refused.value.code
    assert [] == respond(desk, town.now)


def test_g2_a_disc_the_centre_did_not_sign_is_not_taken(town: MediaTown) -> None:
    given, desk = handed_over(town), town.desk(town.code)
    (given.folder / SIGNATURE_NAME).unlink()

    with pytest.raises(Refused) as refused:
        disc.take(desk, [given], town.now)

    assert "media-unsigned" == refused.value.code
