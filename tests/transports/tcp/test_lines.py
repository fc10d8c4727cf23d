"""Lines as banks' notes have them: bare messages answered in the call, ask now and collect later, kept or not; and who may call."""

import contextlib
import dataclasses
import hashlib
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import authority, expired, leaf
from tests.contracts.transport_contract import BYTES, DIGEST, NAME, look, manners, put
from tests.ports import Port
from tests.transports.tcp.lines import BARE, ESB, SOON, Lines
from transports.errors import Refused, Unreachable
from transports.folder import Folder, FolderSettings
from transports.manners import Ready
from transports.pace import Pace
from transports.tcp import (
    HOUSE,
    Codes,
    Framing,
    Heartbeat,
    Mac,
    Meaning,
    Tcp,
    TcpServer,
)
from transports.tcp.header import Header
from transports.transport import Blocks, Delivery, Presence, Put

QUESTION = "<查询>某某银行</查询>".encode("gb18030")
ANSWER = "<结果>余额</结果>".encode("gb18030")


class Answering(Folder):
    """A bank that answers in the call itself: what it is asked, and whatever ``says``."""

    def __init__(self, root: Path, says: Put) -> None:
        super().__init__(FolderSettings(root, manners()))
        self._says = says

    def put(self, name: str, blocks: Blocks, size: int, digest: str) -> Put:
        taken = super().put(name, blocks, size, digest)
        return self._says if taken.delivery is Delivery.DELIVERED else taken


class Echo:
    """On the way to a server: passes one connection on and remembers its answer, then answers itself, with no key."""

    def __init__(self, port: int) -> None:
        self._to, self.sends, self._recorded = port, "", b""

    def __enter__(self) -> "Echo":
        self._port = Port(self._take)
        self.port = self._port.number
        return self

    def __exit__(self, *exc: object) -> None:
        self._port.close()

    def _take(self, line: socket.socket) -> None:
        with line:
            if self.sends:
                line.sendall(line.recv(1_000_000) if self.sends == "question" else self._recorded)
                line.settimeout(2)
                line.recv(1_000_000)
                return
            with socket.create_connection(("127.0.0.1", self._to)) as server:
                server.settimeout(0.5)
                line.settimeout(0.2)
                with contextlib.suppress(TimeoutError):
                    while data := line.recv(1_000_000):
                        server.sendall(data)
                self._recorded = server.recv(1_000_000)
                line.sendall(self._recorded)


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    return Lines(tmp_path)


def answering(lines: Lines, says: Put) -> None:
    lines.folder = lambda: Answering(lines.root, says)  # type: ignore[method-assign]


def taken_with(*replies: tuple[str, bytes]) -> Put:
    return Put(Delivery.DELIVERED, replies=replies)


# ---- answers in the call -----------------------------------------------------------------------------------------------------


def test_eight_digits_and_a_body_are_a_line(tmp_path: Path) -> None:
    lines = Lines(tmp_path, BARE)
    answering(lines, taken_with(("ignored", ANSWER)))

    with lines.serve() as server, lines.call(server.port, connection="one_per_message") as line:
        first, second = put(line, content=QUESTION), put(line, "second", QUESTION)

        assert line.list() == []
        assert line.list(awaited=[NAME]) == []
        line.acknowledge(NAME)
        with pytest.raises(Refused):
            next(line.get(NAME))
    assert taken_with((f"{NAME}.answer", ANSWER)) == first
    assert taken_with(("second.answer", ANSWER)) == second
    digest = hashlib.sha256(QUESTION).hexdigest()[:16]
    assert [f"MESSAGE_{digest}", f"MESSAGE_{digest}.ok"] == sorted(path.name for path in (lines.root / "in").iterdir())


@pytest.mark.parametrize(("repeatable", "seen"), [(False, Presence.UNKNOWN), (True, Presence.ABSENT)])
def test_a_look_the_note_has_no_message_for_knows_nothing_unless_putting_again_is_harmless(
    tmp_path: Path, repeatable: bool, seen: Presence
) -> None:
    lines = Lines(tmp_path, BARE)
    with lines.call(1, connection="one_per_message", repeatable=repeatable) as line:
        assert seen is look(line)


