"""A ring keeps its own files by SM4 and SM3 where it is national: in the standard's own form, read for ever, changed by one command."""

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from transports.errors import BrokenRing
from transports.sealing import at_rest, ber, pem
from transports.sealing.keyring import KeyRing, pbes2
from transports.sealing.keyring.files import INDEX
from transports.sealing.keyring.lasting_keys import AUDIT
from transports.sealing.sm2 import Sm2PrivateKey

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
SECRET = b"a secret of the ring"
AES, SM4 = at_rest.SUITES
KEYS = (
    ("us/sign", "sign", "sm2"),
    ("us/sign", "sign", "ec-p256"),
    ("us/decrypt", "encrypt", "sm2"),
    ("us/pgp", "any", "pgp-ed25519"),
)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A ring of each suite, with keys of every form."""
    folders = {suite: tmp_path_factory.mktemp(suite) / "keys" for suite in (AES, SM4)}
    for suite, folder in folders.items():
        ring = KeyRing.create(folder, SECRET, suite)
        for alias, use, kind in KEYS:
            ring.new(alias, use, kind, 365, AT)
    return folders


@pytest.fixture(params=[AES, SM4])
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(founded: dict[str, Path], suite: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(founded[suite], tmp_path / "keys"))


def opened(folder: Path) -> KeyRing:
    return KeyRing.open(folder, SECRET)


def secrets_of(ring: KeyRing) -> list[object]:
    """Everything private in it, as what it can do."""
    own = [each.private.public_key() for alias in ("us/sign", "us/decrypt") for each in ring.own_any(alias)]
    [openpgp] = ring.pgp.own_any("us/pgp")
    key, signature = ring.sign_checkpoint(b"head")
    assert signature
    return [*own, openpgp.private, ring.masters(), key]


def forms(folder: Path) -> set[str]:
    """How the private keys lie there."""
    found = set()
    for path in folder.glob("*.key.*"):
        content = path.read_bytes()
        if path.suffix == ".pem":
            found.add("PBES2 SM4" if pbes2.is_national(content) else "PBES2 AES")
        else:
            found.add(f"record {content[0] & 0x7F}")
    return found


# ── the national form ──


def test_rule_087_a_national_ring_has_nothing_of_aes_or_sha(founded: dict[str, Path]) -> None:
    assert {"PBES2 SM4", "record 2"} == forms(founded[SM4])
    assert {"PBES2 AES", "record 1"} == forms(founded[AES])
    index = json.loads((founded[SM4] / INDEX).read_bytes())
    assert (SM4, "02") == (index["suite"], index["entries"][0]["sealed"][:2])
    assert ["sm4", "sm2"] == [entry["kind"] for entry in index["entries"][:2]]


@pytest.mark.real
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_rule_087_c10_openssl_opens_a_key_file_step_by_step() -> None:
    """RFC 8018 with SM3 and SM4: openssl derives the key and takes the cipher off, in two commands; 3.0 has no name for the two together."""
    private = Sm2PrivateKey.generate()
    der = pem.read(pbes2.LABEL, pbes2.sealed(private.pkcs8, b"a phrase"))
    shown = _openssl("asn1parse", "-inform", "DER", content=der).decode()
    assert "PBES2" in shown
    assert "1.2.156.10197.1.401.2" in shown
    assert "sm4-cbc" in shown
    salt, begin, content = (line.rpartition(":")[2] for line in shown.splitlines() if "OCTET STRING" in line)
    derive = ("-kdfopt", "digest:SM3", "-kdfopt", "pass:a phrase", "-kdfopt", f"hexsalt:{salt}", "-kdfopt", "iter:10000")
    key = _openssl("kdf", "-keylen", "16", *derive, "-binary", "PBKDF2")
    plain = _openssl("enc", "-d", "-sm4-cbc", "-K", key.hex(), "-iv", begin, content=bytes.fromhex(content))
    assert private.pkcs8 == plain


def _openssl(*arguments: str, content: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=content, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    "spoil",
    [
        lambda der: der[:-1],
        lambda der: der + b"\0",
        lambda der: der.replace(ber.integer(10_000), ber.integer(0x7FFF)),
        lambda der: der.replace(ber.integer(10_000), ber.tlv(ber.INTEGER, b"\x00\x00")),
        lambda der: der.replace(ber.oid("1.2.156.10197.1.401.2"), ber.oid("1.2.156.10197.1.401.1")),
        lambda der: der[:-16],
    ],
    ids=["cut", "trailing", "rounds", "no rounds", "another digest", "a block less"],
)
def test_what_is_not_this_form_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    private = Sm2PrivateKey.generate()
    der = spoil(pem.read(pbes2.LABEL, pbes2.sealed(private.pkcs8, b"a phrase")))
    with pytest.raises(ValueError):  # noqa: PT011 (one of several sentences; the ring says ring-damaged)
        Sm2PrivateKey.from_pkcs8(pbes2.opened(pem.written(pbes2.LABEL, der), b"a phrase"))


def test_another_phrase_opens_nothing() -> None:
    text = pbes2.sealed(Sm2PrivateKey.generate().pkcs8, b"a phrase")
    with pytest.raises(ValueError):  # noqa: PT011
        Sm2PrivateKey.from_pkcs8(pbes2.opened(text, b"another"))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_c2_a_key_file_that_asks_for_very_many_rounds_is_damaged_in_either_suite(tmp_path: Path) -> None:
    """Whoever writes into the folder could have every start wait for minutes."""
    ring = KeyRing.create(tmp_path / "keys", SECRET)
    entry = ring.new("us/sign", "sign", "ec-p256", 30, AT)
    path = tmp_path / "keys" / f"{entry.id}.key.pem"
    pbes2.expect_few_rounds(path.read_bytes())
    phrase = ring._files.secrets.derive("private keys").hex()
    plain = ring.own("us/sign", AT)[0].private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    command = ("pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", f"pass:{phrase}", "-iter")
    for rounds, holds in (("1000", True), ("1000001", False)):
        path.write_bytes(_openssl(*command, rounds, content=plain))
        opened = KeyRing.open(tmp_path / "keys", SECRET)
        if holds:
            assert opened.own("us/sign", AT)
            continue
        with pytest.raises(BrokenRing) as caught:
            opened.own("us/sign", AT)
        assert "ring-damaged" == caught.value.code


# ── changed, and read for ever ──


def test_a_ring_changes_its_suite_and_keeps_everything(folder: Path, suite: str) -> None:
    before, other = secrets_of(opened(folder)), SM4 if suite == AES else AES
    ring = opened(folder)
    ring.change_suite(other)
    for each in (ring, opened(folder)):
        assert before == secrets_of(each)
        assert other == each.suite
    assert ({"PBES2 SM4", "record 2"} if other == SM4 else {"PBES2 AES", "record 1"}) == forms(folder)
    ring.change_suite(suite)
    assert before == secrets_of(opened(folder))


def test_a_change_that_was_cut_short_anywhere_leaves_a_ring_that_opens(
    folder: Path, suite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the first, the second, … file is written, until it comes through."""
    from transports import shelf

    before, other = secrets_of(opened(folder)), SM4 if suite == AES else AES
    write, left = shelf.write, 0

    def dies(path: Path, content: bytes) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise SystemExit
        write(path, content)

    monkeypatch.setattr(shelf, "write", dies)
    for count in range(9):
        left = count
        try:
            opened(folder).change_suite(other)
            break
        except SystemExit:
            assert before == secrets_of(opened(folder))
    assert count > len(KEYS)
    assert before == secrets_of(opened(folder))


