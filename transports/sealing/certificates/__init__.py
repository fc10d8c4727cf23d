"""Certificates as a seal sees them, our own keys, and the self-signed certificates we make for them (RFC 5280, GM/T 0015)."""

import dataclasses
import hashlib
from datetime import datetime
from functools import cached_property
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID

from transports.errors import TransportError
from transports.sealing import ber
from transports.sealing.refusals import refusal
from transports.sealing.sm2 import Sm2PrivateKey, Sm2PublicKey
from transports.sealing.sm2 import certificate as sm2_certificate

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | Sm2PrivateKey
PublicKey: TypeAlias = CertificatePublicKeyTypes | Sm2PublicKey

RSA_BITS_MIN = 3072  # security.md A4
KINDS = ("rsa3072", "ec-p256", "sm2")  # what we make for ourselves
_KIND_OF_CURVE = {"secp256r1": "ec-p256", "secp384r1": "ec-p384"}


@dataclasses.dataclass(frozen=True)
class Certificate:
    """An X.509 certificate by its DER bytes: two are the same when every byte is."""

    der: bytes = dataclasses.field(repr=False)

    @classmethod
    def read(cls, text: bytes) -> "Certificate":
        """From PEM or DER. Raises UnknownKey key-unreadable, key-unsuitable."""
        try:
            load = x509.load_pem_x509_certificate if b"-----BEGIN" in text else x509.load_der_x509_certificate
            certificate = cls(load(text).public_bytes(serialization.Encoding.DER))
            _ = certificate.issuer, certificate.key_id, certificate.not_after
        except (ValueError, x509.DuplicateExtension, TransportError) as unreadable:
            raise refusal("key-unreadable") from unreadable
        if certificate.kind == "":
            raise refusal("key-unsuitable")
        return certificate

    @cached_property
    def x509(self) -> x509.Certificate:
        """The parsed certificate."""
        return x509.load_der_x509_certificate(self.der)

    @cached_property
    def public_key(self) -> PublicKey:
        """The key it certifies. Raises UnsupportedAlgorithm or ValueError for a key we do not use."""
        try:
            return self.x509.public_key()
        except UnsupportedAlgorithm:
            return Sm2PublicKey.from_spki(self._as_it_stands[1])

    @cached_property
    def spki(self) -> bytes:
        """The certified key in DER, as pins are taken of it (SubjectPublicKeyInfo)."""
        key = self.public_key
        if isinstance(key, Sm2PublicKey):
            return key.spki
        return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def issuer(self) -> bytes:
        """The issuer's name in DER exactly as it stands, for comparing with the names in a seal."""
        return self._as_it_stands[0]

    @cached_property
    def _as_it_stands(self) -> tuple[bytes, bytes]:
        """(the issuer's name, the certified key), to the byte (TBSCertificate, RFC 5280 4.1)."""
        reader = ber.Reader([self.x509.tbs_certificate_bytes])
        with reader.inside(ber.SEQUENCE):
            reader.skip_optional(ber.context(0))  # version
            reader.element()  # serial number
            reader.element()  # signature algorithm
            issuer = reader.element()
            reader.element()  # validity
            reader.element()  # subject
            key = reader.element()
            while reader.peek() is not None:
                reader.element()
        return issuer, key

    @cached_property
    def serial(self) -> int:
        """The serial number."""
        return self.x509.serial_number

    @cached_property
    def key_id(self) -> bytes | None:
        """The subject key identifier, where the certificate has one."""
        try:
            return self.x509.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        except x509.ExtensionNotFound:
            return None

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the DER bytes, lower-case hex."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def not_before(self) -> datetime:
        """First moment of validity, UTC."""
        return self.x509.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        """Last moment of validity, UTC."""
        return self.x509.not_valid_after_utc

    @property
    def kind(self) -> str:
        """rsa3072, ec-p256, sm2, …; empty for a key we do not use."""
        try:
            key = self.public_key
        except (UnsupportedAlgorithm, ValueError):
            return ""
        if isinstance(key, rsa.RSAPublicKey):
            return f"rsa{key.key_size}" if key.key_size >= RSA_BITS_MIN else ""
        if isinstance(key, Sm2PublicKey):
            return "sm2"
        if isinstance(key, ec.EllipticCurvePublicKey):
            return _KIND_OF_CURVE.get(key.curve.name, "")
        return "ed25519" if isinstance(key, ed25519.Ed25519PublicKey) else ""

    @property
    def use(self) -> str:
        """What its key usage allows: sign, encrypt, or any where it allows both or says nothing; empty where it allows neither."""
        try:
            allowed = self.x509.extensions.get_extension_for_class(x509.KeyUsage).value
        except x509.ExtensionNotFound:
            return "any"
        signs = allowed.digital_signature or allowed.content_commitment
        encrypts = allowed.key_encipherment or allowed.key_agreement
        return "any" if signs and encrypts else "sign" if signs else "encrypt" if encrypts else ""

    @property
    def pem(self) -> bytes:
        """The certificate as PEM text."""
        return self.x509.public_bytes(serialization.Encoding.PEM)

    def valid_at(self, moment: datetime) -> bool:
        """Does ``moment`` (with a zone) lie within its validity?"""
        return self.not_before <= moment <= self.not_after


@dataclasses.dataclass(frozen=True)
class OwnKey:
    """A private key of ours with its certificate. Never prints the key."""

    private: PrivateKey = dataclasses.field(repr=False)
    certificate: Certificate


def make_private_key(kind: str) -> PrivateKey:
    """A fresh key of one of KINDS."""
    if kind == "rsa3072":
        return rsa.generate_private_key(public_exponent=65537, key_size=3072)
    if kind == "ec-p256":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "sm2":
        return Sm2PrivateKey.generate()
    raise refusal("key-unsuitable")


def self_signed(private: PrivateKey, name: str, *, encrypts: bool, not_before: datetime, not_after: datetime) -> Certificate:
    """A certificate of ``private`` for itself. The bank trusts it by the fingerprint letter, not by a chain."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = key_usage(private, encrypts=encrypts)
    if isinstance(private, Sm2PrivateKey):
        return Certificate(sm2_certificate.self_signed(private, subject, usage, not_before, not_after))
    public = private.public_key()
    builder = (
        x509.CertificateBuilder(subject, subject, public, x509.random_serial_number(), not_before, not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(usage, critical=True)
    )
    digest = None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Certificate(builder.sign(private, digest).public_bytes(serialization.Encoding.DER))


def key_usage(private: PrivateKey, *, encrypts: bool) -> x509.KeyUsage:
    """Signing and encrypting are kept on separate keys, and say so (RFC 5280 4.2.1.3)."""
    agrees = encrypts and isinstance(private, ec.EllipticCurvePrivateKey)
    return x509.KeyUsage(
        digital_signature=not encrypts,
        content_commitment=not encrypts,
        key_encipherment=encrypts and not agrees,
        key_agreement=agrees,
        data_encipherment=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
