"""EnvelopedData and AuthEnvelopedData, the outer half of a seal: the content encrypted under a key made for this one parcel,
that key wrapped for each recipient (RFC 5652 6, RFC 5083)."""

from collections.abc import Iterable, Iterator, Sequence

from transports import drawing
from transports.errors import BrokenSeal, TransportError
from transports.sealing import ber
from transports.sealing.ber import OCTET_STRING, SEQUENCE, Reader, context, set_of, tlv
from transports.sealing.certificates import Certificate, OwnKey
from transports.sealing.cms import content_types
from transports.sealing.cms.ciphers import TAG_BYTES
from transports.sealing.cms.recipients import Algorithm, Wrapped, envelope_version, read_algorithm, read_recipients
from transports.sealing.cms.suite import Cipher, Family, Suite
from transports.sealing.refusals import refusal
from transports.sealing.streams import Layer, Wrapping, gathered

CONTENT_BYTES_MAX = 2**36 - 32  # of one GCM encryption (NIST SP 800-38D 5.2.1.1)
_DAMAGE = ("seal-malformed", "seal-truncated", "seal-trailing-bytes", "seal-over-limit")
_STRING = context(0, constructed=False)


def envelop(
    inner: Iterable[bytes | memoryview], size: int | None, suite: Suite, recipients: Sequence[Certificate]
) -> Iterator[bytes]:
    """The envelope around ``inner``; in DER when its ``size`` in bytes is given, in pieces of indefinite length otherwise."""
    family, cipher = suite.family, suite.cipher
    key = drawing.key(cipher.key_bytes)
    infos = set_of(family.wrap(recipient, key) for recipient in recipients)
    algorithm, encryptor = cipher.encrypt(key)
    wrapping = Wrapping(_layers(family, cipher, infos, algorithm), _STRING, None if size is None else cipher.sealed_size(size))
    yield wrapping.head()
    count = 0
    for group in gathered(inner):
        count += sum(map(len, group))
        if count > CONTENT_BYTES_MAX:
            raise refusal("seal-over-limit")
        sealed = [encryptor.update(part) for part in group]
        yield wrapping.piece(sum(map(len, sealed)))
        yield from sealed
    last, tag = encryptor.finish()
    if last:
        yield wrapping.piece(len(last))
        yield last
    yield wrapping.tail([b"", b"", tlv(OCTET_STRING, tag) if cipher.tag == "apart" else b"", b""])


def _layers(family: Family, cipher: Cipher, infos: bytes, algorithm: bytes) -> tuple[Layer, ...]:
    types, apart = family.writes, cipher.tag == "apart"
    version = 0 if apart else envelope_version(infos)  # RFC 5083 2.1
    return (
        Layer(SEQUENCE, types.auth_enveloped if apart else types.enveloped),
        Layer(context(0)),
        Layer(SEQUENCE, ber.integer(version) + infos, 2 + TAG_BYTES if apart else 0),
        Layer(SEQUENCE, types.data + algorithm),
    )


class Envelope:
    """An envelope being opened with whichever of our keys it is addressed to."""

    def __init__(self, blocks: Iterable[bytes], suite: Suite, keys: Sequence[OwnKey]) -> None:
        self._blocks = blocks
        self._suite, self._family, self._keys = suite, suite.family, keys
        self._opened: OwnKey | None = None
        self._authenticated = self._whole = False

    @property
    def opened(self) -> OwnKey:
        """The key of ours it names; known once the first (empty) block is out."""
        assert self._opened is not None
        return self._opened

    def explains(self, inside: BrokenSeal) -> TransportError:
        """What a fault found inside the whole envelope means: without a tag, changed ciphertext shows only as broken structure."""
        untagged = self._whole and not self._authenticated
        return refusal("seal-content-changed") if untagged and inside.code in _DAMAGE else inside

    def content(self) -> Iterator[bytes]:
        """What is inside, as it decrypts. Not to be believed before the end is reached: only there the tag is checked."""
        reader = Reader(self._blocks)
        reader.refuse_text_form()
        if reader.glance(1) not in (b"", bytes([SEQUENCE])):
            raise refusal("seal-not-enveloped")
        with reader.inside(SEQUENCE):
            tag_apart = self._has_tag_apart(reader.oid())
            with reader.inside(context(0)), reader.inside(SEQUENCE):
                yield from self._enveloped(reader, tag_apart=tag_apart)
        reader.finish()
        self._whole = True

    def _has_tag_apart(self, content_type: bytes) -> bool:
        if content_types.is_enveloped(content_type, self._family.reads):
            return content_types.has_tag_apart(content_type)
        raise refusal("seal-suite-refused" if content_types.is_enveloped(content_type) else "seal-not-enveloped")

    def _enveloped(self, reader: Reader, *, tag_apart: bool) -> Iterator[bytes]:
        if reader.integer() not in ((0,) if tag_apart else (0, 1, 2, 3, 4)):
            raise refusal("seal-malformed")
        reader.skip_optional(context(0))  # certificates of the originator: trust is by pin
        own, wrapped = self._ours(read_recipients(reader))
        with reader.inside(SEQUENCE):
            if not content_types.is_data(reader.oid(), self._family.reads):
                raise refusal("seal-suite-refused")
            algorithm = read_algorithm(reader)
            cipher = self._cipher(algorithm, tag_apart=tag_apart)
            key, fits = _content_key(self._family, cipher, own, wrapped)
            decryptor = cipher.decrypt(key, algorithm.parameters)
            self._opened, self._authenticated = own, cipher.authenticated
            yield b""  # the headers are read
            for part in reader.octets(_STRING):
                yield decryptor.update(part)
        if tag_apart and reader.peek() == context(1):  # they would be authenticated before the content, but come after it
            raise refusal("seal-suite-refused")
        last = decryptor.finish(reader.small_octets(most=64) if tag_apart else b"")
        reader.skip_optional(context(1), context(2))  # unprotected attributes
        if not fits:
            raise refusal("seal-content-changed")
        yield last

    def _cipher(self, algorithm: Algorithm, *, tag_apart: bool) -> Cipher:
        for cipher in self._family.ciphers:
            if cipher.oid == algorithm.oid and (cipher.tag == "apart") is tag_apart and self._suite.reads(cipher):
                return cipher
        raise refusal("seal-suite-refused")

    def _ours(self, recipients: Sequence[Wrapped]) -> tuple[OwnKey, Wrapped]:
        for wrapped in recipients:
            for own in self._keys:
                if wrapped.recipient.means(own.certificate):
                    return own, wrapped
        raise refusal("seal-not-for-us")


def _content_key(family: Family, cipher: Cipher, own: OwnKey, wrapped: Wrapped) -> tuple[bytes, bool]:
    """The content key, and whether it fits. One that does not unwrap is replaced by a random one, and found out no sooner than
    a wrong tag or padding would be, so that the three cannot be told apart (RFC 3218 2.3; security.md A15)."""
    random = drawing.key(cipher.key_bytes)
    key = family.unwrap(own, wrapped)
    if key is None or len(key) != cipher.key_bytes:
        return random, False
    return key, True