def test_an_empty_reply_on_a_bare_line_says_nothing(tmp_path: Path) -> None:
    lines = Lines(tmp_path, BARE)
    with lines.serve() as server, lines.call(server.port, connection="one_per_message") as line:
        doubt = put(line, content=QUESTION)

    assert (Delivery.IN_DOUBT, "reply-empty") == (doubt.delivery, doubt.code)


def test_a_parcel_longer_than_a_message_is_refused_where_the_note_has_no_parts(tmp_path: Path) -> None:
    small = dataclasses.replace(BARE, framing=Framing(digits=8, frame_bytes_max=1000))
    with Lines(tmp_path, small).call(1, connection="one_per_message") as line:
        refused = put(line, content=b"x" * 1001)

    assert (Delivery.REFUSED, "too-large-for-line") == (refused.delivery, refused.code)


@pytest.mark.parametrize("dialect", [HOUSE, ESB], ids=["in messages of their own", "as the answer's body"])
def test_long_answers_come_in_pages_with_the_call(tmp_path: Path, dialect: Any) -> None:
    lines = Lines(tmp_path, dialect, page_bytes=50_000)
    lines.tls = True
    if dialect is ESB:
        lines = Lines(tmp_path, dialect, tls=False, page_bytes=50_000)
    answering(lines, taken_with(("R_1.zip", BYTES)))

    with lines.serve() as server, lines.call(server.port) as line:
        assert taken_with(("R_1.zip", BYTES)) == put(line)
        assert Presence.PRESENT is look(line)  # and the line goes on


def test_several_answers_come_with_the_call(lines: Lines) -> None:
    answering(lines, taken_with(("R_1.zip", b"1"), ("R_2.zip", b""), ("R_3.zip", BYTES)))

    with lines.serve() as server, lines.call(server.port) as line:
        assert taken_with(("R_1.zip", b"1"), ("R_2.zip", b""), ("R_3.zip", BYTES)) == put(line)


def test_a9_answers_in_the_call_have_a_cap(lines: Lines) -> None:
    answering(lines, taken_with(("R_1.zip", BYTES), ("R_2.zip", BYTES)))

    with lines.serve() as server, lines.call(server.port, replies_bytes_max=len(BYTES) + 1) as line:
        refused = put(line)

    assert refused.code == "too-large"
    assert refused.delivery is not Delivery.DELIVERED


def test_b1_a_hostile_name_of_an_answer_is_not_taken(lines: Lines) -> None:
    answering(lines, taken_with(("../../etc/passwd", b"1")))

    with lines.serve() as server, lines.call(server.port) as line:
        doubt = put(line)

    assert (Delivery.IN_DOUBT, "header-unreadable") == (doubt.delivery, doubt.code)


@pytest.mark.parametrize("delivery", [Delivery.REFUSED, Delivery.RETRY, Delivery.IN_DOUBT])
@pytest.mark.parametrize("dialect", [HOUSE, ESB], ids=["house", "esb"])
def test_what_the_peer_says_of_a_parcel_is_what_comes_back(tmp_path: Path, dialect: Any, delivery: Delivery) -> None:
    lines = Lines(tmp_path, dialect, tls=dialect is HOUSE)
    answering(lines, Put(delivery, "cause-of-it"))

    with lines.serve() as server, lines.call(server.port) as line:
        said = put(line)

    assert (delivery, "cause-of-it") == (said.delivery, said.code)
    assert said.en
    assert said.zh


def test_a_status_the_note_does_not_list_leaves_a_doubt(lines: Lines) -> None:
    with lines.serve() as server:
        other = dataclasses.replace(HOUSE, statuses={"00": Meaning.REFUSED, "99": Meaning.OK})
        lines.common["dialect"] = other
        with lines.call(server.port) as line:
            assert put(line).delivery is Delivery.REFUSED
        lines.common["dialect"] = dataclasses.replace(HOUSE, statuses={"99": Meaning.OK})
        with lines.call(server.port) as line:
            doubt = put(line)
            with pytest.raises(Refused) as refused:
                line.list()

    assert (Delivery.IN_DOUBT, "status-unknown") == (doubt.delivery, doubt.code)
    assert refused.value.code == "status-unknown"


# ---- ask now, collect later --------------------------------------------------------------------------------------------------


