"""The drop-box of a deployment, opened: its callers, its limits, its server; one process a deployment."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from config.serving import Serving
from config.settings import Settings, read_secret, secret_file
from config.yaml_file import BadSettings
from connector.dropbox import box, uploads
from connector.dropbox.api import Api
from connector.dropbox.clients import clients
from connector.dropbox.pace import CALLS_PER_MINUTE
from connector.dropbox.work import Limits, Site, Work
from connector.parts import Parts
from connector.turned_away import DROP_BOX, TurnedAway
from connector.watching import Watched, told_by
from transports import shelf
from transports.https import CallServer, Deadlines, Peer, ServerSettings
from transports.tls import TlsSettings


@dataclasses.dataclass(frozen=True)
class Caps:
    """How many lines at once, how long each stage of one may take (seconds), how large a file may be (bytes), calls a minute."""

    connections_max: int = 64
    handshake_s: float = 10.0
    head_s: float = 15.0
    deadlines: Deadlines = dataclasses.field(default_factory=Deadlines)
    file_bytes_max: int = box.FILE_BYTES_MAX
    calls_per_minute: int = CALLS_PER_MINUTE  # of one bank


@contextmanager
def serving(
    parts: Parts,
    settings: Settings,
    now: Callable[[], datetime],
    *,
    host: str | None = None,
    port: int | None = None,
    caps: Caps | None = None,
    rejoined: Callable[[], Parts] | None = None,
) -> Iterator[CallServer]:
    """Serves while the block runs; ``rejoined`` gives the parts anew where connections, profiles or keys change meanwhile.

    Raises BadSettings (serve-missing, serve-running, no-callers), Refused for keys that cannot be used.
    """
    said, caps = settings.serve, caps or Caps()
    if said is None:
        raise _missing()

    def site() -> Site:
        joined = rejoined() if rejoined is not None else parts
        return Site(joined, clients(joined, joined.day(now())))

    known = Watched(site, told_by(parts.folder))
    if not known.value.clients:
        raise _nobody()
    with _alone(parts.folder / "dropbox"), known:
        for client in known.value.clients.values():
            uploads.sweep(client.box.root / box.UPLOADS)
        bound = _bound(parts.folder, said, known, now, caps, host or said.host, said.port if port is None else port)
        limits = Limits(caps.file_bytes_max, caps.deadlines, caps.calls_per_minute)
        tell = TurnedAway(parts, DROP_BOX, now)
        with CallServer(bound, lambda pool: Api(Work(lambda: known.value, now, limits, pool)), tell=tell) as server:
            yield server


def _bound(
    folder: Path, said: Serving, known: Watched[Site], now: Callable[[], datetime], caps: Caps, host: str, port: int
) -> ServerSettings:
    def peers() -> tuple[Peer, ...]:
        return tuple(Peer(code, tuple(each.pin for each in client.pins)) for code, client in known.value.clients.items())

    certificate, key, authority = (each.removeprefix("secret:") for each in (said.certificate, said.key, said.authority))
    tls = TlsSettings(
        certificate=secret_file(folder, certificate),
        key=secret_file(folder, key),
        authority=read_secret(folder, authority).decode(),
        pins=tuple(pin for peer in peers() for pin in peer.pins),
    )
    return ServerSettings(
        host,
        port,
        tls,
        peers,
        lambda: now().timestamp(),
        handshake_s=caps.handshake_s,
        head_s=caps.head_s,
        deadlines=caps.deadlines,
        body_bytes_max=caps.file_bytes_max,
        connections_max=caps.connections_max,
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Uploads are put together by one process. Raises BadSettings (serve-running)."""
    with ExitStack() as held:
        try:
            held.enter_context(shelf.alone(folder / "lock", wait=False))
        except BlockingIOError as taken:
            raise BadSettings(
                f"{folder} is served by another process already", f"{folder} 已由另一进程提供服务", code="serve-running"
            ) from taken
        yield


def _missing() -> BadSettings:
    return BadSettings(
        "service.yaml has no serve block: serve: {host: …, port: 8443, certificate: secret:…, key: secret:…, authority: secret:…};"
        " how it is set up: docs/dropbox.md (where banks call back: docs/call-backs.md). Without either, the clock alone: connector worker",
        "service.yaml 中没有 serve：serve: {host: …, port: 8443, certificate: secret:…, key: secret:…, authority: secret:…}；"
        "设置方法见 docs/dropbox.zh-CN.md（接收银行回调见 docs/call-backs.zh-CN.md）。两者都不用、只运行时钟：connector worker",
        code="serve-missing",
    )


def _nobody() -> BadSettings:
    return BadSettings(
        "no connection has a drop-box (a profile whose channel or fallback is of kind dropbox): nobody could come in;"
        " how a bank gets one: docs/dropbox.md",
        "没有任何连接使用投递箱（画像的通道或备用通道种类为 dropbox），无人可接入；设置方法见 docs/dropbox.zh-CN.md",
        code="no-callers",
    )
