"""What the ssh program says before a line is whole, in our words. Once it is whole nothing it says is read: the peer may write there."""

from transports.errors import Refused, TransportError, Unreachable
from transports.sftp.words import OWN_KEY
from transports.words import BROKEN, BUSY, KEY_CHANGED, LOGIN, SILENT, UNREACHABLE, WEAK, Words, say

ENDED = (
    "exception-ended",
    "The exception for this old server has ended; nothing was sent. Ask the bank to renew its server, or grant the exception anew.",
    "该旧服务器的例外许可已到期，未发送任何内容；请银行升级服务器，或重新审批例外。",
)
NO_PROGRAM = (
    "ssh-missing",
    "The OpenSSH client (ssh, 8.5 or later) that speaks to this old server is not installed or cannot be started here; install it.",
    "本机未安装或无法启动用于连接该旧服务器的 OpenSSH 客户端（ssh 8.5 或以上），请安装。",
)

# The first fragment found in what it said. The order: what a person must look at comes first.
SAID: tuple[tuple[str, type[TransportError], Words], ...] = (
    ("host key verification failed", Refused, KEY_CHANGED),
    ("no matching host key type", Refused, KEY_CHANGED),  # the pinned key is not shown any more
    ("no matching ", Refused, WEAK),  # key exchange, cipher or MAC beyond the exception
    ("invalid key length", Refused, WEAK),
    ("bad configuration option", Refused, NO_PROGRAM),
    ("load key", Refused, OWN_KEY),
    ("unprotected private key", Refused, OWN_KEY),
    ("permission denied", Refused, LOGIN),
    ("too many authentication failures", Refused, LOGIN),
    ("subsystem request failed", Unreachable, BUSY),
    ("open failed", Unreachable, BUSY),
    ("timed out", Unreachable, SILENT),
    ("connect to host", Unreachable, UNREACHABLE),
)


def in_our_words(said: str) -> TransportError:
    """The error that these lines of ssh mean."""
    lines = said.lower()
    return next((say(kind, words) for fragment, kind, words in SAID if fragment in lines), say(Unreachable, BROKEN))
