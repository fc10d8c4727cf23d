"""SM2 is the published SM2: its vectors hold, what is bent by one bit does not, and nothing of that appears on the terminal."""

import contextlib
import ctypes
import dataclasses
import multiprocessing
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import gmalg
import gmssl_pyx
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectors import gm
from transports.sealing import ber
from transports.sealing.sm2 import ORDERS, SECRET_MAX, USER_ID, Sm2Ciphertext, Sm2PrivateKey, Sm2PublicKey, Sm3
from transports.sealing.sm2.trace import untraced

PUBLIC = Sm2PublicKey.from_point(gm.SM2_POINT)
PRIVATE = Sm2PrivateKey.from_secret(gm.SM2_SECRET, PUBLIC)
OTHER = Sm2PrivateKey.generate()
SIGNATURE = ber.tlv(ber.SEQUENCE, *(ber.integer(int.from_bytes(part, "big")) for part in (gm.SM2_R, gm.SM2_S)))
CIPHERTEXT = Sm2Ciphertext(gm.SM2_C1_X, gm.SM2_C1_Y, gm.SM2_C3, gm.SM2_C2)
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


def oracle(user_id: bytes = USER_ID, *, k: int | None = None) -> gmalg.SM2:
    """The second hand: a library that shares nothing with ours; with ``k`` it draws that number and no other."""
    return gmalg.SM2(gm.SM2_SECRET, user_id, gm.SM2_POINT, rnd_fn=(lambda bits: k) if k else None)


def signature(r: int, s: int) -> bytes:
    return ber.tlv(ber.SEQUENCE, ber.integer(r), ber.integer(s))


# ── published vectors ──


def test_rule_087_c10_the_signature_of_gmt_0003() -> None:
    assert (gm.SM2_R, gm.SM2_S) == oracle(k=gm.SM2_K).sign(gm.SM2_SIGNED)
    assert PUBLIC.verify(SIGNATURE, gm.SM2_SIGNED)
    digest = PUBLIC.begin_digest()
    digest.update(gm.SM2_SIGNED)
    assert gm.SM2_E == digest.digest()
    assert gm.SM2_E == Sm3(gm.SM2_Z + gm.SM2_SIGNED).digest()
    assert PUBLIC.verify_digest(SIGNATURE, gm.SM2_E)


def test_rule_087_c10_the_ciphertext_of_gmt_0003() -> None:
    published = b"\x04" + gm.SM2_C1_X + gm.SM2_C1_Y + gm.SM2_C3 + gm.SM2_C2
    assert published == oracle(k=gm.SM2_K).encrypt(gm.SM2_ENCRYPTED) == CIPHERTEXT.raw()
    assert gm.SM2_ENCRYPTED == PRIVATE.decrypt(Sm2Ciphertext.read(published))


@pytest.mark.parametrize("message", gm.SM3)
def test_rule_087_c10_sm3_of_gbt_32905(message: bytes) -> None:
    running = Sm3()
    for position in range(0, len(message), 3):
        assert Sm3(message[:position]).digest() == running.digest()
        running.update(message[position : position + 3])
    assert gm.SM3[message] == running.digest().hex() == running.digest().hex()


def test_rule_087_c10_sm4_of_gbt_32907() -> None:
    once = Cipher(algorithms.SM4(gm.SM4_KEY), modes.ECB()).encryptor().update
    block = gm.SM4_BLOCK
    assert gm.SM4_ONCE == once(block)
    for _ in range(1_000_000):
        block = once(block)
    assert gm.SM4_MILLION == block


def test_rule_087_c10_sm4_gcm_of_rfc_8998() -> None:
    encryptor = Cipher(algorithms.SM4(gm.SM4_KEY), modes.GCM(gm.SM4_GCM_NONCE)).encryptor()
    encryptor.authenticate_additional_data(gm.SM4_GCM_BESIDE)
    assert gm.SM4_GCM_SEALED == encryptor.update(gm.SM4_GCM_PLAIN) + encryptor.finalize()
    assert gm.SM4_GCM_TAG == encryptor.tag


# ── the oracle, both ways ──


@pytest.mark.parametrize("user_id", [USER_ID, b"A", b"ALICE123@YAHOO.COM", bytes(4095)], ids=len)
@pytest.mark.parametrize("message", [b"", b"x", bytes(100_000)], ids=len)
def test_the_oracle_verifies_what_we_sign(user_id: bytes, message: bytes) -> None:
    signed = PRIVATE.sign(message, user_id)
    reader = ber.Reader([signed])
    with reader.inside(ber.SEQUENCE):
        r, s = (reader.integer().to_bytes(32, "big") for _ in range(2))
    assert gmalg.SM2(uid=user_id, pk=gm.SM2_POINT).verify(message, r, s)
    assert PUBLIC.verify(signed, message, user_id)


