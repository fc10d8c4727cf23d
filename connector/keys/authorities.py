"""Where a bank's certificates are of a CA: the CA's folder, read anew at each use, and its revocation lists that grew stale.

See docs/decisions/chains-by-hand.md.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.connection import Connection
from config.yaml_file import BadSettings
from connector.moments import day_of
from connector.parts import problem
from transports.errors import TransportError
from transports.sealing.certificates.chains import Chains, ReadChains

AUTHORITIES = "authorities"  # DIR/authorities/<folder>


def chains_of(folder: Path, connection: Connection, now: Callable[[], datetime]) -> ReadChains | None:
    """How the chains of a bank are read, by the clock ``now``; none where its certificates are trusted by pin alone."""
    said = connection.chain
    if said is None:
        return None
    place = folder / AUTHORITIES / said.folder
    return lambda: Chains.read(place, said.anchors, now(), successors=said.successors)


def expect_chains(folder: Path, connection: Connection, now: Callable[[], datetime]) -> None:
    """Can they be read, and is an anchor among them? Raises BadSettings chain-unreadable, naming the folder."""
    read, said = chains_of(folder, connection, now), connection.chain
    if read is None or said is None:
        return
    place = f"{AUTHORITIES}/{said.folder}"
    try:
        anchored = read().has_anchor()
    except TransportError as why:
        raise BadSettings(
            f"a certificate or a revocation list in {place} cannot be read: {why.en}",
            f"{place} 中有证书或吊销列表无法读取：{why.zh}",
            code="chain-unreadable",
        ) from why
    if not anchored:
        raise BadSettings(
            f"no certificate in {place} has a key that chain.anchors names; put the CA's own certificate there",
            f"{place} 中没有 chain.anchors 所指的 CA 证书；请将该 CA 自身的证书放入",
            code="chain-unreadable",
        )


def stale(folder: Path, connection: Connection, now: datetime, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """The lists whose successor the CA has made and nobody has brought: told as alarms, what they name stays revoked."""
    read = chains_of(folder, connection, lambda: now)
    if read is None:
        return
    try:
        lists = read().latest()
    except TransportError:  # the bank's next step says so itself
        return
    for each in lists:
        if each.next_at < now:
            about = each.parsed.issuer.rfc4514_string()
            facts = {"kind": "list", "about": [about], "of": connection.institution.code, "id": "", "alarm": True}
            days = (each.next_at - now).days
            yield {
                **facts,
                "ends_at": each.next_at.isoformat(),
                "days_left": days,
                "level": 0,
                **_worded(day_of(each.next_at, zone)),
            }


def _worded(day: str) -> dict[str, str]:
    return problem(
        "list-ended",
        f"吊销列表已于 {day} 过期。请从 CA 取得新列表放入其目录",
        f"the revocation list grew stale on {day}: fetch the CA's new one and put it into its folder",
    )
