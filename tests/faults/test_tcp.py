"""The faults of framed TCP, run: every row of tcp.yaml at each of its places, against scripted peers and our own server."""

import socket
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.transport_contract import BYTES, NAME
from tests.cutting_proxy import CuttingProxy
from tests.faults.table import Came, Run, came, came_of, runs
from tests.faults.tcp_scene import (
    BEATS,
    DIALECT,
    FRAME_MAX,
    PATIENT,
    SHORT,
    FlakyProxy,
    Scene,
    Wire,
    ask,
    question,
    sent,
    taken,
)
from transports.tcp import Dialect, Framing, Meaning, Message
from transports.tcp.framing import Reader
from transports.transport import Delivery, Presence

Fault = Callable[[Scene, Run], Came]
FAULTS: dict[str, Fault] = {}


def fault(number: str) -> Callable[[Fault], Fault]:
    def keep(function: Fault) -> Fault:
        FAULTS[number] = function
        return function

    return keep


@pytest.mark.parametrize("run", runs("tcp"), ids=str)
def test_fault(run: Run, tmp_path: Path) -> None:
    assert run.wanted == FAULTS[run.row.id](Scene(tmp_path), run)


def answered(scene: Scene, run: Run, reply: Callable[[Wire, Message], object], **changes: Any) -> Came:
    """What comes of a put, a list or a get that is answered so."""

    def script(wire: Wire) -> None:
        asked = wire.hear_parcel() if run.where == "put" else wire.hear()
        reply(wire, asked)
        wire.rest()

    with scene.peer(script, **changes) as client:
        acts: dict[str, Callable[[], object]] = {
            "put": lambda: sent(client),
            "list": client.list,
            "get": lambda: client.get(NAME),
        }
        return came(acts[run.where])


def right_answer(asked: Message) -> Message:
    """The answer to a put, or an empty listing."""
    return replace(taken(asked), code=DIALECT.codes.all()[DIALECT.verb(asked.code)][1])


# ---- lengths and bytes -------------------------------------------------------------------------------------------------------

LENGTHS = {"0": b"00000000", "1": b"00000001x", "max+1": b"%08d" % (FRAME_MAX + 1), "negative": b"\xff\xff\xff\xff"}


@fault("T1")
def _lengths(scene: Scene, run: Run) -> Came:
    if run.case == "max":
        return answered(scene, run, lambda wire, asked: wire.say(taken(asked, body=b" " * DIALECT.body_bytes_max)))
    if run.case == "negative":
        binary = replace(DIALECT, framing=Framing(binary=4))
        return in_other_frames(scene, run, binary)
    if run.where == "serve":
        code = "frame-too-large" if run.case == "max+1" else "frame-too-small"
        return scene.served(lambda wire: wire.raw(LENGTHS[run.case]), code)
    return answered(scene, run, lambda wire, _asked: wire.raw(LENGTHS[run.case]))


def in_other_frames(scene: Scene, run: Run, dialect: Dialect) -> Came:
    """-1 in four bytes, where our own lengths have digits: the scene is built anew in that dialect."""
    scene.lines.common |= {"dialect": dialect}
    if run.where == "serve":
        with scene.lines.serve(idle_s=1.0) as server, scene.caller(server.port) as wire:
            wire.raw(LENGTHS["negative"])
            assert scene.lines.heard.wait("frame-too-large")
            assert b"\x00" == wire.rest()[:1]  # a refusal in the same frames, and the line's end
        assert scene.lines.heard.first is not None
        return came_of(scene.lines.heard.first)

    def script(wire: Wire) -> None:
        wire.sock.recv(65536)
        wire.raw(LENGTHS["negative"])
        wire.rest()

    with scene.peer(script, dialect=dialect) as client:
        return came(client.list if run.where == "list" else lambda: sent(client))


@fault("T2")
def _length_then_silence(scene: Scene, run: Run) -> Came:
    if run.where == "serve":
        return scene.served(lambda wire: wire.raw(b"00000900"), "timeout")
    return answered(scene, run, lambda wire, _asked: wire.raw(b"00000900"))


@fault("T3")
def _split_everywhere(scene: Scene, run: Run) -> Came:
    def bytewise(wire: Wire, message: Message) -> None:
        for byte in wire.frame(message):
            wire.raw(bytes([byte]))

    if run.where == "reader":
        return in_all_splits()
    if run.where == "serve":
        with scene.lines.serve() as server, scene.caller(server.port) as wire:
            bytewise(wire, question(1))
            return Came("done" if DIALECT.statuses[wire.hear().status] is Meaning.OK else "refused")
    return answered(scene, run, lambda wire, asked: bytewise(wire, right_answer(asked)))