def test_we_verify_what_the_oracle_signs() -> None:
    r, s = (int.from_bytes(part, "big") for part in oracle(b"ALICE123@YAHOO.COM").sign(b"a message"))
    assert PUBLIC.verify(signature(r, s), b"a message", b"ALICE123@YAHOO.COM")
    assert not PUBLIC.verify(signature(r, s), b"a message")


@pytest.mark.parametrize("size", [1, 16, 32, SECRET_MAX])
def test_the_oracle_and_we_open_each_others_ciphertexts(size: int) -> None:
    secret = bytes(range(256))[:size]
    assert secret == oracle().decrypt(PUBLIC.encrypt(secret).raw())
    assert secret == PRIVATE.decrypt(Sm2Ciphertext.read(oracle().encrypt(secret)))


def test_a_user_id_has_its_length_in_sixteen_bits() -> None:
    assert PUBLIC.verify(PRIVATE.sign(b"x", bytes(8191)), b"x", bytes(8191))
    with pytest.raises(ValueError, match="8191"):
        PRIVATE.sign(b"x", bytes(8192))


def test_only_keys_are_encrypted() -> None:
    for secret in (b"", bytes(SECRET_MAX + 1)):
        with pytest.raises(ValueError, match="1 to 255"):
            PUBLIC.encrypt(secret)


# ── both orders, both forms, and the zeros that get lost ──


@pytest.mark.parametrize("order", ORDERS)
def test_rule_088_a_ciphertext_in_either_order_and_form_opens(order: str) -> None:
    for blob in (CIPHERTEXT.der(order), CIPHERTEXT.raw(order)):
        assert CIPHERTEXT == Sm2Ciphertext.read(blob, order)
        assert gm.SM2_ENCRYPTED == PRIVATE.decrypt(Sm2Ciphertext.read(blob, order))


@given(st.integers(0, 255), st.integers(0, 255), st.binary(min_size=1, max_size=64), st.sampled_from(ORDERS))
def test_rule_088_coordinates_come_back_with_their_zeros(bits_x: int, bits_y: int, data: bytes, order: str) -> None:
    x, y = ((1 << bits).to_bytes(32, "big") for bits in (bits_x, bits_y))
    ciphertext = Sm2Ciphertext(x, y, bytes(32), data)
    assert ciphertext == Sm2Ciphertext.read(ciphertext.der(order), order)
    assert ciphertext == Sm2Ciphertext.read(ciphertext.raw(order), order)


def test_rule_088_integers_written_carelessly_are_read() -> None:
    """Without the zero before a high bit, and with zeros nobody asked for."""
    x, y = gm.SM2_C1_X, gm.SM2_C1_Y
    for written in ((x, y), (b"\0\0" + x, b"\0\0\0" + y), (x.lstrip(b"\0"), y)):
        parts = (*(ber.tlv(ber.INTEGER, part) for part in written), *(ber.tlv(4, part) for part in (gm.SM2_C3, gm.SM2_C2)))
        assert CIPHERTEXT == Sm2Ciphertext.read(ber.tlv(ber.SEQUENCE, *parts))


def test_rule_088_ciphertexts_with_leading_zeros_open() -> None:
    short = [each for each in (PUBLIC.encrypt(b"k" * 16) for _ in range(1500)) if 0 in (each.x[0], each.y[0])]
    assert short
    assert {b"k" * 16} == {PRIVATE.decrypt(Sm2Ciphertext.read(each.der())) for each in short}


DER = CIPHERTEXT.der()


@pytest.mark.parametrize(
    "blob",
    [
        *(
            b"",
            b"\x04",
            b"\x30",
            b"\x30\x00",
            b"junk",
            DER[:-1],
            DER + b"\0",
            CIPHERTEXT.raw()[:97],
            b"\x02" + CIPHERTEXT.raw()[1:],
        ),
        ber.tlv(ber.SEQUENCE, ber.integer(1 << 256), ber.integer(1), ber.tlv(4, bytes(32)), ber.tlv(4, b"x")),
        ber.tlv(ber.SEQUENCE, ber.integer(1), ber.integer(1), ber.tlv(4, bytes(31)), ber.tlv(4, b"x")),
        ber.tlv(ber.SEQUENCE, ber.integer(1), ber.integer(1), ber.tlv(4, bytes(32)), ber.tlv(4)),
    ],
)
def test_what_is_no_ciphertext_is_told(blob: bytes) -> None:
    with pytest.raises(ValueError, match=r"SM2|DER|32 bytes"):
        Sm2Ciphertext.read(blob)


# ── what does not hold, and says nothing on the terminal ──


@pytest.fixture
def silent(capfd: pytest.CaptureFixture[str]) -> Callable[[], bool]:
    return lambda: capfd.readouterr() == ("", "")


