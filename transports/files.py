"""The six plain acts a carrier needs at the peer's folders, and the answers a peer may give instead of doing one."""

import dataclasses
from collections.abc import Iterator
from typing import Protocol

from transports.errors import TransportError


class Missing(TransportError):
    """The peer has no such file or folder. Never leaves this wing: a verb says what it means."""

    code = "missing"


class Failed(TransportError):
    """The peer answered, and the answer is that it could not do it (full, over quota, target exists). Never leaves this wing."""

    code = "remote-failure"


class NotRenamed(Failed):
    """A rename the peer said no to, and the file was seen under its old name afterwards: certainly not done."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """A name in a folder, as the peer tells it: ``name`` is hostile until names.problem() has seen it."""

    name: str
    size: int
    modified: float
    regular: bool = True


class Files(Protocol):
    """Six plain acts on paths at the peer. They raise Missing, Failed, Refused or Unreachable and nothing else."""

    def stat(self, path: str) -> Entry | None:
        """The file, or None where there is none."""

    def stats(self, *paths: str) -> list[Entry | None]:
        """Several at once: one wait for the answers of a peer that is far away."""

    def entries(self, folder: str) -> Iterator[Entry]:
        """Everything in a folder, in any order. Raises Missing."""

    def begin(self, path: str, *others: str) -> list[Entry | None]:
        """As ``stats``; and where nothing lies at ``path`` it may be created in the same wait. ``write`` or ``remove`` follows."""

    def write(self, path: str, blocks: Iterator[bytes], size: int, *looks: str) -> list[Entry | None]:
        """Create what was not begun (never overwrite), write, sync if the peer can, close; every reply of the peer was heard. Then as ``stats``."""

    def read(self, path: str, size: int) -> Iterator[bytes]:
        """At most ``size`` bytes from the start, in blocks."""

    def rename(self, old: str, new: str) -> None:
        """Give the final name; Failed where it is taken already. Passes crash point O18 while the reply is unread."""

    def remove(self, path: str) -> None:
        """Take a file away; one that is gone already is fine."""

    def close(self) -> None:
        """Let the line go; the next act opens it again."""
