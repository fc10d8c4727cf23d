"""Keys in hardware: a seal, a signature, a ring with them is as any other, nothing of them comes out, and what is away is an outage."""

import dataclasses
import functools
import hashlib
import itertools
import json
import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pkcs11
import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import given
from hypothesis import strategies as st
from pkcs11 import Attribute, ObjectClass

from connector.roads.signatures import signer, verifier
from tests.contracts.cms_contract import AT, BEGIN, END, Case, CmsContract, party
from tests.contracts.seal_contract import CONTENT, DAYS, quick, refused
from tests.softhsm import PIN, new_token
from transports.channel import Aliases, Channel
from transports.errors import UnknownKey
from transports.sealing.certificates import OwnKey, self_signed
from transports.sealing.cms import detached
from transports.sealing.keyring import KeyRing, hardware, hardware_keys
from transports.sealing.keyring.entries import HARDWARE, RING
from transports.sealing.keyring.hardware import Reference, Token

SECRET = b"a secret of this ring"
KINDS = hardware.KINDS


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where this module's tokens are."""
    before = os.environ.get("SOFTHSM2_CONF")
    yield tmp_path_factory.mktemp("softhsm")
    hardware.forget()
    if before is None:
        os.environ.pop("SOFTHSM2_CONF", None)


@pytest.fixture(scope="module")
def token(home: Path) -> Token:
    return new_token(home, "city")


@functools.cache
def kept(token: Token, kind: str, name: str, *, encrypts: bool) -> OwnKey:
    """As ``party``, its private key in the token."""
    private, reference = hardware_keys.made(token, kind, name, encrypts=encrypts)
    private = hardware_keys.kept(token, reference, private.public_key())
    return OwnKey(private, self_signed(private, name, encrypts=encrypts, not_before=BEGIN, not_after=END))


@dataclasses.dataclass(frozen=True)
class InHardware(Case):
    """Every key of the case is in a token; those of other dates are not."""

    token: Token | None = None  # none: another family's, for what must be refused

    def key(self, name: str, *, encrypts: bool, days: int = DAYS) -> OwnKey:
        if self.token is None or days != DAYS:
            return super().key(name, encrypts=encrypts, days=days)
        return kept(self.token, self.kind, name, encrypts=encrypts)


class TestKeysInHardware(CmsContract):
    """All promises of a seal."""

    @pytest.fixture(params=[*itertools.product(("cms-aes256gcm", "cms-aes256cbc"), KINDS)], ids="-".join)
    def case(self, request: pytest.FixtureRequest, token: Token) -> Case:
        return InHardware(*request.param, token)


# ── single acts ──


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_beside_its_content_holds(token: Token, kind: str) -> None:
    own = kept(token, kind, "bank sign", encrypts=False)

    assert own.certificate == detached.verify(CONTENT, detached.sign(CONTENT, own, AT), [own.certificate], AT)


PADDINGS = {
    "v1.5": padding.PKCS1v15(),
    **{
        f"oaep {digest.name} {mask.name}": padding.OAEP(padding.MGF1(mask), digest, None)
        for digest, mask in itertools.product((hashes.SHA1(), hashes.SHA256(), hashes.SHA512()), repeat=2)
    },
}


@pytest.mark.parametrize("name", PADDINGS)
def test_whatever_transport_a_sender_took_opens_or_is_told_as_closed(token: Token, name: str) -> None:
    key, how = kept(token, "rsa3072", "us decrypt", encrypts=True).private, PADDINGS[name]
    assert isinstance(key, rsa.RSAPrivateKey)
    good = key.public_key().encrypt(bytes(32), how)
    assert bytes(32) == key.decrypt(good, how)

    for bad in (bytes(384), b"\xff" * 384, good[:-1], good + b"\0", b"", good[:100] + bytes([good[100] ^ 1]) + good[101:]):
        with pytest.raises(ValueError, match=r"."):
            key.decrypt(bad, how)
    assert bytes(32) == key.decrypt(good, how)


