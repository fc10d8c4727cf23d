"""SFTP to old servers, by a named and dated exception: the system's ssh opens the line, all the rest is the usual road's.

paramiko offers no weak algorithm and is never told to. The exception is spoken by another program, which has them for this purpose.
"""

from collections.abc import Callable
from datetime import date

from transports import words
from transports.errors import Refused
from transports.looks import Looks
from transports.mailbox import Mailbox
from transports.openssh.exception import OldServer
from transports.openssh.program import open_line
from transports.openssh.settings import OldServerSettings
from transports.openssh.words import ENDED
from transports.sftp.files import RemoteFiles
from transports.sftp.line import Line, own_key
from transports.sftp.words import OWN_KEY

__all__ = ["OldServer", "OldServerSettings", "OldSftp"]


class OldSftp(Mailbox):
    """A Transport over SFTP to one old server, until the exception's last day. One object per thread.

    ``today`` is asked for every line. Raises Refused (unusable-key) for a key of ours that nobody should use.
    """

    def __init__(self, settings: OldServerSettings, *, today: Callable[[], date], looks: Looks | None = None) -> None:
        _expect_usable(settings)

        def line() -> Line:
            if today() > settings.exception.until:
                raise words.say(Refused, ENDED)
            return open_line(settings)

        super().__init__(RemoteFiles(line, settings.deadlines), settings.manners, looks=looks)


def _expect_usable(settings: OldServerSettings) -> None:
    """Our key can be read, has no passphrase, is strong, and is nobody else's to read: ssh would only say "permission denied"."""
    try:
        pem, mode = settings.key.read_text("ascii"), settings.key.stat().st_mode
    except (OSError, UnicodeError) as error:
        raise words.say(Refused, OWN_KEY) from error
    own_key(pem, None)
    if mode & 0o077:
        raise words.say(Refused, OWN_KEY)
