"""The line: opened only to a pinned host key, with our key and no password, over algorithms of a short list."""

import contextlib
import dataclasses
import io
import logging
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

import paramiko
from paramiko.ssh_exception import AuthenticationException, IncompatiblePeer, SSHException

from transports import pins, words
from transports.crashpoint import crashpoint
from transports.errors import Refused, TransportError, Unreachable
from transports.sftp.client import Client
from transports.sftp.settings import SftpSettings
from transports.sftp.words import OWN_KEY, in_our_words

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # else it prints stack traces to standard error

# Allow-lists, best first. paramiko puts AES-GCM last and still offers CBC, 3DES, SHA-1 and MD5.
CIPHERS = ("aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr")
DIGESTS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
KEX = (
    "mlkem768x25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha256",
)
KEY_TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256")
RSA_BITS_MIN = 3072


class Line(Protocol):
    """A logged-in line, however it was opened."""

    @property
    def client(self) -> Client:
        """Who speaks SFTP on it."""

    def hang_up(self) -> None:
        """Close it, whatever state it is in; any thread may."""


@dataclasses.dataclass(frozen=True)
class ParamikoLine:
    """A line of paramiko's."""

    transport: paramiko.Transport
    client: Client

    def hang_up(self) -> None:
        """Close the line and its socket."""
        hang_up(self.transport)


def own_key(pem: str, passphrase: str | None) -> paramiko.PKey:
    """Our login key from its text. Raises Refused (unusable-key)."""
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with contextlib.suppress(SSHException, ValueError, TypeError, IndexError):
            key = kind.from_private_key(io.StringIO(pem), passphrase)
            if isinstance(key, paramiko.RSAKey) and key.get_bits() < RSA_BITS_MIN:
                break
            return key
    raise words.say(Refused, OWN_KEY)


def open_line(settings: SftpSettings, key: paramiko.PKey) -> Line:
    """A logged-in line. Raises Unreachable or Refused; a host key that is not pinned gets not one byte from us."""
    try:
        transport = _to_pinned_key(settings)
    except TransportError:
        raise
    except Exception as error:  # whatever a stranger made paramiko stumble over
        raise words.say(Unreachable, words.UNREACHABLE) from error
    try:
        crashpoint("O13")
        with cut_after(settings.deadlines.login_s, partial(hang_up, transport)):
            _log_in(transport, settings.user, key)
            return ParamikoLine(transport, _open_sftp(transport, settings.deadlines.silence_s))
    except BaseException as error:
        hang_up(transport)
        ours = in_our_words(error)
        if ours is None:
            raise
        raise ours from error


def _to_pinned_key(settings: SftpSettings) -> paramiko.Transport:
    """A server shows one key of the several it may have; a type that is not pinned is not asked for again."""
    offered: tuple[str, ...] = KEY_TYPES
    while offered:
        try:
            transport = _negotiate(settings, offered)
        except IncompatiblePeer as error:
            raise words.say(Refused, words.WEAK if offered is KEY_TYPES else words.KEY_CHANGED) from error
        shown = transport.get_remote_server_key()
        if pins.holds(settings.pins, shown.fingerprint):
            _expect_strong(transport, shown)
            return transport
        hang_up(transport)
        family = "rsa-" if isinstance(shown, paramiko.RSAKey) else shown.get_name()
        offered = tuple(name for name in offered if not name.startswith(family))
    raise words.say(Refused, words.KEY_CHANGED)


def _expect_strong(transport: paramiko.Transport, shown: paramiko.PKey) -> None:
    weak = isinstance(shown, paramiko.RSAKey) and shown.get_bits() < RSA_BITS_MIN
    # Without strict key exchange packets can be dropped unseen (CVE-2023-48795).
    if weak or not transport.agreed_on_strict_kex:  # type: ignore[attr-defined]
        hang_up(transport)
        raise words.say(Refused, words.WEAK)


def _negotiate(settings: SftpSettings, key_types: tuple[str, ...]) -> paramiko.Transport:
    deadlines = settings.deadlines
    sock = settings.address.connect(deadlines.connect_s)  # without delay for small files: 2.5 times faster
    transport = paramiko.Transport(sock)  # its default window: a larger one made downloads 40 times slower
    try:
        options = transport.get_security_options()
        options.ciphers, options.digests, options.key_types = CIPHERS, DIGESTS, key_types
        options.kex = tuple(name for name in KEX if name in options.kex)
        transport.banner_timeout = transport.handshake_timeout = deadlines.login_s
        transport.auth_timeout = 2 * deadlines.login_s  # ours comes first: paramiko's would look like a refusal
        with cut_after(deadlines.login_s, partial(hang_up, transport)):
            transport.start_client()
        transport.set_keepalive(deadlines.keepalive_s)
        return transport
    except BaseException:
        hang_up(transport)
        raise


# As paramiko names message 60 in answer to a key: a server that wants a new password before it lets anybody in (RFC 4252 8).
_WANTS_MORE = "Illegal info request"


def _log_in(transport: paramiko.Transport, user: str, key: paramiko.PKey) -> None:
    try:
        wanted_besides = transport.auth_publickey(user, key)
    except AuthenticationException as error:
        if transport.is_active():
            raise
        raise words.say(Unreachable, words.BROKEN) from error  # paramiko calls a line that broke here a refusal too
    except SSHException as error:
        if _WANTS_MORE in str(error):
            raise words.say(Refused, words.LOGIN) from error
        raise
    if wanted_besides:  # a second factor: this service has none to give
        raise words.say(Refused, words.LOGIN)


def _open_sftp(transport: paramiko.Transport, silence_s: float) -> Client:
    channel = transport.open_session(timeout=silence_s)
    channel.settimeout(silence_s)
    channel.invoke_subsystem("sftp")
    return Client(channel)


def hang_up(transport: paramiko.Transport) -> None:
    """Close the line and its socket, whatever state they are in."""
    transport.close()
    transport.sock.close()


@contextlib.contextmanager
def cut_after(seconds: float, hang_up: Callable[[], None], late: threading.Event | None = None) -> Iterator[None]:
    """Close the line if the act takes longer: a peer that sends a byte now and then never trips a socket's timeout."""

    def cut() -> None:
        if late is not None:
            late.set()
        hang_up()

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
