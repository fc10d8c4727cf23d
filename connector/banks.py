"""Every connection of a deployment with its profile, its seal and its road; what is wrong with one is kept by name and the others go on."""

import dataclasses
import functools
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bank_profiles.catalogue import BANKS, Catalogue, with_home
from bank_profiles.errors import BadProfile, Problem, ProfilePlace, Text
from bank_profiles.language.lines import LineHttp
from bank_profiles.language.profile import Profile
from config.apart import expect_apart, places
from config.connection import Connection, Entity, institution_named, profile_line, read_connection
from config.hours import Hours, over
from config.road import Fallback
from config.yaml_file import BadSettings
from connector.bank import Bank, Banks, Way, parties
from connector.keys.authorities import chains_of, expect_chains
from connector.keys.evidence import expect_letters
from connector.parts import problem
from connector.roads import Journey, channels, excused, expect_travelled, leaves_files, open_road
from connector.roads.agreed_seals import agreed_seal
from connector.roads.looking import looks
from connector.roads.signatures import signer, verifier
from connector.roads.zip_passwords import expect_zip_password, zip_password
from transports.channel import Aliases, Channel
from transports.sealing.keyring import KeyRing


@dataclasses.dataclass(frozen=True)
class _Home:
    """What of the deployment every bank needs."""

    folder: Path
    ring: KeyRing
    catalogue: Catalogue
    now: Callable[[], datetime]
    zone: ZoneInfo

    def pick(self, profile: str) -> Profile:
        """The edition that rules today. Raises BadProfile."""
        return self.catalogue.pick(profile, self.now().astimezone(self.zone).date())


def join_banks(folder: Path, ring: KeyRing, now: Callable[[], datetime], zone: ZoneInfo) -> Banks:
    """Every connection with its profile and road; what is wrong is kept by name and the others go on."""
    home = _Home(folder, ring, Catalogue([BANKS, folder / "profiles"]), now, zone)
    working: dict[str, Bank] = {}
    tests: dict[str, Bank] = {}
    broken: dict[str, dict[str, str]] = {}
    awaited: set[str] = set()
    good: list[Connection] = []
    found = _connections(folder)
    real = {place for said in found.values() if isinstance(said, Connection) and not said.test for place in places(said)}
    for path, connection in found.items():
        try:
            if isinstance(connection, BadSettings):
                raise connection
            expect_apart(connection, real)
            if not connection.test:
                awaited |= {party.code for party in parties(connection)}
            expect_letters(ring, connection)
            expect_chains(folder, connection, home.now)
            banks = _banks_of(home, connection)
            for channel, road in channels(profile := home.pick(connection.profile), connection):
                expect_travelled(profile, channel, road)
            expect_zip_password(profile, zip_password(folder, connection.zip_password))
            (tests if connection.test else working).update((bank.code, bank) for bank in banks)
            good += [] if connection.test else [connection]
        except BadSettings as wrong:
            broken[path.stem] = _named(path, wrong)
            awaited |= institution_named(path)
        except BadProfile as wrong:
            named = BadProfile([_placed(each, path) for each in wrong.problems])
            broken[path.stem] = problem(wrong.problems[0].code, named.render("zh"), named.render("en"))
    return Banks(working, broken, frozenset(awaited - set(working)), tests, tuple(good))


def _connections(folder: Path) -> dict[Path, Connection | BadSettings]:
    """Every connection of a deployment, or what is wrong with it."""
    found: dict[Path, Connection | BadSettings] = {}
    for path in sorted((folder / "connections").glob("*.yaml")):
        try:
            found[path] = read_connection(path)
        except BadSettings as wrong:
            found[path] = wrong
    return found


def _named(path: Path, wrong: BadSettings) -> dict[str, str]:
    """Every fault of a connection names its file."""
    if str(path) in wrong.en:
        return problem(wrong.code, wrong.zh, wrong.en)
    return problem(wrong.code, f"{path}：{wrong.zh}", f"{path}: {wrong.en}")


def _placed(wrong: Problem, connection: Path) -> Problem:
    """A profile there is none of is the connection's fault: it is named where the connection names it, and where its file belongs."""
    if wrong.code != "unknown-profile":
        return wrong
    place = ProfilePlace(str(connection), profile_line(connection))
    return dataclasses.replace(with_home(wrong, _OWN_PROFILES), place=place)


_OWN_PROFILES = Text(
    "a profile of your own lies in profiles/ID/EDITION.yaml in the deployment's folder",
    "自有画像放在部署目录的 profiles/编号/版本.yaml",
)


def _banks_of(home: _Home, connection: Connection) -> list[Bank]:
    name = connection.profile
    if connection.entities:
        _expect_names_tell(home.pick(name))
    return [
        Bank(
            code=party.code,
            name=party.name,
            kind=party.kind,
            profile_on=lambda day: home.catalogue.pick(name, day),
            edition=lambda version: home.catalogue.edition(name, version),
            channel=lambda profile: _channel(home, connection, profile),
            ways=lambda day: _ways(home, connection, home.catalogue.pick(name, day)),
            limits=party.limits if isinstance(party, Entity) else connection.limits,
            hours=over(party if isinstance(party, Entity) else Hours(), connection),
            zip_password=functools.partial(zip_password, home.folder, connection.zip_password),
            sharers=tuple(entity.code for entity in connection.entities),
        )
        for party in parties(connection)
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


def _ways(home: _Home, connection: Connection, profile: Profile) -> list[Way]:
    pace = profile.service.limits.messages_per_minute or 0
    sign = signer(home.ring, connection.keys.our_sign, home.now, profile.channel.seal)
    chains = chains_of(home.folder, connection, home.now)
    verify = verifier(home.ring, connection.keys.bank_sign, home.now, profile.channel.seal, chains)
    return [
        Way(
            kind=channel.kind,
            open=functools.partial(
                open_road,
                Journey(channel, road, home.folder, home.now, home.zone, pace, sign, connection.institution.code, verify),
            ),
            leaves_files=leaves_files(channel),
            after=road.after if isinstance(road, Fallback) else None,
            **looks(channel),
            called_back=isinstance(channel, LineHttp) and channel.call_back and channel.collect is None,
            carrier=road.carrier,
            excused=excused(channel, road),
        )
        for channel, road in channels(profile, connection)
    ]


def _channel(home: _Home, connection: Connection, profile: Profile) -> Channel:
    keys = connection.keys
    return Channel(
        suite=agreed_seal(profile.channel.seal),
        ring=home.ring,
        chains=chains_of(home.folder, connection, home.now),
        aliases=Aliases(
            peer_encrypt=keys.bank_encrypt.removeprefix("cert:"),
            peer_sign=keys.bank_sign.removeprefix("cert:"),
            our_sign=keys.our_sign.removeprefix("secret:"),
            our_decrypt=keys.our_decrypt.removeprefix("secret:"),
        ),
    )
