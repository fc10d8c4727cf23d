"""SignedData, the inner half of a seal: the content, the signer's certificate, a signature over its attributes (RFC 5652 5).

Written in one pass. Read in one pass too: ``Signed`` gives the content as it streams by, unbelieved, and afterwards holds what
is claimed about it; ``judge`` compares those claims with the pinned certificates.

A signature over the bare content, without attributes, is read only where that was agreed. Since it may be over anything, content
that could be taken for attributes is refused there: else a signature over attributes could be shown as one over their bytes.
"""

import dataclasses
import hmac
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from transports.sealing import ber
from transports.sealing.ber import OCTET_STRING, SEQUENCE, SET, Reader, context, set_of, tlv
from transports.sealing.certificates import Certificate, OwnKey
from transports.sealing.cms import attributes, content_types
from transports.sealing.cms.attributes import Attributes
from transports.sealing.cms.recipients import Algorithm, Name, issuer_and_serial, read_algorithm, read_name
from transports.sealing.cms.suite import Bare, Family, Hasher, Suite
from transports.sealing.refusals import refusal
from transports.sealing.streams import Layer, Wrapping, equal_blocks, gathered

SIGNERS_MAX = 4
CERTIFICATES_MAX = 16
DIGESTS_MAX = 4
_HEADER_BYTES_MAX = 10


# ── write ──


class Signing:
    """One content about to be signed. ``blocks`` streams the ContentInfo; its ``size`` is known when the content's is."""

    def __init__(
        self, suite: Suite, own: OwnKey, recipients: Sequence[Certificate], at: datetime, content_bytes: int | None
    ) -> None:
        self._suite, self._own, self._at = suite, own, at
        self._addressees = [suite.digest.of(recipient.der) for recipient in recipients]
        self._content_bytes = content_bytes
        self._signer = suite.family.signer(own, suite.digest)
        self._certificates = tlv(context(0), own.certificate.der)
        draft = self._signer_infos(bytes(suite.digest.size), bytes(self._signer.size))
        types = suite.family.writes
        version_and_digests = ber.integer(1) + set_of([Algorithm(suite.digest.oid).der])
        layers = (
            Layer(SEQUENCE, types.signed),
            Layer(context(0)),
            Layer(SEQUENCE, version_and_digests, len(self._certificates) + len(draft)),
            Layer(SEQUENCE, types.data),
            Layer(context(0)),
        )
        self._wrapping = Wrapping(layers, OCTET_STRING, content_bytes)
        self.size = self._wrapping.total()

    def blocks(self, content: Iterable[bytes]) -> Iterator[bytes | memoryview]:
        """The signed content. Raises ValueError if it is not as long as was said."""
        hasher = self._suite.digest.new()
        count = 0
        yield self._wrapping.head()
        for group in gathered(content):
            length = sum(map(len, group))
            count += length
            if head := self._wrapping.piece(length):
                yield head
            for part in group:
                hasher.update(part)
                yield part
        if self._content_bytes not in (None, count):
            raise ValueError("content is not as long as was said")
        yield self._wrapping.tail([b"", b"", self._certificates + self._signed(hasher.digest()), b"", b""])

    def _signed(self, digest: bytes) -> bytes:
        return self._signer_infos(digest, self._signer.sign(self._attributes(digest)))

    def _attributes(self, digest: bytes) -> bytes:
        return attributes.write(self._suite.family.writes.data, digest, self._at, self._addressees)

    def _signer_infos(self, digest: bytes, signature: bytes) -> bytes:
        covered = self._attributes(digest)
        signer_info = tlv(
            SEQUENCE,
            ber.integer(1),
            issuer_and_serial(self._own.certificate),
            Algorithm(self._suite.digest.oid).der,
            bytes([context(0)]) + covered[1:],  # the same SET, under the tag it has here
            self._signer.algorithm,
            tlv(OCTET_STRING, signature),
        )
        return tlv(SET, signer_info)


