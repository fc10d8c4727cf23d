"""Calls that our own doors refused: counted in the ledger, one audit record a caller, code and hour, shown by ``status``; no flood.

Kept of a call: at which door, whose key the line showed, and the code. Nothing the caller said, no address, no person.
"""

import contextlib
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from connector.ledger import audit, banks
from connector.ledger.errors import LedgerError
from connector.ledger.rows import Tx
from connector.moments import moment, parse
from connector.parts import STEPPER, Parts

CALL_BACKS, DROP_BOX = "call-backs", "drop-box"
SHOWN = timedelta(days=7)  # after the last call
_HOUR = len("2026-01-01T00")
_TAKEN = "no answer was taken from them"
WORDS: dict[str, tuple[str, str]] = {  # code → en, zh
    "not-authentic": (
        "their key or signature is not this connection's. Ask the bank by telephone whether it changed a key; if not, find out who calls",
        "密钥或签名与连接登记不符。请电话询问银行是否更换过密钥；如未更换，请查明来访方",
    ),
    "login-refused": (
        "their certificate is not signed by an authority of our connections, or is not valid now, or there was none. Ask the banks"
        " whether one of their certificates has ended; if not, find out who calls",
        "证书并非连接所登记机构签发、不在有效期内或未出示。请询问银行其证书是否到期；如未到期，请查明来访方",
    ),
    "stamp-outside": (
        "the time they carry is too far from ours: a clock is wrong, or old messages are sent again. Compare the clocks with the bank",
        "报文时间与本方相差过大：时钟有误，或有人重发旧报文。请与银行核对时钟",
    ),
    "replayed": (
        "a message was sent before with other content: it was recorded and changed, or the bank numbers its messages wrongly. Ask the bank",
        "报文编号此前已用于其他内容：可能是截获后重放，也可能是银行编号有误。请与银行核实",
    ),
}


class TurnedAway:
    """What a server of ours tells its refusals to. Many calls are written together: as often as their number has doubled.

    Nobody waits for a ledger that does but the one who writes: strangers at the door must not use up the threads of those who may come in.
    """

    def __init__(self, parts: Parts, door: str, now: Callable[[], datetime]) -> None:
        self._ledger, self._centre, self._door, self._now = parts.ledger, parts.centre, door, now
        self._lock = threading.Lock()
        self._written: dict[tuple[str, str], tuple[str, int]] = {}  # in which hour, how many
        self._waiting: dict[tuple[str, str], int] = {}
        self._writing: set[tuple[str, str]] = set()

    def __call__(self, peer: str, code: str) -> None:
        """One call was refused. A ledger that is away changes nothing: it is written with the next one."""
        now, who = self._now(), (peer, code)
        hour = moment(now)[:_HOUR]
        if not (calls := self._to_write(who, hour)):
            return
        try:
            with contextlib.suppress(LedgerError):
                with self._ledger.begin() as tx:
                    _note(tx, self._centre, self._door, who, calls, now)
                self._wrote(who, hour, calls)
        finally:
            with self._lock:
                self._writing.discard(who)

    def _to_write(self, who: tuple[str, str], hour: str) -> int:
        """Counts one more; how many are to be written now by this call, 0 where they can wait or another call is at it."""
        with self._lock:
            calls = self._waiting[who] = self._waiting.get(who, 0) + 1
            noted_in, noted = self._written.get(who, ("", 0))
            if who in self._writing or (noted_in == hour and calls < noted):
                return 0
            self._writing.add(who)
            return calls

    def _wrote(self, who: tuple[str, str], hour: str, calls: int) -> None:
        with self._lock:
            noted_in, noted = self._written.get(who, ("", 0))
            self._written[who] = (hour, calls + (noted if noted_in == hour else 0))
            self._waiting[who] -= calls


def _note(tx: Tx, centre: str, door: str, who: tuple[str, str], calls: int, now: datetime) -> None:
    key = ":".join(who)
    before = banks.noted(tx, _lane(door)).get(key)
    if before and parse(before["at"]) + SHOWN < now:
        banks.note_problem(tx, _lane(door), key, None, now)
        before = None
    told: dict[str, Any] = {"calls": calls, "recorded": 0, "hour": ""} | (before or {})
    told["calls"] = calls + (before["calls"] if before else 0)
    hour = moment(now)[:_HOUR]
    if told["hour"] != hour:
        detail = {"door": door, "peer": who[0], "code": who[1], "calls": told["calls"] - told["recorded"]}
        audit.record(tx, at=now, who=STEPPER, what="call-refused", centre=centre, subject=f"door {door}", detail=detail)
        told |= {"hour": hour, "recorded": told["calls"]}
    banks.note_problem(tx, _lane(door), key, told, now)


def told(tx: Tx, now: datetime | None) -> list[dict[str, Any]]:
    """For ``status``: who was refused at which door, how often since when; until a week after the last call."""
    return [
        _said(door, key, noted)
        for door in (CALL_BACKS, DROP_BOX)
        for key, noted in sorted(banks.noted(tx, _lane(door)).items())
        if now is None or parse(noted["at"]) + SHOWN >= now
    ]


def _said(door: str, key: str, noted: dict[str, Any]) -> dict[str, Any]:
    peer, _, code = key.rpartition(":")
    en, zh = WORDS[code]
    calls, since = noted["calls"], noted["since"][:10]
    return {
        "door": door,
        "peer": peer,
        "code": code,
        "calls": calls,
        "since": noted["since"],
        "at": noted["at"],
        "en": f"{calls} calls refused since {since}, {_TAKEN}: {en}",
        "zh": f"{since} 以来已拒绝 {calls} 次来访，未采用任何内容：{zh}",
        "alarm": True,
    }


def _lane(door: str) -> str:
    """Where they are counted: a row of its own among the lanes."""
    return f"door:{door}"
