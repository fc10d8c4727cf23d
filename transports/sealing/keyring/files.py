"""The files of a key ring: private to one account, written whole and synced or not at all, changed by one process at a time.

ring.json            the index (index.py)
<id>.cert.pem        a certificate, as text
<id>.key.pem         a private key of ours: PKCS #8, encrypted under a phrase derived from the ring's secret (PBES2)
<id>.key.sealed      one that is not in PEM: a record (at_rest) under a key derived from it

By the ring's suite a key is written with AES (cryptography's PBES2; SM2 keys sealed, by their PKCS #8) or with SM4 (pbes2; SM2 keys
too). An OpenPGP key is always sealed, by its packets. Every file says how it was written, so that both kinds are read for ever.
"""

import contextlib
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)

from transports import shelf
from transports.errors import BrokenSeal, UnknownKey
from transports.sealing import at_rest
from transports.sealing.certificates import PrivateKey
from transports.sealing.keyring import index, kept, pbes2
from transports.sealing.keyring.index import DESTROYED, INTERNATIONAL, NATIONAL, Entry, RingSecrets
from transports.sealing.keyring.kept import Kept
from transports.sealing.refusals import refusal
from transports.sealing.sm2 import CURVE, Sm2PrivateKey

INDEX = "ring.json"
_LOCK = "ring.lock"
_SEALED = ".sealed"


class RingFiles:
    """One folder and what opens it. Whatever cannot be read raises BrokenRing."""

    def __init__(self, folder: Path, secrets: RingSecrets) -> None:
        self._folder, self.secrets = folder, secrets
        self.on_record: Mapping[str, str] = {}  # id → the state another record has last; see KeyRing.hold
        self.behind: frozenset[str] = frozenset()

    @classmethod
    def create(cls, folder: Path, secret: bytes, suite: str) -> "RingFiles":
        """For a new ring. Raises BrokenRing ring-exists where there is anything already."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise refusal("ring-exists")
        folder.chmod(0o700)
        return cls(folder, RingSecrets.fresh(secret, suite))

    @classmethod
    def open(cls, folder: Path, secret: bytes) -> "RingFiles":
        """For a ring that is there. Raises BrokenRing ring-missing, ring-damaged, ring-secret-wrong, ring-exposed."""
        if not (folder / INDEX).is_file():
            raise refusal("ring-missing")
        return cls(folder, index.unlock(_read(folder / INDEX), secret))

    # ── index ──

    def read_index(self) -> list[Entry]:
        """The entries, oldest first; from now on the suite is that of the index, which another process may have changed."""
        self.secrets, entries = index.load(_read(self._folder / INDEX), self.secrets)
        held = [index.held(entry, self.on_record.get(entry.id, entry.state)) for entry in entries]
        self.behind = frozenset(one.id for one, other in zip(entries, held, strict=True) if one is not other)
        return held

    def write_index(self, entries: Sequence[Entry]) -> None:
        """The old index is there or the new one, never half of one."""
        shelf.write(self._folder / INDEX, index.dump(self.secrets, entries))

    def change_index(self, change: Callable[[list[Entry]], list[Entry]]) -> list[Entry]:
        """Change the index as it is now (another process may have added to it) and give the new one."""
        with self._held():
            entries = change(self.read_index())
            self.write_index(entries)
        return entries

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """No other process changes the index meanwhile; our death lets go."""
        with shelf.alone(self._folder / _LOCK):
            yield

    # ── certificates and keys ──

    def read_certificate(self, entry: Entry) -> Kept:
        """The certificate the entry names, to the byte."""
        try:
            certificate = kept.read_certificate(_read(self._certificate(entry.id)))
        except UnknownKey as damaged:
            raise refusal("ring-damaged") from damaged
        if certificate.fingerprint != entry.fingerprint or not entry.is_of(kept.digest(certificate)):
            raise refusal("ring-damaged")
        return certificate

    def write_certificate(self, key_id: str, certificate: Kept) -> None:
        """Keep a certificate."""
        shelf.write(self._certificate(key_id), certificate.pem)

    def read_key(self, key_id: str) -> PrivateKey:
        """A private key of ours that goes with an X.509 certificate, or signs the audit's checkpoints."""
        path = self._key(key_id)
        try:
            if path.suffix == _SEALED:
                return Sm2PrivateKey.from_pkcs8(self.read_sealed(key_id))
            return _parsed(_read(path), self.secrets)
        except (ValueError, TypeError, UnsupportedAlgorithm) as damaged:
            raise refusal("ring-damaged") from damaged

    def write_key(self, key_id: str, private: PrivateKey) -> None:
        """Keep a private key of ours; in the place of the same key by another suite, if it lies there."""
        pem = self._folder / f"{key_id}.key.pem"
        if isinstance(private, Sm2PrivateKey) and self.secrets.suite == INTERNATIONAL:
            self.write_sealed(key_id, private.pkcs8)
            pem.unlink(missing_ok=True)
            return
        shelf.write(pem, _text(private, self.secrets))
        pem.with_suffix(_SEALED).unlink(missing_ok=True)

    def read_sealed(self, key_id: str) -> bytes:
        """A private key of ours, as the bytes that were given."""
        return self.unseal(_read(self._key(key_id)), "sealed private keys", key_id)

    def write_sealed(self, key_id: str, private: bytes) -> None:
        """Keep a private key of ours by its bytes, bound to its name."""
        shelf.write(self._folder / f"{key_id}.key{_SEALED}", self.seal(private, "sealed private keys", key_id))

    def seal(self, content: bytes, purpose: str, context: str) -> bytes:
        """A record (at_rest) by the ring's suite, under the key for ``purpose``."""
        return at_rest.seal(self.secrets.suite, self.secrets.derive(purpose), content, context)

    def unseal(self, record: bytes, purpose: str, context: str) -> bytes:
        """What ``seal`` was given, by whichever suite the ring had then."""
        for suite in (self.secrets.suite, *at_rest.SUITES):
            with contextlib.suppress(BrokenSeal):
                return at_rest.open(self.secrets.by(suite).derive(purpose), record, context)
        raise refusal("ring-damaged")

    def change_suite(self, suite: str, entries: Callable[[list[Entry]], list[Entry]]) -> list[Entry]:
        """Write every private key anew by ``suite`` and the index last; a crash in between leaves a ring that opens.

        ``entries``: what becomes of the entries meanwhile, with ``seal`` by the new suite.
        """
        with self._held():
            found = self.read_index()
            self.secrets = self.secrets.by(suite)
            living = [entry for entry in found if entry.own and entry.state != DESTROYED]
            here = {entry.key_id: entry.kind for entry in living if not (entry.hardware or entry.sealed)}
            for key_id, kind in here.items():
                self._write_anew(key_id, kind)
            changed = entries(found)
            self.write_index(changed)
        return changed

    def _write_anew(self, key_id: str, kind: str) -> None:
        if kind.startswith("pgp-"):
            self.write_sealed(key_id, self.read_sealed(key_id))
        else:
            self.write_key(key_id, self.read_key(key_id))

    def remove_key(self, key_id: str) -> None:
        """End a private key of ours; may be repeated. Copies in backups end as the backups do."""
        self._key(key_id).unlink(missing_ok=True)
        shelf.sync(self._folder)

    def check_key(self, key_id: str) -> None:
        """Is the file of a private key there and private? Raises BrokenRing."""
        _read(self._key(key_id))

    def _certificate(self, key_id: str) -> Path:
        return self._folder / f"{key_id}.cert.pem"

    def _key(self, key_id: str) -> Path:
        pem = self._folder / f"{key_id}.key.pem"
        sealed = pem.with_suffix(_SEALED)
        return sealed if sealed.exists() else pem


