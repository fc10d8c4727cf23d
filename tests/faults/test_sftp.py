"""Every fault of the SFTP table, played against a scripted server, ends as its row says, and an honest server afterwards gets all of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from paramiko import sftp as wire

from connector.bankside.sftp_server import make_ssh_key
from tests.contracts.transport_contract import BYTES, NAME
from tests.faults.scripted_sftp import AUTH_FAILED, ScriptedSftp
from tests.faults.sftp_files import FILES
from tests.faults.sftp_lines import LINES
from tests.faults.sftp_scene import OFFERED, THEIRS, VERBS, Scene
from tests.faults.table import Came, Run, runs
from transports.sftp import Deadlines

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
    assert run.row.alarm == said.alarm
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
