"""A profile's manners and a connection's addresses, joined into a road. What we cannot travel is refused by name, never guessed."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from bank_profiles.errors import BadProfile, Problem, Text
from bank_profiles.language.channel import Channel, FlagFile, Folder, Folders, Sftp, StableSize
from bank_profiles.language.profile import Profile
from config.connection import Connection
from config.relayed import Relayed
from config.road import Road
from config.settings import read_secret
from config.yaml_file import BadSettings
from transports import words
from transports.address import Address
from transports.errors import Refused
from transports.folder import Folder as LocalFolder
from transports.folder import FolderSettings
from transports.manners import Manners, Ready
from transports.relay import Relay, RelaySettings, state_of
from transports.retrying import Retrying
from transports.sealing.cms import SUITES
from transports.sftp import Sftp as SftpLine
from transports.sftp import SftpSettings
from transports.transport import Transport


@dataclasses.dataclass(frozen=True)
class Journey:
    """What a road is made of: the profile's side of it, the connection's, the deployment's folder and the local day."""

    channel: Channel
    road: Road
    folder: Path
    day: date


# ---- which roads there are ----------------------------------------------------------------------------------------------------------


def channels(profile: Profile, connection: Connection) -> list[tuple[Channel, Road]]:
    """The roads of a bank in order of preference, the profile's side of each with the connection's. Raises BadSettings."""
    known: dict[str, Channel] = {fallback.kind: fallback for fallback in profile.fallbacks}
    for named in connection.fallbacks:
        if named.kind not in known:
            raise BadSettings(
                f"the connection has a fallback of kind {named.kind}, the profile {profile.profile} has: {', '.join(known) or 'none'}",
                f"连接中有种类为 {named.kind} 的备用通道，画像 {profile.profile} 中有：{'、'.join(known) or '无'}",
                code="fallback-unknown",
            )
    return [(profile.channel, connection), *((known[named.kind], named) for named in connection.fallbacks)]


def expect_travelled(profile: Profile, channel: Channel, road: Road) -> None:
    """Raises BadProfile (road-not-travelled, seal-not-made) and BadSettings (road-incomplete)."""
    if channel.seal not in SUITES:
        raise _refused(profile, "seal-not-made", "seal", channel.seal, ", ".join(SUITES))
    if channel.kind not in _ROADS:
        raise _refused(profile, "road-not-travelled", "kind", channel.kind, ", ".join(_ROADS))
    needed = _ROADS[channel.kind].needs
    missing = [name for name in needed if getattr(road, name) is None]
    if missing and road.carrier is None:
        raise _incomplete(channel.kind, missing)


def open_road(journey: Journey) -> Transport:
    """A road that is travelled, tried again for seconds where the network stumbles. Raises BadSettings, Refused."""
    if journey.road.carrier is not None:
        return _relay(journey.folder, journey.road.carrier)
    return Retrying(_ROADS[journey.channel.kind].opened(journey))


def _relay(folder: Path, said: Relayed) -> Transport:
    """Not tried again for seconds: it only reads folders, and who waits is the carrier."""
    return Relay(RelaySettings(said.bank, folder / said.out, folder / said.back, state_of(folder, said.key), said.key))


def _folder(journey: Journey) -> Transport:
    return LocalFolder(FolderSettings(Path(journey.road.folder or ""), manners(_folders(journey))))


def _sftp(journey: Journey) -> Transport:
    address, account = journey.road.address, journey.road.account
    assert address is not None  # expect_travelled saw to it
    assert account is not None
    return SftpLine(
        SftpSettings(
            address=Address(address.host, address.port, address.allow),
            user=account.user,
            key_pem=read_secret(journey.folder, account.key.removeprefix("secret:")).decode(),
            pins=_pins(journey),
            manners=manners(_folders(journey)),
        )
    )


def _pins(journey: Journey) -> tuple[str, ...]:
    pins = journey.road.pins_on(journey.day)
    if not pins:
        raise words.say(Refused, _PINS_ENDED)
    return pins


_PINS_ENDED: words.Words = (
    "pins-ended",
    "Every pin of this connection has ended or not begun; nothing was sent. Get the bank's new fingerprint by letter and pin it.",
    "该连接登记的指纹均已到期或尚未生效，未发送任何内容；请凭银行函件登记新的指纹。",
)


def _by_hand(journey: Journey) -> Transport:  # noqa: ARG001 (every kind is opened for a journey)
    """No line leads there: what goes by media is carried by two persons."""
    raise words.say(Refused, _BY_HAND)


_BY_HAND: words.Words = (
    "carried-by-hand",
    "This road is travelled by two persons with a medium, not by a step: connector media write, connector media import.",
    "此通道由两人携介质往返，不由程序投递：connector media write、connector media import。",
)


@dataclasses.dataclass(frozen=True)
class _Kind:
    """How a kind of road is made, and the blocks of the connection it cannot do without."""

    opened: Callable[[Journey], Transport]
    needs: tuple[str, ...]


_ROADS: Mapping[str, _Kind] = {
    "sftp": _Kind(_sftp, ("address", "account")),
    "folder": _Kind(_folder, ("folder",)),
    "media": _Kind(_by_hand, ()),
}


# ---- folders ------------------------------------------------------------------------------------------------------------------------


def _folders(journey: Journey) -> Folders:
    assert isinstance(journey.channel, Folders)
    return journey.channel


def folders_of(profile: Profile) -> Folders:
    """The folders of a profile whose road has some. Raises BadProfile."""
    if isinstance(profile.channel, Sftp | Folder):
        return profile.channel
    raise _refused(profile, "road-not-travelled", "kind", profile.channel.kind, ", ".join(_ROADS))


def leaves_files(channel: Channel) -> bool:
    """Does what we have taken stay where it lies?"""
    return isinstance(channel, Folders) and channel.after_read == "leave"


def ready(folders: Folders) -> Ready:
    """How either side says that a file is whole."""
    said = folders.ready
    if isinstance(said, FlagFile):
        return Ready(kind="flag_file", flag=said.name)
    return Ready(kind="stable_size", for_s=said.for_.total_seconds()) if isinstance(said, StableSize) else Ready(kind="renamed")


def manners(folders: Folders) -> Manners:
    """What stands in the profile of how files come and go."""
    return Manners(
        send_dir=folders.send_dir,
        take_dir=folders.take_dir,
        done_dir=folders.done_dir or "",
        ready=ready(folders),
        tmp=folders.tmp,
        after_read=folders.after_read,
    )


# ---- refusals -----------------------------------------------------------------------------------------------------------------------


def _refused(profile: Profile, code: str, key: str, said: str, known: str) -> BadProfile:
    problem = Problem(
        code=code,
        place=profile.origin.value("channel", key),
        what=Text(f"the profile is good, but this release has no {key} “{said}”", f"画像无误，但本版本尚无 {key}“{said}”"),
        expected=Text(known, known),
        hint=Text(
            "its files can be read and written offline (profile read, profile write); this bank is not connected, the others are",
            "可离线读写其文件（profile read、profile write）；该银行暂不连接，其他银行照常",
        ),
    )
    return BadProfile([problem])


def _incomplete(kind: str, missing: list[str]) -> BadSettings:
    named = ", ".join(missing)
    return BadSettings(
        f"the profile's channel is {kind}: the connection needs {named} (config/examples/connection.yaml shows them)",
        f"画像的通道为 {kind}：连接须填 {named}（写法见 config/examples/connection.yaml）",
        code="road-incomplete",
    )
