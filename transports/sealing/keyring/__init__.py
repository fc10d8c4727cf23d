"""The key ring: our private keys, the banks' certificates and the master key, under aliases, overlapping by their dates.

Everything in it hangs on one secret. A ring that does not open raises BrokenRing: it is an outage, never an empty ring, and
nothing here makes a key but ``create``, ``new`` and ``renew``. What one process adds, another sees when it opens the ring again; what
a change rests on is asked of the index as it lies there then, while nobody else changes it.

A private key has one of two homes (HOMES): a sealed file of the ring, or a token (hardware). Of one in a token the ring holds the
certificate and where it is; the token is asked when the key is used, and while it is away all other keys go on.
"""

import builtins
import dataclasses
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from transports.sealing.certificates import Certificate, OwnKey, PrivateKey, make_private_key, self_signed
from transports.sealing.certificates.request import named, requested
from transports.sealing.checkpoints import public_pem
from transports.sealing.keyring import lasting_keys, letters
from transports.sealing.keyring.entries import ANY, RING, dated, expect_usable, usable_alias
from transports.sealing.keyring.files import RingFiles
from transports.sealing.keyring.index import ACTIVE, BLOCKED, DESTROYED, INTERNATIONAL, STATES, Entry
from transports.sealing.keyring.kept import Kept, KeptKeys, digest, keys_in, newest_first, read_certificate
from transports.sealing.keyring.lasting_keys import AUDIT, AUDIT_KINDS, LASTING, MASTER
from transports.sealing.pgp import keys as pgp_keys
from transports.sealing.pgp.keys import OwnPgpKey, PgpCertificate
from transports.sealing.refusals import refusal
from transports.sealing.sm2 import escrow as sm2_escrow

if TYPE_CHECKING:  # loaded where a key in hardware is used: most deployments have none
    from transports.sealing.keyring.hardware import Token

Entries: TypeAlias = list[Entry]