def bent(blob: bytes, position: int) -> bytes:
    return blob[:position] + bytes([blob[position] ^ 1]) + blob[position + 1 :]


def test_no_bit_of_a_signature_may_change(silent: Callable[[], bool]) -> None:
    assert [] == [position for position in range(len(SIGNATURE)) if PUBLIC.verify(bent(SIGNATURE, position), gm.SM2_SIGNED)]
    assert not PUBLIC.verify(SIGNATURE, b"another message")
    assert not PUBLIC.verify(SIGNATURE, gm.SM2_SIGNED, b"another user id")
    assert not OTHER.public_key().verify(SIGNATURE, gm.SM2_SIGNED)
    assert silent()


R, S = (int.from_bytes(part, "big") for part in (gm.SM2_R, gm.SM2_S))


@pytest.mark.parametrize(
    "forged",
    [
        *(b"", b"\x30\x00", gm.SM2_R + gm.SM2_S, SIGNATURE + b"\0", SIGNATURE[:-1]),
        *(
            signature(0, S),
            signature(R, 0),
            signature(-R, S),
            signature(R + ORDER, S),
            signature(R, S + ORDER),
            signature(R, ORDER - R),
        ),
        ber.tlv(ber.SEQUENCE, ber.integer(R), ber.integer(S), ber.integer(1)),
        ber.tlv(ber.SEQUENCE, ber.integer(R), b"\x02\x22\0\0" + gm.SM2_S),
        b"\x30\x81" + SIGNATURE[1:],
        b"\x30\x80" + SIGNATURE[2:] + b"\0\0",
    ],
)
def test_only_the_two_numbers_in_der_are_a_signature(forged: bytes, silent: Callable[[], bool]) -> None:
    assert not PUBLIC.verify(forged, gm.SM2_SIGNED)
    assert silent()


def test_no_bit_of_a_ciphertext_may_change(silent: Callable[[], bool]) -> None:
    raw = CIPHERTEXT.raw()
    for position in range(1, len(raw)):
        with pytest.raises(ValueError, match=r"not a point|does not open"):
            PRIVATE.decrypt(Sm2Ciphertext.read(bent(raw, position)))
    with pytest.raises(ValueError, match="does not open"):
        OTHER.decrypt(CIPHERTEXT)
    with pytest.raises(ValueError, match="not a point"):
        PRIVATE.decrypt(Sm2Ciphertext(bytes(32), bytes(32), bytes(32), b"x"))
    assert silent()


@pytest.mark.parametrize("kind", ["der", "raw"])
def test_rule_088_the_other_order_does_not_open(kind: str, silent: Callable[[], bool]) -> None:
    key = b"k" * 32  # as long as the digest: even then the two are told apart
    blob = getattr(PUBLIC.encrypt(key), kind)("c1c2c3")
    with pytest.raises(ValueError, match="does not open"):
        PRIVATE.decrypt(Sm2Ciphertext.read(blob, "c1c3c2"))
    assert key == PRIVATE.decrypt(Sm2Ciphertext.read(blob, "c1c2c3"))
    assert silent()


@pytest.mark.parametrize(
    "point",
    [
        *(b"", b"\0", b"\x04", bytes(65), b"\x04" + bytes(64), bent(gm.SM2_POINT, 64), gm.SM2_POINT[1:], gm.SM2_POINT + b"\0"),
        *(b"\x06" + gm.SM2_POINT[1:], b"\x02" + gm.SM2_POINT[1:33]),
    ],
)
def test_what_is_not_on_the_curve_is_no_key(point: bytes) -> None:
    with pytest.raises(ValueError, match="not a point"):
        Sm2PublicKey.from_point(point)


# ── keys in their DER ──


def test_a_key_comes_back_from_its_der() -> None:
    again = Sm2PrivateKey.from_pkcs8(OTHER.pkcs8)
    assert OTHER == again
    assert OTHER.public_key() == Sm2PublicKey.from_spki(OTHER.public_key().spki)
    assert OTHER.public_key().verify(again.sign(b"x"), b"x")


NULL = ber.tlv(ber.NULL)
EC, SM2, P256, ENCRYPTS = (ber.oid(dotted) for dotted in (
    "1.2.840.10045.2.1", "1.2.156.10197.1.301", "1.2.840.10045.3.1.7", "1.2.156.10197.1.301.3"
))  # fmt: skip


@pytest.mark.parametrize(
    ("algorithm", "read"),
    [
        (EC + SM2, True), (SM2 + SM2, True), (SM2 + NULL, True), (SM2, True),
        (EC + P256, False), (EC + NULL, False), (EC, False), (SM2 + P256, False), (ENCRYPTS, False), (EC + SM2 + NULL, False),
    ],
)  # fmt: skip
def test_a_key_is_sm2_by_its_algorithm_or_its_curve(algorithm: bytes, read: bool) -> None:
    spki = ber.tlv(ber.SEQUENCE, ber.tlv(ber.SEQUENCE, algorithm), ber.tlv(ber.BIT_STRING, b"\0", gm.SM2_POINT))
    if read:
        assert PUBLIC == Sm2PublicKey.from_spki(spki)
        return
    with pytest.raises(ValueError, match=r"SM2|DER"):
        Sm2PublicKey.from_spki(spki)


