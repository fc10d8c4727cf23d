"""An exception for one old server: which old algorithms, for which host key, why, granted by which two people, until which day.

The usual road (transports/sftp) knows no weak algorithm and cannot be told of one. What is tolerable here, and why:

- ``diffie-hellman-group14-sha1``: a fixed group of 2048 bits; SHA-1 is broken for collisions prepared at leisure, not within one
  handshake (RFC 9142: may). Every server since RFC 4253 has it, so ``group-exchange-sha1`` is never needed: there the server would
  choose the group (RFC 9142: should not). ``group1`` (1024 bits) is within reach of a state.
- ``ssh-rsa``, a SHA-1 signature by a pinned key of 2048 bits or more: a forger would need a collision within the seconds of one login.
- ``hmac-sha1``: a MAC needs no resistance to collisions.

Nothing else old: no CBC (CVE-2008-5161), no RC4, no 3DES, no DSA, no MD5. And as an old server knows no strict key exchange, neither
ChaCha20 nor an encrypt-then-MAC is offered, the two that packets could be dropped under (CVE-2023-48795).
"""

import base64
import binascii
import dataclasses
from collections.abc import Mapping
from datetime import date

from transports import pins
from transports.sftp.line import CIPHERS, KEY_TYPES

RSA_BITS_MIN = 2048

# What may be named, by kind: first what is sound, then what is old.
SOUND: Mapping[str, tuple[str, ...]] = {
    "kex": (
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "diffie-hellman-group-exchange-sha256",
    ),
    "host_key_algorithms": KEY_TYPES,
    "ciphers": CIPHERS,
    "macs": ("hmac-sha2-256", "hmac-sha2-512"),
    "login_algorithms": KEY_TYPES,
}
OLD: Mapping[str, tuple[str, ...]] = {
    "kex": ("diffie-hellman-group14-sha1",),
    "host_key_algorithms": ("ssh-rsa",),
    "ciphers": (),
    "macs": ("hmac-sha1",),
    "login_algorithms": ("ssh-rsa",),  # how our own RSA key signs, where the server verifies nothing newer
}


@dataclasses.dataclass(frozen=True)
class OldServer:
    """One audited exception. Only what is named is offered; ``until`` is the last day it holds.

    ``host_key``: the server's whole public key as one line, ``ssh-rsa AAAA…``. Raises ValueError for what is not tolerable.
    """

    host_key: str
    kex: tuple[str, ...]
    host_key_algorithms: tuple[str, ...]
    reason: str
    granted_by: tuple[str, str]
    until: date
    ciphers: tuple[str, ...] = SOUND["ciphers"]
    macs: tuple[str, ...] = SOUND["macs"]
    login_algorithms: tuple[str, ...] = SOUND["login_algorithms"]

    def __post_init__(self) -> None:
        for kind in SOUND:
            self._expect_tolerable(kind)
        if not self.excused:
            raise ValueError("an exception that names no old algorithm excuses nothing; use the usual road")
        names = [name.strip() for name in self.granted_by]
        if len(names) != 2 or not all(names) or names[0] == names[1]:
            raise ValueError("an exception is granted by two people, each by name")
        if not self.reason.strip():
            raise ValueError("an exception says its reason")
        self._expect_key()

    def _expect_tolerable(self, kind: str) -> None:
        named, tolerable = getattr(self, kind), SOUND[kind] + OLD[kind]
        unknown = [word for word in named if word not in tolerable]
        if unknown or not named:
            raise ValueError(f"{kind}: {', '.join(unknown) or 'nothing named'}; tolerable are {', '.join(tolerable)}")

    def _expect_key(self) -> None:
        fields, kind = _fields(self._blob()), self.known_as.split()[0]
        if fields[:1] != [kind.encode()]:
            raise ValueError("host_key: the line's kind is not the key's")
        if kind not in {"ssh-rsa" if "rsa" in name else name for name in self.host_key_algorithms}:
            raise ValueError("host_key: a key of this kind signs with none of host_key_algorithms")
        if kind == "ssh-rsa" and (len(fields) != 3 or int.from_bytes(fields[2]).bit_length() < RSA_BITS_MIN):
            raise ValueError(f"host_key: an RSA key of at least {RSA_BITS_MIN} bits is needed")

    def _blob(self) -> bytes:
        try:
            return base64.b64decode(self.known_as.split()[1], validate=True)
        except (IndexError, binascii.Error):
            raise ValueError("host_key is the server's public key as one line: ssh-rsa AAAA…") from None

    @property
    def known_as(self) -> str:
        """Kind and key, without the comment."""
        return " ".join(self.host_key.split()[:2])

    @property
    def pin(self) -> str:
        """The key's fingerprint, as a connection pins it."""
        return pins.of(self._blob())

    @property
    def excused(self) -> tuple[str, ...]:
        """The old algorithms it names, for those who audit it."""
        return tuple(dict.fromkeys(word for kind in OLD for word in getattr(self, kind) if word in OLD[kind]))


def _fields(blob: bytes) -> list[bytes]:
    """The strings a public key is made of (RFC 4253 6.6)."""
    found: list[bytes] = []
    while len(blob) >= 4:
        size = int.from_bytes(blob[:4])
        found.append(blob[4 : 4 + size])
        blob = blob[4 + size :]
    return found