def test_an_open_ring_goes_on_after_another_process_changed_the_suite(folder: Path, suite: str) -> None:
    stale, other = opened(folder), SM4 if suite == AES else AES
    opened(folder).change_suite(other)
    assert stale.own("us/sign", AT)
    stale.new("us/later", "sign", "sm2", 365, AT)
    assert other == opened(folder).suite
    assert opened(folder).own("us/later", AT)


def test_a_renewed_audit_key_is_of_the_suite_the_ring_has_now(folder: Path, suite: str) -> None:
    ring = opened(folder)
    ring.change_suite(SM4)
    assert "sm2" == ring.renew(AUDIT, ring.newest(AUDIT).id).kind
    assert ring.suite == SM4 or suite == AES


def test_a_ring_that_names_no_suite_is_of_the_earlier_edition(founded: dict[str, Path], tmp_path: Path) -> None:
    """As they were written before: without the word, under a code over everything but itself."""
    from transports.sealing.keyring import index as ring_index

    folder = Path(shutil.copytree(founded[AES], tmp_path / "keys"))
    body = json.loads((folder / INDEX).read_bytes())
    del body["suite"], body["mac"]
    secrets = ring_index.RingSecrets(SECRET, bytes.fromhex(body["salt"]))
    (folder / INDEX).write_bytes(ring_index._text({**body, "mac": secrets.mac(ring_index._text(body))}))
    assert secrets_of(opened(founded[AES])) == secrets_of(opened(folder))


@pytest.mark.parametrize("said", [AES, SM4, "rot13"])
def test_c2_a_suite_written_into_the_index_by_hand_opens_nothing(folder: Path, suite: str, said: str) -> None:
    body = json.loads((folder / INDEX).read_bytes())
    (folder / INDEX).write_text(json.dumps({**body, "suite": said}, ensure_ascii=False, indent=1, sort_keys=True))
    if said == suite:
        assert opened(folder)
        return
    with pytest.raises(BrokenRing) as caught:
        opened(folder)
    assert caught.value.code == ("ring-damaged" if said == "rot13" else "ring-secret-wrong")


def test_base64_is_what_lies_between_the_lines() -> None:
    text = pem.written("X", bytes(range(256)))
    assert bytes(range(256)) == pem.read("X", text) == base64.b64decode(b"".join(text.splitlines()[1:-1]))
    assert 64 == max(map(len, text.splitlines()))
