"""Our side of a line, called by a script: what no client of ours asks is answered by a refusal, and nothing of it is done."""

import hashlib
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.transport_contract import BYTES, NAME
from tests.faults.tcp_scene import SHORT, Scene, Wire, ask, question
from tests.transports.tcp.lines import Lines
from transports.errors import Refused
from transports.folder import Folder
from transports.sealing import refusals
from transports.tcp import Message
from transports.transport import Delivery


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def refusal(scene: Scene, *messages: Message) -> str:
    """The code by which the last of these questions is refused; NAME has not arrived."""
    with scene.lines.serve() as server, scene.caller(server.port) as wire:
        *before, last = messages
        for message in before:
            wire.say(message)
            wire.hear()
        wire.say(last)
        answer = wire.hear()
        assert (last.sequence, "10") == (answer.sequence, answer.status)
    assert not (scene.lines.root / "in" / NAME).exists()
    return answer.text


def test_a_question_the_note_does_not_hold_is_refused(scene: Scene) -> None:
    assert refusal(scene, Message("XX", 1)) == "not-in-the-note"


@pytest.mark.parametrize("name", ["../x", ".ssh", "a b", "x.tmp"])
@pytest.mark.parametrize("verb", ["put", "look", "get", "acknowledge", "collect"])
def test_b1_a_hostile_name_is_refused_in_every_question(scene: Scene, verb: str, name: str) -> None:
    asked = question(1, name) if verb == "put" else ask(1, verb, name)

    assert refusal(scene, asked).startswith("name-")


def test_a_page_nobody_began_is_refused(scene: Scene) -> None:
    assert refusal(scene, replace(ask(1, "get", "a.zip"), page=2)) == "pages-broken"


@pytest.mark.parametrize("page", [1, 3, 9])
def test_pages_are_asked_for_in_their_order(scene: Scene, page: int) -> None:
    (scene.lines.root / "out" / "a.zip").write_bytes(BYTES)
    scene.lines.common["page_bytes"] = 100_000
    first, other = ask(1, "get", "a.zip"), replace(ask(2, "get", "a.zip"), page=page)

    if page == 1:  # from the beginning again is fine
        with scene.lines.serve() as server, scene.caller(server.port) as wire:
            wire.say(first, other)
            assert wire.hear().body == wire.hear().body == BYTES[:100_000]
        return
    assert refusal(scene, first, other) == "pages-broken"


@pytest.mark.parametrize(
    ("second", "code"),
    [
        ({"name": "other.zip"}, "pages-broken"),
        ({"page": 3}, "pages-broken"),
        ({"page": 1}, "pages-broken"),
        ({"sequence": 2}, "pages-broken"),
        ({"body": SHORT * 3}, "pages-broken"),
        ({"page": 0}, "withdrawn"),
    ],
    ids=str,
)
def test_parts_that_do_not_follow_each_other_are_no_parcel(scene: Scene, second: dict[str, object], code: str) -> None:
    first = replace(question(1), body=SHORT[:10], more=1)
    rest = replace(question(1), page=2, body=SHORT[10:], more=0)

    with scene.lines.serve() as server, scene.caller(server.port) as wire:
        wire.say(first, replace(rest, **second))  # type: ignore[arg-type]
        assert wire.hear().text == code
    assert list((scene.lines.root / "in").iterdir()) == []


def test_a9_a_parcel_that_says_it_is_endless_is_not_listened_to(scene: Scene) -> None:
    def act(wire: Wire) -> None:
        wire.say(*(replace(question(1), size=10**12, page=page, body=bytes(900_000), more=1) for page in (1, 2)))

    assert scene.served(act, "pages-broken", file_bytes_max=1000).code == "pages-broken"


def test_what_another_line_gave_is_acknowledged_by_its_bytes(tmp_path: Path) -> None:
    lines = Lines(tmp_path)
    (lines.root / "out" / "a.zip").write_bytes(BYTES)
    (lines.root / "out" / "b.zip").write_bytes(b"1")
    with lines.serve() as server, lines.call(server.port) as line:
        for name in ("a.zip", "b.zip"):
            list(line.get(name))
        (lines.root / "out" / "b.zip").write_bytes(b"2")
        line.close()
        line.acknowledge("a.zip")
        line.acknowledge("b.zip")
        line.acknowledge("gone.zip")

    assert (lines.root / "out" / "done" / "a.zip").read_bytes() == BYTES
    assert (lines.root / "out" / "b.zip").read_bytes() == b"2"


def test_a_folder_that_is_not_there_is_said_with_its_cause(tmp_path: Path) -> None:
    lines = Lines(tmp_path)
    lines._manners = {"send_dir": "nowhere", "take_dir": "nowhere"}
    with lines.serve() as server, lines.call(server.port) as line:
        with pytest.raises(Refused) as refused:
            line.list()
        put_there = line.put(NAME, lambda: iter((SHORT,)), len(SHORT), question(1).digest)

    assert (refused.value.code, put_there.delivery, put_there.code) == ("missing", Delivery.REFUSED, "missing")


@pytest.mark.parametrize("code", ["seal-signature-wrong", "seal-content-changed", "seal-unsigned"])
def test_a15_why_a_seal_did_not_hold_is_told_to_no_caller(scene: Scene, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    def unopened(*_: object) -> None:
        raise refusals.refusal(code)

    monkeypatch.setattr(Folder, "put", unopened)

    assert refusals.OUTWARD_CODE == refusal(scene, question(1))


def test_what_breaks_behind_us_ends_the_line_without_a_word(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can say how far a parcel came there: a refusal or a retry would be a guess, and the caller is rightly in doubt."""
    content = SHORT

    def breaks(*_: object) -> None:
        raise ConnectionAbortedError

    monkeypatch.setattr(Folder, "put", breaks)
    with scene.lines.serve() as server, scene.lines.call(server.port) as line:
        put = line.put(NAME, lambda: iter((content,)), len(content), hashlib.sha256(content).hexdigest())

        assert Delivery.IN_DOUBT is put.delivery
        assert scene.lines.heard.wait("line-broken")


def test_a_caller_for_whom_there_is_no_thread_is_let_go_and_the_next_one_is_served(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, none_left = threading.Thread.start, [True]

    def start(thread: threading.Thread) -> None:
        if thread.name == "tcp-line" and none_left:
            none_left.clear()
            raise RuntimeError("can't start new thread")
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    with scene.lines.serve() as server:
        with socket.create_connection(("127.0.0.1", server.port), 5) as line:
            assert b"" == line.recv(1)
        scene.still_serves(server.port)
