"""collect: the road → a sealed parcel in the object store, then the acknowledgement. Never opens it. Mirrors dispatch.

Order: fetch, sync, commit, and only then acknowledge. A crash in between only repeats the acknowledgement.
"""

from datetime import datetime

from connector.bank import Bank
from connector.ledger import answers, audit
from connector.moments import moment
from connector.steps.parts import STEPPER, Parts
from transports.crashpoint import crashpoint
from transports.transport import Remote, Transport


def collect(parts: Parts, bank: Bank, now: datetime) -> dict[str, int]:
    """One pass over one bank's lane; how many files came, how many of them were known."""
    profile = bank.profile_on(parts.day(now))
    leaves = profile.channel.after_read == "leave"
    counts = {"fetched": 0, "known": 0}
    with bank.line(profile) as line:
        for remote in line.list():
            with parts.ledger.read() as tx:
                earlier = answers.taken(tx, bank.code, remote.name, remote.size)
            if earlier is not None and (leaves or earlier.acknowledged_at is None):
                _acknowledge(parts, line, earlier.id, remote.name, earlier.acknowledged_at, now)
                continue
            key, known = _take(parts, bank, line, remote, now)
            counts["known" if known else "fetched"] += 1
            _acknowledge(parts, line, key, remote.name, None, now)
    return counts


def _take(parts: Parts, bank: Bank, line: Transport, remote: Remote, now: datetime) -> tuple[int, bool]:
    """Keep a file durably and name it in the ledger; bytes that were taken before are only noted."""
    digest, size = parts.objects.put(line.get(remote.name))
    crashpoint("N5")
    with parts.ledger.begin() as tx:
        known = answers.known_digest(tx, bank.code, digest) is not None
        key = answers.add_inbound(tx, bank.code, remote.name, size, digest, "duplicate" if known else "arrived", now)
        detail = {"institution": bank.code, "digest": digest, "size": size, "known": known}
        audit.record(tx, at=now, who=STEPPER, what="parcel-taken", centre=parts.centre, subject=f"inbound {key}", detail=detail)
    crashpoint("N13")
    return key, known


def _acknowledge(parts: Parts, line: Transport, key: int, name: str, already: str | None, now: datetime) -> None:
    line.acknowledge(name)
    crashpoint("N16")
    if already is None:
        with parts.ledger.begin() as tx:
            answers.set_inbound(tx, key, acknowledged_at=moment(now))
