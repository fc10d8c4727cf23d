"""Every connection of a deployment with its profile, its seal and its road; what is wrong with one is kept by name and the others go on."""

import dataclasses
from collections.abc import Callable
from datetime import date
from pathlib import Path

from bank_profiles.catalogue import BANKS, Catalogue
from bank_profiles.errors import BadProfile, Problem, ProfilePlace
from bank_profiles.language.profile import Profile
from config.connection import Connection, institution_named, profile_line, read_connection
from config.yaml_file import BadSettings
from connector.bank import Bank, Banks
from connector.roads import expect_travelled, open_road
from connector.steps.parts import problem
from transports.channel import Aliases, Channel
from transports.sealing.keyring import KeyRing


def join_banks(folder: Path, ring: KeyRing, today: Callable[[], date]) -> Banks:
    """Every connection with its profile and road; what is wrong is kept by name and the others go on."""
    catalogue = Catalogue.load([BANKS, folder / "profiles"])
    working: dict[str, Bank] = {}
    broken: dict[str, dict[str, str]] = {}
    awaited: set[str] = set()
    for path in sorted((folder / "connections").glob("*.yaml")):
        try:
            connection = read_connection(path)
            awaited.add(connection.institution.code)
            bank = _bank(folder, ring, catalogue, connection, today)
            expect_travelled(bank.profile_on(today()), connection)
            working[bank.code] = bank
        except BadSettings as wrong:
            broken[path.stem] = _named(path, wrong)
            awaited |= institution_named(path)
        except BadProfile as wrong:
            named = BadProfile([_placed(each, path) for each in wrong.problems])
            broken[path.stem] = problem(wrong.problems[0].code, named.render("zh"), named.render("en"))
    return Banks(working, broken, frozenset(awaited - set(working)))


def _named(path: Path, wrong: BadSettings) -> dict[str, str]:
    """Every fault of a connection names its file."""
    if str(path) in wrong.en:
        return problem(wrong.code, wrong.zh, wrong.en)
    return problem(wrong.code, f"{path}：{wrong.zh}", f"{path}: {wrong.en}")


def _placed(wrong: Problem, connection: Path) -> Problem:
    """A profile there is none of is the connection's fault: it is named where the connection names it."""
    if wrong.code != "unknown-profile":
        return wrong
    return dataclasses.replace(wrong, place=ProfilePlace(str(connection), profile_line(connection)))


def _bank(folder: Path, ring: KeyRing, catalogue: Catalogue, connection: Connection, today: Callable[[], date]) -> Bank:
    name = connection.profile
    return Bank(
        code=connection.institution.code,
        name=connection.institution.name,
        kind=connection.institution.kind,
        profile_on=lambda day: catalogue.pick(name, day),
        edition=lambda version: catalogue.edition(name, version),
        channel=lambda profile: _channel(folder, ring, connection, profile, today),
        lines_max=connection.limits.lines_max,
    )


def _channel(folder: Path, ring: KeyRing, connection: Connection, profile: Profile, today: Callable[[], date]) -> Channel:
    keys = connection.keys
    return Channel(
        suite=profile.channel.seal,
        ring=ring,
        aliases=Aliases(
            peer_encrypt=keys.bank_encrypt.removeprefix("cert:"),
            peer_sign=keys.bank_sign.removeprefix("cert:"),
            our_sign=keys.our_sign.removeprefix("secret:"),
            our_decrypt=keys.our_decrypt.removeprefix("secret:"),
        ),
        line=lambda: open_road(profile, connection, folder, today()),
    )
