"""A profile's manners and a connection's addresses, joined into a road. What we cannot travel is refused by name, never guessed."""

import dataclasses
from collections.abc import Callable, Mapping

from bank_profiles.errors import BadProfile, Problem, Text
from bank_profiles.language.channel import Channel, Folder, Folders, Sftp
from bank_profiles.language.lines import LineHttp, LineTcp
from bank_profiles.language.profile import Profile
from config.connection import Connection
from config.relayed import Relayed
from config.road import Road
from config.yaml_file import BadSettings
from connector.roads.agreed_seals import agreed_seal
from connector.roads.folders import dropbox, excused, folder, leaves_files, manners, ready, sftp
from connector.roads.journey import Journey
from connector.roads.lines import https, proof_of, tcp
from transports import words
from transports.errors import Refused
from transports.relay import Relay, RelaySettings, state_of
from transports.retrying import Patience, Retrying
from transports.sealing import cms, pgp
from transports.transport import Transport

__all__ = [
    "OF_ONE_FILE",
    "Journey",
    "channels",
    "excused",
    "expect_travelled",
    "folders_of",
    "leaves_files",
    "manners",
    "open_road",
    "patience",
    "ready",
]
SUITES = (*cms.SUITES, pgp.SUITE)  # not from the channel, which knows the ring: a carrier travels roads too
TRIED_S_MAX = 1800.0  # however often a profile wants one verb tried: a pass has its end
# The line is whole, only this file cannot be had or put away: what lies beside it is taken all the same.
OF_ONE_FILE = frozenset({"too-large", "permission", "missing", "archive-full", "changed-while-reading"})


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
    """Raises BadProfile (road-not-travelled, seal-not-made) and BadSettings (road-incomplete, road-wrong)."""
    suite = agreed_seal(channel.seal).suite
    if suite not in SUITES:
        raise _refused(profile, "seal-not-made", "seal", suite, ", ".join(SUITES))
    if channel.kind not in _ROADS:
        raise _refused(profile, "road-not-travelled", "kind", channel.kind, ", ".join(_ROADS))
    needed = (*_ROADS[channel.kind].needs, *proof_of(channel))
    missing = [name for name in needed if not getattr(road, name)]
    if missing and road.carrier is None:
        raise _incomplete(channel.kind, missing)
    excused(channel, road)


def open_road(journey: Journey) -> Transport:
    """A road that is travelled, tried again for seconds where the network stumbles. Raises BadSettings, Refused."""
    if journey.road.carrier is not None:
        return _relay(journey, journey.road.carrier)
    try:
        return Retrying(_ROADS[journey.channel.kind].opened(journey), patience(journey.channel))
    except ValueError as wrong:  # what a transport says of settings that do not go together
        raise BadSettings(f"this road cannot be: {wrong}", f"此通道设置有误：{wrong}", code="road-wrong") from wrong


def patience(channel: Channel) -> Patience:
    """How long one verb is tried before it is left to the next pass: as the profile of a line says, ours where it says nothing."""
    if not isinstance(channel, LineTcp | LineHttp) or "retry" not in channel.model_fields_set:
        return Patience()
    wait_s = channel.retry.wait.total_seconds()
    return Patience(channel.retry.times + 1, TRIED_S_MAX, wait_s, wait_s)


def folders_of(profile: Profile) -> Folders:
    """The folders of a profile whose road has some. Raises BadProfile."""
    if isinstance(profile.channel, Sftp | Folder):
        return profile.channel
    raise _refused(profile, "road-not-travelled", "kind", profile.channel.kind, ", ".join(_ROADS))


def _relay(journey: Journey, said: Relayed) -> Transport:
    """Not tried again for seconds: it only reads folders, and who waits is the carrier."""
    folder, asks = journey.folder, journey.channel.kind in ("line_tcp", "line_http")
    return Relay(RelaySettings(said.bank, folder / said.out, folder / said.back, state_of(folder, said.key), said.key, asks))


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
    "sftp": _Kind(sftp, ("address", "account")),
    "folder": _Kind(folder, ("folder",)),
    "line_tcp": _Kind(tcp, ("address",)),
    "line_http": _Kind(https, ("address", "line")),
    "media": _Kind(_by_hand, ()),
    "dropbox": _Kind(dropbox, ("pins",)),
}


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
