"""The digests a list of a medium may use, and what is read from a medium measured by them."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Protocol

from transports.errors import Refused

KINDS = ("sha256", "sm3", "md5")  # md5 tells accidents alone; only where a bank's list knows nothing better


class Running(Protocol):
    """A digest at work."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


def new(kind: str) -> Running:
    """Begin one. Raises Refused where this machine's library has not the algorithm (sm3 on some builds)."""
    try:
        return hashlib.new(kind, usedforsecurity=False)
    except ValueError:
        raise Refused(
            f"This machine's library has no digest “{kind}”; install an OpenSSL that has it, or agree sha256 with the bank.",
            f"本机密码库不支持摘要算法“{kind}”；请安装支持它的 OpenSSL，或与银行约定 sha256。",
            code="digest-missing",
        ) from None


def of(content: bytes, kind: str) -> str:
    """Of bytes at hand, in lower-case hex."""
    running = new(kind)
    running.update(content)
    return running.hexdigest()


def sm3(content: bytes) -> str:
    """SM3 beside the SHA-256 we work with, for papers that are compared by it; empty where this machine's library has it not."""
    try:
        return of(content, "sm3")
    except Refused:
        return ""


class Measured:
    """Blocks passing by: iterate, then ask ``size`` and ``digest``."""

    def __init__(self, blocks: Iterable[bytes], kind: str) -> None:
        self._blocks, self._running = blocks, new(kind)
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            self._running.update(block)
            self.size += len(block)
            yield block

    @property
    def digest(self) -> str:
        """So far, in hex."""
        return self._running.hexdigest()