def test_each_answer_is_asked_for_by_its_question(tmp_path: Path) -> None:
    note = dataclasses.replace(HOUSE, codes=Codes(put=("PQ", "PA"), collect=("CQ", "CA")))
    lines = Lines(tmp_path, note, page_bytes=50_000)
    lines._manners = {"ready": Ready("renamed")}

    with lines.serve() as server, lines.call(server.port) as line:
        assert Put(Delivery.DELIVERED) == put(line, "q1.zip")
        assert line.list(awaited=["q1.zip", "q2.zip"]) == []  # neither is ready yet
        (lines.root / "out" / "q1.zip.answer").write_bytes(BYTES)

        (ready,) = line.list(awaited=["q1.zip", "q2.zip"])

        assert ready.name == "q1.zip.answer"
        assert b"".join(line.get(ready.name)) == BYTES
        line.acknowledge(ready.name)
        assert line.list() == []


def test_messages_a_minute_are_kept(tmp_path: Path) -> None:
    lines, waited = Lines(tmp_path), []
    with (
        lines.serve() as server,
        lines.call(server.port, pace=Pace(60, sleep=waited.append)) as line,
    ):
        for _ in range(4):
            line.list()

    assert len(waited) == 3
    assert all(0.5 < seconds <= 3.0 for seconds in waited)  # nobody slept: each turn is later than the one before


