"""TLS of dedicated lines against real peers: which certificates are taken, which are not, and with which words."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.certificates import Identity, authority, early, expired, leaf, tls_settings
from tests.ports import Port
from transports import tls
from transports.errors import Refused, TransportError, Unreachable
from transports.tls import TlsSettings

OTHER_PIN = "SHA256:" + "A" * 43


@pytest.fixture(scope="module")
def ca() -> Identity:
    return authority()


@pytest.fixture(scope="module")
def ours(ca: Identity) -> Identity:
    return leaf(ca, "client")


def called(server: ssl.SSLContext, settings: TlsSettings, name: str | None = "localhost") -> str:
    """Call a Python TLS server once, check the pin, and read a byte. What came of it: a code, or the version that was spoken."""
    port = Port(lambda raw: _answer(raw, server))
    try:
        return _call(port.number, settings, name)
    finally:
        port.close()


def _answer(raw: socket.socket, context: ssl.SSLContext) -> None:
    with raw, contextlib.suppress(OSError), context.wrap_socket(raw, server_side=True) as line:
        line.sendall(b"!")


def _call(port: int, settings: TlsSettings, name: str | None) -> str:
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as raw,
            tls.client_context(settings).wrap_socket(raw, server_hostname=name) as line,
        ):
            tls.expect_pinned(line.getpeercert(binary_form=True), settings.pins)
            line.recv(1)
            return line.version() or ""
    except Exception as error:
        known = error if isinstance(error, TransportError) else tls.in_our_words(error)
        assert isinstance(known, Refused | Unreachable)
        return known.code


def python_server(folder: Path, own: Identity, ca: Identity, *, client: bool = True) -> ssl.SSLContext:
    """A plain server of Python's, without our rules."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*own.write(folder, "server"))
    if client:
        context.load_verify_locations(cadata=ca.pem)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


Shown = Callable[[Identity], tuple[Identity, str]]
# What the server shows, and what must come of it. The pin is always the shown key's: the chain alone must stop these.
SHOWN: dict[str, Shown] = {
    "as agreed": lambda ca: (leaf(ca), "TLSv1.3"),
    "expired": lambda ca: (expired(ca), "certificate-expired"),
    "not yet valid": lambda ca: (early(ca), "certificate-not-yet-valid"),
    "another name": lambda ca: (leaf(ca, "other", names=("other.example",)), "certificate-name"),
    "unknown issuer": lambda ca: (leaf(authority("Somebody else")), "certificate-issuer"),
    "same issuer's name, other key": lambda ca: (leaf(authority()), "certificate-issuer"),
}


@pytest.mark.parametrize("shown", SHOWN)
def test_a7_a_certificate_is_taken_only_when_all_of_it_holds(ca: Identity, ours: Identity, tmp_path: Path, shown: str) -> None:
    theirs, ends = SHOWN[shown](ca)
    settings = tls_settings(tmp_path, ours, ca, theirs.pin, name="localhost")

    assert ends == called(python_server(tmp_path, theirs, ca), settings)


def test_a7_the_right_issuer_is_not_enough_the_key_itself_is_pinned(ca: Identity, ours: Identity, tmp_path: Path) -> None:
    settings = tls_settings(tmp_path, ours, ca, OTHER_PIN, name="localhost")

    assert called(python_server(tmp_path, leaf(ca), ca), settings) == "host-key-changed"


def test_a_renewed_certificate_of_the_pinned_key_is_taken(ca: Identity, ours: Identity, tmp_path: Path) -> None:
    theirs = leaf(ca)
    renewed = leaf(ca, key=theirs.key)

    assert called(python_server(tmp_path, renewed, ca), tls_settings(tmp_path, ours, ca, theirs.pin)) == "TLSv1.3"


def test_two_pins_overlap_while_a_key_is_renewed(ca: Identity, ours: Identity, tmp_path: Path) -> None:
    theirs = leaf(ca)
    settings = tls_settings(tmp_path, ours, ca, OTHER_PIN, theirs.pin + "=")

    assert called(python_server(tmp_path, theirs, ca), settings) == "TLSv1.3"


def test_a_peers_own_self_signed_certificate_may_be_the_authority(ours: Identity, tmp_path: Path) -> None:
    theirs = authority("localhost")

    assert (
        called(python_server(tmp_path, theirs, theirs, client=False), tls_settings(tmp_path, ours, theirs, theirs.pin))
        == "TLSv1.3"
    )


