"""What the identifiers in the code's tables stand for, and the lists of what is spoken and read: the inventory's source (security C13).

An identifier without a name here stops the inventory: nobody adds an algorithm and leaves it out of docs/cryptography.md.
"""

from collections.abc import Iterable, Iterator, Mapping

from transports import tls
from transports.openssh import exception
from transports.sealing import cms, pgp
from transports.sealing.ber import oid
from transports.sealing.cms import suite_aes, suite_sm
from transports.sealing.cms.suite import Suite
from transports.sealing.pgp import envelope as pgp_envelope
from transports.sealing.pgp import keys as pgp_keys
from transports.sealing.pgp import session as pgp_session
from transports.sftp import line

# Object identifiers of CMS and its Chinese twin (RFC 3370, 5753, 5754, 8017; GM/T 0006).
_NAMES: Mapping[bytes, str] = {
    oid(dotted): name
    for dotted, name in {
        "2.16.840.1.101.3.4.1.46": "AES-256-GCM",
        "2.16.840.1.101.3.4.1.42": "AES-256-CBC",
        "2.16.840.1.101.3.4.1.45": "AES-256 key wrap",
        "1.2.156.10197.1.104": "SM4-CBC",
        "1.2.156.10197.1.104.2": "SM4-CBC",
        "1.2.156.10197.1.104.8": "SM4-GCM",
        "1.2.156.10197.1.104.10": "SM4-GCM",
        "1.3.14.3.2.26": "SHA-1",
        "2.16.840.1.101.3.4.2.1": "SHA-256",
        "2.16.840.1.101.3.4.2.2": "SHA-384",
        "2.16.840.1.101.3.4.2.3": "SHA-512",
        "1.2.156.10197.1.401": "SM3",
        "1.2.156.10197.1.401.1": "SM3",
        "1.2.840.113549.1.1.1": "RSA PKCS #1 v1.5",
        "1.2.840.113549.1.1.7": "RSA-OAEP",
        "1.2.840.113549.1.1.10": "RSA-PSS",
        "1.2.840.113549.1.1.11": "RSA PKCS #1 v1.5",
        "1.2.840.113549.1.1.12": "RSA PKCS #1 v1.5",
        "1.2.840.113549.1.1.13": "RSA PKCS #1 v1.5",
        "1.2.840.10045.4.3.2": "ECDSA",
        "1.2.840.10045.4.3.3": "ECDSA",
        "1.2.840.10045.4.3.4": "ECDSA",
        "1.3.133.16.840.63.0.2": "ECDH",
        "1.3.132.1.11.1": "ECDH",
        "1.3.132.1.11.2": "ECDH",
        "1.3.132.1.11.3": "ECDH",
        "1.2.156.10197.1.301": "SM2",
        "1.2.156.10197.1.301.1": "SM2",
        "1.2.156.10197.1.301.3": "SM2",
        "1.2.156.10197.1.501": "SM2",
    }.items()
}
# What we write with a key of each kind a family takes, by how the kind begins.
_WRITTEN: Mapping[str, str] = {
    "ec-": "ECDSA, ECDH with AES-256 key wrap",
    "rsa": "RSA PKCS #1 v1.5 (signature), RSA-OAEP (key)",
    "sm2": "SM2",
}
# Numbers and words of OpenPGP (RFC 9580 9.3, 9.5, 9.6).
_PGP_CIPHERS = {7: "AES-128", 8: "AES-192", 9: "AES-256"}
_PGP_MODES = {2: "OCB", 3: "GCM"}
_PGP_CURVES = {"ed25519": "Ed25519, X25519", "p256": "P-256", "p384": "P-384"}
_HASHES = {"sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}
# Words of OpenSSL's cipher list.
_TLS = {"ECDHE+AESGCM": "ECDHE, AES-GCM", "ECDHE+CHACHA20": "ECDHE, ChaCha20-Poly1305", "@SECLEVEL=3": "RSA, DH from 3072 bits"}


def written(suite: str) -> str:
    """What a parcel of this suite of CMS is made of. Raises KeyError for what has no name here, as all of these do."""
    found = cms.suite_of(suite)
    return f"{_NAMES[found.cipher.oid]}, {_NAMES[found.digest.oid]}; " + "; ".join(_WRITTEN[each] for each in found.family.kinds)


def read() -> Iterator[tuple[str, str, str]]:
    """(family, what is read of a peer that agreed on one of it, source)."""
    wraps = [*_named(suite_aes.WRAPS), "key derivation by " + ", ".join(_named(suite_aes.KDF_DIGESTS))]
    yield "cms", _listed(suite_of(suite_aes), suite_aes.SIGNATURES, wraps), "RFC 5652, 3370, 5753, 5754, 8017"
    yield "sm2", _listed(suite_of(suite_sm), suite_sm.SIGNATURES, _named(suite_sm.WRAPS)), "GM/T 0006, 0009, 0010"
    modes = [f"CFB with {_HASHES[pgp_envelope.MDC_DIGEST]} MDC", *(_PGP_MODES[each] for each in pgp_envelope.MODES)]
    parts = (
        [_PGP_CIPHERS[each] for each in pgp_session.CIPHER_KEY_BYTES],
        modes,
        ["RSA", *dict.fromkeys(_PGP_CURVES[each] for each in pgp_keys.CURVES.values())],
        ["key derivation by " + ", ".join(_HASHES[each] for each in pgp_session.HASHES.values())],
    )
    yield pgp.SUITE, "; ".join(", ".join(part) for part in parts), "RFC 9580"


def suite_of(room: object) -> Suite:
    """One suite of a family: its family is what counts."""
    return cms.suite_of(suite_sm.GCM if room is suite_sm else suite_aes.SUITES[0])


def _listed(suite: Suite, signatures: Iterable[bytes], wraps: Iterable[str]) -> str:
    family = suite.family
    parts = (_named(each.oid for each in family.ciphers), _named(family.digests), _named(signatures), dict.fromkeys(wraps))
    return "; ".join(", ".join(part) for part in parts)


def _named(identifiers: Iterable[bytes]) -> list[str]:
    """Their names, each once."""
    return list(dict.fromkeys(_NAMES[each] for each in identifiers))


def of_tls() -> str:
    """What a line over TLS speaks."""
    return "; ".join(_TLS[word] for word in tls.CIPHERS.split(":"))


def of_ssh() -> Iterator[tuple[str, str]]:
    """(list, its names as SSH has them) of the usual road, and what an old server may be excused for by two persons."""
    yield from (
        (name, ", ".join(each))
        for name, each in (("kex", line.KEX), ("ciphers", line.CIPHERS), ("macs", line.DIGESTS), ("keys", line.KEY_TYPES))
    )
    yield "excused", ", ".join(dict.fromkeys(name for names in exception.OLD.values() for name in names))
