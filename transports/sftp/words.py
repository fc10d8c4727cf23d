"""What a server, paramiko or a socket says, in our words: which of this wing's errors it is, and what to do next."""

import struct

from paramiko import sftp as wire
from paramiko.ssh_exception import AuthenticationException, ChannelException, IncompatiblePeer, SSHException

from transports.errors import Refused, TransportError, Unreachable
from transports.files import Failed, Missing
from transports.words import BROKEN, BUSY, DENIED, FULL, LOGIN, SILENT, WEAK, Words, say


class ServerSaid(Exception):
    """An SFTP status other than OK; the line is whole."""

    def __init__(self, status: int) -> None:
        super().__init__(f"SFTP status {status}")
        self.status = status


# Each: a stable code, the sentence in English, the sentence in Chinese.
UNABLE = ("unsupported", "The peer's server cannot do this; ask the peer.", "对方服务器不支持该操作，请与对方核实。")
NONE = (
    "missing",
    "The peer has no such file or folder; compare the profile's folders.",
    "对方没有该文件或目录，请核对接口配置中的目录。",
)
FAILURE = ("remote-failure", "The peer's server failed to do it; it will be tried again.", "对方服务器处理失败，稍后将重试。")
GARBLED = ("protocol", "The peer does not speak SFTP as it should; ask the peer.", "对方服务器不符合 SFTP 协议，请与对方核实。")
OWN_KEY = (
    "unusable-key",
    "Our own login key cannot be used (wrong passphrase, unknown format, or RSA under 3072 bits); give it anew.",
    "本方登录密钥无法使用（口令错误、格式不识别或 RSA 低于 3072 位），请重新提供。",
)

STATUSES: dict[int, tuple[type[TransportError], Words]] = {
    wire.SFTP_NO_SUCH_FILE: (Missing, NONE),
    wire.SFTP_PERMISSION_DENIED: (Refused, DENIED),
    wire.SFTP_FAILURE: (Failed, FAILURE),
    wire.SFTP_BAD_MESSAGE: (Failed, GARBLED),
    wire.SFTP_NO_CONNECTION: (Unreachable, BROKEN),
    wire.SFTP_CONNECTION_LOST: (Unreachable, BROKEN),
    wire.SFTP_OP_UNSUPPORTED: (Refused, UNABLE),
    14: (Failed, FULL),  # no space on file system, and
    15: (Failed, FULL),  # quota exceeded: words of later protocols that servers use in this one
}
# The first that fits. Everything below ends the line: what may still come on it belongs to nobody.
FAULTS: tuple[tuple[type[Exception], type[TransportError], Words], ...] = (
    (IncompatiblePeer, Refused, WEAK),
    (AuthenticationException, Refused, LOGIN),
    (ChannelException, Unreachable, BUSY),
    (TimeoutError, Unreachable, SILENT),
    (SSHException, Unreachable, BROKEN),
    (EOFError, Unreachable, BROKEN),
    (OSError, Unreachable, BROKEN),
    (wire.SFTPError, Unreachable, GARBLED),
    (UnicodeError, Unreachable, GARBLED),
    (struct.error, Unreachable, GARBLED),
)


def in_our_words(error: BaseException) -> TransportError | None:
    """What paramiko, the socket or the server said, as an error of this wing; None for what nobody foresaw."""
    if isinstance(error, ServerSaid):
        return say(*STATUSES.get(error.status, (Failed, FAILURE)))
    return next((say(kind, words) for fault, kind, words in FAULTS if isinstance(error, fault)), None)
