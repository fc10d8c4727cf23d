"""What a seal is made of, as values: a family of algorithms, a suite, one choice out of a family, and what a peer agreed to.

The layout of a seal (signed_data, envelope) knows only these names. A family is one file like ``suite_aes`` or ``suite_sm``
that makes a Suite of what was Agreed, and one more entry in ``cms``.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from transports.sealing.certificates import Certificate, OwnKey
from transports.sealing.cms.content_types import ContentTypes
from transports.sealing.cms.recipients import Wrapped


class Hasher(Protocol):
    """A running digest; ``digest`` may be asked at any time and changes nothing."""

    def update(self, data: bytes | memoryview, /) -> None: ...

    def digest(self) -> bytes: ...


class Encryptor(Protocol):
    """A content cipher at work."""

    def update(self, data: bytes | memoryview) -> bytes: ...

    def finish(self) -> tuple[bytes, bytes]:
        """The last bytes of the content and the tag (empty when the cipher has none, or it is among the last bytes)."""


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

    def of(self, data: bytes) -> bytes:
        """The digest of a small thing."""
        hasher = self.new()
        hasher.update(data)
        return hasher.digest()


@dataclasses.dataclass(frozen=True)
class Cipher:
    """A content cipher. Its tag stands apart (AuthEnvelopedData), inside at the content's end, or there is none."""

    oid: bytes
    key_bytes: int
    tag: Literal["apart", "inside", "none"]
    sealed_size: Callable[[int], int]  # bytes of plaintext → bytes of ciphertext, a tag apart not counted
    encrypt: Callable[[bytes], tuple[bytes, Encryptor]]  # key → AlgorithmIdentifier (fresh nonce in it), cipher at work
    decrypt: Callable[[bytes, bytes], Decryptor]  # key, parameters of the AlgorithmIdentifier

    @property
    def authenticated(self) -> bool:
        """Does a tag show every change?"""
        return self.tag != "none"


@dataclasses.dataclass(frozen=True)
class Signer:
    """A key about to sign: what the seal says about it, and a signature of exactly ``size`` bytes."""

    algorithm: bytes
    size: int
    sign: Callable[[bytes], bytes]


@dataclasses.dataclass(frozen=True)
class Bare:
    """Signatures over the content itself, without signed attributes: read where a peer's tools make no others, never written."""

    begin: Callable[[Certificate], Hasher | None]  # the digest this signer's signature would be over; None: not its kind of key
    verify: Callable[[Certificate, bytes, bytes, bytes], bool]  # signer, AlgorithmIdentifier, digest, signature


@dataclasses.dataclass(frozen=True)
class Family:
    """Algorithms that belong together, and the content types they travel under. Nothing outside these lists is read."""

    writes: ContentTypes
    reads: tuple[ContentTypes, ...]
    makes: str  # the kind of key we make where nothing was said
    kinds: tuple[str, ...]  # how the kinds it takes begin, as certificates call them
    digests: Mapping[bytes, Digest]
    ciphers: tuple[Cipher, ...]
    signer: Callable[[OwnKey, Digest], Signer]
    verify: Callable[[Certificate, Digest, bytes, bytes, bytes], bool]  # digest, AlgorithmIdentifier, message, signature
    wrap: Callable[[Certificate, bytes], bytes]  # → RecipientInfo
    unwrap: Callable[[OwnKey, Wrapped], bytes | None]  # None: it did not open
    bare: Bare | None = None


@dataclasses.dataclass(frozen=True)
class Suite:
    """The algorithms we seal with for one bank. Opening takes what its family lists and is not weaker."""

    name: str
    family: Family
    digest: Digest
    cipher: Cipher

    def reads(self, cipher: Cipher) -> bool:
        """Who agreed on a tag is not served without one: that would let a stranger choose the weaker cipher (A13)."""
        return cipher.authenticated or not self.cipher.authenticated


@dataclasses.dataclass(frozen=True)
class Agreed:
    """What a profile says of its seals (``channel.seal``): the suite by name and, of the SM suites, how the peer's tools spell them.

    What is written follows it to the letter. What is read may be spelled either way wherever that is no weaker.
    """

    suite: str
    types: Literal["gm", "pkcs7"] = "gm"
    recipient: Literal["issuer", "key_id"] = "issuer"
    order: Literal["c1c3c2", "c1c2c3"] = "c1c3c2"
    form: Literal["asn1", "raw", "bare"] = "asn1"  # raw: the point as 04‖x‖y; bare: without the 04, as older CFCA tools
    gcm_oid: Literal[8, 10] = 8  # the last arc of SM4-GCM: published tables differ
    user_id: str = "1234567812345678"  # GM/T 0009 10
    attributes: Literal["required", "optional"] = "required"  # optional: a signature over the bare content is taken too
