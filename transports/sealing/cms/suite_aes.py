"""The family in use abroad and at many banks: RSA or EC keys, SHA-2, AES-256 (RFC 3370, 3565, 4056, 5084, 5753, 5754, 8017).

What we write: RSA-OAEP with SHA-256 or ECDH (ephemeral-static) with the SHA-256 key derivation; RSA PKCS #1 v1.5 or ECDSA
signatures over SHA-256. What we read besides: PKCS #1 v1.5 key transport, OAEP and key derivation with other digests, PSS,
SHA-384 and SHA-512. SHA-1 is read only where nothing depends on collisions (OAEP, key derivation: openssl's defaults).
"""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from transports.sealing import ber
from transports.sealing.ber import NULL, OCTET_STRING, SEQUENCE, Reader, context, oid, tlv
from transports.sealing.certificates import Certificate, OwnKey
from transports.sealing.cms import ciphers_aes, content_types
from transports.sealing.cms.recipients import (
    Algorithm,
    Wrapped,
    issuer_and_serial,
    key_agreement,
    key_transport,
    parse_algorithm,
    read_algorithm,
)
from transports.sealing.cms.suite import Agreed, Digest, Family, Signer, Suite
from transports.sealing.refusals import refusal

_NULL = tlv(NULL)
_SHA1, _SHA256, _SHA384, _SHA512 = (
    oid(dotted) for dotted in ("1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3")
)
_HASHES: dict[bytes, hashes.HashAlgorithm] = {_SHA256: hashes.SHA256(), _SHA384: hashes.SHA384(), _SHA512: hashes.SHA512()}
_HASHES_OF_A_KDF = {_SHA1: hashes.SHA1(), **_HASHES}  # noqa: S303 - no collision can matter here

DIGESTS = {
    _SHA256: Digest(_SHA256, hashlib.sha256, 32),
    _SHA384: Digest(_SHA384, hashlib.sha384, 48),
    _SHA512: Digest(_SHA512, hashlib.sha512, 64),
}

# ── signatures ──

_RSA = oid("1.2.840.113549.1.1.1")
_RSA_PSS = oid("1.2.840.113549.1.1.10")
_RSA_WITH = {oid(f"1.2.840.113549.1.1.{arc}"): digest for arc, digest in ((11, _SHA256), (12, _SHA384), (13, _SHA512))}
_ECDSA_WITH = {oid(f"1.2.840.10045.4.3.{arc}"): digest for arc, digest in ((2, _SHA256), (3, _SHA384), (4, _SHA512))}
_ECDSA_SHA256 = oid("1.2.840.10045.4.3.2")
_MGF1 = oid("1.2.840.113549.1.1.8")
_ECDSA_BYTES = {"secp256r1": 71, "secp384r1": 103}  # the commonest size of a signature in DER: every second one has it


def signer(own: OwnKey, digest: Digest) -> Signer:
    """How this key signs. Raises UnknownKey key-unsuitable."""
    key, algorithm = own.private, _HASHES[digest.oid]
    if isinstance(key, rsa.RSAPrivateKey):
        return Signer(Algorithm(_RSA, _NULL).der, key.key_size // 8, lambda text: key.sign(text, padding.PKCS1v15(), algorithm))
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _ECDSA_BYTES and digest.oid == _SHA256:
        return Signer(Algorithm(_ECDSA_SHA256).der, _ECDSA_BYTES[key.curve.name], lambda text: _ecdsa(key, text))
    raise refusal("key-unsuitable")


def _ecdsa(key: ec.EllipticCurvePrivateKey, text: bytes) -> bytes:
    """The lengths in front of a seal are written before its signature exists, and an ECDSA signature varies by two bytes:
    so sign again, each time with a fresh nonce, until one has the announced size."""
    size = _ECDSA_BYTES[key.curve.name]
    while len(signature := key.sign(text, ec.ECDSA(hashes.SHA256()))) != size:
        pass
    return signature


def verify(certificate: Certificate, digest: Digest, algorithm: bytes, text: bytes, signature: bytes) -> bool:
    """Does the signature over ``text`` hold, by an algorithm of our list that fits the key and the digest?"""
    key, named = certificate.public_key, parse_algorithm(algorithm)
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, text, _rsa_padding(named, digest), _HASHES[digest.oid])
        elif isinstance(key, ec.EllipticCurvePublicKey) and _ECDSA_WITH.get(named.oid) == digest.oid:
            key.verify(signature, text, ec.ECDSA(_HASHES[digest.oid]))
        else:
            raise refusal("seal-suite-refused")
    except InvalidSignature:
        return False
    return True


