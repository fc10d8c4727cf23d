"""SignedData, the inner half of a seal: the content, the signer's certificate, a signature over its attributes (RFC 5652 5).

Written in one pass. Read in one pass too: ``Signed`` gives the content as it streams by, unbelieved, and afterwards holds what
is claimed about it; ``judge`` compares those claims with the pinned certificates.
"""

import dataclasses
import hmac
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from transports.sealing import attributes, ber
from transports.sealing.attributes import Attributes
from transports.sealing.ber import OCTET_STRING, SEQUENCE, SET, Reader, context, set_of, tlv
from transports.sealing.certificates import Certificate, OwnKey
from transports.sealing.recipients import Algorithm, Name, name_of, read_algorithm, read_name
from transports.sealing.refusals import refusal
from transports.sealing.streams import Layer, Wrapping, equal_blocks, gathered
from transports.sealing.suite import Family, Hasher, Suite

SIGNERS_MAX = 4
CERTIFICATES_MAX = 16
DIGESTS_MAX = 4


# ── write ──


class Signing:
    """One content about to be signed. ``blocks`` streams the ContentInfo; its ``size`` is known when the content's is."""

    def __init__(
        self, suite: Suite, own: OwnKey, recipients: Sequence[Certificate], at: datetime, content_bytes: int | None
    ) -> None:
        self._suite, self._own, self._recipients, self._at = suite, own, recipients, at
        self._content_bytes = content_bytes
        self._signer = suite.family.signer(own, suite.digest)
        self._certificates = tlv(context(0), own.certificate.der)
        draft = self._signer_infos(bytes(suite.digest.size), bytes(self._signer.size))
        family = suite.family
        version_and_digests = ber.integer(1) + set_of([Algorithm(suite.digest.oid).der])
        layers = (
            Layer(SEQUENCE, family.signed),
            Layer(context(0)),
            Layer(SEQUENCE, version_and_digests, len(self._certificates) + len(draft)),
            Layer(SEQUENCE, family.data),
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
        return attributes.write(self._suite.family.data, digest, self._at, self._recipients)

    def _signer_infos(self, digest: bytes, signature: bytes) -> bytes:
        covered = self._attributes(digest)
        signer_info = tlv(
            SEQUENCE,
            ber.integer(1),
            name_of(self._own.certificate),
            Algorithm(self._suite.digest.oid).der,
            bytes([context(0)]) + covered[1:],  # the same SET, under the tag it has here
            self._signer.algorithm,
            tlv(OCTET_STRING, signature),
        )
        return tlv(SET, signer_info)


# ── read ──


@dataclasses.dataclass(frozen=True)
class SignerInfo:
    """One signature and what it says of itself."""

    name: Name
    digest: Algorithm
    attributes: Attributes
    algorithm: Algorithm
    signature: bytes


class Signed:
    """A SignedData being read: ``content`` first, the rest is there when the content has been walked to its end."""

    def __init__(self, reader: Reader, family: Family) -> None:
        self._reader, self._family = reader, family
        self.hashers: dict[bytes, Hasher] = {}
        self.certificates: list[Certificate] = []
        self.signers: list[SignerInfo] = []

    def content(self) -> Iterator[bytes]:
        """The content in equal blocks, each already in the digests. Unverified: nothing of it may go anywhere yet."""
        reader = self._reader
        reader.refuse_text_form()
        if reader.glance(1) != bytes([SEQUENCE]):
            raise refusal("seal-unsigned")
        with reader.inside(SEQUENCE):
            if reader.oid() != self._family.signed:
                raise refusal("seal-unsigned")
            with reader.inside(context(0)), reader.inside(SEQUENCE):
                yield from self._signed_data(reader)
        reader.finish()

    def _signed_data(self, reader: Reader) -> Iterator[bytes]:
        if reader.integer() not in (1, 3, 4, 5):
            raise refusal("seal-malformed")
        self._read_digests(reader)
        with reader.inside(SEQUENCE):
            if reader.oid() != self._family.data:
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
                self.signers.append(_read_signer_info(reader))
        if not self.signers:
            raise refusal("seal-unsigned")

    def _carried(self, reader: Reader) -> Iterator[bytes]:
        """The content that lies inside; one that lies elsewhere (a detached signature) is no seal."""
        if reader.peek() != context(0):
            raise refusal("seal-unsigned")
        with reader.inside(context(0)):
            for block in equal_blocks(reader.octets()):
                for hasher in self.hashers.values():
                    hasher.update(block)
                yield block

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


def _read_signer_info(reader: Reader) -> SignerInfo:
    with reader.inside(SEQUENCE):
        if reader.integer() not in (1, 3):
            raise refusal("seal-malformed")
        name = read_name(reader, context(0, constructed=False))
        digest = read_algorithm(reader)
        if reader.peek() != context(0):  # without them, content could be passed off as attributes, or attributes as content
            raise refusal("seal-attributes-missing")
        covered = attributes.read(bytes([SET]) + reader.element()[1:])
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
    hasher, digest = signed.hashers.get(info.digest.oid), family.digests.get(info.digest.oid)
    if hasher is None or digest is None:
        raise refusal("seal-suite-refused")
    signer = _pinned_signer(info.name, signed.certificates, pinned, at)
    covered = info.attributes
    if not family.verify(signer, digest, info.algorithm.der, covered.covered, info.signature):
        raise refusal("seal-signature-wrong")
    if covered.content_type != family.data:
        raise refusal("seal-suite-refused")
    if not hmac.compare_digest(covered.digest, hasher.digest()):
        raise refusal("seal-content-changed")
    if recipient and covered.addressees is not None and attributes.address(recipient) not in covered.addressees:
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
