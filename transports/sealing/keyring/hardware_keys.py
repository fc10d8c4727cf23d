"""Private keys in hardware, as cryptography has them: sign, decrypt and exchange go to the token, so that no suite knows of it.

Nothing is asked of the token before a key is used: what is in it may be away while everything else goes on.
"""

import hashlib
import hmac
from typing import Any, NoReturn

import pkcs11
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import KDF, MGF, Attribute, KeyType, Mechanism

from transports.sealing.ber import Reader
from transports.sealing.keyring.hardware import Reference, Token
from transports.sealing.refusals import refusal

_SIGN = {"sha256": Mechanism.SHA256_RSA_PKCS, "sha384": Mechanism.SHA384_RSA_PKCS, "sha512": Mechanism.SHA512_RSA_PKCS}
_DIGEST = {"sha1": Mechanism.SHA_1, "sha256": Mechanism.SHA256, "sha384": Mechanism.SHA384, "sha512": Mechanism.SHA512}
_MASK = {"sha1": MGF.SHA1, "sha256": MGF.SHA256, "sha384": MGF.SHA384, "sha512": MGF.SHA512}
_NOT_OFFERED = (pkcs11.MechanismInvalid, pkcs11.MechanismParamInvalid, pkcs11.ArgumentsBad)
_CLOSED = (pkcs11.EncryptedDataInvalid, pkcs11.EncryptedDataLenRange, pkcs11.DataInvalid, pkcs11.DataLenRange)
_UNCLEAR = (pkcs11.GeneralError, pkcs11.FunctionFailed, pkcs11.DeviceError)
_COORDINATE = 32


def made(token: Token, kind: str, label: str, *, encrypts: bool) -> tuple["HardwareKey", Reference]:
    """A fresh key in the token (hardware.KINDS), and where it is. Raises UnknownKey key-store-…"""
    reference = token.make(kind, label, encrypts=encrypts)
    said = token.public(reference)
    if Attribute.MODULUS in said:
        modulus, exponent = (int.from_bytes(said[each], "big") for each in (Attribute.MODULUS, Attribute.PUBLIC_EXPONENT))
        return HardwareRsaKey(token, reference, rsa.RSAPublicNumbers(exponent, modulus).public_key()), reference
    point = said[Attribute.EC_POINT]
    octets = Reader([point]).small_octets(most=256)  # an OCTET STRING around the point (PKCS #11 2.40 mechanisms, 2.3.3)
    return HardwareEcKey(token, reference, ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets)), reference


def kept(token: Token, reference: Reference, public: object) -> "HardwareKey":
    """The key of a certificate, to be used when it is needed. Raises BrokenRing ring-damaged."""
    if isinstance(public, rsa.RSAPublicKey):
        return HardwareRsaKey(token, reference, public)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return HardwareEcKey(token, reference, public)
    raise refusal("ring-damaged")


class _StaysInside:
    """What a key of a file can and one in hardware cannot."""

    def private_numbers(self) -> NoReturn:
        """Raises UnsupportedAlgorithm."""
        raise UnsupportedAlgorithm("a key in hardware never leaves it")

    def private_bytes(self, *_: Any, **__: Any) -> NoReturn:
        """Raises UnsupportedAlgorithm."""
        raise UnsupportedAlgorithm("a key in hardware never leaves it")

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        return self


class HardwareRsaKey(_StaysInside, rsa.RSAPrivateKey):
    """An RSA key: PKCS #1 v1.5 signatures; OAEP and PKCS #1 v1.5 key transport."""

    def __init__(self, token: Token, reference: Reference, public: rsa.RSAPublicKey) -> None:
        self._token, self._reference, self._public = token, reference, public

    @property
    def key_size(self) -> int:
        """In bits."""
        return self._public.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        """That of its certificate."""
        return self._public

    def sign(self, data: Any, padding: Any, algorithm: Any) -> bytes:
        """The signature; proved by the certificate before anyone sees it, lest the token hold another key under this id.

        Raises UnknownKey key-store-…
        """
        if not isinstance(padding, _V15) or algorithm.name not in _SIGN:
            raise UnsupportedAlgorithm(f"not by a key in hardware: {padding.name}")
        with self._token.key(self._reference) as key:
            signature: bytes = key.sign(data, mechanism=_SIGN[algorithm.name])
        try:
            self._public.verify(signature, data, padding, algorithm)
        except InvalidSignature as foreign:
            raise refusal("key-store-lacks-key") from foreign
        return signature

    def decrypt(self, ciphertext: bytes, padding: Any) -> bytes:
        """What is inside. Raises ValueError where it does not open, UnknownKey key-store-…"""
        if len(ciphertext) != self.key_size // 8:
            raise ValueError("not as long as the modulus")
        with self._token.key(self._reference) as key:
            try:
                return _decrypted(key, ciphertext, padding)
            except _CLOSED as closed:
                raise ValueError("does not open") from closed
            except _UNCLEAR as closed:
                # Some tokens call a ciphertext that does not open a fault of their own. One we made shows which it is.
                if _decrypted(key, self._public.encrypt(b"ours", padding), padding) != b"ours":
                    raise refusal("key-store-lacks-key") from closed
                raise ValueError("does not open") from closed


