"""The letter of our own certificates, bank by bank: that its slip came back is noted, and where it has not, it is told (security C4).

Our key is used from its first day on, whoever has it by then: a bank that has not taken it in opens and believes nothing of it. Where
a bank's slip is on record for one key and not for the one that follows, `status` says so from the making of the new one on.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.connection import Connection
from connector.bank import Banks
from connector.keys import words
from connector.keys.endings import family
from connector.keys.keepers import keeper
from connector.keys.naming import find_dated
from connector.keys.record import record
from connector.ledger.rows import Tx
from connector.moments import day_of
from connector.parts import problem
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import ACTIVE, Entry


def known(banks: Banks) -> frozenset[str]:
    """The codes of those who may have a certificate of ours: every connection's institution, of test systems and broken ones too."""
    return frozenset({each.institution.code for each in banks.connections} | {*banks.working, *banks.tests} | banks.awaited)


def handed(
    tx: Tx, ring: KeyRing, said: str, bank: str, evidence: str, *, banks: Collection[str], by: str, now: datetime
) -> Entry:
    """Note that ``bank`` (its code, one of ``banks``) has taken our certificate in, by the number of its returned slip.

    Raises NotAllowed, LedgerError key-unknown, key-ambiguous, key-of-the-ring, key-not-handed (a bank's own), key-state (it is not in
    use), institution-unknown, slip-missing.
    """
    user, entry, slip = keeper(tx, ring, by), find_dated(ring, said), evidence.strip()
    if not entry.own:
        raise words.say(words.NOT_OURS, said=entry.alias)
    if entry.state != ACTIVE:
        raise words.say(words.NOT_SO, said=f"{entry.alias} ({entry.id})", state=entry.state)
    if bank not in banks:
        raise words.say(words.NO_BANK, said=bank or "“”")
    if not slip:
        raise words.say(words.NO_SLIP)
    ring.set_known(entry.id, bank, slip)
    record(tx, "key.handed", entry, who=by, centre=user.centre, now=now, bank=bank, slip=slip)
    return find_dated(ring, entry.id)


def awaited(ring: KeyRing, connection: Connection, now: datetime, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """Our keys this bank must have and whose slip is not on record, where that of an earlier one is; each as ``status`` tells it."""
    bank = connection.institution.code
    ours = {said.removeprefix("secret:") for said in (connection.keys.our_sign, connection.keys.our_decrypt)}
    used = [each for each in ring.list() if each.own and each.dated and each.alias in ours and each.state == ACTIVE]
    for entry in used:
        if not entry.slip_of(bank) and any(_before(other, entry) and other.slip_of(bank) for other in used):
            begins = datetime.fromisoformat(entry.not_before)
            facts = {"kind": "slip", "about": [entry.alias], "of": bank, "id": entry.id, "alarm": True}
            yield {
                **facts,
                "ends_at": begins.isoformat(),
                "days_left": (begins - now).days,
                "level": 0,
                **_worded(entry, day_of(begins, zone)),
            }


def _before(other: Entry, entry: Entry) -> bool:
    same = (other.alias, other.use, family(other)) == (entry.alias, entry.use, family(entry))
    return same and other.not_before < entry.not_before


def _worded(entry: Entry, day: str) -> dict[str, str]:
    return problem(
        "slip-awaited",
        f"我方密钥 {entry.id} 自 {day} 起启用，尚无该行对其指纹函的回执记录。"
        f"请交函（connector keys letter {entry.id}），收回执后登记（connector keys handed {entry.id}）",
        f"key {entry.id} of ours is used from {day} on, and the bank's slip for it is not on record: hand its letter over"
        f" (connector keys letter {entry.id}), note the slip (connector keys handed {entry.id})",
    )
