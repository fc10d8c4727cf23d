"""The two keys a ring has without dates: the master key, which wraps the data keys, and the key that signs checkpoints of the audit.

Each lasts until two persons renew it. What is renewed stays to read by: data of an old backup, checkpoints of old records.
"""

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from transports.errors import BrokenSeal
from transports.sealing import at_rest
from transports.sealing.checkpoints import AuditKey, make_audit_key, public_der
from transports.sealing.keyring.files import RingFiles
from transports.sealing.keyring.index import ACTIVE, INTERNATIONAL, NATIONAL, RETIRED, Entry
from transports.sealing.keyring.kept import ID_DIGITS
from transports.sealing.refusals import refusal

MASTER, AUDIT = "master", "audit"  # their aliases, and their uses
LASTING = (MASTER, AUDIT)
AUDIT_KINDS: Mapping[str, str] = {INTERNATIONAL: "ed25519", NATIONAL: "sm2"}  # by the suite of the ring
_MASTER_KINDS: Mapping[str, str] = {INTERNATIONAL: "aes256", NATIONAL: "sm4"}


def made(files: RingFiles, use: str) -> Entry:
    """A fresh key for ``use`` (LASTING), by the ring's suite; the audit's lies in its file already, of the master this is all."""
    suite = files.secrets.suite
    if use == AUDIT:
        key = make_audit_key(AUDIT_KINDS[suite])
        entry = _entry(AUDIT, AUDIT_KINDS[suite], public_der(key))
        files.write_key(entry.id, key)
        return entry
    sealed = files.seal(at_rest.new_key(), MASTER, MASTER)
    return dataclasses.replace(_entry(MASTER, _MASTER_KINDS[suite], sealed), sealed=sealed.hex())


def renewed(files: RingFiles, entries: list[Entry], use: str, replaces: str, approval: str = "") -> list[Entry]:
    """The entries with a fresh key for ``use`` in the place of ``replaces``, which stays to read by. May be repeated."""
    if of_use(entries, use)[0].id != replaces:  # by a renewal that was cut short
        return entries
    kept = [
        dataclasses.replace(each, state=RETIRED) if each.id == replaces and each.state == ACTIVE else each for each in entries
    ]
    return [*kept, dataclasses.replace(made(files, use), approval=approval)]


def of_use(entries: Sequence[Entry], use: str) -> list[Entry]:
    """All of ``use``, newest first."""
    return [entry for entry in reversed(entries) if entry.use == use]


def in_use(entries: Sequence[Entry], use: str) -> Entry:
    """The one that wraps or signs now. Raises UnknownKey audit-key-blocked where it was blocked and not renewed yet."""
    newest = of_use(entries, use)[0]
    if newest.state != ACTIVE:
        raise refusal("audit-key-blocked")
    return newest


def master_key(files: RingFiles, entry: Entry) -> bytes:
    """The 32 bytes of a master key. Raises BrokenRing ring-damaged."""
    return files.unseal(bytes.fromhex(entry.sealed), MASTER, MASTER)


def unwrapped(masters: Iterable[bytes], wrapped: bytes) -> bytes:
    """A data key, by whichever of these master keys wrapped it. Raises BrokenSeal at-rest-broken."""
    for master in masters:
        with suppress(BrokenSeal):
            return at_rest.unwrap(master, wrapped)
    raise refusal("at-rest-broken")


def resealed(files: RingFiles, entry: Entry) -> Entry:
    """A master key sealed by the suite the ring has now, its id kept; any other entry as it is."""
    if entry.use != MASTER:
        return entry
    return dataclasses.replace(entry, sealed=files.seal(master_key(files, entry), MASTER, MASTER).hex())


def audit_key(entry: Entry, key: object) -> AuditKey:
    """The key of an audit entry, as it was read. Raises BrokenRing ring-damaged for another."""
    if not isinstance(key, AuditKey) or _digest(public_der(key)) != entry.fingerprint:
        raise refusal("ring-damaged")
    return key


def _entry(use: str, kind: str, identified_by: bytes) -> Entry:
    fingerprint = _digest(identified_by)
    return Entry(fingerprint[:ID_DIGITS], use, use, True, kind, fingerprint)


def _digest(identified_by: bytes) -> str:
    return hashlib.sha256(identified_by).hexdigest()
