"""Trust by chain: a bank's certificate leads, link by link, to an authority the site named, and no list takes it back (RFC 5280 6).

What lies in the folder of an authority is brought by hand: the anchor, the authorities between it and the bank, revocation lists,
and where agreed the bank's newer certificates. Nothing of it is believed for lying there: an anchor is one by the digest of its
key, which the connection names; all else by signatures that lead to one. Nothing is ever fetched over a network.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeAlias

from cryptography import x509

from transports import pins
from transports.errors import TransportError, UnknownKey
from transports.sealing.certificates import Certificate
from transports.sealing.certificates.issuing import signed_by
from transports.sealing.certificates.purposes import allows, is_understood, may_issue, may_list
from transports.sealing.certificates.revocation import RevocationList, is_authority
from transports.sealing.refusals import refusal

LINKS_MAX = 6  # certificates of one chain, the bank's and the anchor among them
FILES_MAX = 64
FILE_BYTES_MAX = 32 * 1024 * 1024  # a large authority's whole list has some megabytes
_CERTIFICATES, _LISTS = (".cer", ".crt", ".pem", ".der"), (".crl",)


class _Signed(NamedTuple):
    """A list and an authority here whose key signed it."""

    list: RevocationList
    by: Certificate

    @property
    def series(self) -> tuple[object, ...]:
        """Of one key, about the same certificates: in it the newer takes the place of the older, and of no other."""
        return self.by.spki, self.list.parsed.issuer, *self.list.scope


@dataclasses.dataclass(frozen=True)
class Chains:
    """One authority's certificates and lists. ``anchors``: "SHA256:" and the base64 of the SHA-256 over an anchor's key (its
    SubjectPublicKeyInfo, as the pins of lines). ``successors``: newer certificates of a bank are taken from here without a letter.
    ``now``: when this was read; a list of a later day is not made yet."""

    anchors: tuple[str, ...]
    certificates: tuple[Certificate, ...]
    lists: tuple[RevocationList, ...]
    now: datetime
    successors: bool = False

    @classmethod
    def read(cls, folder: Path, anchors: Sequence[str], now: datetime, *, successors: bool = False) -> "Chains":
        """Everything in a folder. Raises UnknownKey key-unreadable, key-unsuitable."""
        try:
            texts = [(path.suffix.lower() in _LISTS, _text(path)) for path in _files(folder)]
        except OSError as unreadable:
            raise refusal("key-unreadable") from unreadable
        return cls(
            tuple(anchors),
            tuple(Certificate.read(text) for is_list, text in texts if not is_list),
            tuple(RevocationList.read(text) for is_list, text in texts if is_list),
            now,
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
        """The newest list of each series that is made by now: the older ones say nothing any more."""
        return list(dict.fromkeys(each.list for each in _newest([each for each in self._signed if self._is_made(each)])))

    def _paths(
        self, certificate: Certificate, at: datetime, below: tuple[Certificate, ...] = ()
    ) -> Iterator[tuple[Certificate, ...]]:
        """Every chain from a certificate up to an anchor, each link valid, understood and signed by the next."""
        path = (*below, certificate)
        if not certificate.valid_at(at) or not is_understood(certificate):
            return
        if below and self._is_anchor(certificate):
            yield path
        elif len(path) < LINKS_MAX:
            for issuer in self.certificates:
                named = _subject(issuer) is not None and _subject(issuer) == _issuer(certificate) and issuer not in path
                if named and may_issue(issuer, len(below)) and signed_by(issuer, certificate.x509):
                    yield from self._paths(issuer, at, path)

    def _is_anchor(self, certificate: Certificate) -> bool:
        return pins.holds(self.anchors, pins.of(certificate.spki))

    def _expect_listed(self, path: Sequence[Certificate], at: datetime) -> None:
        """Every certificate below the anchor has a list by the key that issued it, and no list that counts takes it back."""
        for certificate, issuer in pairwise(path):
            covering = [each for each in self._signed if each.list.covers(certificate)]
            lists = [each for each in covering if each.by == issuer or self._led(each)]
            made = [each for each in lists if self._is_made(each)]
            if not any(each.by == issuer for each in made):
                raise refusal("key-unlisted")
            to_come = [each for each in lists if each not in made]  # by a wrong clock: clears nobody, takes back what it names
            if any(each.list.takes_back(certificate, at) for each in [*_newest(made), *to_come]):
                raise refusal("key-revoked")

    def _is_made(self, signed: _Signed) -> bool:
        return signed.list.issued_at <= self.now

    def _led(self, signed: _Signed) -> bool:
        """Did the authority that signed it lead to an anchor when it did? One that changed its key lists by the new one what the old
        one issued: a list is its issuer's by name (RFC 5280 6.3.3)."""
        return self._is_anchor(signed.by) or any(self._paths(signed.by, min(signed.list.issued_at, self.now)))

    @cached_property
    def _signed(self) -> tuple[_Signed, ...]:
        """The lists with who signed them; one that nobody here did says nothing."""
        authorities = [each for each in self.certificates if is_authority(each) and may_list(each)]
        found = ((each, by) for each in self.lists for by in authorities if _subject(by) == each.parsed.issuer)
        return tuple(_Signed(each, by) for each, by in found if signed_by(by, each.parsed))


def _newest(lists: Sequence[_Signed]) -> list[_Signed]:
    """Of each series; more than one where they are of the same second."""
    day: dict[tuple[object, ...], datetime] = {}
    for each in lists:
        day[each.series] = max(each.list.issued_at, day.get(each.series, each.list.issued_at))
    return [each for each in lists if each.list.issued_at == day[each.series]]


ReadChains: TypeAlias = Callable[[], Chains]  # anew each time: a list that was just brought counts at once


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