def in_all_splits() -> Came:
    """A frame of 64 bytes, cut at every place and at every two places, and byte by byte."""
    framing = Framing(digits=4, frame_bytes_max=60)
    raw = framing.encode(bytes(range(60)))
    assert len(raw) == 64
    for first in range(65):
        for second in range(first, 65):
            reader, found = Reader(framing), []
            for piece in (raw[:first], raw[first:second], raw[second:]):
                reader.feed(piece)
                found += reader.frames()
            assert [bytes(range(60))] == found
    return Came("done")


@fault("T4")
def _many_in_one_segment(scene: Scene, run: Run) -> Came:
    if run.where == "put":
        beat = Message(DIALECT.codes.beat[0])
        return answered(
            scene, run, lambda wire, asked: wire.raw(wire.frame(beat) * 40 + wire.frame(taken(asked)) + wire.frame(beat) * 40)
        )
    with scene.lines.serve() as server, scene.caller(server.port) as wire:
        wire.raw(b"".join(wire.frame(ask(number, "beat")) for number in range(1, 81)))
        return Came("done" if [wire.hear().sequence for _ in range(80)] == list(range(1, 81)) else "refused")


@fault("T5")
def _garbage_first(scene: Scene, run: Run) -> Came:
    garbage = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    if run.where == "serve":
        return scene.served(lambda wire: wire.raw(garbage + wire.frame(question(1))), "length-not-a-number")
    return answered(scene, run, lambda wire, asked: wire.raw(garbage + wire.frame(right_answer(asked))))


# ---- MAC and sequence --------------------------------------------------------------------------------------------------------


@fault("T6")
def _wrong_mac(scene: Scene, run: Run) -> Came:
    def flipped(raw: bytes) -> bytes:
        return raw[:-1] + bytes([raw[-1] ^ 1])

    if run.where == "serve":
        return scene.served(lambda wire: wire.raw(flipped(wire.frame(question(1)))), "mac-wrong")
    return answered(scene, run, lambda wire, asked: wire.raw(flipped(wire.frame(right_answer(asked)))))


@fault("T7")
def _replay(scene: Scene, run: Run) -> Came:
    if run.where == "put":
        return answered(scene, run, lambda wire, asked: wire.say(taken(replace(asked, sequence=asked.sequence - 1))))

    def act(wire: Wire) -> None:
        recorded = wire.frame(question(1))
        wire.raw(recorded)
        assert DIALECT.statuses[wire.hear().status] is Meaning.OK
        if run.case == "same line":
            wire.raw(recorded)
            assert wire.hear().text == "sequence-replayed"
        else:
            with socket.create_connection(wire.sock.getpeername()) as other:
                other.sendall(recorded)
                assert b"sequence-replayed" in other.recv(65536)

    return scene.served(act, "sequence-replayed", arrives=True)


@fault("T8")
def _gap(scene: Scene, run: Run) -> Came:
    if run.case == "large":
        return scene.served(lambda wire: [wire.say(ask(1, "beat")), wire.hear(), wire.say(question(5_000))], "sequence-gap")
    with scene.lines.serve() as server, scene.caller(server.port) as wire:
        for number in (1, 100, 900):
            wire.say(ask(number, "beat"))
            assert wire.hear().sequence == number
    return Came("done")


@fault("T9")
def _wrap(scene: Scene, run: Run) -> Came:
    largest = 10 ** DIALECT.header.width_of("sequence") - 1
    folders = {side: scene.folder / side for side in ("client", "server")}
    for side, name in (("client", "called.number"), ("server", "heard.number")):
        folders[side].mkdir(exist_ok=True)
        (folders[side] / name).write_text(str(largest - 1))

    with scene.lines.serve(numbers=folders["server"]) as server, scene.client(server.port) as client:
        return [came(lambda name=name: sent(client, name=name)) for name in ("a.zip", "b.zip", NAME)][-1]  # type: ignore[misc]


@fault("T10")
def _restarted(scene: Scene, run: Run) -> Came:
    with scene.lines.serve() as server:
        with scene.client(server.port) as client:
            for number in range(3):
                assert sent(client, name=f"{number}.zip").delivery is Delivery.DELIVERED
        (scene.folder / "client" / "called.number").unlink()  # the sender lost its memory
        with scene.client(server.port) as client:
            found = came(lambda: sent(client))
        assert not scene.lines.root.joinpath("in", NAME).exists()
    return found


