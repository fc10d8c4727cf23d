"""What is kept opens only under its key, in its place, unchanged; its index can be searched but not read."""

import hmac

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from transports.errors import BrokenSeal, UnknownKey
from transports.sealing import at_rest

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
SUITE = at_rest.SUITES[0]
both = pytest.mark.parametrize("suite", at_rest.SUITES)
LARGE = at_rest.OWN_KEY_ABOVE + 1


@both
@settings(deadline=None)
@given(
    plaintext=st.binary(max_size=200) | st.integers(LARGE - 2, LARGE + 2).map(bytes),
    context=st.text(max_size=20),
)
def test_c9_what_is_sealed_opens_in_its_place(suite: str, plaintext: bytes, context: str) -> None:
    assert plaintext == at_rest.open(KEY, at_rest.seal(suite, KEY, plaintext, context), context)


@both
@pytest.mark.parametrize("size", [0, 1, 100, LARGE])
def test_c9_another_key_place_or_bit_is_refused(suite: str, size: int) -> None:
    sealed = at_rest.seal(suite, KEY, bytes(size), "member")
    for key, context in ((OTHER, "member"), (KEY, "inquiry"), (KEY, "")):
        with pytest.raises(BrokenSeal):
            at_rest.open(key, sealed, context)
    for place in (*range(min(len(sealed), 110)), len(sealed) - 1):
        damaged = bytearray(sealed)
        damaged[place] ^= 1 << place % 8
        with pytest.raises(BrokenSeal) as caught:
            at_rest.open(KEY, bytes(damaged), "member")
        assert "at-rest-broken" == caught.value.code
    for length in (0, 1, 5, 20, len(sealed) - 1):
        with pytest.raises(BrokenSeal):
            at_rest.open(KEY, sealed[:length], "member")


def test_c9_the_suite_stands_in_front() -> None:
    assert 1 == at_rest.seal(SUITE, KEY, b"small", "")[0]
    assert 1 | 0x80 == at_rest.seal(SUITE, KEY, bytes(LARGE), "")[0]
    assert 2 == at_rest.seal("sm4gcm", KEY, b"small", "")[0]
    assert 2 | 0x80 == at_rest.seal("sm4gcm", KEY, bytes(LARGE), "")[0]
    with pytest.raises(UnknownKey):
        at_rest.seal("rot13", KEY, b"", "")


def test_c10_a_record_is_plain_aes_gcm_to_another_reader() -> None:
    sealed = at_rest.seal(SUITE, KEY, b"text", "member")
    assert b"text" == AESGCM(KEY).decrypt(sealed[1:13], sealed[13:], b"\x01member")


def test_rule_087_c10_a_record_is_plain_sm4_gcm_to_another_reader_under_a_key_drawn_by_hmac_sm3() -> None:
    """RFC 5869 2.3: the first block of the expansion is HMAC(key, info ‖ 1)."""
    sealed = at_rest.seal("sm4gcm", KEY, b"text", "member")
    drawn = hmac.new(KEY, b"at rest sm4gcm\x01", "sm3").digest()[:16]
    reader = Cipher(algorithms.SM4(drawn), modes.GCM(sealed[1:13], sealed[-16:])).decryptor()
    reader.authenticate_additional_data(b"\x02member")

    assert b"text" == reader.update(sealed[13:-16]) + reader.finalize()


@both
def test_c5_nonces_never_repeat_and_large_objects_have_keys_of_their_own(suite: str) -> None:
    nonces = {at_rest.seal(suite, KEY, b"", "")[1:13] for _ in range(20_000)}
    assert 20_000 == len(nonces)
    one, two = (at_rest.seal(suite, KEY, bytes(LARGE), "") for _ in range(2))
    assert one[1:62] != two[1:62]


@both
def test_c11_a_wrapped_key_comes_back_under_its_master_only(suite: str) -> None:
    key = at_rest.new_key()
    wrapped = at_rest.wrap(KEY, key, suite)
    assert key == at_rest.unwrap(KEY, wrapped)
    assert key not in wrapped
    with pytest.raises(BrokenSeal):
        at_rest.unwrap(OTHER, wrapped)


def test_f6_the_index_finds_again_and_tells_nothing_without_its_key() -> None:
    # RFC 4231, test case 2
    assert "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" == (
        at_rest.blind_index(b"Jefe", "what do ya want for nothing?").hex()
    )
    assert at_rest.blind_index(KEY, "R:1") == at_rest.blind_index(KEY, "R:1")
    assert at_rest.blind_index(KEY, "R:1") != at_rest.blind_index(OTHER, "R:1")


def test_rule_087_the_index_of_the_chinese_suite_is_hmac_sm3() -> None:
    assert hmac.new(KEY, b"R:1", "sm3").digest() == at_rest.blind_index(KEY, "R:1", "sm4gcm")
    assert at_rest.blind_index(KEY, "R:1", "sm4gcm") != at_rest.blind_index(KEY, "R:1")
    with pytest.raises(UnknownKey):
        at_rest.blind_index(KEY, "R:1", "rot13")