@quick
@given(message=st.binary(max_size=64), digest=st.sampled_from(["sha1", "sha256", "sha384"]), at=st.integers(0, 255))
def test_our_unpadding_opens_what_the_library_padded_and_nothing_changed(message: bytes, digest: str, at: int) -> None:
    private = _software_rsa()
    numbers, algorithm = private.private_numbers(), getattr(hashes, digest.upper())()
    sealed = private.public_key().encrypt(message, padding.OAEP(padding.MGF1(algorithm), algorithm, None))
    bare = pow(int.from_bytes(sealed, "big"), numbers.d, numbers.public_numbers.n).to_bytes(256, "big")
    assert message == hardware_keys.oaep_opened(bare, digest, digest)

    changed = bytearray(bare)
    changed[at] ^= 0x41
    with pytest.raises(ValueError, match="does not open"):
        hardware_keys.oaep_opened(bytes(changed), digest, digest)


@functools.cache
def _software_rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def test_both_sides_come_to_one_secret(token: Token) -> None:
    inside = kept(token, "ec-p256", "us decrypt", encrypts=True).private
    outside = ec.generate_private_key(ec.SECP256R1())
    assert isinstance(inside, ec.EllipticCurvePrivateKey)
    for _ in range(20):  # now and then with a leading zero
        assert inside.exchange(ec.ECDH(), outside.public_key()) == outside.exchange(ec.ECDH(), inside.public_key())
        outside = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(ValueError, match="another curve"):
        inside.exchange(ec.ECDH(), ec.generate_private_key(ec.SECP384R1()).public_key())