def _rsa_padding(named: Algorithm, digest: Digest) -> padding.AsymmetricPadding:
    if named.oid == _RSA or _RSA_WITH.get(named.oid) == digest.oid:
        return padding.PKCS1v15()
    if named.oid != _RSA_PSS:
        raise refusal("seal-suite-refused")
    given, salt = _rsa_parameters(named.parameters)
    if given != [digest.oid, digest.oid]:  # digest and mask digest both, and the signer's own (RFC 4056 3)
        raise refusal("seal-suite-refused")
    return padding.PSS(padding.MGF1(_HASHES[digest.oid]), salt)


def _rsa_parameters(parameters: bytes) -> tuple[list[bytes], int]:
    """RSASSA-PSS-params or RSAES-OAEP-params: [0] digest, [1] mask digest (SHA-1 when unsaid), [2] salt length or label."""
    digest = mask = _SHA1
    salt = 20
    reader = Reader([parameters])
    with reader.inside(SEQUENCE):
        if reader.peek() == context(0):
            with reader.inside(context(0)):
                digest = read_algorithm(reader).oid
        if reader.peek() == context(1):
            with reader.inside(context(1)):
                mask = _mask_digest(read_algorithm(reader))
        if reader.peek() == context(2):
            with reader.inside(context(2)):
                salt = _salt_or_no_label(reader)
        reader.skip_optional(context(3))  # trailer field: always 1
    return [digest, mask], salt


def _mask_digest(generator: Algorithm) -> bytes:
    if generator.oid != _MGF1:
        raise refusal("seal-suite-refused")
    return parse_algorithm(generator.parameters).oid


def _salt_or_no_label(reader: Reader) -> int:
    if reader.peek() == ber.INTEGER:
        return max(0, min(reader.integer(2), 512))
    if read_algorithm(reader).parameters != tlv(OCTET_STRING):  # a label is never empty by accident
        raise refusal("seal-suite-refused")
    return 0


# ── the content key, wrapped for a recipient ──

_OAEP = oid("1.2.840.113549.1.1.7")
_SHA256_ID = Algorithm(_SHA256, _NULL).der
_OAEP_SHA256 = Algorithm(_OAEP, tlv(SEQUENCE, tlv(context(0), _SHA256_ID), tlv(context(1), Algorithm(_MGF1, _SHA256_ID).der)))
_EC_KEY = oid("1.2.840.10045.2.1")
_AES256_WRAP = oid("2.16.840.1.101.3.4.1.45")
_ECDH_SHA256 = oid("1.3.132.1.11.1")
_ECDH = {  # dhSinglePass-stdDH-sha…kdf-scheme (RFC 5753 7.1.4)
    oid("1.3.133.16.840.63.0.2"): _SHA1,
    _ECDH_SHA256: _SHA256,
    oid("1.3.132.1.11.2"): _SHA384,
    oid("1.3.132.1.11.3"): _SHA512,
}
_KEK_BYTES = 32


def wrap(certificate: Certificate, content_key: bytes) -> bytes:
    """RecipientInfo for this certificate. Raises UnknownKey key-unsuitable."""
    key = certificate.public_key
    if isinstance(key, rsa.RSAPublicKey):
        wrapped = key.encrypt(content_key, _oaep(_SHA256, _SHA256))
        return key_transport(issuer_and_serial(certificate), _OAEP_SHA256, wrapped, content_types.CMS.recipient_version)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise refusal("key-unsuitable")
    ephemeral = ec.generate_private_key(key.curve)
    point = ephemeral.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    algorithm = Algorithm(_ECDH_SHA256, Algorithm(_AES256_WRAP).der)
    wrapped = keywrap.aes_key_wrap(_agreed_key(ephemeral, key, algorithm, b""), content_key)
    return key_agreement(certificate, algorithm, Algorithm(_EC_KEY), point, wrapped)


