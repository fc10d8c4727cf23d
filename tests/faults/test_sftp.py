"""Every fault of the SFTP table, played against a scripted server, ends as its row says, and an honest server afterwards gets all of it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from paramiko import sftp as wire

from connector.bankside.sftp_server import make_ssh_key
from tests.contracts.transport_contract import BYTES, DIGEST, NAME, put
from tests.faults.scripted_sftp import AUTH_FAILED, Packet, ScriptedSftp, attributes
from tests.faults.sftp_files import FILES, TEMPORARY
from tests.faults.sftp_lines import LINES
from tests.faults.sftp_scene import OFFERED, THEIRS, VERBS, Scene
from tests.faults.table import Came, Run, came, runs
from transports.files import Entry
from transports.manners import Ready
from transports.sftp import Deadlines, Sftp
from transports.sftp.conversation import Conversation
from transports.transport import Delivery, Put

FAULTS = {**LINES, **FILES}


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    make_ssh_key(tmp_path / "client")
    make_ssh_key(tmp_path / "host")
    (tmp_path / "bank" / "out" / "done").mkdir(parents=True)
    (tmp_path / "bank" / "in").mkdir()
    with ScriptedSftp(tmp_path / "bank", tmp_path / "host", make_ssh_key(tmp_path / "client")) as server:
        scene = Scene(server, tmp_path / "bank", (tmp_path / "client").read_text(), monkeypatch)
        scene.set()
        yield scene


@pytest.mark.parametrize("run", runs("sftp"), ids=str)
def test_fault(run: Run, scene: Scene) -> None:
    said = FAULTS[run.row.id](run, scene)

    assert run.wanted == said
    final, offered = scene.root / "in" / NAME, scene.root / "out" / OFFERED
    assert not final.exists() or final.read_bytes() in (BYTES, THEIRS, b"theirs")  # never half a file under its name
    assert BYTES == (offered if offered.exists() else scene.root / "out" / "done" / OFFERED).read_bytes()  # never lost
    if said.ends in ("retry", "in_doubt"):
        scene.expect_healed()


def test_a5_s11_when_our_key_fails_one_kind_of_login_was_tried(scene: Scene) -> None:
    scene.server.login = AUTH_FAILED
    for where in VERBS:
        assert Came("refused", "login-refused", "Refused") == scene.act(where)

    assert ["publickey"] * len(VERBS) == scene.server.ways


ASKED = {
    wire.CMD_STAT: "put",
    wire.CMD_OPEN: "put",
    wire.CMD_WRITE: "put",
    wire.CMD_EXTENDED: "put",  # sync
    wire.CMD_CLOSE: "put",
    wire.CMD_RENAME: "put",
    wire.CMD_READ: "get",
    wire.CMD_REMOVE: "acknowledge",
    wire.CMD_OPENDIR: "list",
    wire.CMD_READDIR: "list",
}


@pytest.mark.parametrize("kind", ASKED, ids=lambda kind: wire.CMD_NAMES[kind])
def test_a9_silence_after_any_request_ends(scene: Scene, kind: int) -> None:
    scene.server.on(kind, lambda _packet: True)
    said = scene.act(ASKED[kind], deadlines=Deadlines(silence_s=1.0))

    assert Came("in_doubt" if kind == wire.CMD_RENAME else "retry", "timeout", "Unreachable") == said
    scene.expect_healed()


def test_a9_more_bytes_than_were_asked_for_are_not_taken(scene: Scene) -> None:
    scene.server.on(wire.CMD_READ, lambda packet: packet.data(bytes(1024 * 1024)))

    assert Came("retry", "protocol", "Unreachable") == scene.act("get")


def test_an_upload_truncated_at_the_server_is_seen_before_it_gets_its_name(scene: Scene) -> None:
    def rule(packet: Packet) -> bool:
        packet.do()
        (scene.root / "in" / TEMPORARY).write_bytes(BYTES[:-1])
        return True

    scene.server.on(wire.CMD_CLOSE, rule)

    assert Came("retry", "integrity", "Unreachable") == scene.act("put")
    assert list((scene.root / "in").iterdir()) == []


def test_a_server_that_looks_before_it_has_written_is_asked_again(scene: Scene) -> None:
    """All that follows the last block is asked for at once; not every server keeps the order it was asked in."""
    first: list[Packet] = []

    def too_early(packet: Packet) -> bool:
        if packet.read().get_text() != f"in/{TEMPORARY}" or not (scene.root / "in" / TEMPORARY).exists() or first:
            return False
        first.append(packet)
        return packet.attributes(attributes(Entry(TEMPORARY, 0, 0.0)))

    scene.server.on(wire.CMD_STAT, too_early)

    assert Came("delivered") == scene.act("put")
    assert len(first) == 1


@pytest.mark.parametrize("kind", [wire.CMD_WRITE, wire.CMD_EXTENDED, wire.CMD_CLOSE], ids=lambda kind: wire.CMD_NAMES[kind])
def test_a_no_among_many_replies_under_way_is_heard_and_the_line_goes_on(scene: Scene, kind: int) -> None:
    scene.server.on(kind, lambda packet: packet.say(wire.SFTP_FAILURE))
    with Sftp(scene.settings()) as transport:
        full = came(lambda: put(transport))
        lines = len(scene.server._lines)
        scene.server.heal()

        assert Came("retry", "remote-full", "Unreachable") == full
        assert Came("delivered") == came(lambda: put(transport))
        assert lines == len(scene.server._lines) == 1


@pytest.mark.parametrize("reply", [b"", b"\0\0", b"\0\0\0"], ids=["nothing", "half a number", "no status"])
def test_a_reply_that_is_cut_short_is_no_yes(scene: Scene, reply: bytes) -> None:
    scene.server.on(wire.CMD_RENAME, lambda packet: packet.words(reply))

    assert Came("in_doubt", "protocol", "Unreachable") == scene.act("put")


def test_bytes_of_ours_that_are_wrong_leave_the_line_whole(scene: Scene) -> None:
    with Sftp(scene.settings()) as transport:
        refused = transport.put(NAME, lambda: iter([BYTES[:-1]]), len(BYTES), DIGEST)

        assert (Delivery.REFUSED, "integrity") == (refused.delivery, refused.code)
        assert list((scene.root / "in").iterdir()) == []
        assert Came("delivered") == came(lambda: put(transport))
        assert len(scene.server._lines) == 1


def test_what_was_begun_beside_a_file_that_is_there_goes_again(scene: Scene) -> None:
    with Sftp(scene.settings()) as transport:
        put(transport)
        assert Came("delivered") == came(lambda: put(transport))
        assert Came("refused", "collision", "Refused") == came(lambda: put(transport, content=THEIRS))

    assert [NAME, f"{NAME}.ok"] == sorted(path.name for path in (scene.root / "in").iterdir())


def test_where_nothing_may_be_removed_the_same_file_again_is_still_one_delivery(scene: Scene) -> None:
    scene.act("put")
    scene.server.on(wire.CMD_REMOVE, lambda packet: packet.say(wire.SFTP_PERMISSION_DENIED))

    assert Came("delivered") == scene.act("put")


def test_who_may_not_look_leaves_nothing_behind(scene: Scene) -> None:
    scene.server.on(wire.CMD_STAT, lambda packet: packet.say(wire.SFTP_PERMISSION_DENIED))

    assert Came("refused", "permission", "Refused") == scene.act("put")
    assert list((scene.root / "in").iterdir()) == []


@pytest.mark.parametrize(("verify", "waits"), [("size", 3), ("readback", 5)])
def test_a_put_is_three_waits(scene: Scene, monkeypatch: pytest.MonkeyPatch, verify: str, waits: int) -> None:
    """Look and create; write, sync, close and look; rename: what leaves together is one message. Reading back is two more."""
    small = BYTES[:20_000]
    messages: list[int] = []
    send = Conversation.send
    monkeypatch.setattr(Conversation, "send", lambda talk: (messages.append(1), send(talk)))
    with Sftp(scene.settings(manners={"ready": Ready("renamed"), "verify": verify})) as transport:
        transport.look("another", 1, DIGEST)
        messages.clear()
        said = transport.put(NAME, lambda: iter([small]), len(small), hashlib.sha256(small).hexdigest())

    assert Put(Delivery.DELIVERED) == said
    assert waits == len(messages)