def test_threads_take_turns(token: Token) -> None:
    case = InHardware("cms-aes256gcm", "ec-p256", token)
    opened: list[bytes] = []
    threads = [threading.Thread(target=lambda: opened.extend(case.open(case.seal()) for _ in range(5))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [CONTENT] * 20 == opened


# ── nothing comes out ──


@pytest.mark.parametrize(("kind", "encrypts"), [*itertools.product(KINDS, (True, False))])
def test_c1_a_key_in_hardware_never_leaves_it(token: Token, kind: str, encrypts: bool) -> None:
    private = kept(token, kind, "us decrypt" if encrypts else "bank sign", encrypts=encrypts).private
    for out in (
        private.private_numbers,
        lambda: private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    ):
        with pytest.raises(UnsupportedAlgorithm):
            out()
    with token.key(private._reference) as key:
        assert (True, False, True) == (key[Attribute.SENSITIVE], key[Attribute.EXTRACTABLE], key[Attribute.NEVER_EXTRACTABLE])
        assert encrypts is (key[Attribute.DECRYPT] or key[Attribute.DERIVE])  # one that signs opens nothing
        with pytest.raises(pkcs11.PKCS11Error):
            _ = key[Attribute.PRIVATE_EXPONENT if kind == "rsa3072" else Attribute.VALUE]


@given(label=st.text(st.characters(exclude_categories=["Cs"]), max_size=20), id=st.binary(min_size=1, max_size=16))
def test_a_reference_is_read_as_it_was_written(label: str, id: bytes) -> None:
    assert Reference(label, id) == Reference.read(Reference(label, id).uri)


# ── in a ring ──


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def ring(folder: Path, token: Token) -> KeyRing:
    """With a key in each home under one alias, and one to open with."""
    KeyRing.create(folder, SECRET)
    ring = KeyRing.open(folder, SECRET, token)
    ring.new("us/old", "sign", "ec-p256", 90, AT)
    ring.new("us/decrypt", "encrypt", "ec-p256", 90, AT - timedelta(days=30))
    for alias, use in (("us/sign", "sign"), ("us/decrypt", "encrypt")):
        ring.new(alias, use, "ec-p256", 90, AT, HARDWARE)
    return ring


def to_ourselves(ring: KeyRing, sign: str = "us/sign") -> Callable[[], bytes]:
    """Seal by the key of this alias for our own newest, and open."""
    for alias in (sign, "us/decrypt"):
        if f"{alias}-pin" not in {entry.alias for entry in ring.list()}:
            ring.import_certificate(f"{alias}-pin", ring.certificate(alias).pem)
    channel = Channel("cms-aes256gcm", ring, Aliases("us/decrypt-pin", f"{sign}-pin", sign, "us/decrypt"))

    def act() -> bytes:
        parcel = b"".join(channel.seal([CONTENT], AT))
        return b"".join(channel.open(lambda: iter([parcel]), AT))

    return act


def test_c1_a_ring_holds_where_the_key_is_and_no_key(ring: KeyRing, folder: Path, token: Token) -> None:
    away = [entry for entry in ring.list() if entry.hardware]
    assert ["us/sign", "us/decrypt"] == [entry.alias for entry in away]
    assert set() == {path.name.partition(".")[0] for path in folder.glob("*.key.*")} & {entry.id for entry in away}
    assert all(entry.hardware.startswith("pkcs11:object=us%2F") for entry in away)

    assert CONTENT == to_ourselves(KeyRing.open(folder, SECRET, token))()


def test_a_ring_of_before_is_read_as_it_is(ring: KeyRing, folder: Path) -> None:
    assert {""} == {entry.hardware for entry in ring.list() if entry.alias in ("master", "audit", "us/old")}
    assert "hardware" in json.loads((folder / "ring.json").read_text())["entries"][0]


def test_the_signatures_of_lines_are_by_it_too(ring: KeyRing) -> None:
    ring.import_certificate("pin", ring.certificate("us/sign").pem)
    sign, verify = (make(ring, alias, lambda: AT, "cms-aes256gcm") for make, alias in ((signer, "us/sign"), (verifier, "pin")))

    assert verify("", b"a message", sign(b"a message"))
    assert not verify("", b"another", sign(b"a message"))


# ── away ──


@pytest.fixture
def pulled(home: Path, token: Token) -> Iterator[Callable[[], None]]:
    """Pull the token out; the fixture's end puts it back."""
    inside, outside = home / "tokens", home / "pulled out"

    def pull() -> None:
        inside.rename(outside)

    yield pull
    if outside.exists():
        outside.rename(inside)


def test_c2_a_token_that_is_away_is_an_outage_and_no_key_is_made(
    ring: KeyRing, folder: Path, home: Path, pulled: Callable[[], None]
) -> None:
    act = to_ourselves(ring)
    other = ring.own("us/old", AT)[0]
    assert CONTENT == act()
    before = ring.list()
    pulled()
    for _ in range(2):
        assert "key-store-away" == refused(act)
    assert before == KeyRing.open(folder, SECRET).list()
    assert "key-store-away" == refused(lambda: ring.new("us/next", "sign", "ec-p256", 9, AT, HARDWARE))
    assert before == ring.list()

    assert detached.verify(CONTENT, detached.sign(CONTENT, other, AT), [other.certificate], AT)  # the others go on

    (home / "pulled out").rename(home / "tokens")
    assert CONTENT == act()


def test_c6_what_was_sealed_to_the_key_in_the_ring_opens_while_the_token_is_away(
    ring: KeyRing, pulled: Callable[[], None]
) -> None:
    newest, older = ring.own("us/decrypt", AT)
    assert isinstance(newest.private, hardware_keys.HardwareEcKey)
    pulled()
    ring.import_certificate("bank/sign", party("ec-p256", "bank sign", encrypts=False).certificate.pem)
    channel = Channel("cms-aes256gcm", ring, Aliases("bank/encrypt", "bank/sign", "us/sign", "us/decrypt"))
    parcel = _sealed_for(older)
    assert CONTENT == b"".join(channel.open(lambda: iter([parcel]), AT))


def _sealed_for(own: OwnKey) -> bytes:
    from transports.sealing import cms

    bank = party("ec-p256", "bank sign", encrypts=False)
    return b"".join(cms.seal([CONTENT], suite="cms-aes256gcm", signer=bank, recipients=[own.certificate], at=AT))


def test_without_a_word_in_the_settings_only_its_own_keys_wait(ring: KeyRing, folder: Path) -> None:
    opened = KeyRing.open(folder, SECRET)
    assert "key-store-unset" == refused(to_ourselves(opened))
    assert detached.sign(CONTENT, opened.own("us/old", AT)[0], AT)


def test_a_wrong_pin_is_told_and_tried_once(ring: KeyRing, folder: Path, token: Token) -> None:
    hardware.forget()
    said = [b"0000"]
    careless = dataclasses.replace(token, pin=lambda: said[0])
    act = to_ourselves(KeyRing.open(folder, SECRET, careless))
    for _ in range(12):  # more than any token bears
        assert "key-store-pin-wrong" == refused(act)
    said[0] = PIN
    assert CONTENT == act()


def test_c12_a_pin_that_is_no_text_shows_no_byte_of_itself(ring: KeyRing, folder: Path, token: Token) -> None:
    hardware.forget()
    assert ring.list()
    act = to_ourselves(KeyRing.open(folder, SECRET, dataclasses.replace(token, pin=lambda: b"12\xff34")))
    with pytest.raises(UnknownKey) as caught:
        act()
    assert "key-store-pin-wrong" == caught.value.code
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("said", [pkcs11.PinLocked(), pkcs11.PinExpired(), pkcs11.UserPinNotInitialized()])
def test_a_locked_token_is_told_as_one(said: Exception) -> None:
    assert "key-store-pin-locked" == hardware.told(said).code


def test_no_library_and_no_such_token_are_away(token: Token, tmp_path: Path) -> None:
    for wrong in (dataclasses.replace(token, library=tmp_path / "no.so"), dataclasses.replace(token, label="nobody's")):
        assert "key-store-away" == refused(functools.partial(wrong.make, "ec-p256", "x", encrypts=False))


def test_a_key_that_is_not_in_the_token_is_told_and_never_made(ring: KeyRing, token: Token) -> None:
    act = to_ourselves(ring)
    [signing] = [entry for entry in ring.list() if entry.alias == "us/sign"]
    token.remove(Reference.read(signing.hardware))
    assert "key-store-lacks-key" == refused(act)


@pytest.mark.parametrize("kind", KINDS)
def test_another_key_under_the_same_id_signs_nothing(token: Token, kind: str) -> None:
    own, foreign = (kept(token, kind, name, encrypts=False) for name in ("bank sign", "stranger"))
    exchanged = hardware_keys.kept(token, foreign.private._reference, own.private.public_key())  # type: ignore[union-attr]
    assert "key-store-lacks-key" == refused(lambda: detached.sign(CONTENT, OwnKey(exchanged, own.certificate), AT))


# ── coming and ending ──


def test_a_destroyed_key_is_gone_from_the_token(ring: KeyRing, token: Token, home: Path, pulled: Callable[[], None]) -> None:
    [made] = [entry for entry in ring.list() if entry.alias == "us/sign"]
    ring.set_state(made.id, "retired")
    [entry] = [entry for entry in ring.list() if entry.id == made.id]
    pulled()
    assert "key-store-away" == refused(lambda: ring.destroy(entry.id))
    assert entry in ring.list()  # nothing has ended, and it is asked again
    (home / "pulled out").rename(home / "tokens")
    for _ in range(2):
        ring.destroy(entry.id)
    assert "destroyed" == next(each.state for each in ring.list() if each.id == entry.id)
    with token.session() as session:
        assert [] == list(session.get_objects({Attribute.ID: Reference.read(entry.hardware).id}))
        assert [] != list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))  # the others are


