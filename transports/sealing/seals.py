"""The ways to seal, each with the keys of a ring it takes: CMS and its Chinese twin by X.509 certificates, OpenPGP by its own.

An alias may hold keys of several kinds while two houses change over from one suite to another; each suite sees its own.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from transports.errors import UnknownKey
from transports.sealing import cms, pgp
from transports.sealing.certificates.chains import ReadChains
from transports.sealing.cms import detached
from transports.sealing.cms.suite import Agreed
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.chained import ChainedKeys
from transports.sealing.keyring.kept import KeptKeys
from transports.sealing.pgp.message import CONTENT_BYTES_MAX
from transports.sealing.refusals import refusal

_PGP_KINDS = ("pgp-",)
Opened: TypeAlias = cms.Opened | pgp.Opened


@dataclasses.dataclass(frozen=True)
class Seals:
    """One suite at work with one ring: the acts of cms and of detached, or those of pgp, where the suite is known already."""

    seal: Callable[..., Iterator[bytes]]
    open_verified: Callable[..., Opened]
    sign: Callable[[bytes, Any, datetime], bytes]
    verify: Callable[[bytes, bytes, Sequence[Any], datetime], Any]
    content_bytes_max: int | None  # of one parcel; none where it goes through in pieces
    _keys: KeptKeys[Any, Any] | ChainedKeys  # of the same kind as ``seal`` and ``open_verified`` take
    _kinds: tuple[str, ...]

    def signer(self, alias: str, at: datetime) -> Any:
        """Our newest key. Raises UnknownKey key-missing, alias-blocked, key-unfit (as ``recipient`` and ``ourselves``)."""
        return self._newest(alias, "sign", [own for own in self._keys.own(alias, at) if self._fits(own.certificate, "sign")])

    def recipient(self, alias: str, at: datetime) -> Any:
        """The peer's newest certificate."""
        return self._newest(alias, "encrypt", [each for each in self._keys.peers(alias, at) if self._fits(each, "encrypt")])

    def ourselves(self, alias: str, at: datetime) -> Any:
        """The certificate of our newest key."""
        keys = (own.certificate for own in self._keys.own(alias, at))
        return self._newest(alias, "encrypt", [each for each in keys if self._fits(each, "encrypt")])

    def openers(self, alias: str) -> list[Any]:
        """Our keys whatever their dates. Raises UnknownKey key-missing."""
        return [own for own in self._keys.own_any(alias) if self._fits(own.certificate, "encrypt")]

    def signers(self, alias: str) -> list[Any]:
        """The peer's certificates whatever their dates: an expired one must be told from a stranger. Raises UnknownKey key-missing."""
        return [each for each in self._keys.peers_any(alias) if self._fits(each, "sign")]

    def withdrawn(self, alias: str) -> list[Any]:
        """The peer's certificates that were retired or blocked here: what they signed is told from a stranger's."""
        return [each for each in self._keys.withdrawn(alias) if self._fits(each, "sign")]

    def expect_trusted(self, signers: Iterable[Any], at: datetime) -> None:
        """Of the peer's whose signatures hold: trusted by pin they are so already, by chain each is led to its anchor now.

        Raises UnknownKey key-unsuitable, key-unchained, key-unlisted, key-revoked.
        """
        if isinstance(self._keys, ChainedKeys):
            self._keys.expect(signers, at)

    def our_signers(self, alias: str) -> list[Any]:
        """The certificates of our own keys; none where there is no such key."""
        try:
            keys = [own.certificate for own in self._keys.own_any(alias)]
        except UnknownKey:
            return []
        return [each for each in keys if self._fits(each, "sign")]

    def _newest(self, alias: str, use: str, fitting: Sequence[Any]) -> Any:
        """The first; where there is none, why: the one it was may be blocked here."""
        if fitting:
            return fitting[0]
        blocked = any(self._fits(each, use) for each in self._keys.blocked(alias))
        raise refusal("alias-blocked" if blocked else "key-unfit", alias)

    def _fits(self, certificate: Any, use: str) -> bool:
        """Is it of the suite, and for this use? Who keeps the private half of an encryption certificate (dual certificates: the CA,
        GB/T 35276) signs nothing with it."""
        return str(certificate.kind).startswith(self._kinds) and certificate.use in (use, "any")


def seals(agreed: Agreed | str, ring: KeyRing, chains: ReadChains | None = None) -> Seals:
    """The way that was agreed; ``chains`` where the peer is trusted by chain, which OpenPGP knows nothing of.

    Raises UnknownKey suite-unknown, key-unsuitable, and what reading the chains raises.
    """
    if pgp.SUITE in (agreed, getattr(agreed, "suite", None)):
        if chains is not None:
            raise refusal("key-unsuitable")
        return Seals(pgp.seal, pgp.open_verified, pgp.sign, pgp.verify, CONTENT_BYTES_MAX, ring.pgp, _PGP_KINDS)
    seal, open_verified = functools.partial(cms.seal, suite=agreed), functools.partial(cms.open_verified, suite=agreed)
    sign, verify = functools.partial(detached.sign, suite=agreed), functools.partial(detached.verify, suite=agreed)
    keys = ring.x509 if chains is None else ChainedKeys(ring.x509, chains(), ring.holds, ring.is_stopped)
    return Seals(seal, open_verified, sign, verify, None, keys, cms.suite_of(agreed).family.kinds)


def kinds_of(suite: str) -> tuple[str, ...]:
    """How the kinds of key begin that a suite takes. Raises UnknownKey suite-unknown."""
    return _PGP_KINDS if suite == pgp.SUITE else cms.suite_of(suite).family.kinds