# ---- replies -----------------------------------------------------------------------------------------------------------------


@fault("T11")
def _reply_lost(scene: Scene, run: Run) -> Came:
    if run.where != "look":
        return answered(scene, run, lambda wire, _asked: wire.sock.close() if run.case == "closed" else wire.rest())
    with scene.lines.serve() as server, CuttingProxy(server.port) as proxy, scene.client(proxy.port) as client:
        proxy.hold("down")
        assert sent(client).delivery is Delivery.IN_DOUBT
        proxy.cut()
        assert Presence.PRESENT is client.look(NAME, len(SHORT), question(1).digest)
        return came(lambda: sent(client))


@fault("T12")
def _reply_for_another(scene: Scene, run: Run) -> Came:
    other = {"number": {"sequence": 4_711}, "name": {"name": "other.zip"}}[run.case]
    return answered(scene, run, lambda wire, asked: wire.say(replace(taken(asked), **other)))  # type: ignore[arg-type]


@fault("T13")
def _reply_twice(scene: Scene, run: Run) -> Came:
    """The second put is refused: were the first one's second reply taken for its own, it would count as delivered."""

    def script(wire: Wire) -> None:
        first = wire.hear_parcel()
        wire.say(taken(first))
        if run.case == "at once":
            wire.say(taken(first))
        second = wire.hear_parcel()
        refusal = replace(taken(second), status=DIALECT.status(Meaning.REFUSED), text="collision")
        wire.say(taken(first), refusal) if run.case == "late" else wire.say(refusal)
        wire.rest()

    def anew(wire: Wire) -> None:
        second = wire.hear_parcel()
        wire.say(replace(taken(second), status=DIALECT.status(Meaning.REFUSED), text="collision"))
        wire.rest()

    with scene.peer(*((script, anew) if run.case == "at once" else (script,))) as client:
        assert sent(client).delivery is Delivery.DELIVERED
        return came(lambda: sent(client, b"second", "second.zip"))


@fault("T14")
def _interleaved(scene: Scene, run: Run) -> Came:
    def reply(wire: Wire, asked: Message) -> None:
        beat = Message(DIALECT.codes.beat[0], 9)
        foreign = replace(taken(asked), sequence=asked.sequence + 50, name="other.zip")
        wire.say(beat if run.case == "beat" else foreign, taken(asked))

    return answered(scene, run, reply)


# ---- signs of life -----------------------------------------------------------------------------------------------------------


@fault("T15")
def _heartbeat_lost(scene: Scene, run: Run) -> Came:
    if run.where == "serve":
        return scene.served(lambda wire: [wire.say(ask(1, "beat")), wire.hear()], "timeout", heartbeat=BEATS)
    if run.case == "awaiting":
        return answered(scene, run, _beats_then_silence, heartbeat=BEATS, deadlines=PATIENT)
    return on_a_line_that_only_listens(scene)


def _beats_then_silence(wire: Wire, asked: Message) -> None:
    for _ in range(3):
        time.sleep(BEATS.every_s)
        wire.say(Message(DIALECT.codes.beat[0], asked.sequence))
    wire.rest()


def on_a_line_that_only_listens(scene: Scene) -> Came:
    """The bank takes every byte of an idle line and answers no beat any more; on a new line it is well."""
    heard: list[str] = []

    def listens(wire: Wire) -> None:
        wire.say(right_answer(wire.hear()))
        heard.append(wire.hear().code)
        heard.append(wire.rest().decode())

    def well(wire: Wire) -> None:
        wire.say(taken(wire.hear_parcel()))
        wire.rest()

    with scene.peer(listens, well, heartbeat=BEATS, deadlines=PATIENT) as client:
        assert client.list() == []
        idle(client, BEATS.every_s)
        found = came(lambda: sent(client))
    assert [DIALECT.codes.beat[0], ""] == heard  # a beat, and not a byte of the parcel behind it
    return found


@fault("T16")
def _half_open(scene: Scene, run: Run) -> Came:
    if run.case == "beaten":
        return on_a_dead_line(scene, heartbeat=BEATS, deadlines=PATIENT)
    return on_a_dead_line(scene)


