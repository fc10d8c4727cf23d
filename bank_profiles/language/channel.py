"""The manners of a bank's channel: folders, flags, frames, polling. Host, user, pins and keys are the connection's.

What a profile may say of a road and what this release can travel are two things: the wiring refuses a kind it has no transport for.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from bank_profiles.language.lines import LineHttp, LineTcp
from bank_profiles.language.seal import Seal
from bank_profiles.language.words import Block, ClockSpan, Duration, YesNo


class Poll(Block):
    """How often and when we may look for answers, local time of the bank."""

    every: Duration = timedelta(minutes=5)
    between: ClockSpan | None = None


# ---- when is a file whole? ----------------------------------------------------------------------------------------------------------


class FlagFile(Block):
    """A parcel is complete when a file of this name stands beside it; ``{file}`` is the parcel's name on the wire."""

    kind: Literal["flag_file"]
    name: str = "{file}.ok"


class Renamed(Block):
    """A parcel is complete when it has its own name: it is written under another and renamed."""

    kind: Literal["renamed"]


class StableSize(Block):
    """A parcel is complete when its size has not changed for so long. The weakest of the signs: only where the bank gives no other."""

    kind: Literal["stable_size"]
    for_: Duration = Field(alias="for")


Ready = Annotated[FlagFile | Renamed | StableSize, Field(discriminator="kind")]


# ---- folders ------------------------------------------------------------------------------------------------------------------------


class Folders(Block):
    """A pair of folders, and how files come and go there."""

    send_dir: str
    take_dir: str
    done_dir: str | None = None
    poll: Poll = Poll()
    ready: Ready
    tmp: str = "{file}.tmp"  # the name while a parcel is being written
    after_read: Literal["move", "delete", "leave"] = "leave"  # move: into done_dir, once we have stored it
    seal: Seal
    sealed_as: str = "{package}.p7m"


class Sftp(Folders):
    """A pair of folders at the bank."""

    kind: Literal["sftp"]


class Folder(Folders):
    """A pair of folders that are mounted or synchronised."""

    kind: Literal["folder"]


# ---- media --------------------------------------------------------------------------------------------------------------------------


class Listing(Block):
    """The list of digests that lies on a medium: one line a file, digest and name."""

    name: str
    digest: Literal["sha256", "sm3", "md5"]
    signed: YesNo = False  # the bank signs its list too: a detached CMS signature beside it, named like the list with .p7s


class Media(Block):
    """A disc or stick carried by two people."""

    kind: Literal["media"]
    carriers: tuple[Literal["encrypted_usb", "optical_disc"], ...]
    label: str
    manifest: Listing
    custody: Literal["two_people"] = "two_people"  # both sign the hand-over record
    virus_scan: Literal["required", "none"] = "required"
    seal: Seal
    sealed_as: str = "{package}.p7m"


# ---- drop-box -----------------------------------------------------------------------------------------------------------------------


class DropBox(Block):
    """Our own drop-box on the web: the bank's staff fetch inquiries from it and bring their answers there."""

    kind: Literal["dropbox"]
    sheet: YesNo = False  # staff without sealing software take the inquiry as the one sheet it is, and hand the answer in as one
    seal: Seal
    sealed_as: str = "{package}.p7m"


Channel = Annotated[Sftp | Folder | LineTcp | LineHttp | Media | DropBox, Field(discriminator="kind")]