def test_tls_1_2_is_spoken_only_with_forward_secrecy(ca: Identity, ours: Identity, tmp_path: Path) -> None:
    theirs = leaf(ca)
    server = python_server(tmp_path, theirs, ca)
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    assert called(server, tls_settings(tmp_path, ours, ca, theirs.pin)) == "TLSv1.2"

    server.set_ciphers("AES256-SHA:AES128-SHA:@SECLEVEL=0")
    assert called(server, tls_settings(tmp_path, ours, ca, theirs.pin)) == "weak-algorithms"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_a7_a_server_of_tls_1_1_gets_nothing(ca: Identity, ours: Identity, tmp_path: Path) -> None:
    theirs = leaf(ca)
    server = python_server(tmp_path, theirs, ca)
    server.set_ciphers("ALL:@SECLEVEL=0")
    server.minimum_version = ssl.TLSVersion.TLSv1_1
    server.maximum_version = ssl.TLSVersion.TLSv1_1

    assert called(server, tls_settings(tmp_path, ours, ca, theirs.pin)) == "weak-algorithms"


def test_a7_a_short_rsa_key_is_refused(ca: Identity, ours: Identity, tmp_path: Path) -> None:
    theirs = leaf(ca, kind="rsa1024")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.set_ciphers("ALL:@SECLEVEL=0")
    server.load_cert_chain(*theirs.write(tmp_path, "server"))

    assert called(server, tls_settings(tmp_path, ours, ca, OTHER_PIN)) == "certificate-weak"


def test_a7_an_authority_with_a_short_key_vouches_for_nobody(ours: Identity, tmp_path: Path) -> None:
    weak = authority("Old authority", kind="rsa1024")
    theirs = leaf(weak)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.set_ciphers("ALL:@SECLEVEL=0")
    server.load_cert_chain(*theirs.write(tmp_path, "server"))

    assert called(server, tls_settings(tmp_path, ours, weak, theirs.pin)) in {"certificate-weak", "unusable-key"}


@pytest.mark.parametrize("kind", ["ec", "rsa3072"])
def test_both_kinds_of_keys_are_taken(ca: Identity, ours: Identity, tmp_path: Path, kind: str) -> None:
    theirs = leaf(ca, kind=kind)  # type: ignore[arg-type]

    assert called(python_server(tmp_path, theirs, ca), tls_settings(tmp_path, ours, ca, theirs.pin)) == "TLSv1.3"


# ---- our own server ----------------------------------------------------------------------------------------------------------


def test_our_server_lets_nobody_in_without_a_certificate(ca: Identity, tmp_path: Path) -> None:
    server = tls.server_context(tls_settings(tmp_path, leaf(ca), ca, OTHER_PIN))
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bare.load_verify_locations(cadata=ca.pem)

    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN_A_CERTIFICATE") as nobody:
        _shake_hands(bare, server)

    told = tls.in_our_words(nobody.value)
    assert (Refused, "login-refused") == (type(told), told.code if told else "")


@pytest.mark.parametrize("make", [expired, early, lambda ca: leaf(authority())], ids=["expired", "early", "unknown issuer"])
def test_our_server_lets_nobody_in_whose_certificate_does_not_hold(
    ca: Identity, tmp_path: Path, make: Callable[[Identity], Identity]
) -> None:
    theirs = leaf(ca)
    server = tls.server_context(tls_settings(tmp_path, theirs, ca, OTHER_PIN, file="server"))
    settings = tls_settings(tmp_path, make(ca), ca, theirs.pin, name="localhost")

    assert called(server, settings) == "login-refused"


def _shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(5):
        for side in (ours, theirs):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    raise AssertionError("somebody came in")


# ---- our settings ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pins", [(), ("",), ("SHA1:abc",), ("SHA256:short",)])
def test_a1_without_pins_nothing_is_even_built(tmp_path: Path, pins: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="pinned"):
        TlsSettings(tmp_path / "c", tmp_path / "k", "", pins)


