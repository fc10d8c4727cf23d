"""The key a carrier signs its journal with (Ed25519): a file of one machine, in no ring; it can open nothing and seal nothing."""

import base64
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from transports.errors import UnknownKey

KIND = "ed25519"
_PREFIX = f"{KIND}:"


class JournalKey:
    """The private half. ``public`` is what the other side pins, e.g. ``ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=``."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = _PREFIX + base64.b64encode(private.public_key().public_bytes_raw()).decode()

    @classmethod
    def make(cls) -> Self:
        """A new one."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, pem: bytes) -> Self:
        """As ``pem`` spells it. Raises UnknownKey journal-key."""
        try:
            private = load_pem_private_key(pem, None)
        except (ValueError, TypeError):
            private = None
        if not isinstance(private, Ed25519PrivateKey):
            raise UnknownKey(
                "the journal's key is not an Ed25519 private key in PEM; `connector carrier --init` makes one",
                "日志密钥不是 PEM 格式的 Ed25519 私钥；请用 connector carrier --init 生成",
                code="journal-key",
            )
        return cls(private)

    @property
    def pem(self) -> bytes:
        """PKCS #8, unprotected: the file's mode is its protection, for nobody is there to type a phrase."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._private.sign(message)


def holds(public: str, message: bytes, signature: bytes) -> bool:
    """Is ``signature`` over ``message`` by the key pinned as ``public``? False for anything that is no such key."""
    try:
        raw = base64.b64decode(public.removeprefix(_PREFIX), validate=True)
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
