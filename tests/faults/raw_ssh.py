"""Peers that never get as far as a login: silent ones, full ones, and one that offers only the algorithms it is told to."""

import contextlib
import os
import socket
import struct
from collections.abc import Iterator, Mapping

from tests.ports import Port

BANNER = b"SSH-2.0-OldServer_1.0\r\n"
# The lists of a KEXINIT in their order (RFC 4253 7.1), as a sound server would send them.
SOUND: Mapping[str, str] = {
    "kex": "ecdh-sha2-nistp256,kex-strict-s-v00@openssh.com",
    "host key": "ecdsa-sha2-nistp256",
    "cipher up": "aes256-ctr",
    "cipher down": "aes256-ctr",
    "mac up": "hmac-sha2-256",
    "mac down": "hmac-sha2-256",
    "compression up": "none",
    "compression down": "none",
    "language up": "",
    "language down": "",
}


@contextlib.contextmanager
def says(greeting: bytes) -> Iterator[int]:
    """A server that says this to everybody and nothing more; its port."""
    held: list[socket.socket] = []

    def take(line: socket.socket) -> None:
        held.append(line)
        line.sendall(greeting)

    port = Port(take)
    try:
        yield port.number
    finally:
        port.close()
        for line in held:
            line.close()


def offer(**lists: str) -> bytes:
    """The greeting of a server with other lists, e.g. ``offer(cipher="3des-cbc")`` for both directions."""
    named = dict(SOUND)
    for kind, algorithms in lists.items():
        for name in SOUND:
            if name.startswith(kind.replace("_", " ")):
                named[name] = algorithms
    body = b"\x14" + os.urandom(16) + b"".join(struct.pack(">I", len(each)) + each.encode() for each in named.values()) + bytes(5)
    padding = 8 - (len(body) + 5) % 8 + 8
    return BANNER + struct.pack(">IB", len(body) + padding + 1, padding) + body + bytes(padding)


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """A port that answers no knock at all: its queue is full."""
    with socket.socket() as listener, contextlib.ExitStack() as queue:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = queue.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield int(listener.getsockname()[1])


@contextlib.contextmanager
def nobody() -> Iterator[int]:
    """A port nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])