def _decrypted(key: Any, ciphertext: bytes, padding: Any) -> bytes:
    """By the token's own mechanism; OAEP with digests it has not, by the bare operation and our unpadding."""
    if isinstance(padding, _V15):
        return bytes(key.decrypt(ciphertext, mechanism=Mechanism.RSA_PKCS))
    digest, mask = padding.algorithm.name, padding.mgf._algorithm.name  # the mask's has no public name
    try:
        parameters = (_DIGEST[digest], _MASK[mask], None)
        return bytes(key.decrypt(ciphertext, mechanism=Mechanism.RSA_PKCS_OAEP, mechanism_param=parameters))
    except _NOT_OFFERED:
        bare = bytes(key.decrypt(ciphertext, mechanism=Mechanism.RSA_X_509)).rjust(len(ciphertext), b"\0")
        return oaep_opened(bare, digest, mask)


def oaep_opened(encoded: bytes, digest: str, mask: str) -> bytes:
    """The message in an encoded block, label empty (RFC 8017 7.1.2, step 3). Raises ValueError, one for every cause (its note)."""
    empty = hashlib.new(digest).digest()
    size = len(empty)
    seed_masked, block_masked = encoded[1 : 1 + size], encoded[1 + size :]
    seed = _xor(seed_masked, _mgf1(block_masked, size, mask))
    block = _xor(block_masked, _mgf1(seed, len(block_masked), mask))
    rest = block[size:]
    start = rest.find(1)
    holds = hmac.compare_digest(block[:size], empty) & (encoded[0] == 0) & (start >= 0) & (not any(rest[: max(start, 0)]))
    if not holds:
        raise ValueError("does not open")
    return rest[start + 1 :]


def _mgf1(seed: bytes, size: int, digest: str) -> bytes:
    """The mask (RFC 8017 B.2.1)."""
    count = -(-size // hashlib.new(digest).digest_size)
    return b"".join(hashlib.new(digest, seed + each.to_bytes(4, "big")).digest() for each in range(count))[:size]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


class HardwareEcKey(_StaysInside, ec.EllipticCurvePrivateKey):
    """A P-256 key: ECDSA, and ECDH whose shared secret the key derivation needs (RFC 5753 7.1.4), while the key itself stays inside."""

    def __init__(self, token: Token, reference: Reference, public: ec.EllipticCurvePublicKey) -> None:
        self._token, self._reference, self._public = token, reference, public

    @property
    def curve(self) -> ec.EllipticCurve:
        """That of its certificate."""
        return self._public.curve

    @property
    def key_size(self) -> int:
        """In bits."""
        return self._public.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """That of its certificate."""
        return self._public

    def sign(self, data: Any, signature_algorithm: Any) -> bytes:
        """The signature in DER; proved by the certificate, as that of an RSA key. Raises UnknownKey key-store-…"""
        hasher = hashes.Hash(signature_algorithm.algorithm)
        hasher.update(data)
        with self._token.key(self._reference) as key:
            pair: bytes = key.sign(hasher.finalize(), mechanism=Mechanism.ECDSA)
        half = len(pair) // 2
        signature = utils.encode_dss_signature(int.from_bytes(pair[:half], "big"), int.from_bytes(pair[half:], "big"))
        try:
            self._public.verify(signature, data, signature_algorithm)
        except InvalidSignature as foreign:
            raise refusal("key-store-lacks-key") from foreign
        return signature

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> bytes:
        """The shared secret, 32 bytes. Raises ValueError for a point of another curve, UnknownKey key-store-…"""
        if not isinstance(algorithm, ec.ECDH) or peer_public_key.curve.name != self.curve.name:
            raise ValueError("a point of another curve")
        point = peer_public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        shown = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}
        with self._token.key(self._reference) as key:
            shared: Any = key.derive_key(
                KeyType.GENERIC_SECRET,
                8 * _COORDINATE,
                mechanism=Mechanism.ECDH1_DERIVE,
                mechanism_param=(KDF.NULL, None, point),
                template=shown,
            )
            try:
                return bytes(shared[Attribute.VALUE])
            finally:
                shared.destroy()


_V15 = padding.PKCS1v15
HardwareKey = HardwareRsaKey | HardwareEcKey
