"""What a ring keeps under an alias: an X.509 or an OpenPGP certificate, told apart by how it begins, and the keys that go with them."""

import contextlib
import dataclasses
import functools
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

from cryptography.hazmat.primitives import hashes

from transports.errors import UnknownKey
from transports.sealing.certificates import Certificate
from transports.sealing.keyring.index import ACTIVE, BLOCKED, DESTROYED, RETIRED, Entry
from transports.sealing.pgp import armor
from transports.sealing.pgp.keys import PgpCertificate
from transports.sealing.refusals import refusal

Kept: TypeAlias = Certificate | PgpCertificate
C = TypeVar("C", Certificate, PgpCertificate)
K = TypeVar("K")

ID_DIGITS = 16
_ARMOR = b"-----BEGIN PGP"


def read_certificate(text: bytes) -> Kept:
    """From PEM or DER, from OpenPGP armored or binary. Raises UnknownKey key-unreadable, key-unsuitable."""
    openpgp = _ARMOR in text or text[:1] >= b"\x80"  # the first bit of every packet (RFC 9580 4.2)
    return PgpCertificate.read(text) if openpgp else Certificate.read(text)


def digest(certificate: Kept) -> str:
    """SHA-256 over its bytes, hex. The fingerprint of an OpenPGP certificate stays the same when its dates change; this does not."""
    return certificate.fingerprint if isinstance(certificate, Certificate) else hashlib.sha256(certificate.data).hexdigest()


def compared(text: bytes) -> tuple[str, str]:
    """What a letter says of a certificate that came: SHA-256 and SM3 over all its bytes without the text form around them, hex.

    An OpenPGP fingerprint is of the primary key alone: who carries a certificate could take its revocation or its last day away.
    Raises UnknownKey key-unreadable, key-unsuitable.
    """
    certificate = read_certificate(text)
    content = certificate.der if isinstance(certificate, Certificate) else armor.taken_off(text)
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(content)
    return hashlib.sha256(content).hexdigest(), sm3.finalize().hex()


def entry_id(certificate: Kept) -> str:
    """The id of its entry in a ring: the beginning of that digest."""
    return digest(certificate)[:ID_DIGITS]


@functools.lru_cache(maxsize=4096)
def keys_in(certificate: Kept) -> frozenset[str]:
    """What its keys are known by, whoever certified them: SHA-256 over an X.509 certificate's SubjectPublicKeyInfo, and of OpenPGP the
    fingerprint of every key. Another certificate of the same key has the same."""
    if isinstance(certificate, PgpCertificate):
        return certificate.key_fingerprints
    return frozenset({hashlib.sha256(certificate.spki).hexdigest()})


class KeptKeys(Generic[C, K]):
    """The keys of one kind of certificate under their aliases, newest first. Raises UnknownKey key-missing, alias-blocked where there is none."""

    def __init__(
        self,
        entries: Callable[[], Sequence[Entry]],
        certificate: Callable[[Entry], Kept],
        kind: type[C],
        own: Callable[[Entry, C], K],
    ) -> None:
        self._entries, self._certificate = entries, certificate
        self._kind: type[C] = kind
        self._own: Callable[[Entry, C], K] = own

    def own(self, alias: str, at: datetime) -> list[K]:
        """Ours, valid at ``at``."""
        return [self._own(*found) for found in self._found(alias, lambda entry: entry.own and entry.valid_at(at))]

    def own_any(self, alias: str) -> list[K]:
        """Ours whatever their dates, retired ones too: what was sealed to them must still open."""
        found = self._found(alias, lambda entry: entry.own and entry.state not in (BLOCKED, DESTROYED))
        return [self._own(*each) for each in found]

    def peers(self, alias: str, at: datetime) -> list[C]:
        """A peer's certificates, valid at ``at``: by the ring, and by the last word of their owner. Raises key-not-valid too."""
        found = self._found(alias, lambda entry: not entry.own and entry.valid_at(at))
        valid = [certificate for _, certificate in found if certificate.valid_at(at)]
        if not valid:
            raise refusal("key-not-valid", alias)
        return valid

    def peers_any(self, alias: str) -> list[C]:
        """A peer's active ones whatever their dates: for verifying, where an expired signer must be told from a stranger."""
        return [certificate for _, certificate in self._found(alias, lambda entry: not entry.own and entry.state == ACTIVE)]

    def withdrawn(self, alias: str) -> list[C]:
        """A peer's certificates that were retired or blocked here; none is as well."""
        with contextlib.suppress(UnknownKey):
            taken_out = self._found(alias, lambda entry: not entry.own and entry.state in (RETIRED, BLOCKED))
            return [certificate for _, certificate in taken_out]
        return []

    def blocked(self, alias: str) -> list[C]:
        """What was blocked here, ours or a peer's: why there is nothing to work with; none is as well."""
        certificates = (self._certificate(each) for each in self._entries() if (each.alias, each.state) == (alias, BLOCKED))
        return [each for each in certificates if isinstance(each, self._kind)]

    def _found(self, alias: str, wanted: Callable[[Entry], bool]) -> list[tuple[Entry, C]]:
        found: dict[C, Entry] = {}
        for entry in newest_first(self._entries(), alias, wanted):
            certificate = self._certificate(entry)
            if isinstance(certificate, self._kind):
                found.setdefault(certificate, entry)
        if not found:
            raise refusal("alias-blocked" if self.blocked(alias) else "key-missing", alias)
        return [(entry, certificate) for certificate, entry in found.items()]


def newest_first(entries: Sequence[Entry], alias: str, wanted: Callable[[Entry], bool]) -> list[Entry]:
    """The dated entries of an alias. Raises UnknownKey key-missing where there is none, alias-blocked where it was blocked."""
    usable = [entry for entry in entries if entry.alias == alias and entry.dated and wanted(entry)]
    if not usable:
        blocked = any(wanted(dataclasses.replace(entry, state=ACTIVE)) for entry in entries if _is_blocked(entry, alias))
        raise refusal("alias-blocked" if blocked else "key-missing", alias)
    return sorted(usable, key=lambda entry: entry.not_before)[::-1]  # of two alike, the later added


def _is_blocked(entry: Entry, alias: str) -> bool:
    return entry.alias == alias and entry.dated and entry.state == BLOCKED
