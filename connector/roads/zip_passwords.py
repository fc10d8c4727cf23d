"""The password of the old kind that a bank's zips are under: a secret of the connection, asked for only where a profile wants it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from bank_profiles.errors import Problems
from bank_profiles.language.profile import Profile
from config.settings import read_secret
from config.yaml_file import BadSettings
from connector.bank import Bank


def zip_password(folder: Path, named: str | None) -> bytes | None:
    """The value behind ``zip_password: secret:…``; None where nothing is named. Raises BadSettings as ``read_secret`` does."""
    return read_secret(folder, named.removeprefix("secret:")) if named else None


def expect_zip_password(profile: Profile, password: bytes | None) -> None:
    """Raises BadSettings (zip-password-missing) where the profile wants one and the connection, or bank.yaml, has none to give."""
    wanted = any(profile.side(side).package.locked_by == "connection" for side in profile.sides)
    if wanted and not password:
        raise BadSettings(
            f"the zips of profile {profile.profile} are under a password of the old kind (legacy_password: connection), and the connection"
            " (at a bank: bank.yaml) has none: zip_password: secret:<name>, its value in secrets/<name> (mode 600)",
            f"画像 {profile.profile} 的 zip 使用旧式密码（legacy_password: connection），而连接（银行侧为 bank.yaml）未给出：请写"
            " zip_password: secret:<名称>，值放入 secrets/<名称>（权限 600）",
            code="zip-password-missing",
        )


def used(banks: Mapping[str, Bank], day: date) -> list[str]:
    """The institutions, by code, whose zips are under such a password on a day: it is told of, because it protects nothing (rule 32)."""
    return [code for code, bank in banks.items() if _is_used(bank, day)]


def _is_used(bank: Bank, day: date) -> bool:
    try:
        profile = bank.profile_on(day)
    except Problems:  # no edition of its profile holds today: told where a step finds it
        return False
    return any(profile.side(side).package.locked_by is not None for side in profile.sides)
