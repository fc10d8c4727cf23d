"""The envelope of GM/T 0010 taken apart and put together by openssl, which knows its pieces (SM2, SM3, SM4) and not the whole."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contracts.cms_contract import Case
from tests.contracts.seal_contract import CONTENT, refused
from transports.sealing.sm2 import USER_ID, Sm2PrivateKey, Sm2PublicKey

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]
CASE = Case("sm2-sm4cbc-sm3", "sm2")  # ``openssl enc`` knows no SM4-GCM
_ELEMENT = re.compile(r" *(\d+):d= *(\d+) +hl=(\d+) l= *(\d+) (prim|cons): (OCTET STRING|cont \[ 0 \])")
_SIGNED = ("-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{USER_ID.decode()}")


class Openssl:
    """openssl in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, content: bytes = b"") -> bytes:
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, input=content, capture_output=True, check=False)
        assert 0 == done.returncode, done.stderr.decode()
        return done.stdout

    def private(self, key: Sm2PrivateKey) -> str:
        """Its file, in PEM."""
        (self.folder / "key.pem").write_bytes(self("pkey", "-inform", "DER", content=key.pkcs8))
        return "key.pem"

    def public(self, key: Sm2PublicKey) -> str:
        (self.folder / "public.pem").write_bytes(self("pkey", "-pubin", "-inform", "DER", content=key.spki))
        return "public.pem"

    def elements(self, der: bytes, kind: str, depth: int) -> list[slice]:
        """Where the values of one kind lie (OCTET STRING, cont [ 0 ]) at one depth, as ``asn1parse`` sees them."""
        lines = self("asn1parse", "-inform", "DER", content=der).decode("latin-1").splitlines()
        found = [match for match in map(_ELEMENT.match, lines) if match and match[6] == kind and int(match[2]) == depth]
        begins = [(int(match[1]) + int(match[3]), int(match[4])) for match in found]
        return [slice(begin, begin + size) for begin, size in begins]

    def envelope(self, parcel: bytes) -> tuple[slice, slice, slice]:
        """(wrapped key, first block, content) of an envelope for one recipient."""
        wrapped, start = self.elements(parcel, "OCTET STRING", 5)
        return wrapped, start, self.elements(parcel, "cont [ 0 ]", 4)[0]

    def signature(self, message: bytes) -> tuple[slice, slice, slice]:
        """(content, signed attributes, signature) of a message of one signer."""
        content, signature = self.elements(message, "OCTET STRING", 5)
        return content, self.elements(message, "cont [ 0 ]", 5)[-1], signature


@pytest.fixture
def openssl(tmp_path: Path) -> Openssl:
    return Openssl(tmp_path)


def as_set(message: bytes, attributes: slice) -> bytes:
    """What a signature covers: the attributes under the tag of a set (RFC 5652 5.4)."""
    head = message[attributes.start - 3 : attributes.start]
    assert b"\xa0\x81" == head[:2]
    return b"\x31" + head[1:] + message[attributes]


def test_rule_087_openssl_opens_and_verifies_what_we_seal(openssl: Openssl) -> None:
    parcel = CASE.seal(size=len(CONTENT))
    wrapped, start, sealed = (parcel[part] for part in openssl.envelope(parcel))
    key = openssl("pkeyutl", "-decrypt", "-inkey", openssl.private(CASE.us.private), content=wrapped)
    message = openssl("enc", "-d", "-sm4-cbc", "-K", key.hex(), "-iv", start.hex(), content=sealed)

    content, attributes, signature = openssl.signature(message)
    (openssl.folder / "signature").write_bytes(message[signature])
    (openssl.folder / "covered").write_bytes(as_set(message, attributes))
    verify = ("pkeyutl", "-verify", "-pubin", "-inkey", openssl.public(CASE.bank.private.public_key()))
    assert b"Success" in openssl(*verify, "-sigfile", "signature", "-in", "covered", *_SIGNED)
    assert openssl("dgst", "-sm3", "-binary", content=CONTENT) in message[attributes]
    assert CONTENT == message[content]


def test_rule_087_we_open_what_openssl_signs_and_encrypts(openssl: Openssl) -> None:
    """Every number in the parcel is made by openssl; only the frame around them is ours."""
    message = _signed_by(openssl, CASE.signed())
    key, start = os.urandom(16), os.urandom(16)
    sealed = openssl("enc", "-sm4-cbc", "-K", key.hex(), "-iv", start.hex(), content=message)
    parcel = bytearray(CASE.envelope(message))
    places = openssl.envelope(bytes(parcel))
    encrypt = ("pkeyutl", "-encrypt", "-pubin", "-inkey", openssl.public(CASE.us.private.public_key()))
    parcel[places[0]] = _as_long(places[0], lambda: openssl(*encrypt, content=key))
    parcel[places[1]], parcel[places[2]] = start, sealed

    assert CONTENT == CASE.open(bytes(parcel))
    parcel[places[2]] = openssl("enc", "-sm4-cbc", "-K", bytes(16).hex(), "-iv", start.hex(), content=message)
    assert "seal-content-changed" == refused(lambda: CASE.open(bytes(parcel)))


def _signed_by(openssl: Openssl, message: bytes) -> bytes:
    signed = bytearray(message)
    _, attributes, signature = openssl.signature(message)
    (openssl.folder / "covered").write_bytes(as_set(message, attributes))
    sign = ("pkeyutl", "-sign", "-inkey", openssl.private(CASE.bank.private), "-in", "covered", *_SIGNED)
    signed[signature] = _as_long(signature, lambda: openssl(*sign))
    assert bytes(signed) != message
    return bytes(signed)


def _as_long(place: slice, make: Callable[[], bytes]) -> bytes:
    """Made again until it is as long as the place: its numbers lose their leading zeros."""
    while True:
        made = make()
        if len(made) == place.stop - place.start:
            return made