@pytest.mark.parametrize("missing", ["key", "certificate", "authority", "wrong key"])
def test_our_own_files_that_cannot_be_used_are_our_business(ca: Identity, ours: Identity, tmp_path: Path, missing: str) -> None:
    good = tls_settings(tmp_path, ours, ca, OTHER_PIN)
    bad = {
        "key": TlsSettings(good.certificate, tmp_path / "none", ca.pem, good.pins),
        "certificate": TlsSettings(tmp_path / "none", good.key, ca.pem, good.pins),
        "authority": TlsSettings(good.certificate, good.key, "no certificate", good.pins),
        "wrong key": TlsSettings(good.certificate, leaf(ca).write(tmp_path, "other")[1], ca.pem, good.pins),
    }[missing]

    with pytest.raises(Refused) as refused:
        tls.client_context(bad)
    assert refused.value.code == "unusable-key"


def test_a_key_with_a_passphrase_never_asks_the_terminal(ca: Identity, ours: Identity, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    good = tls_settings(tmp_path, ours, ca, OTHER_PIN)
    sealed = serialization.BestAvailableEncryption(b"secret")
    good.key.write_bytes(ours.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealed))

    with pytest.raises(Refused) as refused:
        tls.client_context(good)
    assert refused.value.code == "unusable-key"


def test_the_key_is_not_shown_with_the_settings(ca: Identity, ours: Identity, tmp_path: Path) -> None:
    settings = tls_settings(tmp_path, ours, ca, OTHER_PIN)

    assert str(settings.key) not in repr(settings)


def test_what_is_no_certificate_is_pinned_by_nothing() -> None:
    assert not tls.is_pinned(None, (OTHER_PIN,))
    assert not tls.is_pinned(b"", (OTHER_PIN,))
    assert not tls.is_pinned(b"no certificate", (OTHER_PIN,))


# ---- openssl -----------------------------------------------------------------------------------------------------------------

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl program is not installed here")


@contextlib.contextmanager
def openssl_server(folder: Path, own: Identity, ca: Identity, *options: str) -> Iterator[int]:
    """``openssl s_server`` that wants a certificate of ``ca``; its port."""
    certificate, key = own.write(folder, "openssl")
    (folder / "ca.pem").write_text(ca.pem)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certificate, "-key", key, "-quiet"]
    server = subprocess.Popen(
        [*command, "-CAfile", folder / "ca.pem", "-Verify", "2", "-verify_return_error", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_port(port)
        assert server.stdin is not None
        server.stdin.write(b"!" * 100)
        yield port
    finally:
        server.kill()
        server.wait()


def _await_port(port: int) -> None:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.02)
    raise AssertionError("openssl did not start")


@pytest.mark.real
@needs_openssl
@pytest.mark.parametrize("shown", SHOWN)
def test_openssl_s_server_shows_its_certificate(ca: Identity, ours: Identity, tmp_path: Path, shown: str) -> None:
    theirs, ends = SHOWN[shown](ca)
    settings = tls_settings(tmp_path, ours, ca, theirs.pin, name="localhost")

    with openssl_server(tmp_path, theirs, ca) as port:
        assert ends == _handshake(port, settings)


@pytest.mark.real
@needs_openssl
@pytest.mark.parametrize(
    ("options", "ends"),
    [
        (["-tls1_2"], "TLSv1.2"),
        (["-tls1_3"], "TLSv1.3"),
        (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "weak-algorithms"),
        (["-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"], "weak-algorithms"),
    ],
    ids=["1.2", "1.3", "1.1", "1.2 without forward secrecy"],
)
def test_a7_openssl_s_server_speaks_old_or_new(
    ca: Identity, ours: Identity, tmp_path: Path, options: list[str], ends: str
) -> None:
    theirs = leaf(ca)

    with openssl_server(tmp_path, theirs, ca, *options) as port:
        assert ends == _handshake(port, tls_settings(tmp_path, ours, ca, theirs.pin, name="localhost"))


def _handshake(port: int, settings: TlsSettings) -> str:
    """Only the handshake and the pin: what s_server says afterwards is nothing to read."""
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as raw,
            tls.client_context(settings).wrap_socket(raw, server_hostname=settings.name) as line,
        ):
            tls.expect_pinned(line.getpeercert(binary_form=True), settings.pins)
            return line.version() or ""
    except Exception as error:
        known = error if isinstance(error, TransportError) else tls.in_our_words(error)
        assert known is not None
        return known.code


def test_everything_else_has_no_words_of_the_line() -> None:
    assert tls.in_our_words(ZeroDivisionError()) is None
    assert isinstance(tls.in_our_words(TimeoutError()), Unreachable)
    assert isinstance(tls.in_our_words(EOFError()), Unreachable)
