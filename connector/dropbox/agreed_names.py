"""Is an answer named as its bank's note says? A name that is not is told where it is tried and where it is brought; elsewhere nobody would see it."""

from datetime import date, datetime

from bank_profiles.errors import UnwritableRoster
from bank_profiles.filenames import recognise
from bank_profiles.language.profile import Profile
from bank_profiles.package_names import package_name
from bank_profiles.translation import PackageFacts, is_sealed_name, sealed_name, unsealed_name
from connector.dropbox import telling
from connector.dropbox.telling import Told


def unlike(profile: Profile, bank: str, name: str, number: str | None, day: date, now: datetime) -> Told | None:
    """What is wrong with the name, and a name that would be right for the batch of this number; None where nothing is."""
    sealed = is_sealed_name(profile, name)
    package = unsealed_name(profile, name)
    agreed = recognise(profile.response.package.name, package) is not None
    if agreed and (sealed or profile.offers_sheet):
        return None
    sheet = profile.offers_sheet and not sealed
    wanted = _example(profile, PackageFacts(bank, number, day, 1, now), sheet) if number else _pattern(profile, sheet)
    return telling.said(
        "wrong-name",
        f"文件名与约定不符，内容仍按批次号对应；应如：{wanted}",
        f"The file is not named as agreed, and is still laid on its batch by what it holds; a right name is like: {wanted}",
    )


def _example(profile: Profile, facts: PackageFacts, sheet: bool) -> str:
    try:
        package = package_name(profile, "response", facts)
        return package if sheet else sealed_name(profile, package)
    except UnwritableRoster:
        return _pattern(profile, sheet)


def _pattern(profile: Profile, sheet: bool) -> str:
    package = profile.response.package.name
    return package if sheet else profile.channel.sealed_as.replace("{package}", package)
