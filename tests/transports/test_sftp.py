"""SFTP against a real OpenSSH server: the promises of a road, and what happens when server, line or key are not as they should be."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.transport_contract import BYTES, DIGEST, NAME, FolderContract, Road, arm, clean, look, put
from tests.cutting_proxy import CuttingProxy, Direction
from tests.real_sshd import RealSshd, make_key, program
from transports.address import Address
from transports.crashpoint import Crash
from transports.errors import Refused, Unreachable
from transports.manners import Manners, Ready
from transports.retrying import Retrying
from transports.sftp import Deadlines, Sftp, SftpSettings
from transports.sftp.client import BLOCK
from transports.transport import Delivery, Presence, Put

pytestmark = [pytest.mark.real, pytest.mark.skipif(program() is None, reason="OpenSSH's sshd is not installed here")]
__all__ = ["arm"]

NO_FLAG = Ready("renamed")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSshd]:
    with RealSshd(tmp_path_factory.mktemp("sshd"), host_keys=("ed25519", "ecdsa")) as server:
        yield server


@pytest.fixture
def server(sshd: RealSshd) -> RealSshd:
    clean(sshd.root)
    return sshd


@pytest.fixture
def road(server: RealSshd) -> Road:
    return Road(server.root, lambda **changes: sftp(server, **changes))


def settings(server: RealSshd, *, port: int | None = None, manners: dict[str, Any] | None = None, **changes: Any) -> SftpSettings:
    given = {"send_dir": "in", "take_dir": "out", "done_dir": "out/done"} | (manners or {})
    folders = {key: server.path(value) for key, value in given.items() if key.endswith("_dir")}
    usual = SftpSettings(
        Address("127.0.0.1", port or server.port),
        server.user,
        server.client_key_pem,
        (server.host_key_pin,),
        Manners(**(given | folders)),
    )
    return dataclasses.replace(usual, **changes)


def sftp(server: RealSshd, *, port: int | None = None, **changes: Any) -> Sftp:
    return Sftp(settings(server, port=port, manners=changes))


class Acts:
    """Runs something the first time a crash point is passed: ``acts.at("O17", proxy.cut)``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._acts: dict[str, tuple[Callable[[], object], ...]] = {}
        for room in ("mailbox", "sftp.client", "sftp.line"):
            monkeypatch.setattr(f"transports.{room}.crashpoint", self._passed)

    def at(self, label: str, *acts: Callable[[], object]) -> None:
        self._acts[label] = acts

    def _passed(self, label: str) -> None:
        for act in self._acts.pop(label, ()):
            act()


@pytest.fixture
def acts(monkeypatch: pytest.MonkeyPatch) -> Acts:
    return Acts(monkeypatch)


@pytest.fixture(scope="module")
def whole(sshd: RealSshd) -> dict[Direction, int]:
    """Bytes on the wire, each way, of one undisturbed put."""
    clean(sshd.root)
    with CuttingProxy(sshd.port) as proxy:
        with sftp(sshd, port=proxy.port, verify="size") as transport:
            put(transport)
        return dict(proxy.carried)


class TestSftp(FolderContract):
    """All promises, over a real server."""


class TestSftpWithPatience(FolderContract):
    """All promises again, with retrying around."""

    @pytest.fixture
    def road(self, server: RealSshd) -> Road:
        return Road(server.root, lambda **changes: Retrying(sftp(server, **changes), sleep=lambda _seconds: None))


# ---- who is there ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pins", [(), ("",), ("MD5:aa:bb",), ("SHA256:short",), ("SHA256:" + "A" * 43, "")])
def test_a1_without_pinned_host_keys_nothing_is_even_built(server: RealSshd, pins: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="pinned host key"):
        settings(server, pins=pins)


def test_a2_a_changed_host_key_gets_no_byte_and_no_second_try(server: RealSshd) -> None:
    before = server.log().count("Accepted") + server.log().count("Failed")

    with Sftp(settings(server, pins=("SHA256:" + "A" * 43,))) as transport:
        refused = put(transport)
        with pytest.raises(Refused) as listing:
            transport.list()

    assert (Delivery.REFUSED, "host-key-changed") == (refused.delivery, refused.code)
    assert listing.value.code == "host-key-changed"
    assert before == server.log().count("Accepted") + server.log().count("Failed")  # not even a login was tried


def test_a2_a_host_key_changed_between_two_acts_is_seen_on_the_new_line(tmp_path: Path) -> None:
    with RealSshd(tmp_path) as server, Sftp(settings(server)) as transport:
        assert put(transport).delivery is Delivery.DELIVERED
        server.stop()
        make_key(tmp_path / "host_ed25519", "ed25519")
        server.start()

        lost = put(transport, "second.zip")
        refused = put(transport, "second.zip")

    assert (Delivery.RETRY, "line-broken") == (lost.delivery, lost.code)
    assert (Delivery.REFUSED, "host-key-changed") == (refused.delivery, refused.code)


