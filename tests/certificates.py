"""Certificates for tests of TLS: an authority, and leaves with the names, dates and keys a test wants, as PEM."""

import dataclasses
import datetime
import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from transports.tls import TlsSettings, pin_of

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Kind = Literal["ec", "rsa3072", "rsa1024"]
DAY = datetime.timedelta(days=1)
LOCAL = ("localhost", "127.0.0.1")


@dataclasses.dataclass(frozen=True)
class Identity:
    """A certificate and its key. ``pem`` and ``key_pem`` are texts; ``pin`` is "SHA256:…" over the public key."""

    certificate: x509.Certificate
    key: Key = dataclasses.field(repr=False)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self) -> str:
        plain = serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()

    @property
    def pin(self) -> str:
        return pin_of(self.der)

    def write(self, folder: Path, name: str = "leaf") -> tuple[Path, Path]:
        """The two PEM files: (certificate, key)."""
        certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
        certificate.write_text(self.pem)
        key.write_text(self.key_pem)
        key.chmod(0o600)
        return certificate, key


def authority(name: str = "Test authority", *, kind: Kind = "ec") -> Identity:
    """A new self-signed authority, valid now."""
    key = make_key(kind)
    builder = _builder(name, key, _now() - DAY, _now() + 30 * DAY).issuer_name(_named(name))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Identity(builder.sign(key, hashes.SHA256()), key)


def leaf(
    issuer: Identity,
    name: str = "localhost",
    *,
    kind: Kind = "ec",
    key: Key | None = None,
    not_before: datetime.datetime | None = None,
    not_after: datetime.datetime | None = None,
    names: Sequence[str] = LOCAL,
) -> Identity:
    """A certificate of ``issuer`` for both sides of a line. ``names``: host names and addresses it is made out to."""
    key = key or make_key(kind)
    builder = _builder(name, key, not_before or _now() - DAY, not_after or _now() + 30 * DAY)
    builder = builder.issuer_name(issuer.certificate.subject)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = builder.add_extension(both, critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName([_general(each) for each in names]), critical=False)
    authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    return Identity(builder.add_extension(authority_id, critical=False).sign(issuer.key, hashes.SHA256()), key)


def expired(issuer: Identity, **options: object) -> Identity:
    """A leaf that ended yesterday."""
    return leaf(issuer, not_before=_now() - 30 * DAY, not_after=_now() - DAY, **options)  # type: ignore[arg-type]


def early(issuer: Identity, **options: object) -> Identity:
    """A leaf that begins tomorrow."""
    return leaf(issuer, not_before=_now() + DAY, not_after=_now() + 30 * DAY, **options)  # type: ignore[arg-type]


def revocations(issuer: Identity, *revoked: Identity) -> str:
    """The list of an authority's revoked certificates, as PEM."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(_now() - DAY).next_update(_now() + DAY)
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.certificate.serial_number).revocation_date(_now() - DAY)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def tls_settings(folder: Path, own: Identity, issuer: Identity, *pins: str, name: str = "", file: str = "leaf") -> TlsSettings:
    """Our ``own`` certificate in files of ``folder``, the peer's authority, the pins of the peer's key."""
    certificate, key = own.write(folder, file)
    return TlsSettings(certificate, key, issuer.pem, pins, name)


def make_key(kind: Kind = "ec") -> Key:
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))


def _builder(name: str, key: Key, begin: datetime.datetime, end: datetime.datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
