"""A peer's manners at its folders: where to put and take, how a whole file is told from half a one, what to do after reading."""

import dataclasses
from typing import Literal

from transports import names

MEBIBYTE = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Ready:
    """How either side says that a file is whole.

    ``flag_file``: an empty file beside it, written last, named by ``flag``. ``renamed``: any final name is whole, because
    the writer renames when done. ``stable_size``: the same size and time in two looks at least ``for_s`` seconds apart.
    """

    kind: Literal["flag_file", "renamed", "stable_size"] = "flag_file"
    flag: str = "{file}.ok"
    for_s: float = 120.0

    def __post_init__(self) -> None:
        sample = self.flag.replace("{file}", "x")
        if self.kind == "flag_file" and (self.flag.count("{file}") != 1 or sample == "x" or names.problem(sample)):
            raise ValueError("a flag's name holds {file} once and something beside it that a name may hold")

    def flag_of(self, name: str) -> str | None:
        """The name of the flag that belongs to ``name``; None where no flags are used."""
        return self.flag.replace("{file}", name) if self.kind == "flag_file" else None


@dataclasses.dataclass(frozen=True)
class Manners:
    """What the interface note says about the folders. Folders are paths at the peer; sizes are bytes.

    ``verify``: after an upload compare the size only, or read the bytes back and compare their SHA-256.
    ``after_read``: move into ``done_dir``, delete, or leave, once we keep the file durably.
    ``tmp``: the name while a file is being written; ``{digest8}`` is the start of its SHA-256.
    """

    send_dir: str
    take_dir: str
    done_dir: str = ""
    ready: Ready = Ready()
    tmp: str = "{file}.tmp-{digest8}"
    verify: Literal["size", "readback"] = "readback"
    after_read: Literal["move", "delete", "leave"] = "move"
    file_bytes_max: int = 2048 * MEBIBYTE  # a larger offer is refused before the first byte is asked for
    entries_max: int = 100_000  # an endless listing ends here; what was archived makes room for the rest

    def __post_init__(self) -> None:
        for folder in (self.send_dir, self.take_dir, self.done_dir):
            if ".." in folder.split("/") or "\0" in folder:
                raise ValueError("a folder's path may not climb: no '..'")
        if self.after_read == "move" and not self.done_dir:
            raise ValueError("after_read 'move' needs a done_dir")
        if self.tmp.count("{file}") != 1 or self.tmp == "{file}" or "/" in self.tmp:
            raise ValueError("a temporary name holds {file} once and something beside it")

    def temporary(self, name: str, digest: str) -> str:
        """The name under which these bytes are written before they get their own."""
        return self.tmp.replace("{digest8}", digest[:8]).replace("{file}", name)
