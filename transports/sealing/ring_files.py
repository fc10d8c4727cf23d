"""The files of a key ring: private to one account, written whole and synced or not at all, changed by one process at a time.

ring.json            the index (ring_index)
<id>.cert.pem        a certificate, as text
<id>.key.pem         a private key of ours: PKCS #8, encrypted under a phrase derived from the ring's secret
<id>.key.sealed      one of a kind PEM does not know (SM2: PKCS #8; OpenPGP: its packets): a record (at_rest) under a key derived from it
"""

import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, load_pem_private_key

from transports import shelf
from transports.errors import BrokenSeal, UnknownKey
from transports.sealing import at_rest, kept, ring_index
from transports.sealing.certificates import PrivateKey
from transports.sealing.kept import Kept
from transports.sealing.refusals import refusal
from transports.sealing.ring_index import Entry, RingSecrets
from transports.sealing.sm2 import Sm2PrivateKey

INDEX = "ring.json"
_LOCK = "ring.lock"
_SEALED = ".sealed"


class RingFiles:
    """One folder and what opens it. Whatever cannot be read raises BrokenRing."""

    def __init__(self, folder: Path, secrets: RingSecrets) -> None:
        self._folder, self.secrets = folder, secrets

    @classmethod
    def create(cls, folder: Path, secret: bytes) -> "RingFiles":
        """For a new ring. Raises BrokenRing ring-exists where there is anything already."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise refusal("ring-exists")
        folder.chmod(0o700)
        return cls(folder, RingSecrets.fresh(secret))

    @classmethod
    def open(cls, folder: Path, secret: bytes) -> "RingFiles":
        """For a ring that is there. Raises BrokenRing ring-missing, ring-damaged, ring-secret-wrong, ring-exposed."""
        if not (folder / INDEX).is_file():
            raise refusal("ring-missing")
        return cls(folder, ring_index.unlock(_read(folder / INDEX), secret))

    # ── index ──

    def read_index(self) -> list[Entry]:
        """The entries, oldest first."""
        return ring_index.load(_read(self._folder / INDEX), self.secrets)

    def write_index(self, entries: Sequence[Entry]) -> None:
        """The old index is there or the new one, never half of one."""
        shelf.write(self._folder / INDEX, ring_index.dump(self.secrets, entries))

    def change_index(self, change: Callable[[list[Entry]], list[Entry]]) -> list[Entry]:
        """Change the index as it is now (another process may have added to it) and give the new one."""
        with self._held():
            entries = change(self.read_index())
            self.write_index(entries)
        return entries

    @contextmanager
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
        """A private key of ours that goes with an X.509 certificate."""
        path = self._key(key_id)
        try:
            if path.suffix == _SEALED:
                return Sm2PrivateKey.from_pkcs8(self.read_sealed(key_id))
            key = load_pem_private_key(_read(path), self._phrase())
        except (ValueError, TypeError) as damaged:
            raise refusal("ring-damaged") from damaged
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
            raise refusal("ring-damaged")
        return key

    def write_key(self, key_id: str, private: PrivateKey) -> None:
        """Keep a private key of ours."""
        if isinstance(private, Sm2PrivateKey):
            self.write_sealed(key_id, private.pkcs8)
            return
        protection = BestAvailableEncryption(self._phrase())
        shelf.write(self._key(key_id), private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection))

    def read_sealed(self, key_id: str) -> bytes:
        """A private key of ours, as the bytes that were given."""
        try:
            return at_rest.open(self._record_key(), _read(self._key(key_id)), key_id)
        except BrokenSeal as damaged:
            raise refusal("ring-damaged") from damaged

    def write_sealed(self, key_id: str, private: bytes) -> None:
        """Keep a private key of ours by its bytes, bound to its name."""
        record = at_rest.seal(at_rest.SUITES[0], self._record_key(), private, key_id)
        shelf.write(self._key(key_id).with_suffix(_SEALED), record)

    def remove_key(self, key_id: str) -> None:
        """End a private key of ours; may be repeated. Copies in backups end as the backups do."""
        self._key(key_id).unlink(missing_ok=True)
        shelf.sync(self._folder)

    def check_key(self, key_id: str) -> None:
        """Is the file of a private key there and private? Raises BrokenRing."""
        _read(self._key(key_id))

    def _phrase(self) -> bytes:
        return self.secrets.derive("private keys").hex().encode()

    def _record_key(self) -> bytes:
        return self.secrets.derive("sealed private keys")

    def _certificate(self, key_id: str) -> Path:
        return self._folder / f"{key_id}.cert.pem"

    def _key(self, key_id: str) -> Path:
        pem = self._folder / f"{key_id}.key.pem"
        sealed = pem.with_suffix(_SEALED)
        return sealed if sealed.exists() else pem


def _read(path: Path) -> bytes:
    try:
        modes = path.stat().st_mode | path.parent.stat().st_mode
        content = path.read_bytes()
    except OSError as unreadable:
        raise refusal("ring-damaged") from unreadable
    if modes & (stat.S_IRWXG | stat.S_IRWXO):
        raise refusal("ring-exposed")
    return content
