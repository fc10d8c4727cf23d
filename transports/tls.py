"""TLS for dedicated lines: both sides show a certificate, the peer's key is pinned beside its chain, nothing old is spoken."""

import dataclasses
import ssl
from pathlib import Path

from transports import pins, words
from transports.errors import Refused, TransportError, Unreachable
from transports.sealing.certificates import Certificate

# TLS 1.3 needs no choice; of TLS 1.2 only what has forward secrecy and an authenticated cipher. Level 3: RSA and DH from 3072 bits.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=3"


@dataclasses.dataclass(frozen=True)
class TlsSettings:
    """Our certificate chain and its key (PEM files), the peer's authority (PEM), the pins of its key, the name it must hold.

    ``authority`` may be the peer's own self-signed certificate. ``pins``: "SHA256:" and the base64 of the SHA-256 over the public
    key's DER (SubjectPublicKeyInfo, RFC 7469), as ``openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64``
    prints it.
    """

    certificate: Path
    key: Path = dataclasses.field(repr=False)
    authority: str
    pins: tuple[str, ...]
    name: str = ""

    def __post_init__(self) -> None:
        if not pins.are_pins(self.pins):
            raise ValueError("a line over TLS needs at least one pinned key: SHA256:…")


def pin_of(der: bytes) -> str:
    """The pin of the key in a certificate. Raises UnknownKey when it cannot be read."""
    return pins.of(Certificate.read(der).spki)


def shown_pin(der: bytes | None) -> str:
    """The pin of the certificate a peer showed; empty, which is nobody's, where it showed none that can be read."""
    try:
        return pin_of(der) if der else ""
    except TransportError:
        return ""


def is_pinned(der: bytes | None, pinned: tuple[str, ...]) -> bool:
    """Does the certificate a peer showed hold a key we pinned?"""
    return pins.holds(pinned, shown_pin(der))


def expect_pinned(der: bytes | None, pinned: tuple[str, ...]) -> None:
    """Raises Refused host-key-changed; to be asked right after the handshake, before anything is sent."""
    if not is_pinned(der, pinned):
        raise words.say(Refused, words.KEY_CHANGED)


def client_context(settings: TlsSettings) -> ssl.SSLContext:
    """For calling a peer: its chain and name are checked here, its pin by ``expect_pinned``. Raises Refused (unusable-key)."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, settings)
    context.check_hostname = bool(settings.name)
    return context


def server_context(settings: TlsSettings) -> ssl.SSLContext:
    """For being called: nobody comes in without a certificate of the authority."""
    return _context(ssl.PROTOCOL_TLS_SERVER, settings)


def _context(role: "ssl._SSLMethod", settings: TlsSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(role)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # a bank's own certificate may be the authority
    try:
        context.load_verify_locations(cadata=settings.authority)
        context.load_cert_chain(settings.certificate, settings.key, password=_never_ask)
    except (ssl.SSLError, OSError, ValueError) as unusable:
        raise words.say(Refused, _OWN) from unusable
    return context


def _never_ask() -> str:
    """OpenSSL would ask the terminal for a passphrase; a service has none."""
    return ""


_OWN: words.Words = (
    "unusable-key",
    "Our own certificate, its key or the peer's authority for this line cannot be used; give them anew.",
    "本方线路证书、私钥或对方的签发证书无法使用，请重新提供。",
)
_EXPIRED: words.Words = (
    "certificate-expired",
    "The peer's certificate for this line has ended; nothing was sent. Ask the peer for the new one and compare its fingerprint.",
    "对方线路证书已过期，未发送任何内容；请对方更换证书并核对指纹。",
)
_EARLY: words.Words = (
    "certificate-not-yet-valid",
    "The peer's certificate for this line is not valid yet; nothing was sent. Compare both clocks, then ask the peer.",
    "对方线路证书尚未生效，未发送任何内容；请先核对双方时钟，再联系对方。",
)
_NAMED: words.Words = (
    "certificate-name",
    "The peer's certificate is made out to another name; nothing was sent. Compare the connection's address with the peer.",
    "对方线路证书的名称与登记不符，未发送任何内容；请与对方核对连接地址。",
)
_ISSUER: words.Words = (
    "certificate-issuer",
    "The peer's certificate was not issued by the authority this connection names; nothing was sent. Ask the peer.",
    "对方线路证书不是由登记的机构签发，未发送任何内容；请与对方核实。",
)
_WEAK: words.Words = (
    "certificate-weak",
    "A key or a signature in the peer's chain of certificates is too weak to prove anything; nothing was sent. RSA begins at 3072 bits"
    " and digests at SHA-256: ask the peer for a new certificate.",
    "对方证书链中的密钥或签名强度不足，未发送任何内容；RSA 须不少于 3072 位、摘要须为 SHA-256 及以上，请对方更换证书。",
)
_CERTIFICATE: words.Words = (
    "certificate",
    "The peer's certificate for this line does not hold; nothing was sent. Ask the peer.",
    "对方线路证书未通过验证，未发送任何内容；请与对方核实。",
)

# OpenSSL's reasons of a failed verification (openssl-verify(1)).
_REASONS = (
    (_EXPIRED, (10,)),
    (_EARLY, (9,)),
    (_NAMED, (62, 63, 64)),
    (_ISSUER, (2, 18, 19, 20, 21, 24, 27)),
    (_WEAK, (66, 67, 68)),  # the peer's key, a key of its chain, a digest in its chain
)
_VERIFY: dict[int, words.Words] = {code: said for said, codes in _REASONS for code in codes}
_LOGIN_WORDS = (
    "ALERT_UNKNOWN_CA",
    "ALERT_CERTIFICATE",
    "ALERT_BAD_CERTIFICATE",
    "ALERT_ACCESS_DENIED",
    "ALERT_UNSUPPORTED_CERT",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE",  # said where somebody calls us
)
_WEAK_WORDS = (
    "PROTOCOL",
    "HANDSHAKE_FAILURE",
    "NO_SHARED_CIPHER",
    "KEY_TOO_SMALL",
    "INSUFFICIENT_SECURITY",
    "DH_KEY",
    "WRONG_VERSION",
)


def in_our_words(error: BaseException) -> TransportError | None:
    """What TLS or the socket below it said, as an error of this wing; None for anything else."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return words.say(Refused, _VERIFY.get(error.verify_code, _CERTIFICATE))
    if isinstance(error, ssl.SSLError):
        return _of_tls(error.reason or "")
    if isinstance(error, OSError | EOFError):
        return words.say(Unreachable, words.SILENT if isinstance(error, TimeoutError) else words.BROKEN)
    return None


def _of_tls(reason: str) -> TransportError:
    if any(word in reason for word in _LOGIN_WORDS):
        return words.say(Refused, words.LOGIN)
    if any(word in reason for word in _WEAK_WORDS):
        return words.say(Refused, words.WEAK)
    return words.say(Unreachable, words.BROKEN)
