"""The index of a key ring: what is in it, as JSON a person can read and only the ring's secret can change."""

import dataclasses
import functools
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from transports.sealing import at_rest
from transports.sealing.refusals import refusal

SCHEMA = "key-ring/1"
INTERNATIONAL, NATIONAL = at_rest.SUITES  # of a ring: by what its files, its index and its checkpoints are protected
ACTIVE, RETIRED, BLOCKED = "active", "retired", "blocked"  # blocked: compromised, opens nothing any more
STATES = (ACTIVE, RETIRED, BLOCKED)
DESTROYED = "destroyed"  # for good: the private key is gone, the certificate stays as a record
_SALT_BYTES = 16
_SCRYPT = {"n": 2**15, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024}  # 32 MiB, a tenth of a second; the secret may be a phrase
_PBKDF2_ROUNDS = 100_000  # of HMAC-SM3 (RFC 8018 5.2, GM/T 0091): about as long; no memory, but what init draws has 256 bits


@dataclasses.dataclass(frozen=True)
class Entry:
    """One key or certificate. Dates are ISO 8601 UTC, empty for keys that last as long as the ring (master, audit)."""

    id: str  # names its files; begins the digest over what it is
    alias: str
    use: str  # sign, encrypt, any (an OpenPGP key, or a peer's certificate that allows both), master, audit
    own: bool
    kind: str  # rsa3072, ec-p256, sm2, …, pgp-ed25519, …; ed25519, aes256
    fingerprint: (
        str  # SHA-256 over the DER of the certificate; OpenPGP: its own (audit: of the public key; master: of its sealed form)
    )
    not_before: str = ""
    not_after: str = ""
    state: str = ACTIVE
    evidence: str = ""  # the number of the returned fingerprint letter
    sealed: str = dataclasses.field(default="", repr=False)  # the master key, sealed under the ring's secret
    digest: str = ""  # SHA-256 over an OpenPGP certificate, whose fingerprint does not cover its dates
    hardware: str = ""  # where the private key is, if not in this ring's files: a PKCS #11 URI (RFC 7512)
    key: str = ""  # a CA's certificate of a key that had one already: the id of that one, by which the private key is named
    known_to: tuple[tuple[str, str], ...] = ()  # of ours: (bank, number of the slip by which it took this certificate in)
    approval: str = ""  # the request of two persons that brought it; empty where none did (the founding)

    def slip_of(self, bank: str) -> str:
        """The slip of that bank; empty where there is none on record."""
        return dict(self.known_to).get(bank, "")

    @property
    def key_id(self) -> str:
        """By what its private key is named: all certificates of one key have the same."""
        return self.key or self.id

    def is_of(self, digest: str) -> bool:
        """Is it the certificate with these bytes (SHA-256)?"""
        return digest == (self.digest or self.fingerprint)

    @property
    def dated(self) -> bool:
        """Is it a certificate, with dates?"""
        return self.not_before != ""

    def valid_at(self, moment: datetime) -> bool:
        """Active, and ``moment`` within its dates."""
        begin, end = datetime.fromisoformat(self.not_before), datetime.fromisoformat(self.not_after)
        return self.state == ACTIVE and begin <= moment <= end


