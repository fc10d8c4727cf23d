"""How the centre reaches a carrier: the two folders it shares with it, and the pinned key of the carrier's journal."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints

from config.words import Duration, Word
from config.yaml_file import Section

JournalPin = Annotated[str, StringConstraints(pattern=r"^ed25519:[A-Za-z0-9+/]{43}=$")]


class Relayed(Section):
    """In a connection. ``bank``: its code at the carrier; ``key``: what ``connector carrier DIR --init`` printed.

    Paths are relative to the deployment. Behind a one-way gap they are this side's two folders, and the carrier has its own.
    ``silent_after``: a carrier says something every hour; one that was not heard for so long is told of by ``connector status``.
    """

    bank: Word
    out: Path
    back: Path
    key: JournalPin
    silent_after: Duration = timedelta(hours=6)