def private_info(secret: bytes, *public: bytes) -> bytes:
    """PrivateKeyInfo put together by hand."""
    inner = ber.tlv(ber.SEQUENCE, ber.integer(1), ber.tlv(4, secret), ber.tlv(ber.context(0), SM2), *public)
    return ber.tlv(ber.SEQUENCE, ber.integer(0), ber.tlv(ber.SEQUENCE, EC, SM2), ber.tlv(4, inner))


def point_of(key: Sm2PublicKey) -> bytes:
    return ber.tlv(ber.context(1), ber.tlv(ber.BIT_STRING, b"\0", key.point))


def test_halves_that_do_not_belong_together_are_no_key(silent: Callable[[], bool]) -> None:
    assert PRIVATE == Sm2PrivateKey.from_pkcs8(private_info(gm.SM2_SECRET, point_of(PUBLIC)))
    for der in (
        private_info(gm.SM2_SECRET, point_of(OTHER.public_key())),
        private_info(gm.SM2_SECRET),
        private_info(bytes(32), point_of(PUBLIC)),
        private_info((ORDER - 1).to_bytes(32, "big"), point_of(PUBLIC)),
        private_info(gm.SM2_SECRET + b"x", point_of(PUBLIC)),
        PRIVATE.pkcs8[:-1],
        PRIVATE.pkcs8 + b"\0",
        b"",
    ):
        with pytest.raises(ValueError, match=r"SM2|DER|32 bytes"):
            Sm2PrivateKey.from_pkcs8(der)
    assert silent()


READERS = {
    "a private key": (Sm2PrivateKey.from_pkcs8, OTHER.pkcs8),
    "a public key": (Sm2PublicKey.from_spki, PUBLIC.spki),
    "a ciphertext": (Sm2Ciphertext.read, DER),
}


@pytest.mark.parametrize("name", READERS)
def test_whatever_comes_is_read_or_told_as_a_value_error(name: str) -> None:
    read, honest = READERS[name]

    @settings(deadline=None, max_examples=300)
    @given(st.one_of(st.binary(max_size=200), st.tuples(st.integers(0, len(honest) - 1), st.binary(max_size=4))))
    def holds(given: bytes | tuple[int, bytes]) -> None:
        blob = given if isinstance(given, bytes) else honest[: given[0]] + given[1] + honest[given[0] + len(given[1]) :]
        with contextlib.suppress(ValueError):
            read(blob)

    holds()


def test_c1_a_private_key_never_prints_itself() -> None:
    assert gm.SM2_SECRET.hex() not in repr(PRIVATE).lower()
    assert repr(gm.SM2_SECRET)[2:-1] not in repr(PRIVATE)


# ── the terminal ──


def test_what_other_code_prints_meanwhile_is_not_lost(capfd: pytest.CaptureFixture[str]) -> None:
    libc = ctypes.CDLL(None)
    stderr = ctypes.c_void_p.in_dll(libc, "stderr")
    with untraced():
        libc.fputs(b"of another library\n", stderr)
        print("of Python", file=sys.stderr)
        assert not gmssl_pyx.sm2_verify_sm3_digest(gm.SM2_POINT[1:], bytes(32), SIGNATURE)
    assert {"of another library", "of Python"} == set(capfd.readouterr().err.split("\n")) - {""}
    libc.fputs(b"afterwards\n", stderr)
    assert "afterwards\n" == capfd.readouterr().err


def _verify_wrongly(times: int) -> int:
    return sum(PUBLIC.verify(SIGNATURE, b"another message") for _ in range(times))


def test_threads_and_forked_processes_stay_silent_and_right(silent: Callable[[], bool]) -> None:
    def both(number: int) -> bool:
        return PUBLIC.verify(SIGNATURE, gm.SM2_SIGNED if number % 2 else b"another message") is bool(number % 2)

    with ThreadPoolExecutor(4) as threads:
        judged = threads.map(both, range(400))
        child = multiprocessing.get_context("fork").Process(target=_verify_wrongly, args=(50,))
        child.start()
        assert all(judged)
    child.join(30)
    assert 0 == child.exitcode
    assert silent()


def test_a_signature_is_never_made_twice() -> None:
    assert 200 == len({PRIVATE.sign(b"the same message") for _ in range(200)})
    assert 200 == len({dataclasses.astuple(PUBLIC.encrypt(b"k" * 16)) for _ in range(200)})
