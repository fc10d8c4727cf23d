"""What a seal is made of, as values: a family of algorithms, and a suite, one choice out of a family.

The layout of a seal (signed_data, envelope) knows only these names. A second family (SM2, SM3, SM4 under the content types
of GM/T 0010) is one more file like ``suite_aes`` and one more name in ``cms.FAMILIES``.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Protocol

from transports.sealing.certificates import Certificate, OwnKey
from transports.sealing.recipients import Wrapped


class Hasher(Protocol):
    """A running digest; ``digest`` may be asked at any time and changes nothing."""

    def update(self, data: bytes | memoryview, /) -> None: ...

    def digest(self) -> bytes: ...


class Encryptor(Protocol):
    """A content cipher at work."""

    def update(self, data: bytes | memoryview) -> bytes: ...

    def finish(self) -> tuple[bytes, bytes]:
        """The last bytes of the content and the tag (empty when the cipher has none)."""


class Decryptor(Protocol):
    """The same, backwards. Its output is not to be believed before ``finish`` returned."""

    def update(self, data: bytes | memoryview) -> bytes: ...

    def finish(self, tag: bytes) -> bytes:
        """The last bytes; raises BrokenSeal seal-content-changed when tag or padding do not hold."""


@dataclasses.dataclass(frozen=True)
class Digest:
    """A digest algorithm: its identifier (DER) and how to begin one."""

    oid: bytes
    new: Callable[[], Hasher]
    size: int


@dataclasses.dataclass(frozen=True)
class Cipher:
    """A content cipher. ``authenticated`` ones travel in an AuthEnvelopedData and have a tag."""

    oid: bytes
    key_bytes: int
    authenticated: bool
    sealed_size: Callable[[int], int]  # bytes of plaintext → bytes of ciphertext, tag not counted
    encrypt: Callable[[bytes], tuple[bytes, Encryptor]]  # key → AlgorithmIdentifier (fresh nonce in it), cipher at work
    decrypt: Callable[[bytes, bytes], Decryptor]  # key, parameters of the AlgorithmIdentifier


@dataclasses.dataclass(frozen=True)
class Signer:
    """A key about to sign: what the seal says about it, and a signature of exactly ``size`` bytes."""

    algorithm: bytes
    size: int
    sign: Callable[[bytes], bytes]


@dataclasses.dataclass(frozen=True)
class Family:
    """Algorithms that belong together, with the content types they travel under. Nothing outside these lists is read."""

    data: bytes
    signed: bytes
    enveloped: bytes
    auth_enveloped: bytes
    digests: Mapping[bytes, Digest]
    ciphers: Mapping[bytes, Cipher]
    signer: Callable[[OwnKey, Digest], Signer]
    verify: Callable[[Certificate, Digest, bytes, bytes, bytes], bool]  # digest, AlgorithmIdentifier, message, signature
    wrap: Callable[[Certificate, bytes], bytes]  # → RecipientInfo
    unwrap: Callable[[OwnKey, Wrapped], bytes | None]  # None: it did not open


@dataclasses.dataclass(frozen=True)
class Suite:
    """The algorithms we seal with for one bank; opening takes whatever its family lists."""

    name: str
    family: Family
    digest: Digest
    cipher: Cipher