class KeyRing:
    """An opened ring. Raises BrokenRing when something in it cannot be read, UnknownKey when an alias has nothing usable."""

    def __init__(self, files: RingFiles, token: "Token | None" = None) -> None:
        self._files, self._hardware = files, token
        self._certificates: dict[str, Kept] = {}
        self._private: dict[str, PrivateKey] = {}
        self.reread()
        self.x509 = KeptKeys(self.list, self._certificate, Certificate, self._own_key)
        self.pgp = KeptKeys(self.list, self._newest_copy, PgpCertificate, self._own_pgp_key)

    @classmethod
    def create(cls, folder: Path, secret: bytes, suite: str = INTERNATIONAL) -> "KeyRing":
        """A new ring in an empty folder, with a master key and a key for audit checkpoints. ``suite``: of AUDIT_KINDS.

        Raises BrokenRing ring-exists, UnknownKey suite-unknown.
        """
        if suite not in AUDIT_KINDS:
            raise refusal("suite-unknown")
        files = RingFiles.create(folder, secret, suite)
        files.write_index([lasting_keys.made(files, use) for use in LASTING])
        return cls(files)

    @classmethod
    def open(cls, folder: Path, secret: bytes, token: "Token | None" = None) -> "KeyRing":
        """The ring in ``folder``; ``token``: where its keys in hardware are, not asked before one is used.

        Raises BrokenRing ring-missing, ring-damaged, ring-secret-wrong, ring-exposed.
        """
        return cls(RingFiles.open(folder, secret), token)

    def reread(self) -> None:
        """Take what other processes changed since. Raises BrokenRing."""
        self._entries = self._files.read_index()
        for entry in self._entries:
            if entry.dated:
                self._certificate(entry)
            if entry.own and entry.use != MASTER and entry.state != DESTROYED and not entry.hardware:
                self._files.check_key(entry.key_id)

    def hold(self, on_record: Mapping[str, str]) -> None:
        """Read it anew; a key (id) that another record has stopped, and this index less so, counts as stopped from here on."""
        self._files.on_record = on_record
        self.reread()

    @property
    def behind(self) -> frozenset[str]:
        """The ids of those: the index was put back from a backup, perhaps."""
        return self._files.behind

    # ── what is in it ──

    def list(self) -> builtins.list[Entry]:
        """Everything in it, oldest first."""
        return [*self._entries]

    def new(self, alias: str, use: str, kind: str, days: int, at: datetime, home: str = RING, *, approval: str = "") -> Entry:
        """Make a key of ours (``use`` sign or encrypt, ``kind`` of KINDS), self-signed, valid ``days`` from ``at``.

        A key of pgp_keys.KINDS signs and encrypts (``use`` any). ``home``: of HOMES. ``approval``: here as everywhere, by which request
        it comes. Raises UnknownKey key-store-… where it is hardware.
        """
        expect_usable(alias, use, kind, days, home)
        if use == ANY:
            return self._new_pgp(alias, kind, days, at, approval)
        begin = at.astimezone(UTC).replace(microsecond=0)
        encrypts = use == "encrypt"
        private, where = self._made(alias, kind, encrypts=encrypts, home=home)
        certificate = self_signed(
            private, usable_alias(alias), encrypts=encrypts, not_before=begin, not_after=begin + timedelta(days=days)
        )
        entry = dataclasses.replace(dated(alias, use, certificate, own=True), hardware=where, approval=approval)
        return self._add(certificate, lambda _: entry, lambda: None if where else self._files.write_key(entry.id, private))

    def _made(self, alias: str, kind: str, *, encrypts: bool, home: str) -> tuple[PrivateKey, str]:
        """A fresh key, and where it is if it is in hardware. A crash right after leaves one in the token that nobody names."""
        if home == RING:
            return make_private_key(kind), ""
        from transports.sealing.keyring import hardware_keys

        key, reference = hardware_keys.made(self._token, kind, alias, encrypts=encrypts)
        return key, reference.uri

    def _new_pgp(self, alias: str, kind: str, days: int, at: datetime, approval: str) -> Entry:
        """Its certificate begins when it is made; we use it from ``at`` on, so that it is handed over before."""
        made = pgp_keys.make_key(kind, alias, days, at)
        entry = dataclasses.replace(_begun(dated(alias, ANY, made.certificate, own=True), at), approval=approval)
        return self._add(made.certificate, lambda _: entry, lambda: self._files.write_sealed(entry.id, made.private))

    def import_certificate(self, alias: str, pem: bytes, *, use: str = "", evidence: str = "", approval: str = "") -> Entry:
        """Keep a peer's certificate (PEM or DER, OpenPGP armored or binary). ``use`` is what its key usage allows, unless given.

        ``evidence``: number of the returned fingerprint letter. Raises UnknownKey key-unreadable, key-unsuitable, key-known,
        key-stopped, key-id-taken.
        """
        certificate = read_certificate(pem)
        entry = dated(usable_alias(alias), use or certificate.use, certificate, own=False)
        entry = dataclasses.replace(entry, evidence=evidence, approval=approval)
        return self._add(certificate, lambda _: entry)

    def import_own(
        self, alias: str, pem: bytes, enveloped: bytes, signing: str, *, approval: str = "", left: Entry | None = None
    ) -> Entry:
        """Keep an encryption key a CA made for us: its certificate, and SM2EnvelopedKey under our key of the alias ``signing``.

        ``left``: its entry, by a taking in that was cut short; the envelope must open all the same, and the entry is then this one's.
        Raises UnknownKey key-missing, key-unreadable, key-unsuitable, key-use-differs, key-not-ours, key-known, key-stopped, key-id-taken.
        """
        certificate = Certificate.read(pem)
        if certificate.use == "sign":
            raise refusal("key-use-differs")
        private = sm2_escrow.opened_by_any(enveloped, [own.private for own in self.own_any(signing)])
        if private is None or private.public_key() != certificate.public_key:
            raise refusal("key-not-ours")
        if left is not None:
            return self._change_one(left, approval=approval)
        entry = dataclasses.replace(dated(usable_alias(alias), "encrypt", certificate, own=True), approval=approval)
        return self._add(certificate, lambda _: entry, lambda: self._files.write_key(entry.id, private))

    def request(self, entry: Entry, subject: str) -> bytes:
        """What a CA is asked with for a certificate of this key of ours (PKCS #10, PEM). ``subject``: as RFC 4514 writes it.

        Raises UnknownKey key-missing (it is a bank's, or not in use), key-of-openpgp, subject-unusable, key-store-….
        """
        if not _active_own(entry):
            raise refusal("key-missing", entry.alias)
        certificate = self._certificate(entry)
        if not isinstance(certificate, Certificate):
            raise refusal("key-of-openpgp")
        private = self._own_key(entry, certificate).private
        return requested(private, named(subject), encrypts=entry.use == "encrypt")

    def requested_by(self, alias: str, certificate: Certificate) -> Entry:
        """Which key of ours under ``alias`` a CA's certificate is for. Raises UnknownKey key-not-requested, key-use-differs."""
        return self._requested_by(self._entries, alias, certificate)

    def _requested_by(self, entries: Entries, alias: str, certificate: Certificate) -> Entry:
        for entry in reversed(entries):
            if entry.alias == alias and entry.own and entry.dated and entry.state not in (BLOCKED, DESTROYED):
                ours = self._certificate(entry)
                if isinstance(ours, Certificate) and ours.public_key == certificate.public_key:
                    if certificate.use not in (entry.use, ANY):
                        raise refusal("key-use-differs")
                    return entry
        raise refusal("key-not-requested")

    def certify(self, alias: str, pem: bytes, begins: datetime | None = None, *, approval: str = "") -> Entry:
        """Keep a CA's certificate of a key we hold beside the one it has; it counts from ``begins`` on (none: from its own first day).

        Raises UnknownKey key-unreadable, key-not-requested, key-use-differs, key-known, key-stopped, key-id-taken.
        """
        certificate = Certificate.read(pem)

        def entered(entries: Entries) -> Entry:
            ours = self._requested_by(entries, alias, certificate)
            entry = _begun(dated(alias, ours.use, certificate, own=True), begins)
            return dataclasses.replace(entry, key=ours.key_id, hardware=ours.hardware, approval=approval)

        return self._add(certificate, entered)

    def sharing(self, key_id: str) -> Entries:
        """Every entry of the key that the certificate ``key_id`` is of, whoever certified it, under whatever alias."""
        return self._sharing(self._entries, key_id)

    def _sharing(self, entries: Entries, key_id: str) -> Entries:
        found = [entry for entry in entries if entry.id == key_id]
        return self._of_key(entries, self._certificate(found[0])) if found and found[0].dated else found

    def _of_key(self, entries: Entries, certificate: Kept) -> Entries:
        keys = keys_in(certificate)
        return [entry for entry in entries if entry.dated and keys & keys_in(self._certificate(entry))]

    def holds(self, certificate: Kept) -> bool:
        """Is this very certificate in the ring?"""
        return any(entry.is_of(digest(certificate)) for entry in self._entries)

    def is_stopped(self, certificate: Kept) -> bool:
        """Was its key blocked here, or destroyed with its last certificate? No other certificate of it brings it back."""
        return self._is_stopped(self._entries, certificate)

    def _is_stopped(self, entries: Entries, certificate: Kept) -> bool:
        states = {entry.state for entry in self._of_key(entries, certificate)}
        return BLOCKED in states or states == {DESTROYED}

    def set_state(self, key_id: str, state: str, *, was: str = "") -> None:
        """Retire a key (it still opens what was sealed to it), block it (it does nothing any more), or take that back.

        A block is of the key, so that every certificate of it is blocked; the others are of one certificate. ``was``: the state it
        must still have. Raises UnknownKey key-missing, key-state-changed.
        """

        def changed(entries: Entries) -> Entries:
            found = [entry for entry in entries if entry.id == key_id and entry.state != DESTROYED]
            if state not in STATES or not found:
                raise refusal("key-missing")
            if was and any(entry.state != was for entry in found):
                raise refusal("key-state-changed")
            meant = self._sharing(entries, key_id) if state == BLOCKED else found
            return _with(entries, {entry.id for entry in meant if entry.state != DESTROYED}, state=state)

        self._entries = self._files.change_index(changed)

    def block_newer(self, alias: str, certificate: Certificate) -> Entry:
        """Keep a peer's certificate that only its CA's folder held, blocked from the first moment, and block every other of its key.

        Raises UnknownKey key-known, key-stopped, key-id-taken.
        """
        entry = dataclasses.replace(dated(usable_alias(alias), certificate.use, certificate, own=False), state=BLOCKED)
        self._add(certificate, lambda _: entry)
        self.set_state(entry.id, BLOCKED)
        return entry

    def set_evidence(self, entry: Entry, evidence: str, *, approval: str = "") -> Entry:
        """Note the number of the letter that came back for a certificate of a peer's."""
        return self._change_one(entry, evidence=evidence, approval=approval)

    def set_known(self, key_id: str, bank: str, slip: str) -> None:
        """Note by which slip a bank took in a certificate of ours."""

        def noted(entries: Entries) -> Entries:
            known = {bank_: slip_ for entry in entries if entry.id == key_id for bank_, slip_ in entry.known_to}
            return _with(entries, {key_id}, known_to=tuple(sorted({**known, bank: slip}.items())))

        self._entries = self._files.change_index(noted)

    def destroy(self, key_id: str) -> None:
        """End a certificate for good, and with its last certificate the key: nothing opens under it any more. May be repeated.

        Certificates stay as a record. Raises UnknownKey key-missing, key-state-changed: one in use is retired or blocked first.
        """
        last: builtins.list[Entry] = []

        def ended(entries: Entries) -> Entries:
            found = [entry for entry in entries if entry.id == key_id and entry.dated]  # not the master key, not the audit's
            if not found:
                raise refusal("key-missing")
            if any(entry.state == ACTIVE for entry in found):
                raise refusal("key-state-changed")
            others = [entry for entry in entries if entry.key_id == found[0].key_id and entry.id != key_id]
            last.extend(found[:1] if all(entry.state == DESTROYED for entry in others) else ())
            if last and last[0].hardware:  # first in the token: while it is away nothing has ended, and it is asked again
                from transports.sealing.keyring.hardware import Reference

                self._token.remove(Reference.read(last[0].hardware))
            return _with(entries, {key_id}, state=DESTROYED)

        self._entries = self._files.change_index(ended)
        for entry in last:  # its file goes after the index, so that a ring never names a key that is not there
            self._files.remove_key(entry.key_id)
            self._private.pop(entry.key_id, None)

    def _change_one(self, meant: Entry, **values: Any) -> Entry:
        """That of its alias alone: another alias may have the same certificate."""

        def changed(entries: Entries) -> Entries:
            return [dataclasses.replace(each, **values) if _same(each, meant) else each for each in entries]

        self._entries = self._files.change_index(changed)
        return next(each for each in self._entries if _same(each, meant))

    def _add(self, certificate: Kept, entered: Callable[[Entries], Entry], keep_key: Callable[[], None] = lambda: None) -> Entry:
        """Files first, the index last: a crash in between leaves a file nobody names, never an entry without its file."""

        def with_entry(entries: Entries) -> Entries:
            entry = entered(entries)
            if any(each.id == entry.id and not each.is_of(digest(certificate)) for each in entries):
                raise refusal("key-id-taken")  # ids are short and name files: two of one id can be made with some patience
            if any(_same(entry, each) for each in entries):
                raise refusal("key-known")
            if self._is_stopped(entries, certificate):
                raise refusal("key-stopped")
            keep_key()
            self._files.write_certificate(entry.id, certificate)
            return [*entries, entry]

        self._entries = self._files.change_index(with_entry)
        return self._entries[-1]

    # ── keys for seals ──

    def own(self, alias: str, at: datetime) -> builtins.list[OwnKey]:
        """Our keys of this alias valid at ``at``, newest first; never empty. With X.509 certificates, as all four; see ``pgp``."""
        return self.x509.own(alias, at)

    def own_any(self, alias: str) -> builtins.list[OwnKey]:
        """Our keys of this alias whatever their dates, retired ones too: what was sealed to them must still open."""
        return self.x509.own_any(alias)

    def peers(self, alias: str, at: datetime) -> builtins.list[Certificate]:
        """A peer's certificates of this alias valid at ``at``, newest first; never empty."""
        return self.x509.peers(alias, at)

    def peers_any(self, alias: str) -> builtins.list[Certificate]:
        """The active ones whatever their dates: for verifying, where an expired signer must be told from a stranger."""
        return self.x509.peers_any(alias)

    def certificate(self, alias: str, kind: str = "") -> Kept:
        """The newest certificate of this alias (and kind), ours or a peer's: to be handed over, or compared."""
        return self.certificate_of(self.active(alias, kind)[0])

    def certificate_of(self, entry: Entry) -> Kept:
        """The certificate of one entry."""
        return self._certificate(entry)

    def letter(self, alias: str, kind: str = "") -> str:
        """The fingerprint letter for the newest certificate of this alias (and kind), in Chinese and English."""
        return self.letter_of(self.active(alias, kind)[0])

    def letter_of(self, entry: Entry) -> str:
        """That for one active certificate; beside keys of other kinds it does not overlap, it stands."""
        alike = self.active(entry.alias, entry.kind)
        older = alike[alike.index(entry) + 1 :]
        return letters.fingerprint_letter(entry, self._certificate(entry), older[0] if older else None)

    def active(self, alias: str, kind: str = "") -> builtins.list[Entry]:
        """What is in use under this alias (and of that kind), newest first; never empty."""
        return newest_first(self._entries, alias, lambda entry: entry.state == ACTIVE and entry.kind.startswith(kind))

    def _certificate(self, entry: Entry) -> Kept:
        if entry.id not in self._certificates:
            self._certificates[entry.id] = self._files.read_certificate(entry)
        return self._certificates[entry.id]

    def _newest_copy(self, entry: Entry) -> Kept:
        """Of the copies of a peer's OpenPGP certificate, under whatever alias: one its owner revoked, or the one with their last word."""
        one = self._certificate(entry)
        if entry.own or not isinstance(one, PgpCertificate):
            return one
        theirs = [self._certificate(each) for each in self._entries if each.fingerprint == entry.fingerprint and not each.own]
        return max((each for each in theirs if isinstance(each, PgpCertificate)), key=lambda each: (each.revoked, each.said_at))

    def _own_key(self, entry: Entry, certificate: Certificate) -> OwnKey:
        if entry.hardware:
            from transports.sealing.keyring import hardware_keys
            from transports.sealing.keyring.hardware import Reference

            return OwnKey(hardware_keys.kept(self._token, Reference.read(entry.hardware), certificate.public_key), certificate)
        private = self._key(entry)
        if private.public_key() != certificate.public_key:  # files were exchanged: what it signed nobody would believe
            raise refusal("ring-damaged")
        return OwnKey(private, certificate)

    @property
    def _token(self) -> "Token":
        from transports.sealing.keyring.hardware import NoToken

        return self._hardware or NoToken()

    def _own_pgp_key(self, entry: Entry, certificate: PgpCertificate) -> OwnPgpKey:
        return OwnPgpKey(self._files.read_sealed(entry.id), certificate)

    def _key(self, entry: Entry) -> PrivateKey:
        if entry.key_id not in self._private:
            self._private[entry.key_id] = self._files.read_key(entry.key_id)
        return self._private[entry.key_id]

    # ── the master key and the audit's ──

    @property
    def suite(self) -> str:
        """By what the ring's own files are protected: of AUDIT_KINDS."""
        return self._files.secrets.suite

    def change_suite(self, suite: str) -> None:
        """Write everything in the ring anew by another suite. May be repeated. Raises UnknownKey suite-unknown."""
        if suite not in AUDIT_KINDS:
            raise refusal("suite-unknown")
        self._entries = self._files.change_suite(
            suite, lambda entries: [lasting_keys.resealed(self._files, each) for each in entries]
        )

    def renew(self, use: str, replaces: str, *, approval: str = "") -> Entry:
        """A fresh master key or audit key (``use``) in the place of the one with the id ``replaces``. May be repeated."""
        self._entries = self._files.change_index(
            lambda entries: lasting_keys.renewed(self._files, entries, use, replaces, approval)
        )
        return lasting_keys.in_use(self._entries, use)

    def newest(self, use: str) -> Entry:
        """The newest master key or audit key, blocked or not."""
        return lasting_keys.of_use(self._entries, use)[0]

    def master(self) -> bytes:
        """The master key (32 bytes), which wraps the data keys: the newest."""
        return self.masters()[0]

    def masters(self) -> builtins.list[bytes]:
        """It and all before it, newest first: a data key may be wrapped under any."""
        return [lasting_keys.master_key(self._files, entry) for entry in lasting_keys.of_use(self._entries, MASTER)]

    def sign_checkpoint(self, message: bytes) -> tuple[str, bytes]:
        """(id of the audit key, its signature over ``message``). Raises UnknownKey audit-key-blocked.

        The index is asked anew: a process that opened the ring before a block signs nothing after it.
        """
        entry = lasting_keys.in_use(self._files.read_index(), AUDIT)
        return entry.id, lasting_keys.audit_key(entry, self._key(entry)).sign(message)

    def audit_public_key(self, key_id: str = "") -> bytes:
        """The public half as PEM, for whoever verifies the audit elsewhere (checkpoints.verify_checkpoint); of a blocked one too."""
        for entry in lasting_keys.of_use(self._entries, AUDIT):
            if key_id in ("", entry.id):
                return public_pem(lasting_keys.audit_key(entry, self._key(entry)))
        raise refusal("key-missing")


def _with(entries: Entries, key_ids: Collection[str], **values: Any) -> Entries:
    return [dataclasses.replace(entry, **values) if entry.id in key_ids else entry for entry in entries]


def _active_own(entry: Entry) -> bool:
    return entry.own and entry.state == ACTIVE


def _begun(entry: Entry, at: datetime | None) -> Entry:
    """The entry, not used before ``at`` where that is later than its certificate's own beginning."""
    if at is None or at <= datetime.fromisoformat(entry.not_before):
        return entry
    return dataclasses.replace(entry, not_before=at.astimezone(UTC).replace(microsecond=0).isoformat())


def _same(one: Entry, other: Entry) -> bool:
    return (one.alias, one.id) == (other.alias, other.id)