def _phrase(secrets: RingSecrets) -> bytes:
    return secrets.derive("private keys").hex().encode()


def _parsed(text: bytes, secrets: RingSecrets) -> PrivateKey:
    """Raises ValueError, TypeError, UnsupportedAlgorithm."""
    key: object
    if pbes2.is_national(text):
        pkcs8 = pbes2.opened(text, _phrase(secrets.by(NATIONAL)))
        key = Sm2PrivateKey.from_pkcs8(pkcs8) if CURVE in pkcs8[:40] else load_der_private_key(pkcs8, None)
    else:
        pbes2.expect_few_rounds(text)
        key = load_pem_private_key(text, _phrase(secrets.by(INTERNATIONAL)))
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | Sm2PrivateKey):
        raise ValueError("not a kind of key a ring keeps")
    return key


def _text(private: PrivateKey, secrets: RingSecrets) -> bytes:
    if secrets.suite == INTERNATIONAL and not isinstance(private, Sm2PrivateKey):
        return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(_phrase(secrets)))
    return pbes2.sealed(_pkcs8(private), _phrase(secrets))


def _pkcs8(private: PrivateKey) -> bytes:
    if isinstance(private, Sm2PrivateKey):
        return private.pkcs8
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _read(path: Path) -> bytes:
    try:
        modes = path.stat().st_mode | path.parent.stat().st_mode
        content = path.read_bytes()
    except OSError as unreadable:
        raise refusal("ring-damaged") from unreadable
    if modes & (stat.S_IRWXG | stat.S_IRWXO):
        raise refusal("ring-exposed")
    return content