def unwrap(own: OwnKey, wrapped: Wrapped) -> bytes | None:
    """The content key; None when it does not open. Raises BrokenSeal seal-suite-refused."""
    key = own.private
    try:
        if isinstance(key, rsa.RSAPrivateKey):
            return key.decrypt(wrapped.key, _transport_padding(wrapped.algorithm))
        if isinstance(key, ec.EllipticCurvePrivateKey) and wrapped.algorithm.oid in _ECDH:
            sender = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, wrapped.originator)
            return keywrap.aes_key_unwrap(_agreed_key(key, sender, wrapped.algorithm, wrapped.ukm), wrapped.key)
    except (ValueError, keywrap.InvalidUnwrap):
        return None
    raise refusal("seal-suite-refused")


def _transport_padding(algorithm: Algorithm) -> padding.AsymmetricPadding:
    if algorithm.oid == _RSA:
        return padding.PKCS1v15()
    if algorithm.oid != _OAEP:
        raise refusal("seal-suite-refused")
    (digest, mask), _ = _rsa_parameters(algorithm.parameters or tlv(SEQUENCE))
    return _oaep(digest, mask)


def _oaep(digest: bytes, mask: bytes) -> padding.OAEP:
    if digest not in _HASHES_OF_A_KDF or mask not in _HASHES_OF_A_KDF:
        raise refusal("seal-suite-refused")
    return padding.OAEP(padding.MGF1(_HASHES_OF_A_KDF[mask]), _HASHES_OF_A_KDF[digest], None)


def _agreed_key(
    private: ec.EllipticCurvePrivateKey, public: ec.EllipticCurvePublicKey, algorithm: Algorithm, ukm: bytes
) -> bytes:
    """The key-encryption key both sides come to (RFC 5753 7.2: ECC-CMS-SharedInfo)."""
    if parse_algorithm(algorithm.parameters).oid != _AES256_WRAP:
        raise refusal("seal-suite-refused")
    info = tlv(
        SEQUENCE,
        algorithm.parameters,  # exactly as the sender wrote it, parameters absent or NULL
        tlv(context(0), tlv(OCTET_STRING, ukm)) if ukm else b"",
        tlv(context(2), tlv(OCTET_STRING, (8 * _KEK_BYTES).to_bytes(4, "big"))),
    )
    digest = _HASHES_OF_A_KDF[_ECDH[algorithm.oid]]
    return X963KDF(digest, _KEK_BYTES, info).derive(private.exchange(ec.ECDH(), public))


FAMILY = Family(
    writes=content_types.CMS,
    reads=(content_types.CMS,),
    makes="ec-p256",
    kinds=("ec-", "rsa"),
    digests=DIGESTS,
    ciphers=(ciphers_aes.GCM, ciphers_aes.CBC),
    signer=signer,
    verify=verify,
    wrap=wrap,
    unwrap=unwrap,
)

# What is read of a peer, for the inventory (security C13).
SIGNATURES = (_RSA, *_RSA_WITH, _RSA_PSS, *_ECDSA_WITH)
WRAPS = (_RSA, _OAEP, *_ECDH, _AES256_WRAP)
KDF_DIGESTS = tuple(_HASHES_OF_A_KDF)

_CIPHERS = {"cms-aes256gcm": ciphers_aes.GCM, "cms-aes256cbc": ciphers_aes.CBC}
SUITES = tuple(_CIPHERS)


def suite(agreed: Agreed) -> Suite:
    """The suite of that name; there is one way to spell it."""
    return Suite(agreed.suite, FAMILY, DIGESTS[_SHA256], _CIPHERS[agreed.suite])