def test_parts_and_signs_of_life_are_messages_of_the_pace_too(tmp_path: Path) -> None:
    lines, waited = Lines(tmp_path, page_bytes=100_000, heartbeat=Heartbeat(2)), []
    paced = Pace(60_000, tmp_path / "pace", clock=lambda: 1_000.0, sleep=waited.append)
    with lines.serve() as server:
        with lines.call(server.port, pace=paced) as line:
            assert Put(Delivery.DELIVERED) == put(line)
        with lines.call(server.port, pace=Pace(60_000, tmp_path / "pace", clock=lambda: 1_000.0, sleep=waited.append)) as line:
            line.list()
            line._caller._heard -= 3  # long enough for a sign of life to be asked for
            line.list()

    parts = -(-len(BYTES) // 100_000)
    assert [round(0.001 * turn, 3) for turn in range(1, parts + 3)] == [
        round(seconds, 3) for seconds in waited
    ]  # a list, a beat, a list


# ---- the line ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("connection", "count"), [("kept", 1), ("one_per_message", 4)])
def test_a_line_is_kept_or_not_as_the_note_says(lines: Lines, connection: str, count: int) -> None:
    opened: list[int] = []
    folder = lines.folder
    lines.folder = lambda: opened.append(1) or folder()  # type: ignore[method-assign, func-returns-value]
    (lines.root / "out" / "a.zip").write_bytes(BYTES * 3)

    with lines.serve() as server, lines.call(server.port, connection=connection) as line:
        put(line)
        look(line)
        line.list()
        assert b"".join(line.get("a.zip")) == BYTES * 3

    assert count == len(opened)


def test_a_kept_line_the_peer_let_go_costs_nothing(lines: Lines) -> None:
    with lines.serve(idle_s=0.2) as server, lines.call(server.port) as line:
        put(line)
        assert lines.heard.wait("timeout")

        assert Put(Delivery.DELIVERED) == put(line, "second.zip")


def test_signs_of_life_keep_a_line_open(lines: Lines) -> None:
    with lines.serve(heartbeat=Heartbeat(0.5, 2)) as server, lines.call(server.port, heartbeat=Heartbeat(0.5, 2)) as line:
        for number in range(3):
            line._caller._heard -= 3  # as after a pause: a sign of life is asked for before the parcel
            assert Put(Delivery.DELIVERED) == put(line, f"{number}.zip")
        assert lines.heard == []


def test_a_peer_that_is_not_there_is_tried_again(lines: Lines) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    with lines.call(port) as line:
        later = put(line)
        with pytest.raises(Unreachable):
            line.list()

    assert (Delivery.RETRY, "unreachable") == (later.delivery, later.code)


def test_a9_a_parcel_above_the_cap_is_refused_by_the_server_too(lines: Lines) -> None:
    with lines.serve(file_bytes_max=1000) as server, lines.call(server.port) as line:
        refused = put(line)
        assert Put(Delivery.DELIVERED) == put(line, "small.zip", b"x")

    assert (Delivery.REFUSED, "too-large") == (refused.delivery, refused.code)
    assert sorted(path.name for path in (lines.root / "in").iterdir()) == ["small.zip", "small.zip.ok"]


def test_a9_lines_are_counted_and_one_too_many_is_closed(lines: Lines) -> None:
    with lines.serve(connections_max=2) as server:
        with lines.call(server.port) as first, lines.call(server.port) as second, lines.call(server.port) as third:
            first.list()
            second.list()
            with pytest.raises(Unreachable):
                third.list()
        _until(lambda: not server._lines)
        with lines.call(server.port) as later:
            assert later.list() == []


def test_a9_who_connects_and_says_nothing_is_let_go(lines: Lines) -> None:
    deadlines = dataclasses.replace(SOON, handshake_s=0.2)
    with lines.serve(deadlines=deadlines) as server, socket.create_connection(("127.0.0.1", server.port)) as mute:
        mute.settimeout(5)

        assert mute.recv(1) == b""
        assert lines.heard.wait("timeout")  # told after the line was let go
    assert lines.heard == ["timeout"]


def test_a_server_stops_while_lines_are_open_and_parcels_on_their_way(lines: Lines) -> None:
    before = threading.active_count()
    with lines.serve() as server, lines.call(server.port) as idle, lines.call(server.port) as busy:
        idle.list()

        def blocks() -> Iterator[bytes]:
            yield BYTES[:200_000]
            server.stop()
            yield BYTES[200_000:]

        broken = busy.put(NAME, blocks, len(BYTES), DIGEST)
    assert broken.delivery in (Delivery.RETRY, Delivery.IN_DOUBT)
    assert list((lines.root / "in").iterdir()) == []
    assert before == threading.active_count()


def test_two_parcels_of_one_name_never_come_at_once(lines: Lines) -> None:
    begun, go = threading.Event(), threading.Event()

    def blocks() -> Iterator[bytes]:
        yield BYTES[: 300 * 1024]
        begun.set()
        go.wait(10)
        yield BYTES[300 * 1024 :]

    with lines.serve(busy_s=0.2, page_bytes=1000) as server:
        slow, quick = lines.call(server.port, page_bytes=100_000), lines.call(server.port)
        with slow, quick:
            thread = threading.Thread(target=slow.put, args=(NAME, blocks, len(BYTES), DIGEST))
            thread.start()
            begun.wait(10)
            _until(lambda: bool(server._names))
            busy, seen = put(quick), look(quick)
            go.set()
            thread.join(10)
            after = put(quick)

    assert (Delivery.RETRY, "remote-busy") == (busy.delivery, busy.code)
    assert Presence.UNKNOWN is seen  # on its way: whoever looks may not send it by another road
    assert Put(Delivery.DELIVERED) == after


def test_a_line_whose_messages_carry_the_time_needs_a_clock(tmp_path: Path) -> None:
    lines = Lines(tmp_path, ESB, tls=False)

    with pytest.raises(ValueError, match="clock"):
        Tcp(lines.settings(1))
    with lines.serve() as server, pytest.raises(ValueError, match="clock"):
        TcpServer(server._settings, lines.folder)


def test_a12_a_frame_whose_mac_is_wrong_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines(tmp_path, ESB, tls=False)
    ours, theirs = Mac("hmac-sha256", b"o" * 16, b"t" * 16), Mac("hmac-sha256", b"y" * 16, b"x" * 16)
    meant: list[bytes] = []
    real = Header.read
    monkeypatch.setattr(Header, "read", lambda header, frame: (meant.append(frame), real(header, frame))[1])

    with lines.serve(mac=theirs) as server, lines.call(server.port, mac=ours) as line:
        doubt = put(line)

    assert (Delivery.IN_DOUBT, []) == (doubt.delivery, meant)
    assert lines.heard.wait("mac-wrong")
    assert not (lines.root / "in" / NAME).exists()


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "hmac-sm3"])
def test_each_direction_has_its_own_key_if_so_agreed(tmp_path: Path, algorithm: Any) -> None:
    lines = Lines(tmp_path, ESB, tls=False)
    ours, theirs = Mac(algorithm, b"o" * 16, b"t" * 16), Mac(algorithm, b"t" * 16, b"o" * 16)

    with lines.serve(mac=theirs) as server:
        with lines.call(server.port, mac=ours) as line:
            assert Put(Delivery.DELIVERED) == put(line)
        with lines.call(server.port, mac=theirs) as line:
            doubt = put(line, "other.zip")

    assert (Delivery.IN_DOUBT, "mac-wrong") == (doubt.delivery, doubt.code)
    assert lines.heard.wait("mac-wrong")
    assert not (lines.root / "in" / "other.zip").exists()


