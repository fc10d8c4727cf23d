"""The Chinese family: SM2 keys, SM3, SM4 (GB/T 32918, 32905, 32907) in the message syntax of GM/T 0010 and GB/T 35275.

The tools of different houses spell the same things differently, so what we write follows what was Agreed to the letter: content
types, how a recipient is named, order and form of the wrapped key, the number of SM4-GCM, the user id. What we read may be spelled
either way, for no spelling is weaker than another. The user id is part of what is signed: only the agreed one holds.
"""

import dataclasses

from transports.sealing.ber import NULL, oid, tlv
from transports.sealing.certificates import Certificate, OwnKey
from transports.sealing.cms import ciphers_sm4, content_types
from transports.sealing.cms.content_types import ContentTypes
from transports.sealing.cms.recipients import (
    Algorithm,
    Wrapped,
    issuer_and_serial,
    key_transport,
    parse_algorithm,
    subject_key_id,
)
from transports.sealing.cms.suite import Agreed, Bare, Cipher, Digest, Family, Hasher, Signer, Suite
from transports.sealing.refusals import refusal
from transports.sealing.sm2 import ORDERS, Sm2Ciphertext, Sm2PrivateKey, Sm2PublicKey, Sm3

_SM3 = Digest(oid("1.2.156.10197.1.401"), Sm3, 32)
_DIGESTS = {_SM3.oid: _SM3, oid("1.2.156.10197.1.401.1"): _SM3}  # SM3, and "SM3 without a key"

_SM2, _SM2_SIGN, _SM2_ENCRYPT, _SM2_WITH_SM3 = (
    oid(f"1.2.156.10197.1.{arc}") for arc in ("301", "301.1", "301.3", "501")
)  # GM/T 0006
SIGNATURES = (_SM2_SIGN, _SM2_WITH_SM3, _SM2)
WRAPS = (_SM2_ENCRYPT, _SM2)
_NO_PARAMETERS = (b"", tlv(NULL))

_SIGNATURE_BYTES = 71  # the commonest size in DER: every second signature has it
_BARE_BYTES = 64 + 32 + ciphers_sm4.CBC.key_bytes  # a wrapped key without the 04 that begins a point: no other form is as short


@dataclasses.dataclass(frozen=True)
class _Spelling:
    """SM2 as one peer spells it."""

    agreed: Agreed

    @property
    def user_id(self) -> bytes:
        return self.agreed.user_id.encode()

    # ── signatures ──

    def signer(self, own: OwnKey, digest: Digest) -> Signer:
        """How this key signs. Raises UnknownKey key-unsuitable."""
        del digest  # there is one only
        key = own.private
        if not isinstance(key, Sm2PrivateKey):
            raise refusal("key-unsuitable")
        algorithm = Algorithm(_SM2_SIGN if self.agreed.types == "gm" else _SM2_WITH_SM3)
        return Signer(algorithm.der, _SIGNATURE_BYTES, lambda text: self._sign(key, text))

    def _sign(self, key: Sm2PrivateKey, text: bytes) -> bytes:
        """The lengths in front of a seal are written before its signature exists, and a signature varies by two bytes:
        so sign again, each time with a fresh nonce, until one has the announced size."""
        while len(signature := key.sign(text, self.user_id)) != _SIGNATURE_BYTES:
            pass
        return signature

    def verify(self, certificate: Certificate, digest: Digest, algorithm: bytes, text: bytes, signature: bytes) -> bool:
        """Does the signature over ``text`` hold?"""
        del digest
        return _signing_key(certificate, algorithm).verify(signature, text, self.user_id)

    def begin(self, certificate: Certificate) -> Hasher | None:
        """The digest of a content signed without attributes by this certificate's key, if it is SM2."""
        key = certificate.public_key
        return key.begin_digest(self.user_id) if isinstance(key, Sm2PublicKey) else None

    def verify_bare(self, certificate: Certificate, algorithm: bytes, digest: bytes, signature: bytes) -> bool:
        """Does the signature over the content of that digest hold?"""
        return _signing_key(certificate, algorithm).verify_digest(signature, digest)

    # ── the content key, wrapped for a recipient ──

    def wrap(self, certificate: Certificate, content_key: bytes) -> bytes:
        """RecipientInfo for this certificate. Raises UnknownKey key-unsuitable."""
        key = certificate.public_key
        if not isinstance(key, Sm2PublicKey):
            raise refusal("key-unsuitable")
        name = subject_key_id(certificate) if self.agreed.recipient == "key_id" else issuer_and_serial(certificate)
        wrapped = self._written(key.encrypt(content_key))
        return key_transport(name, Algorithm(_SM2_ENCRYPT), wrapped, self.types.recipient_version)

    def _written(self, ciphertext: Sm2Ciphertext) -> bytes:
        if self.agreed.form == "asn1":
            return ciphertext.der(self.agreed.order)
        raw = ciphertext.raw(self.agreed.order)
        return raw if self.agreed.form == "raw" else raw[1:]

    def unwrap(self, own: OwnKey, wrapped: Wrapped) -> bytes | None:
        """The content key; None when it does not open. Raises BrokenSeal seal-suite-refused.

        Both orders are tried: C3 is a digest of what comes out, so that only the right one opens.
        """
        key, algorithm = own.private, wrapped.algorithm
        if not isinstance(key, Sm2PrivateKey) or algorithm.oid not in WRAPS or algorithm.parameters not in _NO_PARAMETERS:
            raise refusal("seal-suite-refused")
        blob = b"\x04" + wrapped.key if len(wrapped.key) == _BARE_BYTES else wrapped.key
        for order in sorted(ORDERS, key=lambda each: each != self.agreed.order):
            try:
                return key.decrypt(Sm2Ciphertext.read(blob, order))
            except ValueError:
                continue
        return None

    # ── names ──

    @property
    def types(self) -> ContentTypes:
        """The content types we write."""
        return content_types.GM if self.agreed.types == "gm" else content_types.CMS

    @property
    def gcm(self) -> Cipher:
        """SM4-GCM as we write it."""
        return (ciphers_sm4.GCM_APART if self.types.auth_enveloped else ciphers_sm4.GCM_INSIDE)[self.agreed.gcm_oid]


def _signing_key(certificate: Certificate, algorithm: bytes) -> Sm2PublicKey:
    key, named = certificate.public_key, parse_algorithm(algorithm)
    if not isinstance(key, Sm2PublicKey) or named.oid not in SIGNATURES or named.parameters not in _NO_PARAMETERS:
        raise refusal("seal-suite-refused")
    return key


def suite(agreed: Agreed) -> Suite:
    """The suite as this peer spells it."""
    spelling = _Spelling(agreed)
    family = Family(
        writes=spelling.types,
        reads=(content_types.GM, content_types.CMS),
        makes="sm2",
        kinds=("sm2",),
        digests=_DIGESTS,
        ciphers=(ciphers_sm4.CBC, ciphers_sm4.CBC_UNSAID, *ciphers_sm4.GCM_INSIDE.values(), *ciphers_sm4.GCM_APART.values()),
        signer=spelling.signer,
        verify=spelling.verify,
        wrap=spelling.wrap,
        unwrap=spelling.unwrap,
        bare=Bare(spelling.begin, spelling.verify_bare) if agreed.attributes == "optional" else None,
    )
    return Suite(agreed.suite, family, _SM3, spelling.gcm if agreed.suite == GCM else ciphers_sm4.CBC)


GCM, CBC = "sm2-sm4gcm-sm3", "sm2-sm4cbc-sm3"
SUITES = (GCM, CBC)
