"""The manners of a bank's channel: folders, flags, polling. Host, user, pins and keys are the connection's."""

from datetime import timedelta
from typing import Literal

from bank_profiles.language.words import Block, ClockSpan, Duration


class Poll(Block):
    """How often and when we may look for answers, local time of the bank."""

    every: Duration = timedelta(minutes=5)
    between: ClockSpan | None = None


class FlagFile(Block):
    """A parcel is complete when a file of this name stands beside it; ``{file}`` is the parcel's name on the wire."""

    kind: Literal["flag_file"]
    name: str = "{file}.ok"


class Sftp(Block):
    """A pair of folders at the bank. Host, user, pins and keys are the connection's."""

    kind: Literal["sftp"]
    send_dir: str
    take_dir: str
    done_dir: str | None = None
    poll: Poll = Poll()
    ready: FlagFile
    tmp: str = "{file}.tmp"  # the name while a parcel is being written
    after_read: Literal["move", "delete", "leave"] = "leave"  # move: into done_dir, once we have stored it
    seal: Literal["cms-aes256gcm", "cms-aes256cbc"]
    sealed_as: str = "{package}.p7m"


Channel = Sftp  # the next kinds join here as a union told apart by `kind`
