"""Every connection of a deployment with its profile, its seal and its road; what is wrong with one is kept by name and the others go on."""

import dataclasses
import functools
from collections.abc import Callable
from datetime import date
from pathlib import Path

from bank_profiles.catalogue import BANKS, Catalogue
from bank_profiles.errors import BadProfile, Problem, ProfilePlace
from bank_profiles.language.profile import Profile
from config.connection import Connection, Entity, Institution, institution_named, profile_line, read_connection
from config.road import Fallback
from config.yaml_file import BadSettings
from connector.bank import Bank, Banks, Way
from connector.roads import Journey, channels, expect_travelled, leaves_files, open_road
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
            awaited |= {party.code for party in _parties(connection)}
            banks = _banks_of(folder, ring, catalogue, connection, today)
            for channel, road in channels(profile := catalogue.pick(connection.profile, today()), connection):
                expect_travelled(profile, channel, road)
            working.update((bank.code, bank) for bank in banks)
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


def _parties(connection: Connection) -> tuple[Institution | Entity, ...]:
    """Who is asked over this connection: the bank itself, or the legal entities its data centre answers for."""
    return connection.entities or (connection.institution,)


def _banks_of(folder: Path, ring: KeyRing, catalogue: Catalogue, connection: Connection, today: Callable[[], date]) -> list[Bank]:
    name, parties = connection.profile, _parties(connection)
    if connection.entities:
        _expect_names_tell(catalogue.pick(name, today()))
    return [
        Bank(
            code=party.code,
            name=party.name,
            kind=party.kind,
            profile_on=lambda day: catalogue.pick(name, day),
            edition=lambda version: catalogue.edition(name, version),
            channel=lambda profile: _channel(ring, connection, profile),
            ways=lambda day: _ways(folder, connection, catalogue.pick(name, day), day),
            limits=party.limits if isinstance(party, Entity) else connection.limits,
            sharers=tuple(entity.code for entity in connection.entities),
        )
        for party in parties
    ]


def _expect_names_tell(profile: Profile) -> None:
    """On a shared channel only a name tells whose a file is. Raises BadSettings (entities-indistinct)."""
    if any("{bank" not in profile.side(side).package.name for side in ("inquiry", "response")):
        raise BadSettings(
            f"entities share this channel, but the package names of profile {profile.profile} do not say whose a file is ({{bank}});"
            " ask the data centre for names that do, or give each entity a connection of its own",
            f"多家法人共用此通道，但画像 {profile.profile} 的包名不含机构代码（{{bank}}）；请数据中心在包名中写明，或为每家法人单设连接",
            code="entities-indistinct",
        )


def _ways(folder: Path, connection: Connection, profile: Profile, day: date) -> list[Way]:
    return [
        Way(
            kind=channel.kind,
            open=functools.partial(open_road, Journey(channel, road, folder, day)),
            leaves_files=leaves_files(channel),
            after=road.after if isinstance(road, Fallback) else None,
        )
        for channel, road in channels(profile, connection)
    ]


def _channel(ring: KeyRing, connection: Connection, profile: Profile) -> Channel:
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
    )