def on_a_dead_line(scene: Scene, **changes: Any) -> Came:
    """A kept line goes dead without a word while it is idle; then a parcel is put. New lines are well."""
    with scene.lines.serve() as server, FlakyProxy(server.port) as proxy, scene.client(proxy.port, **changes) as client:
        assert client.list() == []
        proxy.die()
        idle(client, BEATS.every_s)
        return came(lambda: sent(client))


def idle(client: Any, seconds: float) -> None:
    """The line was last heard so long ago; nobody has to wait for it."""
    client._caller._heard -= seconds


@fault("T17")
def _both_call(scene: Scene, run: Run) -> Came:
    other = Scene(scene.folder / "other-house")
    with (
        scene.lines.serve() as here,
        other.lines.serve() as there,
        scene.client(there.port) as ours,
        other.client(here.port) as theirs,
    ):
        found = {came(lambda: sent(client, BYTES, name)) for client in (ours, theirs) for name in ("a.zip", NAME)}  # noqa: B023
    assert scene.lines.root.joinpath("in", NAME).read_bytes() == other.lines.root.joinpath("in", NAME).read_bytes() == BYTES
    (one,) = found
    return one


# ---- the line breaks ---------------------------------------------------------------------------------------------------------


@fault("T18")
def _fin_mid_frame(scene: Scene, run: Run) -> Came:
    def half(wire: Wire, message: Message) -> None:
        raw = wire.frame(message)
        wire.raw(raw[: len(raw) // 2])
        wire.fin()

    if run.where == "serve":
        return scene.served(lambda wire: half(wire, question(1)), "line-broken")
    return answered(scene, run, lambda wire, asked: half(wire, right_answer(asked)))


@fault("T19")
def _reset(scene: Scene, run: Run) -> Came:
    if run.where == "serve":
        return scene.served(lambda wire: [wire.raw(b"0000"), wire.reset()], "line-broken")
    if run.case != "halfway":
        return answered(scene, run, lambda wire, _asked: wire.reset())

    def script(wire: Wire) -> None:
        wire.hear()
        wire.reset()

    with scene.peer(script) as client:
        return came(lambda: sent(client, b"x" * 60_000_000))


@fault("T20")
def _flap(scene: Scene, run: Run) -> Came:
    with scene.lines.serve() as server, FlakyProxy(server.port) as proxy:
        flaps = [100, 10_000, 100_000, 250_000]
        with scene.client(proxy.port, page_bytes=50_000) as client:
            found = Came("retry")
            while found.ends != "delivered" or flaps:
                proxy.cut_after(flaps.pop() if flaps else None)
                found = came(lambda: sent(client, BYTES))
                assert found.code in ("", "line-broken")
    assert scene.lines.root.joinpath("in", NAME).read_bytes() == BYTES
    return found


@fault("T21")
def _flood(scene: Scene, run: Run) -> Came:
    if run.where == "serve":
        (scene.lines.root / "out" / NAME).write_bytes(bytes(26_000_000))
        return scene.served(_ask_without_end, "timeout")

    def without_end(wire: Wire, asked: Message) -> None:
        if run.where == "list":
            wire.say(right_answer(asked))
        flood = wire.frame(Message(DIALECT.codes.beat[0], body=b"x" * 500_000))
        try:
            while True:
                wire.raw(flood)
        except OSError:
            return

    tracemalloc.start()
    try:
        found = answered(scene, run, without_end, deadlines=replace(PATIENT, reply_s=0.2, transfer_s=0.5))
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()
    return found


def _ask_without_end(wire: Wire) -> None:
    """Page after page of a large answer, and not one of them read."""
    wire.say(*(replace(ask(page, "get", NAME), page=page) for page in range(1, 100)))


# ---- encodings ---------------------------------------------------------------------------------------------------------------


@fault("T22")
def _encoding_flip(scene: Scene, run: Run) -> Came:
    def flipped(wire: Wire, message: Message) -> None:
        if run.case == "gbk":
            gbk = replace(DIALECT, header=replace(DIALECT.header, charset="gb18030"))
            other = Wire(wire.sock, replace(wire._settings, dialect=gbk))
            other.say(replace(message, name="查询.zip"))
        else:
            raw = wire.frame(message)
            wire.raw(b"\xef\xbb\xbf" + raw if run.case == "bom" else raw[:8].decode().encode("utf-16-le") + raw[8:])

    if run.where == "serve":
        code = "header-unreadable" if run.case == "gbk" else "length-not-a-number"
        return scene.served(lambda wire: flipped(wire, question(1)), code)
    return answered(scene, run, lambda wire, asked: flipped(wire, taken(asked)))
