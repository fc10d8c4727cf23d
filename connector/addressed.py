"""A file of ours for one named recipient: signed by us, enveloped for a certificate of the ring whose kind decides the suite (rule 80)."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from connector.founding import OUR_KEYS
from transports.sealing import pgp
from transports.sealing.keyring import KeyRing
from transports.sealing.keyring.index import Entry
from transports.sealing.keyring.kept import entry_id
from transports.sealing.refusals import refusal
from transports.sealing.seals import kinds_of, seals

_SIGNS_AS = next(alias for alias, use in OUR_KEYS.items() if use == "sign")
_SUITES = ("sm2-sm4gcm-sm3", "cms-aes256gcm", pgp.SUITE)  # one that keeps a tag for each kind of certificate


@dataclasses.dataclass(frozen=True)
class Addressed:
    """The sealed file, and by which entries of the ring: the recipient's, and ours that signed."""

    content: bytes
    recipient: str
    signer: str


def addressed(ring: KeyRing, alias: str, content: bytes, at: datetime) -> Addressed:
    """``content`` signed by our newest key and enveloped for the newest certificate under ``alias``.

    Raises UnknownKey: key-missing (no certificate of somebody else's there), key-unsuitable (one that only signs, or no key of ours of
    its family), key-not-valid (expired, not yet valid, retired or blocked).
    """
    recipient = _newest(ring.list(), alias, at)
    way = seals(_suite_for(recipient), ring)
    signer, theirs = way.signer(_SIGNS_AS, at), ring.certificate_of(recipient)
    sealed = b"".join(way.seal([content], signer=signer, recipients=[theirs], at=at, size=len(content)))
    return Addressed(sealed, recipient.id, entry_id(signer.certificate))


def _newest(entries: Sequence[Entry], alias: str, at: datetime) -> Entry:
    theirs = [entry for entry in entries if entry.alias == alias and not entry.own]
    if not theirs:
        raise refusal("key-missing")
    able = [entry for entry in theirs if entry.use != "sign"]
    if not able:
        raise refusal("key-unsuitable")
    valid = [entry for entry in able if entry.valid_at(at)]
    if not valid:
        raise refusal("key-not-valid")
    return max(valid, key=lambda entry: entry.not_before)


def _suite_for(entry: Entry) -> str:
    for suite in _SUITES:
        if entry.kind.startswith(kinds_of(suite)):
            return suite
    raise refusal("key-unsuitable")