def test_a_pinned_key_is_found_though_the_server_prefers_to_show_another(server: RealSshd) -> None:
    with Sftp(settings(server, pins=(server.pins["ecdsa"],))) as transport:
        assert put(transport).delivery is Delivery.DELIVERED


def test_a3_any_of_two_pins_will_do(server: RealSshd) -> None:
    with Sftp(settings(server, pins=("SHA256:" + "A" * 43, server.host_key_pin))) as transport:
        assert put(transport).delivery is Delivery.DELIVERED


@pytest.mark.parametrize(
    "option",
    ["Ciphers aes128-cbc,3des-cbc", "KexAlgorithms diffie-hellman-group14-sha1", "Ciphers aes128-ctr\nMACs hmac-sha1"],
    ids=["cbc", "sha1 exchange", "sha1 digest"],
)
def test_a4_weak_algorithms_are_refused(tmp_path: Path, option: str) -> None:
    with RealSshd(tmp_path, options=option.split("\n")) as server, Sftp(settings(server)) as transport:
        refused = put(transport)

    assert (Delivery.REFUSED, "weak-algorithms") == (refused.delivery, refused.code)


def test_a4_aes_gcm_is_what_both_agree_on(tmp_path: Path) -> None:
    with RealSshd(tmp_path, options=["LogLevel DEBUG1"]) as server:
        with Sftp(settings(server)) as transport:
            put(transport)
        log = server.log()

    assert "cipher: aes256-gcm@openssh.com" in log
    assert "cipher: aes128-ctr" not in log


def test_a5_a_wrong_key_is_refused_and_no_other_way_is_tried(server: RealSshd, tmp_path: Path) -> None:
    make_key(tmp_path / "other", "ed25519")

    with Sftp(settings(server, key_pem=(tmp_path / "other").read_text())) as transport:
        refused = put(transport)

    assert (Delivery.REFUSED, "login-refused") == (refused.delivery, refused.code)
    assert "password" not in server.log()
    assert "keyboard-interactive" not in server.log()


def test_an_unusable_key_of_ours_is_told_before_any_line_is_opened(server: RealSshd, tmp_path: Path) -> None:
    make_key(tmp_path / "short", "rsa", 2048)
    for pem in ("nonsense", (tmp_path / "short").read_text()):
        with pytest.raises(Refused) as refused:
            Sftp(settings(server, key_pem=pem))
        assert refused.value.code == "unusable-key"


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_other_kinds_of_keys_log_in_too(tmp_path: Path, kind: str) -> None:
    make_key(tmp_path / "client", kind)

    with RealSshd(tmp_path) as server, Sftp(settings(server)) as transport:
        assert put(transport).delivery is Delivery.DELIVERED


def test_secrets_do_not_print(server: RealSshd) -> None:
    assert "PRIVATE KEY" not in repr(settings(server))


# ---- what the server will not do ---------------------------------------------------------------------------------------------


def test_a_full_disk_at_the_server_is_tried_again_later_and_no_half_file_stays(tmp_path: Path) -> None:
    with RealSshd(tmp_path, file_bytes_max=len(BYTES) - 1) as server, Sftp(settings(server)) as transport:
        full = put(transport)
        left = list((server.root / "in").iterdir())
        smaller = put(transport, content=BYTES[:-1])

    assert (Delivery.RETRY, "remote-full") == (full.delivery, full.code)
    assert left == []
    assert smaller.delivery is Delivery.DELIVERED


@pytest.mark.parametrize("refuses", [("-R",), ("-P", "rename")], ids=["read-only", "no rename"])
def test_permission_denied_is_held_for_a_person(tmp_path: Path, refuses: tuple[str, ...]) -> None:
    with RealSshd(tmp_path, sftp=refuses) as server, Sftp(settings(server)) as transport:
        refused = put(transport)
        names = [path.name for path in (server.root / "in").iterdir()]

    assert (Delivery.REFUSED, "permission") == (refused.delivery, refused.code)
    assert NAME not in names


def test_a_server_without_sync_is_served_too(tmp_path: Path) -> None:
    with RealSshd(tmp_path, sftp=("-P", "fsync")) as server, Sftp(settings(server)) as transport:
        said = put(transport)

    assert said.delivery is Delivery.DELIVERED


