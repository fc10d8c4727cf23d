"""The receiver of call-backs, opened: put alone, each bank into its own landing, every message remembered in the ledger for ever."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from config.serving import CallBacks
from config.settings import Settings, secret_file
from config.yaml_file import BadSettings
from connector.callbacks.callers import Caller, callers
from connector.ledger.seen import LedgerSeen
from connector.parts import Parts
from connector.turned_away import CALL_BACKS, TurnedAway
from connector.watching import Watched, told_by
from transports import words
from transports.errors import Refused
from transports.folder import Folder
from transports.https import Deadlines, HttpsServer, Peer, ServerSettings
from transports.sealing.keyring import KeyRing
from transports.tls import TlsSettings

BASE = "/api/v1/call-backs"


@contextmanager
def receiving(
    parts: Parts,
    ring: KeyRing,
    settings: Settings,
    now: Callable[[], datetime],
    *,
    host: str | None = None,
    port: int | None = None,
    deadlines: Deadlines | None = None,
    rejoined: Callable[[], tuple[Parts, KeyRing]] | None = None,
) -> Iterator[HttpsServer]:
    """Serves while the block runs; ``rejoined`` gives both anew where connections, profiles or keys change meanwhile.

    Raises BadSettings (call-backs-missing, no-callers), Refused for keys that cannot be used.
    """
    said = settings.call_backs
    if said is None:
        raise _missing()
    known = Watched(lambda: callers(*(rejoined() if rejoined else (parts, ring)), now), told_by(parts.folder))
    if not known.value:
        raise _nobody()

    def peers() -> tuple[Peer, ...]:
        return tuple(caller.peer_on(parts.day(now())) for caller in known.value.values())

    def landing(peer: Peer) -> Folder:
        caller = known.value.get(peer.id)
        if caller is None:  # taken out of the connections while it was calling
            raise words.say(Refused, words.DENIED)
        return caller.landing.road()

    bound = ServerSettings(
        host or said.host,
        said.port if port is None else port,
        _tls(parts.folder, said, known.value),
        peers,
        lambda: now().timestamp(),
        base=BASE,
        verbs=frozenset({"put"}),
        deadlines=deadlines or Deadlines(),
    )
    tell = TurnedAway(parts, CALL_BACKS, now)
    with HttpsServer(bound, landing, seen=LedgerSeen(parts.ledger), tell=tell) as server:
        known.renewed = lambda now_known: server.renew(_tls(parts.folder, said, now_known))
        with known:
            yield server


def _tls(folder: Path, said: CallBacks, known: dict[str, Caller]) -> TlsSettings:
    """One door for all: whose certificate an authority signed is no matter, only a pinned key says who calls."""
    return TlsSettings(
        certificate=secret_file(folder, said.certificate.removeprefix("secret:")),
        key=secret_file(folder, said.key.removeprefix("secret:")),
        authority="\n".join(sorted({caller.authority for caller in known.values()})),
        pins=tuple(each.pin for caller in known.values() for each in caller.pins),
    )


def _missing() -> BadSettings:
    return BadSettings(
        "service.yaml has no call_backs block: call_backs: {certificate: secret:…, key: secret:…}; see docs/call-backs.md",
        "service.yaml 中没有 call_backs：call_backs: {certificate: secret:…, key: secret:…}；见 docs/call-backs.zh-CN.md",
        code="call-backs-missing",
    )


def _nobody() -> BadSettings:
    return BadSettings(
        "no connection has a line on which the bank calls back (kind line_http, call_back: true): nobody could come in",
        "没有任何连接使用银行回调的专线（种类 line_http，call_back: true），无人可接入",
        code="no-callers",
    )
