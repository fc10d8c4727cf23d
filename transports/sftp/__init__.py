"""SFTP: the road most banks offer. All of paramiko's client side lives in this room.

What paramiko does by default and what that costs was measured; each place that departs from a default says why.
"""

from functools import partial

from transports.looks import Looks
from transports.mailbox import Mailbox
from transports.sftp.files import RemoteFiles
from transports.sftp.line import open_line, own_key
from transports.sftp.settings import Deadlines, SftpSettings

__all__ = ["Deadlines", "Sftp", "SftpSettings"]


class Sftp(Mailbox):
    """A Transport over SFTP. One object per thread (paramiko's client is not safe to share); it connects on first need."""

    def __init__(self, settings: SftpSettings, *, looks: Looks | None = None) -> None:
        key = own_key(settings.key_pem, settings.passphrase)
        files = RemoteFiles(partial(open_line, settings, key), settings.deadlines)
        super().__init__(files, settings.manners, looks=looks)
