"""One bank's box on this disk: what is for it, what it submitted, what we took, its uploads that are no answers yet, and notes."""

import dataclasses
from pathlib import Path

from transports.folder import Folder, FolderSettings
from transports.manners import Manners, Ready

OUT, IN, DONE, UPLOADS, NOTES = "out", "in", "done", "uploads", "notes"
FILE_BYTES_MAX = 512 * 1024 * 1024
_MANNERS = Manners(
    send_dir=OUT,
    take_dir=IN,
    done_dir=DONE,
    ready=Ready(kind="renamed"),
    tmp="{file}.tmp-{digest8}",
    file_bytes_max=FILE_BYTES_MAX,
)


@dataclasses.dataclass(frozen=True)
class Box:
    """DIR/dropbox/<bank>: ``out`` is written by dispatch, ``in`` is emptied by collect, the others are the drop-box's own."""

    root: Path

    @classmethod
    def of(cls, deployment: Path, institution: str) -> "Box":
        """The box of a connection, made where it is not there yet."""
        box = cls(deployment / "dropbox" / institution)
        for name in (OUT, IN, DONE, UPLOADS, NOTES):
            (box.root / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        return box

    def road(self) -> Folder:
        """The box as the steps see it: a road of folders."""
        return Folder(FolderSettings(self.root, _MANNERS))

    def parcel(self, name: str, size: int) -> Path | None:
        """A parcel that lies ready for the bank; None where it went by another road."""
        path = self.root / OUT / name
        there = path.is_file() and not path.is_symlink() and path.stat().st_size == size
        return path if there else None

    def brought(self, name: str) -> Path:
        """Where an answer lies once it was submitted."""
        return self.root / IN / name

    def uploads(self, batch: int) -> Path:
        """Where the uploads for a batch are put together."""
        return self.root / UPLOADS / str(batch)

    def note(self, batch: int) -> Path:
        """What happened to a batch here."""
        return self.root / NOTES / f"{batch}.json"