# ── read ──


@dataclasses.dataclass(frozen=True)
class SignerInfo:
    """One signature and what it says of itself; without attributes it is over the content itself."""

    name: Name
    digest: Algorithm
    attributes: Attributes | None
    algorithm: Algorithm
    signature: bytes


class Signed:
    """A SignedData being read: ``content`` first, the rest is there when the content has been walked to its end."""

    def __init__(self, reader: Reader, family: Family, pinned: Sequence[Certificate] = ()) -> None:
        self._reader, self._family = reader, family
        self.content_type = b""
        self.hashers: dict[bytes, Hasher] = {}
        self.bare = _BareDigests(family.bare, pinned) if family.bare else None
        self.certificates: list[Certificate] = []
        self.signers: list[SignerInfo] = []

    def content(self) -> Iterator[bytes]:
        """The content in equal blocks, each already in the digests. Unverified: nothing of it may go anywhere yet."""
        reader = self._reader
        reader.refuse_text_form()
        if reader.glance(1) != bytes([SEQUENCE]):
            raise refusal("seal-unsigned")
        with reader.inside(SEQUENCE):
            if not content_types.is_signed(reader.oid(), self._family.reads):
                raise refusal("seal-unsigned")
            with reader.inside(context(0)), reader.inside(SEQUENCE):
                yield from self._signed_data(reader)
        reader.finish()

    def _signed_data(self, reader: Reader) -> Iterator[bytes]:
        if reader.integer() not in (1, 3, 4, 5):
            raise refusal("seal-malformed")
        self._read_digests(reader)
        with reader.inside(SEQUENCE):
            self.content_type = reader.oid()
            if not content_types.is_data(self.content_type, self._family.reads):
                raise refusal("seal-suite-refused")
            yield from self._carried(reader)
        if reader.peek() == context(0):
            self._read_certificates(reader)
        if reader.peek() == context(1):  # revocation lists: trust is by pin, so they say nothing to us
            reader.element()
        with reader.inside(SET):
            while reader.peek() is not None:
                if len(self.signers) == SIGNERS_MAX:
                    raise refusal("seal-over-limit")
                self.signers.append(_read_signer_info(reader, needs_attributes=self.bare is None))
        if not self.signers:
            raise refusal("seal-unsigned")

    def _carried(self, reader: Reader) -> Iterator[bytes]:
        """The content that lies inside; one that lies elsewhere (a detached signature) is no seal."""
        if reader.peek() != context(0):
            raise refusal("seal-unsigned")
        with reader.inside(context(0)):
            for block in equal_blocks(reader.octets()):
                self._digest(block)
                yield block

    def _digest(self, block: bytes) -> None:
        for hasher in self.hashers.values():
            hasher.update(block)
        if self.bare:
            self.bare.update(block)

    def _read_digests(self, reader: Reader) -> None:
        seen = 0
        with reader.inside(SET):
            while reader.peek() is not None:
                seen += 1
                if seen > DIGESTS_MAX:
                    raise refusal("seal-over-limit")
                if digest := self._family.digests.get(read_algorithm(reader).oid):
                    self.hashers.setdefault(digest.oid, digest.new())
        if not self.hashers:
            raise refusal("seal-suite-refused" if seen else "seal-unsigned")

    def _read_certificates(self, reader: Reader) -> None:
        with reader.inside(context(0)):
            seen = 0
            while reader.peek() is not None:
                seen += 1
                if seen > CERTIFICATES_MAX:
                    raise refusal("seal-over-limit")
                der = reader.element()
                if der[0] == SEQUENCE:
                    self.certificates.append(Certificate(der))


