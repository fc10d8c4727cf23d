"""What may be put into a ring, and how it is entered: aliases, uses, kinds and homes; the entry of a certificate."""

import re

from transports.sealing.certificates import KINDS
from transports.sealing.keyring.index import Entry
from transports.sealing.keyring.kept import Kept, digest, entry_id
from transports.sealing.keyring.lasting_keys import LASTING
from transports.sealing.pgp import keys as pgp_keys
from transports.sealing.refusals import refusal

USES = ("sign", "encrypt")
ANY = "any"  # of an OpenPGP key, which does both
RING, HARDWARE = "ring", "hardware"
HOMES = (RING, HARDWARE)
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,63}")


def expect_usable(alias: str, use: str, kind: str, days: int, home: str = RING) -> None:
    """May a key of ours be made so? Raises UnknownKey key-unsuitable, key-kind-differs, key-store-kind, alias-unusable."""
    if use not in (*USES, ANY) or kind not in (*pgp_keys.KINDS, *KINDS) or days < 1 or home not in HOMES:
        raise refusal("key-unsuitable")
    if (use == ANY) != (kind in pgp_keys.KINDS):
        raise refusal("key-kind-differs")
    if home == HARDWARE:
        from transports.sealing.keyring.hardware import expect_kind

        expect_kind(kind)
    usable_alias(alias)


def usable_alias(alias: str) -> str:
    """The alias, if it may be given to a key. Raises UnknownKey alias-unusable."""
    if not _ALIAS.fullmatch(alias) or alias in LASTING:
        raise refusal("alias-unusable")
    return alias


def dated(alias: str, use: str, certificate: Kept, *, own: bool) -> Entry:
    """The entry of a certificate, ours or a peer's."""
    over_bytes = digest(certificate)
    return Entry(
        id=entry_id(certificate),
        alias=alias,
        use=use,
        own=own,
        kind=certificate.kind,
        fingerprint=certificate.fingerprint,
        not_before=certificate.not_before.isoformat(),
        not_after=certificate.not_after.isoformat(),
        digest="" if over_bytes == certificate.fingerprint else over_bytes,
    )
