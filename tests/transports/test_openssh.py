"""SFTP to an old server by an exception: the same promises as on the usual road, and an exception that excuses no more than it names."""

import dataclasses
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.transport_contract import BYTES, NAME, FolderContract, Road, arm, clean, put
from tests.cutting_proxy import CuttingProxy
from tests.real_sshd import RealSshd, make_key, program
from transports.address import Address
from transports.errors import Refused
from transports.manners import Manners
from transports.openssh import OldServer, OldServerSettings, OldSftp
from transports.sftp import Deadlines, Sftp, SftpSettings
from transports.transport import Delivery, Put

pytestmark = [pytest.mark.real, pytest.mark.skipif(program() is None, reason="OpenSSH's sshd is not installed here")]
__all__ = ["arm"]

TODAY = date(2026, 11, 22)
OLD_ONLY = (
    "HostKeyAlgorithms ssh-rsa",
    "KexAlgorithms diffie-hellman-group14-sha1",
    "Ciphers aes128-ctr,aes256-ctr",
    "MACs hmac-sha1",
)


def old_sshd(folder: Path, *options: str, **given: Any) -> RealSshd:
    return RealSshd(folder, host_keys=("rsa",), options=[*options, *OLD_ONLY], **given)


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSshd]:
    with old_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def server(sshd: RealSshd) -> RealSshd:
    clean(sshd.root)
    return sshd


@pytest.fixture
def road(server: RealSshd) -> Road:
    return Road(server.root, lambda **changes: old(server, manners=changes))


def exception(server: RealSshd, **changes: Any) -> OldServer:
    usual = OldServer(
        host_key=(server.folder / f"host_{server.host_key_types[0]}.pub").read_text(),
        kex=("diffie-hellman-group14-sha1",),
        host_key_algorithms=("ssh-rsa",),
        macs=("hmac-sha1",),
        reason="the bank renews its server in spring",
        granted_by=("Li Ming", "Wang Fang"),
        until=TODAY,
    )
    return dataclasses.replace(usual, **changes)


def settings(server: RealSshd, *, port: int | None = None, manners: dict[str, Any] | None = None, **changes: Any) -> Any:
    given = {"send_dir": "in", "take_dir": "out", "done_dir": "out/done"} | (manners or {})
    folders = {key: server.path(value) for key, value in given.items() if key.endswith("_dir")}
    usual = OldServerSettings(
        Address("127.0.0.1", port or server.port),
        server.user,
        server.folder / "client",
        (server.host_key_pin,),
        Manners(**(given | folders)),
        exception(server),
    )
    return dataclasses.replace(usual, **changes)


def old(server: RealSshd, **changes: Any) -> OldSftp:
    return OldSftp(settings(server, **changes), today=lambda: TODAY)


class TestOldSftp(FolderContract):
    """All promises, over ssh-rsa, a SHA-1 key exchange and a SHA-1 MAC."""


# ---- what an exception may excuse --------------------------------------------------------------------------------------------


