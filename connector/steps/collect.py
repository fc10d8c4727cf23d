"""collect: the road → a sealed parcel in the object store, then the acknowledgement. Never opens it. Mirrors dispatch.

Order: fetch, sync, commit, and only then acknowledge. A crash in between only repeats the acknowledgement.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from bank_profiles.language.profile import Profile
from connector import excused
from connector.answers.missing import lacking_parts
from connector.bank import Bank, Way
from connector.hours import agreed
from connector.ledger import answers, at_banks, rosters
from connector.ledger.rows import AnyRow
from connector.moments import moment
from connector.parts import Parts
from connector.roads import OF_ONE_FILE
from connector.steps import patience
from connector.steps.giving_way import GAVE_WAY, gives_way
from connector.steps.keeping import enter, store
from transports.crashpoint import crashpoint
from transports.errors import Refused, TransportError
from transports.names import mask
from transports.transport import GivesBack, Remote, Transport

NAMES_SHOWN = 5


def collect(parts: Parts, bank: Bank, now: datetime) -> dict[str, int]:
    """One pass over one bank's lane, by every road it may answer on; how many files came, how many of them were known."""
    profile = bank.profile_on(parts.day(now))
    with parts.ledger.read() as tx:
        window = agreed.polling(tx, parts, bank, profile, now)
    counts = {"fetched": 0, "known": 0}
    stopped: TransportError | None = None
    for way in bank.ways(parts.day(now)):
        if way.kind == "media":  # brought by persons (connector media import)
            continue
        if not way.called_back and not window.is_open(now):  # what landed here is taken at any hour
            counts["closed"] = 1
            continue
        try:
            _fetch(parts, bank, profile, way, now, counts)
        except TransportError as trouble:  # after all others were taken: a person is told of it
            stopped = stopped or trouble
        if GAVE_WAY in counts:
            break
    if stopped is not None:
        raise stopped
    return {ended: count for ended, count in counts.items() if ended != "lying"}


def _fetch(parts: Parts, bank: Bank, profile: Profile, way: Way, now: datetime, counts: dict[str, int]) -> None:
    """Everything that lies ready on one road. Raises what stopped it, or the first file that cannot be had."""
    stopped: TransportError | None = None
    excused.note_use(parts, bank, way, now)
    with patience.opened(parts, bank, way, now, calls=not way.called_back) as line, _noted_together(parts, now) as told:
        offered = line.list(_awaited(parts, bank, line, None if way.asked_for is None else now - way.asked_for))
        strangers = [remote for remote in offered if bank.is_nobodys(profile, remote.name)]
        for remote in (each for each in offered if bank.is_ours(profile, each.name)):
            with parts.ledger.read() as tx:
                earlier = answers.taken(tx, bank.code, remote.name, remote.size)
            begun = earlier is not None and earlier.acknowledged_at is None
            if earlier is None or begun or not way.leaves_files or _may_be_another(earlier, remote):
                try:
                    ended = _take(parts, bank, way, line, remote, earlier if way.leaves_files or begun else None, told, now)
                except TransportError as trouble:
                    if trouble.code not in OF_ONE_FILE:
                        raise
                    stopped, ended = stopped or trouble, "left"
                counts[ended] = counts.get(ended, 0) + 1
                if gives_way(parts, bank, now, at_banks.urgent_to_send):
                    counts[GAVE_WAY] = 1
                    break
        stopped = stopped or _unusable(line) or _of_nobody(strangers)
    if stopped is not None:
        raise stopped


def _awaited(parts: Parts, bank: Bank, line: Transport, sent_after: datetime | None) -> list[str]:
    """The parcels not answered yet, or not in full. A carrier is told those of all who share the channel: it asks for all of them at once.

    ``sent_after``: the bank keeps an answer for so long; nobody asks for it afterwards.
    """
    whose = bank.sharers if bank.sharers and isinstance(line, GivesBack) else (bank.code,)
    with parts.ledger.read() as tx:
        return [name for ask in (rosters.awaited, lacking_parts) for code in whose for name in ask(tx, code, sent_after)]


def _may_be_another(earlier: AnyRow, remote: Remote) -> bool:
    """The bank may have put another file under the same name, with the same size: its time differs, or the first was no good."""
    return earlier.state in {"refused", "quarantined"} or earlier.modified != _seconds(remote)


def _seconds(remote: Remote) -> int:
    return int(remote.modified)


def _note_time(parts: Parts, lying: AnyRow, remote: Remote) -> None:
    """The same bytes under a newer time: not fetched again for it."""
    if lying.modified != _seconds(remote):
        with parts.ledger.begin() as tx:
            answers.set_inbound(tx, lying.id, modified=_seconds(remote))


def _unusable(line: Transport) -> Refused | None:
    """What lies at the bank under names we do not take, or beyond what one listing may hold."""
    strange = line.strange
    if not strange:
        return None
    shown = ", ".join(f"{reason} {masked}" for reason, masked in strange[:NAMES_SHOWN])
    return Refused(
        f"{len(strange)} entries in the bank's folder are not taken, their names cannot be used: {shown}. Ask the bank to look",
        f"银行目录中有 {len(strange)} 个条目名称不可用，未取：{shown}。请银行查看",
        code="names-unusable",
    )


def _of_nobody(strangers: list[Remote]) -> Refused | None:
    """On a shared channel: whose these are cannot be told by their names, so they are left where they lie."""
    if not strangers:
        return None
    shown = ", ".join(mask(remote.name) for remote in strangers[:NAMES_SHOWN])
    return Refused(
        f"On the shared channel files name none of the institutions behind it and are not taken ({len(strangers)}): {shown}."
        " Ask the data centre whose they are",
        f"共用通道上有 {len(strangers)} 个文件的名称不属于其任何一家法人，未取：{shown}。请向数据中心核实归属",
        code="entity-unknown",
    )


def _take(
    parts: Parts, bank: Bank, way: Way, line: Transport, remote: Remote, lying: AnyRow | None, told: list[int], now: datetime
) -> str:
    """Keep a file durably, name it in the ledger, acknowledge it; bytes that were taken before are only noted.

    ``lying``: what was taken of this name before, at a bank that leaves its files lying or before a crash; the same bytes still
    are no news. Other bytes are: nothing is acknowledged unread.
    """
    kept = store(parts, remote.name, line.get(remote.name))
    if lying is not None and lying.digest == kept.digest:
        if lying.acknowledged_at is None:
            _acknowledge(line, lying.id, remote.name, told)
        _note_time(parts, lying, remote)
        return "lying"
    crashpoint("N5")
    with parts.ledger.begin() as tx:
        key, known = enter(tx, parts, bank.code, kept, now, modified=_seconds(remote), road=way.kind)
    crashpoint("N13")
    _acknowledge(line, key, remote.name, told)
    return "known" if known else "fetched"


def _acknowledge(line: Transport, key: int, name: str, told: list[int]) -> None:
    """The bank is told that we keep it; done again after a crash, it changes nothing."""
    line.acknowledge(name)
    told.append(key)
    crashpoint("N16")


@contextmanager
def _noted_together(parts: Parts, now: datetime) -> Iterator[list[int]]:
    """The files a bank was told of, noted at the end in one transaction, whatever ends the pass."""
    told: list[int] = []
    try:
        yield told
    finally:
        if told:
            with parts.ledger.begin() as tx:
                for key in told:
                    answers.set_inbound(tx, key, acknowledged_at=moment(now))