class RingSecrets:
    """What is derived from the ring's secret: one key for each thing it protects, by the ring's suite."""

    def __init__(self, secret: bytes, salt: bytes, suite: str = INTERNATIONAL) -> None:
        self.salt, self.suite = salt, suite
        self._secret = secret
        self._others: dict[str, RingSecrets] = {}

    @classmethod
    def fresh(cls, secret: bytes, suite: str = INTERNATIONAL) -> "RingSecrets":
        """For a new ring: with a salt of its own."""
        return cls(secret, os.urandom(_SALT_BYTES), suite)

    def by(self, suite: str) -> "RingSecrets":
        """What the same secret derives by another suite: for what was sealed before the ring changed."""
        return self if suite == self.suite else self._others.setdefault(suite, RingSecrets(self._secret, self.salt, suite))

    @functools.cached_property
    def _root(self) -> bytes:
        return _SCHEMES[self.suite].stretch(self._secret, self.salt)

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose (HKDF-Expand of one block, RFC 5869)."""
        return hmac.digest(self._root, purpose.encode() + b"\x01", _SCHEMES[self.suite].digest)

    @property
    def check(self) -> str:
        """Tells a wrong secret from a damaged ring."""
        return self.derive("check").hex()[:16]

    def mac(self, text: bytes) -> str:
        """Over the index."""
        return hmac.new(self.derive("index"), text, _SCHEMES[self.suite].digest).hexdigest()


def _by_scrypt(secret: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(secret, salt=salt, dklen=32, **_SCRYPT)


def _by_sm3(secret: bytes, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sm3", secret, salt, _PBKDF2_ROUNDS)


@dataclasses.dataclass(frozen=True)
class _Scheme:
    stretch: Callable[[bytes, bytes], bytes]
    digest: str  # as hashlib calls it


_SCHEMES = {INTERNATIONAL: _Scheme(_by_scrypt, "sha256"), NATIONAL: _Scheme(_by_sm3, "sm3")}


def dump(secrets: RingSecrets, entries: Sequence[Entry]) -> bytes:
    """The index as bytes."""
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "suite": secrets.suite,
        "salt": secrets.salt.hex(),
        "check": secrets.check,
        "entries": [dataclasses.asdict(entry) for entry in entries],
    }
    return _text({**body, "mac": secrets.mac(_text(body))})


def unlock(text: bytes, secret: bytes) -> RingSecrets:
    """What the secret derives for this ring. Raises BrokenRing ring-damaged, ring-secret-wrong."""
    body = _parsed(text)
    try:
        secrets = RingSecrets(secret, bytes.fromhex(body["salt"]), _suite(body))
        right = hmac.compare_digest(secrets.check, body["check"])
    except (ValueError, KeyError, TypeError) as damaged:
        raise refusal("ring-damaged") from damaged
    if not right:
        raise refusal("ring-secret-wrong")
    return secrets


def load(text: bytes, secrets: RingSecrets) -> tuple[RingSecrets, list[Entry]]:
    """(the secrets by the suite the ring has now, its entries). Raises BrokenRing ring-damaged when a byte was changed."""
    body = _parsed(text)
    try:
        mac, secrets = body.pop("mac"), secrets.by(_suite(body))
        if body["schema"] != SCHEMA or not hmac.compare_digest(secrets.mac(_text(body)), mac):
            raise refusal("ring-damaged")
        return secrets, [_entry(said) for said in body["entries"]]
    except (ValueError, KeyError, TypeError) as damaged:
        raise refusal("ring-damaged") from damaged


def held(entry: Entry, on_record: str) -> Entry:
    """The entry as a record has it, where the index has it less stopped: blocked, where the record has it destroyed and its key is here."""
    stricter = (ACTIVE, RETIRED, BLOCKED, DESTROYED).index
    if stricter(entry.state) >= stricter(on_record):
        return entry
    return dataclasses.replace(entry, state=BLOCKED if on_record == DESTROYED else on_record)


def _entry(said: dict[str, Any]) -> Entry:
    return Entry(**{**said, "known_to": tuple((bank, slip) for bank, slip in said.get("known_to", ()))})


def _suite(body: dict[str, Any]) -> str:
    """Rings of earlier editions name none. Raises KeyError."""
    suite = body.get("suite", INTERNATIONAL)
    if suite not in _SCHEMES:
        raise KeyError(suite)
    return str(suite)


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError as damaged:
        raise refusal("ring-damaged") from damaged
    if not isinstance(body, dict):
        raise refusal("ring-damaged")
    return body


def _text(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True).encode()
