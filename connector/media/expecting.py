"""What a volume must be, put together from the register, the profile and the key ring: the same look serves read-back and import."""

from datetime import datetime
from pathlib import Path

from bank_profiles.filenames import NameValues, recognise, render
from connector.bank import Bank
from connector.ledger.rows import AnyRow
from connector.media import register
from connector.moments import parse
from connector.parts import Parts
from transports.media.reading import Expected, Volume


def volume(parts: Parts, bank: Bank, row: AnyRow, folder: Path, now: datetime) -> Volume:
    """The medium in ``folder``, opened and held against the register. Raises Refused media-…, Unreachable, UnknownKey.

    Its list is signed as parcels are: by the suite of the profile, and where the bank is trusted by chain, by who leads to its anchor.
    """
    profile, agreed = register.agreed(bank, parts.day(parse(row.registered_at)))
    channel = bank.channel(profile)
    ours = row.direction == "out"
    verify = channel.verify_own_beside if ours else channel.verify_beside
    name = listing_name(parts, bank, row)
    return Volume(
        folder,
        Expected(
            centre=parts.centre,
            bank=bank.code,
            direction=row.direction,
            label=row.label,
            set_name=row.set_name,
            volume=row.volume,
            of=row.volumes,
            is_listing=name.__eq__ if ours else lambda found: recognise(agreed.manifest.name, found) is not None,
            digest=agreed.manifest.digest,
            verify=lambda listing, signature: verify(listing, signature, now),
            signed=ours or agreed.manifest.signed,
        ),
    )


def listing_name(parts: Parts, bank: Bank, row: AnyRow) -> str:
    """The name of the list a person reads, on a medium of ours."""
    registered = parse(row.registered_at)
    _, agreed = register.agreed(bank, parts.day(registered))
    return render(
        agreed.manifest.name,
        NameValues(bank=bank.code, day=parts.day(registered), seq=row.label_seq, batch_no=f"{parts.day(registered):%Y%m%d}"),
    )
