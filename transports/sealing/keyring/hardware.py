"""A token that keeps private keys and never gives them out (PKCS #11 2.40): opened with its PIN at the first need, by one thread at a time.

Whatever it cannot do is an outage with a code of its own (key-store-…): work that needs the key waits, all other keys go on, and no
key is ever made in the place of one that is away.
"""

import contextlib
import dataclasses
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import pkcs11
from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass, TokenFlag
from pkcs11.util.ec import encode_named_curve_parameters

from transports.errors import TransportError
from transports.sealing.refusals import refusal

KINDS = ("rsa3072", "ec-p256")
_ID_BYTES = 8
# A login holds for the whole process (PKCS #11 2.40, 5.6), so that a session is the process's too, and not of whoever opened a ring.
_Place = tuple[str, str]  # library, label
_LOCK = threading.RLock()
_SESSIONS: dict[_Place, pkcs11.Session] = {}
_REFUSED: set[tuple[_Place, bytes]] = set()

_CODES: dict[type[Exception], str] = {
    pkcs11.PinIncorrect: "key-store-pin-wrong",
    pkcs11.PinInvalid: "key-store-pin-wrong",
    pkcs11.PinLenRange: "key-store-pin-wrong",
    pkcs11.PinLocked: "key-store-pin-locked",
    pkcs11.PinExpired: "key-store-pin-locked",
    pkcs11.UserPinNotInitialized: "key-store-pin-locked",
    pkcs11.NoSuchKey: "key-store-lacks-key",
    pkcs11.MultipleObjectsReturned: "key-store-lacks-key",  # two of one id: neither is surely ours
}


@dataclasses.dataclass(frozen=True)
class Reference:
    """Which key of the token: its label, for people, and its id (CKA_LABEL, CKA_ID)."""

    label: str
    id: bytes

    @property
    def uri(self) -> str:
        """As a ring's index holds it (RFC 7512); the token itself is named by the settings."""
        return f"pkcs11:object={quote(self.label, safe='')};id={''.join(f'%{byte:02X}' for byte in self.id)};type=private"

    @classmethod
    def read(cls, uri: str) -> "Reference":
        """From such a URI. Raises BrokenRing ring-damaged."""
        said = dict(part.partition("=")[::2] for part in uri.removeprefix("pkcs11:").split(";"))
        try:
            return cls(unquote_to_bytes(said["object"]).decode(), unquote_to_bytes(said["id"]))
        except (KeyError, ValueError) as damaged:
            raise refusal("ring-damaged") from damaged