def test_a4_the_usual_road_refuses_this_server(server: RealSshd) -> None:
    given = settings(server)
    usual = SftpSettings(given.address, given.user, given.key.read_text(), given.pins, given.manners)

    with Sftp(usual) as transport:
        refused = put(transport)

    assert (Delivery.REFUSED, "weak-algorithms") == (refused.delivery, refused.code)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("kex", "diffie-hellman-group1-sha1"),
        ("kex", "diffie-hellman-group-exchange-sha1"),
        ("host_key_algorithms", "ssh-dss"),
        ("ciphers", "aes128-cbc"),
        ("ciphers", "3des-cbc"),
        ("ciphers", "arcfour"),
        ("ciphers", "none"),
        ("ciphers", "chacha20-poly1305@openssh.com"),
        ("macs", "hmac-md5"),
        ("macs", "none"),
        ("macs", "hmac-sha1-etm@openssh.com"),
        ("login_algorithms", "ssh-dss"),
        ("kex", "+diffie-hellman-group14-sha1"),
        ("kex", "diffie-hellman-group14-sha1,diffie-hellman-group1-sha1"),
    ],
)
def test_a4_no_exception_excuses_what_is_not_tolerable(server: RealSshd, kind: str, word: str) -> None:
    with pytest.raises(ValueError, match=f"{kind}: "):
        exception(server, **{kind: (word,)})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"granted_by": ("Li Ming", " Li Ming")}, "two people"),
        ({"granted_by": ("Li Ming",)}, "two people"),
        ({"granted_by": ("Li Ming", " ")}, "two people"),
        ({"reason": " "}, "reason"),
        ({"host_key": "ssh-rsa"}, "one line"),
        ({"host_key": "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7"}, "2048 bits"),
        ({"host_key": "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA=="}, "kind"),
        ({"host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA=="}, "signs with none"),
        ({"kex": ()}, "nothing named"),
        (
            {"kex": ("ecdh-sha2-nistp256",), "host_key_algorithms": ("rsa-sha2-256",), "macs": ("hmac-sha2-256",)},
            "excuses nothing",
        ),
    ],
)
def test_an_exception_says_who_why_and_for_which_key(server: RealSshd, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        exception(server, **changes)


def test_what_it_excuses_is_named_for_those_who_audit_it(server: RealSshd) -> None:
    assert ("diffie-hellman-group14-sha1", "ssh-rsa", "hmac-sha1") == exception(server).excused


def test_a1_the_exceptions_key_is_one_of_the_connections_pins(server: RealSshd) -> None:
    assert server.host_key_pin == exception(server).pin
    with pytest.raises(ValueError, match="not among"):
        settings(server, pins=("SHA256:" + "A" * 43,))


def test_an_exception_holds_through_its_last_day_and_no_longer(server: RealSshd) -> None:
    days = iter([TODAY, date(2026, 11, 23)])
    with OldSftp(settings(server), today=lambda: next(days)) as transport:
        assert put(transport).delivery is Delivery.DELIVERED
        transport.close()
        refused = put(transport)

    assert (Delivery.REFUSED, "exception-ended") == (refused.delivery, refused.code)


@pytest.mark.parametrize("content", [None, "no program at all"])
def test_without_the_ssh_program_a_person_is_told(
    server: RealSshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    if content:
        (tmp_path / "ssh").write_text(content)
        (tmp_path / "ssh").chmod(0o755)
    with old(server) as transport:
        monkeypatch.setenv("PATH", str(tmp_path))
        refused = put(transport)

    assert (Delivery.REFUSED, "ssh-missing") == (refused.delivery, refused.code)


# ---- who is there ------------------------------------------------------------------------------------------------------------


def test_a2_a_changed_host_key_gets_no_login(tmp_path: Path) -> None:
    with old_sshd(tmp_path) as server:
        given = settings(server)
        server.stop()
        make_key(tmp_path / "host_rsa", "rsa")
        server.start()
        with OldSftp(given, today=lambda: TODAY) as transport:
            refused = put(transport)
        log = server.log()

    assert (Delivery.REFUSED, "host-key-changed") == (refused.delivery, refused.code)
    assert "publickey" not in log


def test_a4_a_server_older_than_its_exception_is_refused(server: RealSshd) -> None:
    stricter = exception(server, kex=("ecdh-sha2-nistp256",))
    with old(server, exception=stricter) as transport:
        refused = put(transport)

    assert (Delivery.REFUSED, "weak-algorithms") == (refused.delivery, refused.code)


def test_a5_a_wrong_key_is_refused_and_no_other_way_is_tried(tmp_path: Path) -> None:
    make_key(tmp_path / "other", "ed25519")
    with old_sshd(tmp_path / "sshd", "LogLevel DEBUG1", "PasswordAuthentication yes") as server:
        with old(server, key=tmp_path / "other") as transport:
            refused = put(transport)
        ways = {line.split("method ")[1].split()[0] for line in server.log().splitlines() if "method " in line}

    assert (Delivery.REFUSED, "login-refused") == (refused.delivery, refused.code)
    assert {"none", "publickey"} == ways  # "none" asks which ways there are


def test_a6_only_an_allowed_address_is_called(server: RealSshd) -> None:
    with old(server, address=Address("localhost", server.port)) as transport:
        refused = put(transport)

    assert (Delivery.REFUSED, "address-not-allowed") == (refused.delivery, refused.code)


def test_an_rsa_key_of_ours_signs_as_the_exception_allows(tmp_path: Path) -> None:
    make_key(tmp_path / "client", "rsa")
    with old_sshd(tmp_path, "PubkeyAcceptedAlgorithms ssh-rsa") as server:
        with old(server) as transport:
            refused = put(transport)
        with old(server, exception=exception(server, login_algorithms=("ssh-rsa",))) as transport:
            delivered = put(transport)

    assert (Delivery.REFUSED, "login-refused") == (refused.delivery, refused.code)
    assert Put(Delivery.DELIVERED) == delivered


@pytest.mark.parametrize("fault", ["gone", "nonsense", "open to all", "passphrase"])
def test_a_key_of_ours_nobody_should_use_is_told_before_any_line_is_opened(server: RealSshd, tmp_path: Path, fault: str) -> None:
    key = tmp_path / "key"
    if fault != "gone":
        make_key(key, "ed25519")
    if fault == "nonsense":
        key.write_text("nonsense")
    if fault == "open to all":
        key.chmod(0o644)
    if fault == "passphrase":
        subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", str(key)], check=True)

    with pytest.raises(Refused) as refused:
        old(server, key=key)

    assert refused.value.code == "unusable-key"


def test_a_key_may_lie_under_any_path(server: RealSshd, tmp_path: Path) -> None:
    folder = tmp_path / '%h ~ "x" 钥'
    folder.mkdir()
    (folder / "k%").write_bytes((server.folder / "client").read_bytes())
    (folder / "k%").chmod(0o600)

    with old(server, key=folder / "k%") as transport:
        assert put(transport).delivery is Delivery.DELIVERED


def test_the_program_is_given_no_secret_no_settings_and_no_environment(
    server: RealSshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "ssh"
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/given\nenv > {tmp_path}/env\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/tmp/agent")
    with old(server) as transport:
        put(transport)

    given = (tmp_path / "given").read_text().splitlines()
    assert ["-F", "none"] == given[:2]
    assert ["-l", server.user, "-s", "--", "127.0.0.1", "sftp"] == given[-6:]
    assert "PRIVATE" not in (tmp_path / "given").read_text()
    assert "SSH_AUTH_SOCK" not in (tmp_path / "env").read_text()


# ---- the line ----------------------------------------------------------------------------------------------------------------


def test_nobody_there_is_tried_again_later(server: RealSshd) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with old(server, port=taken.getsockname()[1]) as transport:
            later = put(transport)

    assert (Delivery.RETRY, "unreachable") == (later.delivery, later.code)


def test_a9_a_server_that_never_greets_is_given_up(server: RealSshd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        quick = Deadlines(connect_s=0.2, login_s=0.2)
        with old(server, port=mute.getsockname()[1], deadlines=quick) as transport:
            later = put(transport)

    assert (Delivery.RETRY, "timeout") == (later.delivery, later.code)


def test_a9_a_banner_of_200_kib_holds_nothing_up(tmp_path: Path) -> None:
    """ssh writes a server's banner to its errors: a pipe that nobody empties would be full at 64 KiB, and the login would stall."""
    (tmp_path / "banner").write_text("All use of this server is watched.\n" * 6000)
    assert (tmp_path / "banner").stat().st_size > 200 * 1024
    with old_sshd(tmp_path / "sshd", f"Banner {tmp_path / 'banner'}") as server, old(server) as transport:
        assert Put(Delivery.DELIVERED) == put(transport)


@pytest.mark.parametrize(
    "deadlines", [Deadlines(silence_s=0.3), Deadlines(transfer_s=0.3, bytes_per_s=10**9)], ids=["silence", "whole"]
)
def test_a9_a_server_that_falls_silent_is_given_up(
    server: RealSshd, monkeypatch: pytest.MonkeyPatch, deadlines: Deadlines
) -> None:
    with CuttingProxy(server.port) as proxy, old(server, port=proxy.port, deadlines=deadlines) as transport:
        monkeypatch.setattr("transports.mailbox.crashpoint", lambda label: proxy.hold("down") if label == "O14" else None)
        later = put(transport)

    assert (Delivery.RETRY, "timeout") == (later.delivery, later.code)


def test_a_killed_ssh_is_a_broken_line_and_the_next_put_is_whole(server: RealSshd, monkeypatch: pytest.MonkeyPatch) -> None:
    with old(server) as transport:
        monkeypatch.setattr("transports.mailbox.crashpoint", lambda label: kill_ssh() if label == "O14" else None)
        broken = put(transport)
        monkeypatch.undo()
        whole = put(transport)

    assert (Delivery.RETRY, "line-broken") == (broken.delivery, broken.code)
    assert Put(Delivery.DELIVERED) == whole
    assert (server.root / "in" / NAME).read_bytes() == BYTES


def kill_ssh() -> None:
    for child in children("ssh"):
        os.kill(child, signal.SIGKILL)


def children(name: str) -> list[int]:
    """The running programs of this name that this process started."""
    found = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = {int(pid) for each in found for pid in each.read_text().split()}
    return [pid for pid in pids if Path(f"/proc/{pid}/comm").read_text().strip() == name]


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("after", [0, 1, 1000, 150_000])
def test_a_line_cut_anywhere_is_told_truly_and_the_next_put_is_whole(server: RealSshd, direction: Any, after: int) -> None:
    with CuttingProxy(server.port, direction=direction, after=after) as proxy, old(server, port=proxy.port) as transport:
        first = put(transport)
        second = put(transport)

    assert (Delivery.RETRY, "line-broken") == (first.delivery, first.code)
    assert Put(Delivery.DELIVERED) == second


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"\0\0\0\5\2\0\0\0\3", "protocol"),  # a version, and a status nobody asked for follows
        (b"Welcome to the bank\n", "protocol"),
        (b"", "line-broken"),
    ],
)
def test_a_session_that_is_no_sftp_is_told(
    server: RealSshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes, code: str
) -> None:
    (tmp_path / "said").write_bytes(said + (b"\xff" * 64 if said else b""))
    fake = tmp_path / "ssh"
    fake.write_text(f"#!/bin/sh\ncat {tmp_path}/said\nexec sleep 1\n" if said else "#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with old(server) as transport:
        later = put(transport)

    assert (Delivery.RETRY, code) == (later.delivery, later.code)


def test_a_closed_line_leaves_no_program_and_no_file(server: RealSshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with old(server) as transport:
        put(transport)
        assert [0o700] == [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()]
        assert len(children("ssh")) == 1

    assert list(tmp_path.iterdir()) == []
    assert children("ssh") == []