@pytest.mark.parametrize(("use", "kind"), [("sign", "sm2"), ("any", "pgp-ed25519")])
def test_what_is_not_made_in_hardware_is_refused_before(ring: KeyRing, use: str, kind: str) -> None:
    before = ring.list()
    assert "key-store-kind" == refused(lambda: ring.new("us/x", use, kind, 9, AT, HARDWARE))
    assert before == ring.list()


def test_there_are_two_homes(ring: KeyRing) -> None:
    assert (RING, HARDWARE) == ("ring", "hardware")
    assert "key-unsuitable" == refused(lambda: ring.new("us/x", "sign", "ec-p256", 9, AT, "drawer"))


def test_a_reference_that_is_none_is_a_damaged_ring() -> None:
    for uri in ("", "pkcs11:", "pkcs11:object=a", "pkcs11:id=%01", "pkcs11:object=%FF;id=%01"):
        with pytest.raises(Exception, match="damaged"):
            Reference.read(uri)


def test_the_id_is_random(token: Token) -> None:
    ids = {kept(token, "ec-p256", name, encrypts=False).private._reference.id for name in ("bank sign", "stranger")}  # type: ignore[union-attr]
    assert 2 == len(ids)
    assert hashlib.sha256(PIN).hexdigest() not in repr(token)
    assert PIN.decode() not in repr(token)