class _BareDigests:
    """What each pinned signer's signature over the bare content would be over, as the content streams by."""

    def __init__(self, bare: Bare, pinned: Sequence[Certificate]) -> None:
        self._bare = bare
        begun = {signer: bare.begin(signer) for signer in pinned}
        self._hashers = {signer: hasher for signer, hasher in begun.items() if hasher}
        self._head, self._size = b"", 0

    def update(self, block: bytes) -> None:
        self._head = self._head or block[:_HEADER_BYTES_MAX]
        self._size += len(block)
        for hasher in self._hashers.values():
            hasher.update(block)

    def verify(self, signer: Certificate, info: SignerInfo) -> bool:
        """Does the signature hold over the content, and is the content no attributes?"""
        hasher = self._hashers.get(signer)
        if hasher is None or self._could_be_attributes():
            raise refusal("seal-attributes-missing")
        return self._bare.verify(signer, info.algorithm.der, hasher.digest(), info.signature)

    def _could_be_attributes(self) -> bool:
        """Attributes are one SET in DER, so its header tells all of the content's length. No text or archive begins like that."""
        for count in range(2, min(_HEADER_BYTES_MAX, self._size) + 1):
            header = ber.header(SET, self._size - count)
            if len(header) == count and self._head.startswith(header):
                return True
        return False


def _read_signer_info(reader: Reader, *, needs_attributes: bool) -> SignerInfo:
    with reader.inside(SEQUENCE):
        if reader.integer() not in (1, 3):
            raise refusal("seal-malformed")
        name = read_name(reader, context(0, constructed=False))
        digest = read_algorithm(reader)
        covered = None
        if reader.peek() == context(0):
            covered = attributes.read(bytes([SET]) + reader.element()[1:])
        elif needs_attributes:  # without them, content could be passed off as attributes, or attributes as content
            raise refusal("seal-attributes-missing")
        info = SignerInfo(name, digest, covered, read_algorithm(reader), reader.small_octets())
        reader.skip_optional(context(1))
        return info


# ── judge ──


def judge(
    signed: Signed, family: Family, pinned: Sequence[Certificate], recipient: Certificate | None, at: datetime
) -> list[Certificate]:
    """Every signer is pinned and valid at ``at``, every signature holds and is meant for ``recipient``; else a refusal.

    ``recipient`` none: a signature beside a list that anyone may read.
    """
    return [_judge_one(info, signed, family, pinned, recipient, at) for info in signed.signers]


def _judge_one(
    info: SignerInfo, signed: Signed, family: Family, pinned: Sequence[Certificate], recipient: Certificate | None, at: datetime
) -> Certificate:
    digest = family.digests.get(info.digest.oid)
    hasher = signed.hashers.get(digest.oid) if digest else None
    if digest is None or hasher is None:
        raise refusal("seal-suite-refused")
    signer = _pinned_signer(info.name, signed.certificates, pinned, at)
    covered = info.attributes
    if covered is None:
        if signed.bare is None or not signed.bare.verify(signer, info):
            raise refusal("seal-signature-wrong")
        return signer
    if not family.verify(signer, digest, info.algorithm.der, covered.covered, info.signature):
        raise refusal("seal-signature-wrong")
    if covered.content_type != signed.content_type:
        raise refusal("seal-suite-refused")
    if not hmac.compare_digest(covered.digest, hasher.digest()):
        raise refusal("seal-content-changed")
    if recipient and covered.addressees is not None and digest.of(recipient.der) not in covered.addressees:
        raise refusal("seal-not-addressed")
    return signer


def _pinned_signer(name: Name, carried: Sequence[Certificate], pinned: Sequence[Certificate], at: datetime) -> Certificate:
    """The pinned certificate the signer names. When certificates came along, it must be among them, the same to the byte."""
    known = [certificate for certificate in pinned if name.means(certificate)]
    if carried:
        known = [certificate for certificate in known if certificate in carried]
    if not known:
        raise refusal("seal-signer-unknown")
    for certificate in known:
        if certificate.valid_at(at):
            return certificate
    raise refusal("seal-signer-expired")