def test_a_drop_that_may_not_be_removed_from_says_so_when_we_acknowledge(tmp_path: Path) -> None:
    with RealSshd(tmp_path, sftp=("-P", "remove")) as server, sftp(server, after_read="delete") as transport:
        (server.root / "out" / "a.zip").write_bytes(b"x")
        with pytest.raises(Refused) as refused:
            transport.acknowledge("a.zip")

    assert refused.value.code == "permission"


# ---- the line ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "deadlines", [Deadlines(silence_s=0.3), Deadlines(transfer_s=0.3, bytes_per_s=10**9)], ids=["silence", "whole"]
)
def test_a9_a_server_that_falls_silent_is_given_up(server: RealSshd, acts: Acts, deadlines: Deadlines) -> None:
    with CuttingProxy(server.port) as proxy, Sftp(settings(server, port=proxy.port, deadlines=deadlines)) as transport:
        acts.at("O14", lambda: proxy.hold("down"))
        later = put(transport)

    assert (Delivery.RETRY, "timeout") == (later.delivery, later.code)


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.5, 0.8, 0.95, 0.99])
def test_a_line_cut_anywhere_is_told_truly_and_the_put_after_the_cut_is_whole(
    server: RealSshd, whole: dict[Direction, int], direction: Direction, share: float
) -> None:
    cut = int(whole[direction] * share)
    with (
        CuttingProxy(server.port, direction=direction, after=cut) as proxy,
        sftp(server, port=proxy.port, verify="size") as transport,
    ):
        first = put(transport)
        names = {path.name for path in (server.root / "in").iterdir()}
        second = put(transport)
        if first.delivery is Delivery.DELIVERED and second != first:
            # The first needed fewer bytes than were measured, so the line was cut under the second, which only looks.
            assert (Delivery.RETRY, "line-broken") == (second.delivery, second.code)
            second = put(transport)

    true = {
        Delivery.RETRY: {f"{NAME}.tmp-{DIGEST[:8]}"} >= names,
        Delivery.IN_DOUBT: True,
        Delivery.DELIVERED: names == {NAME, f"{NAME}.ok"},  # the cut came after the last reply that mattered
    }
    assert true.get(first.delivery)
    assert Put(Delivery.DELIVERED) == second
    assert (server.root / "in" / NAME).read_bytes() == BYTES
    assert sorted(path.name for path in (server.root / "in").iterdir()) == [NAME, f"{NAME}.ok"]


@pytest.mark.parametrize(
    ("ready", "seen"), [(Ready(), Presence.UNFINISHED), (NO_FLAG, Presence.PRESENT)], ids=["flag", "no flag"]
)
def test_a_rename_that_was_done_but_never_confirmed_is_in_doubt_until_a_look(
    server: RealSshd, acts: Acts, ready: Ready, seen: Presence
) -> None:
    with CuttingProxy(server.port) as proxy, sftp(server, port=proxy.port, ready=ready) as transport:
        acts.at("O17", lambda: proxy.hold("down"))
        acts.at("O18", lambda: _wait_for(server.root / "in" / NAME), proxy.cut)
        doubt = put(transport)

        assert (Delivery.IN_DOUBT, "line-broken") == (doubt.delivery, doubt.code)
        assert seen is look(transport)
        assert Put(Delivery.DELIVERED) == put(transport)
    assert (server.root / "in" / NAME).read_bytes() == BYTES


def test_a_rename_that_was_sent_but_never_done_is_in_doubt_until_a_look(server: RealSshd, acts: Acts) -> None:
    with CuttingProxy(server.port) as proxy, sftp(server, port=proxy.port) as transport:
        acts.at("O17", lambda: proxy.hold("up"))
        acts.at("O18", proxy.cut)
        doubt = put(transport)

        assert doubt.delivery is Delivery.IN_DOUBT
        assert Presence.UNFINISHED is look(transport)
        assert Put(Delivery.DELIVERED) == put(transport)


def test_a_file_taken_in_while_the_reply_was_lost_is_neither_there_nor_unfinished(server: RealSshd, acts: Acts) -> None:
    final = server.root / "in" / NAME
    with CuttingProxy(server.port) as proxy, sftp(server, port=proxy.port, ready=NO_FLAG) as transport:
        acts.at("O17", lambda: proxy.hold("down"))
        acts.at("O18", lambda: _wait_for(final), final.unlink, proxy.cut)

        assert put(transport).delivery is Delivery.IN_DOUBT
        assert Presence.ABSENT is look(transport)


def test_a_byte_flipped_at_the_server_is_seen_when_read_back(server: RealSshd, acts: Acts) -> None:
    temporary = server.root / "in" / f"{NAME}.tmp-{DIGEST[:8]}"
    acts.at("O16", lambda: temporary.write_bytes(b"\xff" + BYTES[1:]))

    with sftp(server, verify="readback") as transport:
        later = put(transport)

    assert (Delivery.RETRY, "integrity") == (later.delivery, later.code)


