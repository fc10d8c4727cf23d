"""The bank's end of a medium: a set of volumes taken in by its slips, and the answers given back on volumes with signed lists.

``take`` copies what lies on the volumes into the bank's folders, where ``respond`` answers it like anything else that came;
``give`` writes what lies ready there. Neither opens a parcel. What is wrong with a medium is said as the centre says it (media-…).
"""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bank_profiles.filenames import NameValues, recognise, render
from bank_profiles.language.profile import Profile
from connector.bankside.desk import Desk
from connector.media.agreed import channel_of
from transports.errors import Refused, Unreachable
from transports.folder import Folder
from transports.measured import measure
from transports.media import words
from transports.media.manifest import Listed, Manifest
from transports.media.reading import Expected, Volume
from transports.media.volumes import Parcel, Piece, bytes_of, cut
from transports.media.writing import expect_empty, write_volume
from transports.transport import Delivery, Put

CAPACITY = 650_000_000  # bytes of one disc, where nothing else is said


@dataclasses.dataclass(frozen=True)
class Slip:
    """What the hand-over slip says of one medium. ``list_digest``: SHA-256 of its signed list, as printed; empty is not compared."""

    centre: str
    label: str
    set_name: str = ""  # the label of the first volume; its own where there is but one
    volume: int = 1
    of: int = 1
    list_digest: str = ""


@dataclasses.dataclass(frozen=True)
class Disc:
    """A medium in the bank's drive: its slip, and the folder it is mounted at."""

    slip: Slip
    folder: Path


# ---------------------------------------------------------------- from the centre
def take(desk: Desk, discs: Sequence[Disc], now: datetime) -> list[str]:
    """Copy the parcels of a whole set into the bank's folders; their names. Raises Refused media-…, Unreachable.

    Every byte is proved before the first parcel is copied; a set that is copied twice is no second inquiry.
    """
    profile = desk.profile(now)
    desk.make_folders(profile)
    with ExitStack() as drive, desk.counter(profile) as folders:
        volumes = [drive.enter_context(_opened(desk, profile, disc, now)) for disc in discs]
        parcels = {name: _whole(volumes, name) for name in dict.fromkeys(f.whole for volume in volumes for f in volume.files)}
        measured = {name: measure(_blocks(places)) for name, places in parcels.items()}
        for name, places in parcels.items():
            _expect_delivered(folders.put(name, lambda places=places: _blocks(places), *measured[name]))  # type: ignore[misc]
    return list(parcels)


_Place = tuple[Volume, Listed]


def _opened(desk: Desk, profile: Profile, disc: Disc, now: datetime) -> Volume:
    slip, listing, channel = disc.slip, channel_of(profile).manifest, desk.channel(profile)
    expected = Expected(
        centre=slip.centre,
        bank=desk.code,
        direction="out",
        label=slip.label,
        set_name=slip.set_name or slip.label,
        volume=slip.volume,
        of=slip.of,
        is_listing=lambda found: recognise(listing.name, found) is not None,
        digest=listing.digest,
        verify=lambda told, signature: channel.verify_beside(told, signature, now),
        signed=True,
    )
    volume = Volume(disc.folder, expected)
    if slip.list_digest and volume.manifest_digest != slip.list_digest.lower():
        volume.close()
        listed, wanted = volume.manifest_digest[:16], slip.list_digest.lower()[:16]
        raise words.another(words.OTHER_LABEL, f"{slip.label} {listed}…", f"{slip.label} {wanted}…")
    return volume


def _whole(volumes: Sequence[Volume], name: str) -> list[_Place]:
    """Where a parcel lies, in order. Raises Refused media-missing when a part of it does not lie on these volumes."""
    places = sorted(
        ((volume, file) for volume in volumes for file in volume.files if file.whole == name), key=lambda place: place[1].part
    )
    if [file.part for _, file in places] != list(range(1, places[0][1].parts + 1)):
        raise words.refused(words.MISSING)
    return places


def _blocks(places: Sequence[_Place]) -> Iterator[bytes]:
    for volume, file in places:
        yield from volume.blocks(file)


def _expect_delivered(put: Put) -> None:
    if put.delivery is not Delivery.DELIVERED:
        raise (Refused if put.delivery is Delivery.REFUSED else Unreachable)(put.en, put.zh, code=put.code)


# ---------------------------------------------------------------- to the centre
def give(desk: Desk, folder: Path, label: str, centre: str, now: datetime, *, capacity: int = CAPACITY) -> list[Disc]:
    """Write every answer that lies ready onto volumes, read back; none when there is no answer. Raises Refused, Unreachable.

    One volume lies in ``folder`` (empty) itself; several lie in a folder of their label each: ``label``, ``label-2``, …
    """
    profile = desk.profile(now)
    desk.make_folders(profile)
    expect_empty(folder)
    with desk.counter(profile) as folders:
        volumes = cut([Parcel(each.name, *measure(folders.get(each.name))) for each in folders.list()], capacity)
        of = len(volumes)
        discs = []
        for number, pieces in enumerate(volumes, start=1):
            slip = Slip(centre, label if number == 1 else f"{label}-{number}", label, number, of)
            place = folder if of == 1 else folder / slip.label
            place.mkdir(exist_ok=True)
            discs.append(_written(desk, profile, folders, Disc(slip, place), pieces, now))
        for name in dict.fromkeys(piece.parcel.name for pieces in volumes for piece in pieces):
            folders.acknowledge(name)
    return discs


def _written(desk: Desk, profile: Profile, folders: Folder, disc: Disc, pieces: Sequence[Piece], now: datetime) -> Disc:
    slip, listing, zone = disc.slip, channel_of(profile).manifest, ZoneInfo(desk.settings.zone)
    channel = desk.channel(profile)

    def describe(files: tuple[Listed, ...]) -> Manifest:
        return Manifest(
            centre=slip.centre,
            bank=desk.code,
            direction="in",
            label=slip.label,
            set_name=slip.set_name,
            volume=slip.volume,
            of=slip.of,
            batches=(),  # the answers say which; the list of a medium names nothing it need not
            digest=listing.digest,
            files=files,
            made_at=now.astimezone(zone).isoformat(timespec="seconds"),
        )

    name = _listing_name(listing.name, desk.code, now.astimezone(zone).date(), slip.volume)
    digest, _ = write_volume(
        disc.folder,
        pieces,
        lambda piece: bytes_of(piece, folders.get(piece.parcel.name)),
        describe,
        name,
        lambda told: channel.sign_beside(told, now),
    )
    expected = Expected(
        slip.centre,
        desk.code,
        "in",
        slip.label,
        slip.set_name,
        slip.volume,
        slip.of,
        name.__eq__,
        listing.digest,
        lambda told, signature: channel.verify_own_beside(told, signature, now),
        signed=True,
    )
    with Volume(disc.folder, expected) as volume:
        volume.read_through()
    return Disc(dataclasses.replace(slip, list_digest=digest), disc.folder)


def _listing_name(pattern: str, bank: str, day: date, number: int) -> str:
    return render(pattern, NameValues(bank=bank, day=day, seq=number, batch_no=f"{day:%Y%m%d}"))
