"""A signature that lies beside its content (RFC 5652, detached SignedData): for a list that everyone may read and nobody may change.

One by an RSA or EC key anybody checks without us:
``openssl cms -verify -binary -inform DER -in LIST.p7s -content LIST -nointern -certfile OURS.crt -noverify``.
It names no recipient, so what was signed here cannot be passed off as the inside of a parcel (addressees are empty there).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from transports.errors import BrokenSeal, TransportError
from transports.sealing import ber
from transports.sealing.ber import SEQUENCE, Reader, context, set_of, tlv
from transports.sealing.certificates import Certificate, OwnKey
from transports.sealing.cms import suite_aes, suite_of, suite_sm
from transports.sealing.cms.recipients import Algorithm
from transports.sealing.cms.signed_data import Signed, Signing, judge
from transports.sealing.cms.suite import Agreed, Family
from transports.sealing.refusals import refusal


def sign(content: bytes, own: OwnKey, at: datetime, suite: Agreed | str | None = None) -> bytes:
    """The signature as DER; by the family the key belongs to, where no ``suite`` was agreed. Raises UnknownKey key-not-valid,
    key-unsuitable."""
    if not own.certificate.valid_at(at):
        raise refusal("key-not-valid")
    return _Signing(suite_of(suite or _agreed(own.certificate)), own, (), at, len(content)).beside(content)


def verify(
    content: bytes, signature: bytes, signers: Sequence[Certificate], at: datetime, suite: Agreed | str | None = None
) -> Certificate:
    """Whose signature over ``content`` this is: one of ``signers``, to the byte. Raises BrokenSeal (codes seal-…).

    Where no ``suite`` was agreed, signers of two families may overlap, and the signature may be by either.
    """
    refused: TransportError = refusal("seal-signer-unknown")
    for agreed in [suite] if suite else dict.fromkeys(map(_agreed, signers)):
        try:
            return _verified(content, signature, suite_of(agreed).family, signers, at)
        except BrokenSeal as broken:
            refused = broken
    raise refused


def _verified(content: bytes, signature: bytes, family: Family, signers: Sequence[Certificate], at: datetime) -> Certificate:
    signed = _Beside(Reader([signature]), family, content, signers)
    for _ in signed.content():
        pass
    return judge(signed, family, signers, None, at)[0]


def _agreed(certificate: Certificate) -> Agreed:
    return Agreed(suite_sm.GCM if certificate.kind == "sm2" else suite_aes.SUITES[0])


class _Signing(Signing):
    """The same statement as in a parcel, about a content that is not inside."""

    def beside(self, content: bytes) -> bytes:
        """ContentInfo without the content."""
        suite = self._suite
        hasher = suite.digest.new()
        hasher.update(content)
        signed_data = tlv(
            SEQUENCE,
            ber.integer(1) + set_of([Algorithm(suite.digest.oid).der]),
            tlv(SEQUENCE, suite.family.writes.data),
            self._certificates,
            self._signed(hasher.digest()),
        )
        return tlv(SEQUENCE, suite.family.writes.signed, tlv(context(0), signed_data))


class _Beside(Signed):
    """A SignedData whose content is handed to it."""

    def __init__(self, reader: Reader, family: Family, content: bytes, pinned: Sequence[Certificate]) -> None:
        super().__init__(reader, family, pinned)
        self._content = content

    def _carried(self, reader: Reader) -> Iterator[bytes]:
        """Nothing may lie inside: what is signed is what lies beside it, and nothing else."""
        if reader.peek() is not None:
            raise refusal("seal-malformed")
        self._digest(self._content)
        yield self._content
