"""AES-256 as a content cipher gives what the published vectors say, both ways; SHA-2 and the keyed digest beside it too."""

import hashlib
import hmac

import pytest

from tests.contracts.seal_contract import refused
from transports import drawing
from transports.sealing import ber
from transports.sealing.ber import OCTET_STRING, SEQUENCE, tlv
from transports.sealing.cms import ciphers_aes
from transports.sealing.cms.suite import Cipher

# The GCM Specification of McGrew and Viega (2005), appendix B, test case 15: AES-256, 96 bits of nonce.
GCM_KEY = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
GCM_NONCE = bytes.fromhex("cafebabefacedbaddecaf888")
GCM_PLAIN = bytes.fromhex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
)
GCM_SEALED = bytes.fromhex(
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
)
GCM_TAG = bytes.fromhex("b094dac5d93471bdec1a502270e3cc6c")
GCM = tlv(SEQUENCE, tlv(OCTET_STRING, GCM_NONCE), ber.integer(16))

# NIST SP 800-38A, F.2.5: CBC-AES256, four blocks; a padding block of ours follows them.
CBC_KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
CBC_NONCE = bytes(range(16))
CBC_PLAIN = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
CBC_SEALED = bytes.fromhex(
    "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"
)


def encrypted(cipher: Cipher, key: bytes, nonce: bytes, plain: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, bytes]:
    """(ciphertext, tag) by the cipher of our envelopes, led to this nonce."""
    monkeypatch.setattr(drawing, "nonce", lambda size: nonce[:size])
    _, encryptor = cipher.encrypt(key)
    sealed = encryptor.update(plain)
    last, tag = encryptor.finish()
    return sealed + last, tag


def test_c10_aes_256_gcm_of_its_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (GCM_SEALED, GCM_TAG) == encrypted(ciphers_aes.GCM, GCM_KEY, GCM_NONCE, GCM_PLAIN, monkeypatch)

    decryptor = ciphers_aes.GCM.decrypt(GCM_KEY, GCM)
    assert GCM_PLAIN == decryptor.update(GCM_SEALED) + decryptor.finish(GCM_TAG)
    wrong = ciphers_aes.GCM.decrypt(GCM_KEY, GCM)
    wrong.update(GCM_SEALED)
    assert "seal-content-changed" == refused(lambda: wrong.finish(GCM_TAG[:-1] + b"\0"))


def test_c10_aes_256_cbc_of_sp_800_38a(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed, tag = encrypted(ciphers_aes.CBC, CBC_KEY, CBC_NONCE, CBC_PLAIN, monkeypatch)
    assert (CBC_SEALED, b"") == (sealed[:64], tag)

    decryptor = ciphers_aes.CBC.decrypt(CBC_KEY, tlv(OCTET_STRING, CBC_NONCE))
    assert CBC_PLAIN == decryptor.update(sealed) + decryptor.finish(b"")


@pytest.mark.parametrize(
    ("digest", "of_abc"),
    [  # FIPS 180-4, examples of one block
        ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("sha384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"),
        (
            "sha512",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
    ],
)
def test_c10_sha_2_of_fips_180(digest: str, of_abc: str) -> None:
    assert of_abc == hashlib.new(digest, b"abc").hexdigest()


def test_c10_hmac_sha_256_of_rfc_4231() -> None:
    keyed = hmac.new(b"Jefe", b"what do ya want for nothing?", "sha256")  # test case 2

    assert "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" == keyed.hexdigest()