@dataclasses.dataclass(frozen=True)
class Token:
    """Where keys in hardware are: the vendor's library, the token's label, and who knows its PIN (asked at each login)."""

    library: Path
    label: str
    pin: Callable[[], bytes] = dataclasses.field(repr=False)

    @property
    def _place(self) -> _Place:
        return str(self.library), self.label

    @contextlib.contextmanager
    def session(self, *, fresh: bool = False) -> Iterator[pkcs11.Session]:
        """Its session, for one thread. Raises UnknownKey key-store-…; after a fault it is opened anew at the next need.

        ``fresh``: opened anew now. One whose token was pulled out may say that there is nothing in it.
        """
        with _LOCK:
            if fresh:
                self._close()
            try:
                yield _SESSIONS.get(self._place) or self._open()
            except RuntimeError as trouble:  # PKCS11Error, and what the library's loader says
                self._close()
                raise told(trouble) from trouble

    @contextlib.contextmanager
    def key(self, reference: Reference) -> Iterator[Any]:
        """A private key of it, to be used here and now."""
        with self.session() as session:
            try:
                found = session.get_key(ObjectClass.PRIVATE_KEY, id=reference.id)
            except pkcs11.NoSuchKey:  # a session whose token was pulled out says the same: a new one knows
                self._close()
                found = self._open().get_key(ObjectClass.PRIVATE_KEY, id=reference.id)
            yield found

    def _open(self) -> pkcs11.Session:
        """Log in. A PIN that was refused is not tried again by this process: a few tries more would lock the token for everybody."""
        token = pkcs11.lib(str(self.library)).get_token(token_label=self.label)
        pin = self.pin()
        tried = self._place, hashlib.sha256(pin).digest()
        if tried in _REFUSED:
            raise refusal("key-store-pin-wrong")
        if token.flags & (TokenFlag.USER_PIN_FINAL_TRY | TokenFlag.USER_PIN_LOCKED):  # the last try is a person's
            raise refusal("key-store-pin-locked")
        try:
            session = token.open(rw=True, user_pin=_text(pin))
        except pkcs11.PinIncorrect:
            _REFUSED.add(tried)
            raise
        _SESSIONS[self._place] = session
        return session

    def _close(self) -> None:
        """Let the session go, and have the library look for its tokens again: some see a token that came back only then."""
        session = _SESSIONS.pop(self._place, None)
        with contextlib.suppress(RuntimeError):
            if session is not None:
                session.close()
        with contextlib.suppress(RuntimeError):
            if not any(library == self._place[0] for library, _ in _SESSIONS):
                pkcs11.lib(self._place[0]).reinitialize()

    # ── its keys ──

    def make(self, kind: str, label: str, *, encrypts: bool) -> Reference:
        """A fresh key pair, made inside; it can never be read out. Raises UnknownKey key-store-…

        One that opens signs too, but nothing else than its own certificate, which says what it is for (RFC 5280 4.2.1.3).
        """
        expect_kind(kind)
        reference = Reference(label, os.urandom(_ID_BYTES))
        opens = MechanismFlag.DECRYPT if kind == "rsa3072" else MechanismFlag.DERIVE
        use = MechanismFlag.SIGN | opens if encrypts else MechanismFlag.SIGN
        kept = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
        with self.session(fresh=True) as session:
            made: dict[str, Any] = {
                "id": reference.id,
                "label": label,
                "store": True,
                "capabilities": use,
                "private_template": kept,
            }
            if kind == "rsa3072":
                session.generate_keypair(KeyType.RSA, 3072, **made)
            else:
                curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
                session.create_domain_parameters(KeyType.EC, curve, local=True).generate_keypair(**made)
        return reference

    def public(self, reference: Reference) -> dict[Attribute, bytes]:
        """What it tells of the public half: MODULUS and PUBLIC_EXPONENT, or EC_POINT."""
        with self.session() as session:
            key = session.get_key(ObjectClass.PUBLIC_KEY, id=reference.id)
            wanted = (Attribute.MODULUS, Attribute.PUBLIC_EXPONENT) if key.key_type is KeyType.RSA else (Attribute.EC_POINT,)
            return {each: key[each] for each in wanted}

    def remove(self, reference: Reference) -> None:
        """End a key for good, both halves; may be repeated."""
        with self.session(fresh=True) as session:
            for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
                for found in list(session.get_objects({Attribute.CLASS: kind, Attribute.ID: reference.id})):
                    found.destroy()


class NoToken(Token):
    """Where the settings name none: a key said to be in hardware is away."""

    def __init__(self) -> None:
        super().__init__(Path(), "", bytes)

    def _open(self) -> pkcs11.Session:
        raise refusal("key-store-unset")


def _text(pin: bytes) -> str:
    """As the library takes it. Raises UnknownKey key-store-pin-wrong; what Python itself would say shows a byte of the PIN."""
    try:
        return pin.decode()
    except UnicodeDecodeError:
        raise refusal("key-store-pin-wrong") from None


def expect_kind(kind: str) -> None:
    """May such a key be made in hardware? Raises UnknownKey key-store-kind."""
    if kind not in KINDS:
        raise refusal("key-store-kind")


def told(trouble: Exception) -> TransportError:
    """What a library says, as a refusal."""
    return refusal(next((code for kind, code in _CODES.items() if isinstance(trouble, kind)), "key-store-away"))


def forget() -> None:
    """Log out everywhere, as the end of the process would."""
    with _LOCK:
        while _SESSIONS:
            with contextlib.suppress(RuntimeError):
                _SESSIONS.popitem()[1].close()