def test_a_server_killed_mid_transfer_gets_the_file_whole_when_it_is_back(tmp_path: Path, acts: Acts) -> None:
    with RealSshd(tmp_path) as server, sftp(server) as transport:
        acts.at("O14", server.stop)
        first = put(transport)
        away = put(transport)
        server.start()
        back = put(transport)
        content = (server.root / "in" / NAME).read_bytes()

    assert Delivery.RETRY is first.delivery
    assert (Delivery.RETRY, "unreachable") == (away.delivery, away.code)
    assert Put(Delivery.DELIVERED) == back
    assert content == BYTES


def test_a_line_cut_mid_fetch_gives_no_whole_file(server: RealSshd) -> None:
    (server.root / "out" / "a.zip").write_bytes(BYTES * 10)

    with CuttingProxy(server.port, direction="down", after=400_000) as proxy, sftp(server, port=proxy.port) as transport:
        with pytest.raises(Unreachable):
            list(transport.get("a.zip"))

        assert b"".join(transport.get("a.zip")) == BYTES * 10


def test_a_server_that_turns_us_away_twice_is_asked_a_third_time(server: RealSshd) -> None:
    with CuttingProxy(server.port) as proxy:
        proxy.refuse = True

        def after_two(_seconds: float) -> None:
            proxy.refuse = proxy.connections < 2

        with Retrying(sftp(server, port=proxy.port), sleep=after_two) as transport:
            assert Put(Delivery.DELIVERED) == put(transport)

    assert proxy.connections == 3


def test_a_crash_between_the_pin_and_the_login_leaves_the_peer_untouched(server: RealSshd, arm: Callable[[str], None]) -> None:
    arm("O13")
    with sftp(server) as transport, pytest.raises(Crash):
        put(transport)

    assert list((server.root / "in").iterdir()) == []


KILLED = """
import hashlib, json, sys
from transports.address import Address
from transports.manners import Manners
from transports.sftp import Sftp, SftpSettings
given = json.load(sys.stdin)
given["manners"], given["pins"] = Manners(**given["manners"]), tuple(given["pins"])
given["address"] = Address(*given["address"])
content = bytes(range(256)) * 1200
blocks = lambda: (content[start : start + 50_000] for start in range(0, len(content), 50_000))
Sftp(SftpSettings(**given)).put(sys.argv[1], blocks, len(content), hashlib.sha256(content).hexdigest())
"""


@pytest.mark.parametrize("label", ["O14@3", "O17", "O18", "O19", "O20"])
def test_a_process_killed_outright_is_finished_by_the_next_one(server: RealSshd, label: str) -> None:
    usual = settings(server)
    folders = {"send_dir": usual.manners.send_dir, "take_dir": usual.manners.take_dir, "done_dir": usual.manners.done_dir}
    given = {
        "address": (usual.address.host, usual.address.port),
        "user": usual.user,
        "key_pem": usual.key_pem,
        "pins": usual.pins,
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, NAME],
        check=False,
        input=json.dumps(given | {"manners": folders}).encode(),
        env=os.environ | {"CONNECTOR_CRASHPOINT": label},
        cwd=ROOT,
    )

    assert -signal.SIGKILL == killed.returncode
    with sftp(server) as transport:
        assert Put(Delivery.DELIVERED) == put(transport)
    assert (server.root / "in" / NAME).read_bytes() == BYTES
    assert sorted(path.name for path in (server.root / "in").iterdir()) == [NAME, f"{NAME}.ok"]


def test_a_file_of_many_stretches_arrives_whole(server: RealSshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transports.sftp.client.AHEAD", 3 * BLOCK)
    monkeypatch.setattr("transports.sftp.client.LARGE_BLOCK", BLOCK)
    (server.root / "out" / "a.zip").write_bytes(BYTES)

    with sftp(server) as transport:
        assert b"".join(transport.get("a.zip")) == BYTES


def test_one_object_serves_one_thread(server: RealSshd) -> None:
    said: list[Exception] = []

    def elsewhere(transport: Sftp) -> None:
        try:
            transport.list()
        except Exception as error:
            said.append(error)

    with sftp(server) as transport:
        transport.list()
        thread = threading.Thread(target=elsewhere, args=(transport,))
        thread.start()
        thread.join()

    assert ["one Sftp per thread"] == [str(error) for error in said]


def _wait_for(path: Path) -> None:
    """The server does what it was asked within moments; five seconds are a failure."""
    event = threading.Event()
    for _ in range(500):
        if path.exists():
            return
        event.wait(0.01)
    raise TimeoutError(path.name)
