"""The openssl program as the other side: our client calls ``s_server``, and ``s_client`` calls our server, with mutual TLS."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.certificates import Identity, authority, leaf
from tests.contracts.transport_contract import put
from tests.transports.tcp.lines import BARE, Lines
from transports.transport import Delivery, Put

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl program is not installed here"),
]

QUESTION, ANSWER = "<查询/>".encode("gb18030"), "<结果/>".encode("gb18030")


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    return Lines(tmp_path, BARE)


def files(lines: Lines, own: Identity) -> list[str]:
    """The options that make openssl show a certificate and ask for ours."""
    certificate, key = own.write(lines.keys, "openssl")
    authority_file = lines.keys / "ca.pem"
    authority_file.write_text(lines.ca.pem)
    return ["-cert", str(certificate), "-key", str(key), "-CAfile", str(authority_file), "-verify_return_error", "-quiet"]


@pytest.fixture
def started() -> Iterator[list["subprocess.Popen[bytes]"]]:
    running: list[subprocess.Popen[bytes]] = []
    yield running
    for program in running:
        program.kill()
        program.communicate()


def start(started: list["subprocess.Popen[bytes]"], *command: str) -> "subprocess.Popen[bytes]":
    program = subprocess.Popen(
        ["openssl", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
    )
    started.append(program)
    return program


def s_server(lines: Lines, started: list["subprocess.Popen[bytes]"], own: Identity) -> int:
    """A bank made of openssl. Its answer lies ready: it goes out as soon as somebody has come in."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    program = start(started, "s_server", "-accept", f"127.0.0.1:{port}", "-Verify", "2", "-naccept", "1", *files(lines, own))
    assert program.stdin is not None
    program.stdin.write(BARE.framing.encode(ANSWER))
    while f":{port:04X} " not in Path("/proc/net/tcp").read_text("ascii"):  # asking by connecting would be its one caller
        assert program.poll() is None
    return port


def test_our_client_speaks_with_openssl_s_server(lines: Lines, started: list["subprocess.Popen[bytes]"]) -> None:
    port = s_server(lines, started, lines.theirs)

    with lines.call(port, connection="one_per_message") as line:
        said = put(line, "q1.xml", QUESTION)

    assert Put(Delivery.DELIVERED, replies=(("q1.xml.answer", ANSWER),)) == said
    assert started[0].stdout is not None
    assert started[0].stdout.read(8 + len(QUESTION)) == BARE.framing.encode(QUESTION)


@pytest.mark.parametrize("shown", ["unpinned key", "unknown issuer", "another name"])
def test_an_openssl_s_server_that_is_not_our_peer_gets_no_byte(
    lines: Lines, started: list["subprocess.Popen[bytes]"], shown: str
) -> None:
    own, code = {
        "unpinned key": (leaf(lines.ca), "host-key-changed"),
        "unknown issuer": (leaf(authority()), "certificate-issuer"),
        "another name": (leaf(lines.ca, names=("other.example",)), "certificate-name"),
    }[shown]
    port = s_server(lines, started, own)

    with lines.call(port, connection="one_per_message") as line:
        refused = put(line, "q1.xml", QUESTION)

    assert (Delivery.REFUSED, code) == (refused.delivery, refused.code)
    started[0].terminate()
    assert started[0].stdout is not None
    assert started[0].stdout.read() == b""


def test_openssl_s_client_speaks_with_our_server(lines: Lines, started: list["subprocess.Popen[bytes]"]) -> None:
    with lines.serve() as server:
        caller = start(started, "s_client", "-connect", f"127.0.0.1:{server.port}", *files(lines, lines.ours))
        assert caller.stdin is not None
        assert caller.stdout is not None
        caller.stdin.write(BARE.framing.encode(QUESTION))

        assert caller.stdout.read(8) == b"00000000"  # the folder behind has no answer to give
    (parcel,) = (lines.root / "in").glob("MESSAGE_????????????????")
    assert parcel.read_bytes() == QUESTION


@pytest.mark.parametrize("shown", ["unpinned key", "unknown issuer", "none"])
def test_an_openssl_s_client_that_is_not_our_peer_leaves_nothing(
    lines: Lines, started: list["subprocess.Popen[bytes]"], shown: str
) -> None:
    options = files(lines, leaf(lines.ca) if shown == "unpinned key" else leaf(authority()))
    if shown == "none":
        options = options[4:]
    with lines.serve() as server:
        caller = start(started, "s_client", "-connect", f"127.0.0.1:{server.port}", *options)
        said, _ = caller.communicate(BARE.framing.encode(QUESTION), timeout=10)
        ends = {"unpinned key": "host-key-changed", "unknown issuer": "certificate-issuer", "none": "login-refused"}[shown]
        assert lines.heard.wait(ends), lines.heard

    assert said == b""
    assert list((lines.root / "in").iterdir()) == []
