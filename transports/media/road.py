"""A medium as a road: the open volume is put to and looked at, the returned one is listed and read; its own lists are no parcels."""

import builtins
import dataclasses
from collections.abc import Sequence
from pathlib import Path

from transports.folder import LocalFiles
from transports.mailbox import Mailbox
from transports.manners import Manners
from transports.media.manifest import JSON_NAME, SIGNATURE_NAME
from transports.transport import Remote


@dataclasses.dataclass(frozen=True)
class MediaSettings:
    """``root`` holds both folders of ``manners``: the open volume and the returned medium. ``listing``: the name of its plain list."""

    root: Path
    manners: Manners
    listing: str


class Media(Mailbox):
    """A Transport over folders that two persons carry. Whether a medium may be read at all is the register's to say (connector/media)."""

    def __init__(self, settings: MediaSettings) -> None:
        super().__init__(LocalFiles(settings.root), settings.manners)
        self._lists = {settings.listing, f"{settings.listing}.p7s", JSON_NAME, SIGNATURE_NAME}

    def list(self, awaited: Sequence[str] = ()) -> builtins.list[Remote]:
        """The parcels on the returned medium, its lists left out. Raises Unreachable or Refused."""
        return [remote for remote in super().list(awaited) if remote.name not in self._lists]
