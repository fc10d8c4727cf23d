"""TLS as openssl speaks it to us and hears it from us: no renegotiation, and no early data, which anybody could replay."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.transport_contract import clean, put
from tests.faults.table import Came, came, promised
from tests.https_line import Bank, Town
from transports.https import Deadlines, Https

pytestmark = pytest.mark.real
EARLY = b"GET /answers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    assert shutil.which("openssl"), "openssl is missing; tests/install_servers.sh installs it"
    made = Town(tmp_path_factory.mktemp("town"))
    (made.folder / "authority.pem").write_text(made.issuer.pem)
    return made


def s_client(town: Town, port: int, *options: object, said: bytes = b"") -> str:
    """What ``openssl s_client`` with our certificate tells of a line."""
    tls = town.our_tls()
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-cert", tls.certificate, "-key", tls.key, *options]
    command += ["-CAfile", town.folder / "authority.pem"]
    done = subprocess.run([str(word) for word in command], input=said, capture_output=True, timeout=20, check=False)
    return (done.stdout + done.stderr).decode(errors="replace")


def test_h30_our_server_takes_no_renegotiation_and_no_early_data(town: Town, tmp_path: Path) -> None:
    session, early = tmp_path / "session.pem", tmp_path / "early"
    early.write_bytes(EARLY)
    with Bank(town, clean(tmp_path / "bank")) as bank:
        port = bank.server.port
        renegotiated = s_client(town, port, "-tls1_2", said=b"R\n")
        first = s_client(town, port, "-tls1_3", "-ign_eof", "-sess_out", session, said=EARLY)
        listed = bank.opened
        again = s_client(town, port, "-tls1_3", "-sess_in", session, "-early_data", early) if session.exists() else ""
        bank.wait_until_idle()

        assert "HTTP/1.1 200" in first  # the very same call, sent in its time
        assert "no renegotiation" in renegotiated
        assert "Early data was accepted" not in again
        assert "Max Early Data: 0" in first or not session.exists()
        assert (listed, 1) == (bank.opened, listed)
    assert promised("H30", "call-back") == Came("done")


@contextlib.contextmanager
def eager_server(town: Town) -> Iterator[tuple[int, Path]]:
    """``openssl s_server`` that hands out tickets and takes early data; its port and what it tells."""
    tls = town.bank_tls()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    told = town.folder / "s_server.txt"
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", tls.certificate, "-key", tls.key, "-tls1_3"]
    command += ["-early_data", "-no_anti_replay", "-CAfile", town.folder / "authority.pem", "-Verify", "2"]
    with (
        told.open("wb") as out,
        subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=out, stderr=out) as server,
    ):
        try:
            ends_at = time.monotonic() + 5
            while b"ACCEPT" not in told.read_bytes() and time.monotonic() < ends_at:
                time.sleep(0.02)
            yield port, told
        finally:
            server.kill()


def test_h30_our_client_sends_no_early_data(town: Town) -> None:
    early = town.folder / "early"
    early.write_bytes(EARLY)
    session = town.folder / "session.pem"
    with eager_server(town) as (port, told):
        short = Deadlines(connect_s=1.0, reply_s=0.5, transfer_s=1.0)
        with Https(town.client(port, deadlines=short)) as line:
            ends = [came(lambda: put(line, content=b"x" * 100)) for _ in range(2)]  # the second could resume the first
        ours = told.read_bytes()
        theirs = b""
        for _ in range(10):  # a client that ends before its ticket came has nothing to resume
            s_client(town, port, "-tls1_3", "-sess_out", session, said=b"hello\n")
            s_client(town, port, "-tls1_3", "-sess_in", session, "-early_data", early, said=b"hello\n")
            theirs = told.read_bytes().removeprefix(ours)
            if b"Early data received" in theirs.replace(b"No early data received", b""):
                break

    assert [promised("H30", "put")] * 2 == ends
    assert 2 == ours.count(b"PUT /parcels/")
    assert b"Early data received" not in ours
    assert b"Early data received" in theirs  # it would have taken ours
