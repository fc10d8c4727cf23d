"""A bank's side of a dedicated line: a server over TCP or HTTPS that passes what comes on to the bank's folders, and answers at once where asked to."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, Self

from bank_profiles.language.lines import LineHttp, LineTcp
from bank_profiles.language.profile import Profile
from connector.bankside.answered import Answered
from connector.bankside.desk import Desk, centre_manners
from connector.bankside.respond import respond
from connector.roads import dialects
from connector.roads.lines import answers_at_once
from connector.roads.signatures import signer, verifier
from transports.folder import Folder, FolderSettings
from transports.https import CallServer, HttpsServer, Peer, Posted
from transports.https import ServerSettings as HttpsSettings
from transports.tcp import Mac, ServerSettings, TcpServer
from transports.tls import TlsSettings
from transports.transport import Blocks, Delivery, Put


class LineServer(Protocol):
    """Listens at ``port`` from entering to leaving."""

    port: int

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


KEEPS_WAITING_MAX = timedelta(minutes=1)  # nobody holds a call longer


class Answering(Folder):
    """The bank's folders; an inquiry put into them is answered before the centre is told that it was taken.

    A bank that is late keeps the call waiting, as long as a call may wait; one that is later gives no answer in it.
    """

    def __init__(self, desk: Desk, profile: Profile, now: Callable[[], datetime]) -> None:
        super().__init__(FolderSettings(desk.root, centre_manners(profile)))
        self._desk, self._now = desk, now

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        """As every put; what the bank answers to it at once comes back with it."""
        put = super().put(name, blocks, size, digest)
        if put.delivery is not Delivery.DELIVERED:
            return put
        if "late" in self._desk.settings.behaviours and self._desk.settings.late_after <= KEEPS_WAITING_MAX:
            respond(self._desk, self._now(), name)  # looked up now, due then
            time.sleep(self._desk.settings.late_after.total_seconds())
        answers = [answer for each in respond(self._desk, self._now(), name) for answer in each.answers]
        replies = tuple((answer, b"".join(self.get(answer))) for answer in answers)
        for answer in answers:
            self.acknowledge(answer)
        return Put(Delivery.DELIVERED, replies=replies)


class HangingUp(Folder):
    """The bank's folders; what was put into them whole is there, and the line breaks before anybody is told so."""

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        """Raises ConnectionAbortedError, which ends the line without a word."""
        super().put(name, blocks, size, digest)
        raise ConnectionAbortedError


def line_server(
    desk: Desk,
    profile: Profile,
    now: Callable[[], datetime],
    *,
    tls: TlsSettings | None,
    mac_key: bytes = b"",
    host: str = "127.0.0.1",
    port: int = 0,
) -> LineServer:
    """The server of a profile's line. ``tls``: the bank's certificate and the pins of the centre's."""
    line = profile.channel

    def behind(_peer: object = None) -> Folder:
        if "hangs_up" in desk.settings.behaviours:
            return HangingUp(FolderSettings(desk.root, centre_manners(profile)))
        return Answering(desk, profile, now) if answers_at_once(line) else desk.counter(profile)

    if isinstance(line, LineTcp):
        settings = ServerSettings(
            dialect=dialects.of_tcp(line),
            tls=tls,
            mac=Mac(line.mac, mac_key) if line.mac else None,
            sequence=line.sequence,
            numbers=desk.root / "numbers",
            heartbeat=dialects.heartbeat(line),
            host=host,
            port=port,
        )
        return TcpServer(settings, behind)
    assert isinstance(line, LineHttp)
    assert tls is not None
    served = _https(desk, line, now, tls, (host, port))
    if line.calls != "post":
        return HttpsServer(served, behind)
    dialect, answered = dialects.of_https(line), Answered(desk, profile)
    take = partial(_take, behind)
    return CallServer(served, lambda pool: Posted(served, dialect, take, answered.to, pool))


def _take(behind: Callable[[], Folder], name: str, content: bytes, digest: str) -> Put:
    with behind() as folder:
        return folder.put(name, lambda: iter([content]), len(content), digest)


def _https(desk: Desk, line: LineHttp, now: Callable[[], datetime], tls: TlsSettings, where: tuple[str, int]) -> HttpsSettings:
    """Where the note has signatures, what the centre does not sign is nobody's, and every reply is signed by the bank."""
    keys = desk.settings.keys
    signs = signer(desk.ring, keys.our_sign, now, line.seal)
    holds = verifier(desk.ring, keys.centre_sign, now, line.seal)
    signing = dialects.signing(line, desk.code, desk.code, signs, holds)
    return HttpsSettings(
        *where,
        tls,
        (Peer("centre", tls.pins, bank=desk.code, signing=signing),),
        lambda: now().timestamp(),
        base=dialects.https_base(line),
        signing=signing,
        answer_of=Answered(desk, desk.profile(now())).name,
    )
