"""Trust by chain: a bank's certificate leads, link by link, to an authority the site named, and no list takes it back (RFC 5280 6).

What lies in the folder of an authority is brought by hand: the anchor, the authorities between it and the bank, revocation lists,
and where agreed the bank's newer certificates. Nothing of it is believed for lying there: an anchor is one by the digest of its
key, which the connection names; all else by signatures that lead to one. Nothing is ever fetched over a network.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

from cryptography import x509

from transports import pins
from transports.errors import TransportError, UnknownKey
from transports.sealing.certificates import Certificate
from transports.sealing.certificates.issuing import signed_by
from transports.sealing.certificates.revocation import RevocationList, is_authority
from transports.sealing.refusals import refusal

LINKS_MAX = 6  # certificates of one chain, the bank's and the anchor among them
FILES_MAX = 64
FILE_BYTES_MAX = 32 * 1024 * 1024  # a large authority's whole list has some megabytes
_CERTIFICATES, _LISTS = (".cer", ".crt", ".pem", ".der"), (".crl",)

# What a critical extension may be. Others, as name constraints and policies, would need rules that are not here, so they end a chain.
_UNDERSTOOD = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.SubjectKeyIdentifier,
    x509.AuthorityKeyIdentifier,
    x509.SubjectAlternativeName,
    x509.CRLDistributionPoints,
    x509.CertificatePolicies,
)


@dataclasses.dataclass(frozen=True)
class Chains:
    """One authority's certificates and lists. ``anchors``: "SHA256:" and the base64 of the SHA-256 over an anchor's key (its
    SubjectPublicKeyInfo, as the pins of lines). ``successors``: newer certificates of a bank are taken from here without a letter."""

    anchors: tuple[str, ...]
    certificates: tuple[Certificate, ...]
    lists: tuple[RevocationList, ...]
    successors: bool = False

    @classmethod
    def read(cls, folder: Path, anchors: Sequence[str], *, successors: bool = False) -> "Chains":
        """Everything in a folder. Raises UnknownKey key-unreadable, key-unsuitable."""
        try:
            texts = [(path.suffix.lower() in _LISTS, _text(path)) for path in _files(folder)]
        except OSError as unreadable:
            raise refusal("key-unreadable") from unreadable
        return cls(
            tuple(anchors),
            tuple(Certificate.read(text) for is_list, text in texts if not is_list),
            tuple(RevocationList.read(text) for is_list, text in texts if is_list),
            successors,
        )

    def expect(self, certificate: Certificate, use: str, at: datetime) -> None:
        """May it be used (``use``: sign or encrypt) at this moment? For a signature: when it reached us, since the time in it is the
        signer's own word. Raises UnknownKey key-unsuitable, key-unchained, key-unlisted, key-revoked."""
        if not allows(certificate, use) or is_authority(certificate):
            raise refusal("key-unsuitable")
        refused: TransportError = refusal("key-unchained")
        for path in self._paths(certificate, at):
            try:
                return self._expect_listed(path, at)
            except UnknownKey as why:
                refused = why
        raise refused

    def successors_of(self, known: Sequence[Certificate], use: str) -> list[Certificate]:
        """Certificates of the same subject for that use, where they are taken at all; ``expect`` is still to be asked of each."""
        if not self.successors:
            return []
        subjects = {_subject(each) for each in known} - {None}
        return [each for each in self.certificates if _subject(each) in subjects and each not in known and allows(each, use)]

    def has_anchor(self) -> bool:
        """Is a certificate here of a key that was named?"""
        return any(self._is_anchor(each) for each in self.certificates)

    def latest(self) -> list[RevocationList]:
        """The newest list of each authority and partition: the older ones say nothing any more."""
        newest = {(each.parsed.issuer, each.partition): each for each in sorted(self.lists, key=lambda each: each.issued_at)}
        return list(newest.values())

    def _paths(
        self, certificate: Certificate, at: datetime, below: tuple[Certificate, ...] = ()
    ) -> Iterator[tuple[Certificate, ...]]:
        """Every chain from a certificate up to an anchor, each link valid, understood and signed by the next."""
        path = (*below, certificate)
        if not certificate.valid_at(at) or not _is_understood(certificate):
            return
        if below and self._is_anchor(certificate):
            yield path
        elif len(path) < LINKS_MAX:
            for issuer in self.certificates:
                named = _subject(issuer) is not None and _subject(issuer) == _issuer(certificate) and issuer not in path
                if named and _may_issue(issuer, len(below)) and signed_by(issuer, certificate.x509):
                    yield from self._paths(issuer, at, path)

    def _is_anchor(self, certificate: Certificate) -> bool:
        return pins.holds(self.anchors, pins.of(certificate.spki))

    def _expect_listed(self, path: Sequence[Certificate], at: datetime) -> None:
        """Every certificate below the anchor has a list of its issuer's that could name it, and the newest does not."""
        for certificate, issuer in pairwise(path):
            lists = [
                each for each in self.lists if each.covers(certificate) and _may_list(issuer) and signed_by(issuer, each.parsed)
            ]
            if not lists:
                raise refusal("key-unlisted")
            if max(lists, key=lambda each: each.issued_at).takes_back(certificate, at):
                raise refusal("key-revoked")


ReadChains: TypeAlias = Callable[[], Chains]  # anew each time: a list that was just brought counts at once


def allows(certificate: Certificate, use: str) -> bool:
    """Does its key usage say that it signs, or that it encrypts? One from an authority must say it (RFC 5280 4.2.1.3)."""
    usage = _usage(certificate)
    if usage is None:
        return False
    if use == "sign":
        return usage.digital_signature or usage.content_commitment
    return usage.key_encipherment or usage.key_agreement


def _may_issue(authority: Certificate, between: int) -> bool:
    """Is it an authority's certificate, with so many authorities ``between`` it and the bank's?"""
    if not is_authority(authority):
        return False
    basic, usage = authority.x509.extensions.get_extension_for_class(x509.BasicConstraints).value, _usage(authority)
    long_enough = basic.path_length is None or basic.path_length >= between
    return long_enough and (usage is None or usage.key_cert_sign)


def _may_list(authority: Certificate) -> bool:
    usage = _usage(authority)
    return usage is None or usage.crl_sign


def _usage(certificate: Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.x509.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _is_understood(certificate: Certificate) -> bool:
    return all(isinstance(each.value, _UNDERSTOOD) for each in certificate.x509.extensions if each.critical)


def _subject(certificate: Certificate) -> x509.Name | None:
    """Whose it is; none where no name is said, or none that can be read."""
    try:
        name = certificate.x509.subject
    except ValueError:
        return None
    return name if len(name.rdns) else None


def _issuer(certificate: Certificate) -> x509.Name | None:
    try:
        return certificate.x509.issuer
    except ValueError:
        return None


def _files(folder: Path) -> list[Path]:
    """Its certificates and lists, by how their names end. Raises UnknownKey key-unreadable where they are too many."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in (*_CERTIFICATES, *_LISTS))
    if len(found) > FILES_MAX:
        raise refusal("key-unreadable")
    return found


def _text(path: Path) -> bytes:
    """A file of the folder, whole. Raises UnknownKey key-unreadable above the cap."""
    with path.open("rb") as file:
        text = file.read(FILE_BYTES_MAX + 1)
    if len(text) > FILE_BYTES_MAX:
        raise refusal("key-unreadable")
    return text