def test_a12_a_line_without_tls_needs_numbers_for_the_key_and_a_way_to_tell_the_directions(tmp_path: Path) -> None:
    lines = Lines(tmp_path, ESB, tls=False)
    same = dataclasses.replace(ESB, codes=Codes(("PUT", "PUT")))
    bare = dataclasses.replace(ESB, header=Header(tuple(each for each in ESB.header.fields if each.role != "sequence")))
    anybodys = Lines(tmp_path, HOUSE, tls=False)

    for wrong, settings in (
        ("sequence", {"sequence": "line"}),
        ("sequence", {"dialect": bare}),
        ("direction", {"dialect": same}),
    ):
        with pytest.raises(ValueError, match=wrong):
            lines.settings(1, **settings)
    with pytest.raises(ValueError, match="needs a MAC"):
        anybodys.settings(1)
    assert lines.settings(1, dialect=same, mac=Mac("hmac-sha256", b"o" * 16, b"t" * 16))


@pytest.mark.parametrize("ended", ["reflected", "recorded"])
@pytest.mark.parametrize("keys", ["one", "two"])
def test_a12_our_own_question_or_an_answer_of_before_is_no_answer(tmp_path: Path, ended: str, keys: str) -> None:
    """Somebody on the way without the key: the question comes back, or the recorded answer to an earlier one."""
    two = {"mac": Mac("hmac-sha256", b"o" * 16, b"t" * 16)} if keys == "two" else {}
    their = {"mac": Mac("hmac-sha256", b"t" * 16, b"o" * 16)} if keys == "two" else {}
    lines = Lines(tmp_path, ESB, tls=False)
    with (
        lines.serve(**their) as server,
        Echo(server.port) as between,
        lines.call(between.port, connection="one_per_message", **two) as line,
    ):
        assert Put(Delivery.DELIVERED) == put(line)
        between.sends = "question" if ended == "reflected" else "answer"
        forged = line.put("second.zip", lambda: iter([QUESTION]), len(QUESTION), hashlib.sha256(QUESTION).hexdigest())

    assert Delivery.IN_DOUBT is forged.delivery
    assert forged.code in ("reply-for-another", "mac-wrong")
    assert () == forged.replies
    assert not (lines.root / "in" / "second.zip").exists()


def test_a_large_parcel_is_never_held_whole(tmp_path: Path) -> None:
    lines = Lines(tmp_path)
    size, block = 64 * 1024 * 1024, bytes(1024 * 1024)
    digest = hashlib.sha256(bytes(size)).hexdigest()

    with lines.serve() as server, lines.call(server.port) as line:
        line.list()
        tracemalloc.start()
        sent = line.put("large.zip", lambda: (block for _ in range(64)), size, digest)
        (lines.root / "in" / "large.zip").rename(lines.root / "out" / "large.zip")
        fetched = sum(map(len, line.get("large.zip")))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert (Put(Delivery.DELIVERED), size) == (sent, fetched)
    assert peak < 16 * 1024 * 1024  # of both sides together


# ---- who may call ------------------------------------------------------------------------------------------------------------


def test_a3_a_peer_whose_key_is_not_pinned_gets_no_byte(lines: Lines) -> None:
    with lines.serve() as server, lines.call(server.port, tls=lines.client_tls(None, "SHA256:" + "A" * 43)) as line:
        refused = put(line)

    assert (Delivery.REFUSED, "host-key-changed") == (refused.delivery, refused.code)
    assert list((lines.root / "in").iterdir()) == []


CALLERS = {
    "host-key-changed": leaf,
    "certificate-expired": expired,
    "certificate-issuer": lambda _ca: leaf(authority()),
}


@pytest.mark.parametrize("ends", CALLERS)
def test_a3_a_caller_is_let_in_only_by_authority_date_and_pinned_key(lines: Lines, ends: str) -> None:
    own = CALLERS[ends](lines.ca)
    with lines.serve() as server, lines.call(server.port, tls=lines.client_tls(own)) as line:
        stopped = put(line)
        told = lines.heard.wait(ends)

    assert told, lines.heard
    assert stopped.delivery is not Delivery.DELIVERED
    assert list((lines.root / "in").iterdir()) == []


def _until(true: Any) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)
