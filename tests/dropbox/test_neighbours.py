"""What one bank's staff do at the drop-box never shuts another bank's out: not by slow bodies, open lines, trials or full disks."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator

import pytest

from connector.dropbox import uploads
from tests.dropbox.town import BASE, BEGUN, BoxTown, Clerk, digest_of
from transports.https import CallServer, Deadlines

SOON_S = 5.0  # what a neighbour waits at most, on a busy machine


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BoxTown]:
    with BoxTown(tmp_path_factory.mktemp("town"), households=4, banks=2, lines_max=2) as made:
        yield made.asked()


@pytest.fixture
def server(town: BoxTown) -> Iterator[CallServer]:
    with town.serving(deadlines=Deadlines(transfer_s=30.0), head_s=30.0) as opened:
        yield opened


@contextlib.contextmanager
def held(clerk: Clerk, port: int, count: int, head: str = "") -> Iterator[list[ssl.SSLSocket]]:
    """Lines of one clerk, each with the head of a call whose body never comes."""
    lines: list[ssl.SSLSocket] = []
    try:
        for _ in range(count):
            with contextlib.suppress(OSError):
                line = clerk._context.wrap_socket(socket.create_connection(("localhost", port), 5), server_hostname="localhost")
                line.sendall(head.encode())
                lines.append(line)
        yield lines
    finally:
        for line in lines:
            line.close()


def call(method: str, path: str, size: int) -> str:
    fields = f"Host: localhost\r\nContent-Length: {size}\r\nContent-Digest: {digest_of(b'')}\r\n"
    return f"{method} {BASE}{path} HTTP/1.1\r\n{fields}\r\n"


def waited(clerk: Clerk) -> tuple[int, bool]:
    begun = time.monotonic()
    status = clerk.get("/batches").status
    return status, time.monotonic() - begun < SOON_S


def test_slow_uploads_of_one_bank_keep_no_other_waiting(town: BoxTown, server: CallServer) -> None:
    mine, other = town.clerk(server), town.clerk(server, town.codes[1])
    number = town.batches()[0].number
    with held(mine, server.port, 20, call("PUT", f"/batches/{number}/answers/A.zip.p7m", 100_000)):
        time.sleep(0.5)

        assert (200, True) == waited(other)


def test_slow_trials_of_one_bank_leave_a_place_for_another(town: BoxTown, server: CallServer) -> None:
    mine, other = town.clerk(server), town.clerk(server, town.codes[1])
    with held(mine, server.port, 4, call("POST", "/answer-checks?name=A.zip.p7m", 100_000)):
        time.sleep(0.5)

        assert 200 == other.post("/answer-checks?name=B.zip.p7m", b"no answer at all").status


def test_open_lines_of_one_bank_leave_room_for_another(town: BoxTown, server: CallServer) -> None:
    mine, other = town.clerk(server), town.clerk(server, town.codes[1])
    with held(mine, server.port, 80):
        time.sleep(0.5)

        assert (200, True) == waited(other)


def test_b12_uploads_nobody_submits_fill_the_share_of_their_bank_and_no_other(
    town: BoxTown, server: CallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "BOX_BYTES_MAX", 300_000)
    mine, other = town.clerk(server), town.clerk(server, town.codes[1])
    (number, *_), (theirs, *_) = ([row.number for row in town.batches(code)] for code in town.codes)
    content = BEGUN * 25_000
    names = [f"{n}.zip.p7m" for n in range(4)]

    told = [mine.put(number, name, content) for name in names]
    assert [201, 201, 201, 409] == [each.status for each in told]
    assert ["share-full"] == told[-1].codes
    assert 409 == mine.put(number, names[3], content[:4], (0, 4)).status
    assert 201 == other.put(theirs, names[0], content).status

    assert 204 == mine.call("DELETE", f"{BASE}/batches/{number}/answers/{names[0]}").status
    assert 201 == mine.put(number, names[3], content).status
