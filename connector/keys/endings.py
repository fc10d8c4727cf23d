"""Everything of a deployment that has a last moment: keys and certificates of the ring, TLS identities, pins with a last day."""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from config.connection import Connection
from config.road import Road
from config.settings import read_secret
from config.yaml_file import BadSettings
from transports.errors import UnknownKey
from transports.sealing.certificates.last_moment import last_moment
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import ACTIVE, Entry


@dataclasses.dataclass(frozen=True)
class Ending:
    """One thing with a last moment. ``about``: alias, name of the secret, or pin; ``of``: its connection, empty for what is ours."""

    kind: str  # our-key, certificate, line, pin, serving
    about: str
    ends_at: datetime
    of: str = ""
    id: str = ""
    successor: str = ""  # what is in place already and lasts longer


def of_ring(ring: KeyRing) -> Iterator[Ending]:
    """What is in use; an alias with a newer one of the same use that lasts longer has its successor."""
    active = [each for each in ring.list() if each.dated and each.state == ACTIVE]
    for entry in active:
        ends_at = datetime.fromisoformat(entry.not_after)
        kind = "our-key" if entry.own else "certificate"
        yield Ending(kind, entry.alias, ends_at, id=entry.id, successor=_successor(entry, active))


def _successor(entry: Entry, active: Sequence[Entry]) -> str:
    def follows(other: Entry) -> bool:
        same = (other.alias, other.own, other.use) == (entry.alias, entry.own, entry.use)
        same = same and family(other) == family(entry)
        return same and other.not_after > entry.not_after and other.not_before <= entry.not_after

    return next((other.id for other in active if follows(other)), "")


def family(entry: Entry) -> str:
    """Whose seals it makes: a newer SM2 key is no successor of one for banks that seal with EC, nor the other way round."""
    return next((family for family in ("sm2", "pgp-") if entry.kind.startswith(family)), "")


def of_serving(folder: Path, names: Sequence[str]) -> Iterator[Ending]:
    """The TLS identities this deployment serves with, by the names of their secrets."""
    for name in names:
        yield from _certificate(folder, "serving", name, "")


def of_connection(folder: Path, connection: Connection, zone: ZoneInfo) -> Iterator[Ending]:
    """The TLS identities of its lines, ours and the bank's, and its pins that have a last day."""
    code = connection.institution.code
    for road in (connection, *connection.fallbacks):
        names = [road.line.certificate, road.line.authority] if road.line else []
        names += [road.call_back.authority] if road.call_back else []
        for name in dict.fromkeys(names):
            yield from _certificate(folder, "line", name, code)
        yield from _pins(road, code, zone)


def _certificate(folder: Path, kind: str, secret: str, of: str) -> Iterator[Ending]:
    """Nothing where it cannot be read: the road itself says so."""
    name = secret.removeprefix("secret:")
    try:
        yield Ending(kind, name, last_moment(read_secret(folder, name)), of)
    except (BadSettings, UnknownKey, OSError):
        return


def _pins(road: Road, code: str, zone: ZoneInfo) -> Iterator[Ending]:
    """A pin holds to the end of its last day, by the centre's clock."""
    for each in road.pins:
        if each.until is not None:
            after = each.until + timedelta(days=1)
            follows = next((other for other in road.pins_on(after) if other != each.pin), "")
            yield Ending("pin", each.pin, datetime.combine(after, time(), zone), code, successor=follows)
