"""The demo banks' SFTP server keeps the promises of a road, as OpenSSH's does, and lets nobody out of the folder."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from connector.bankside import sftp_server
from connector.bankside.sftp_server import SftpServer, make_ssh_key, public_line
from tests.contracts.transport_contract import Road, TransportContract, arm, clean, put
from transports.address import Address
from transports.errors import Refused
from transports.manners import Manners
from transports.sftp import Sftp, SftpSettings
from transports.transport import Delivery

__all__ = ["arm"]
USER = "centre"
FOLDERS = {"send_dir": "/in", "take_dir": "/out", "done_dir": "/out/done"}


class Served:
    """A server over a fresh folder, its keys, and how to reach it."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.root, self.keys = clean(folder / "root"), folder / "keys"
        line = make_ssh_key(self.keys / "client")
        make_ssh_key(self.keys / "host")
        given = {"host_key": self.keys / "host", "user": USER, "client_line": line} | changes
        self.server = SftpServer(self.root, **given)

    def settings(self, **changes: Any) -> SftpSettings:
        key = (self.keys / "client").read_text("ascii")
        return SftpSettings(Address(*self.server.address), USER, key, (self.server.pin,), Manners(**(FOLDERS | changes)))

    def sftp(self, batch: str) -> "subprocess.CompletedProcess[str]":
        """OpenSSH's own client, one batch of commands."""
        host, port = self.server.address
        known = self.keys / "known_hosts"
        known.write_text(f"[{host}]:{port} {public_line(self.keys / 'host')}\n", "ascii")
        options = [f"UserKnownHostsFile={known}", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "BatchMode=yes"]
        command = ["sftp", "-q", "-b", "-", "-P", str(port), "-i", str(self.keys / "client")]
        command += [part for option in options for part in ("-o", option)]
        command.append(f"{USER}@{host}")
        return subprocess.run(command, check=False, input=batch, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("served"))
    with served.server:
        yield served


@pytest.fixture
def served(running: Served) -> Served:
    clean(running.root)
    return running


class TestSameAsEveryRoad(TransportContract):
    """The whole contract, our client against our server."""

    @pytest.fixture
    def road(self, served: Served) -> Road:
        return Road(served.root, lambda **changes: Sftp(served.settings(**changes)))


openssh = [pytest.mark.real, pytest.mark.skipif(shutil.which("sftp") is None, reason="OpenSSH's sftp is not installed here")]


class TestAgainstOpenSsh:
    pytestmark = openssh

    def test_what_is_put_comes_back_byte_for_byte(self, served: Served, tmp_path: Path) -> None:
        content = bytes(range(256)) * 40_000
        (tmp_path / "there").write_bytes(content)

        done = served.sftp(f"put {tmp_path}/there /in/a.tmp\nrename /in/a.tmp /in/a\nget /in/a {tmp_path}/back\n")

        assert 0 == done.returncode, done.stderr
        assert content == (tmp_path / "back").read_bytes()

    def test_an_upload_with_fsync_is_fine(self, served: Served, tmp_path: Path) -> None:
        (tmp_path / "there").write_bytes(b"x")

        assert 0 == served.sftp(f"put -f {tmp_path}/there /in/a\n").returncode

    def test_a_rename_onto_a_taken_name_fails_and_both_files_stay(self, served: Served) -> None:
        (served.root / "in" / "a").write_bytes(b"first")
        (served.root / "in" / "b").write_bytes(b"second")

        assert 0 != served.sftp("rename /in/a /in/b\n").returncode
        assert (b"first", b"second") == ((served.root / "in" / "a").read_bytes(), (served.root / "in" / "b").read_bytes())

    @pytest.mark.parametrize(
        "attempt",
        [
            "get /beside/secret",
            "get /in/../beside/secret",
            "get ../../../../etc/passwd",
            "ls /beside",
            "get /in/link",
            "get /in/folder/passwd",
            "ls /in/folder/passwd",
            "mkdir /new",
            "rmdir /in",
            "rename /in/mine /elsewhere",
            "rename /in /out/in",
            "symlink /etc/passwd /in/mine2",
            "ln /in/mine /in/mine2",
            "chmod 777 /in/mine",
            "rm /in/folder/passwd",
        ],
    )
    def test_b1_nothing_outside_the_folders_is_read_written_or_moved(self, served: Served, tmp_path: Path, attempt: str) -> None:
        (served.root / "beside").mkdir(exist_ok=True)
        (served.root / "beside" / "secret").write_bytes(b"secret")
        (served.root / "in" / "mine").write_bytes(b"mine")
        (served.root / "in" / "link").symlink_to(served.root / "beside" / "secret")
        (served.root / "in" / "folder").symlink_to("/etc")

        got = f"{attempt} {tmp_path}/got" if attempt.startswith("get") else attempt
        done = served.sftp(f"{got}\n")
        (served.root / "in" / "folder").unlink()

        assert 0 != done.returncode, done.stdout
        assert not (tmp_path / "got").exists()
        assert ["in", "out", "beside"] == sorted((path.name for path in served.root.iterdir()), key=["in", "out", "beside"].index)
        assert b"mine" == (served.root / "in" / "mine").read_bytes()

    def test_the_top_shows_only_the_folders_of_the_profile(self, served: Served) -> None:
        (served.root / "beside").mkdir(exist_ok=True)

        assert ["/in", "/out"] == served.sftp("ls -1 /\n").stdout.splitlines()[1:]


def test_a_key_that_is_not_the_clients_does_not_get_in(served: Served) -> None:
    make_ssh_key(served.keys / "stranger")
    settings = SftpSettings(
        Address(*served.server.address),
        USER,
        (served.keys / "stranger").read_text("ascii"),
        (served.server.pin,),
        Manners(**FOLDERS),
    )

    with Sftp(settings) as sftp, pytest.raises(Refused):
        sftp.list()


def test_d2_who_does_not_log_in_is_shown_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sftp_server, "LOGIN_SECONDS_MAX", 0.5)
    served = Served(tmp_path)
    with served.server:
        line = paramiko.Transport(socket.create_connection(served.server.address))
        line.start_client(timeout=10)
        line.join(10)

        assert not line.is_active()


def test_a9_a_guest_asks_for_gigabytes_and_gets_a_block(served: Served) -> None:
    with (served.root / "in" / "big").open("wb") as file:
        file.truncate(3 << 30)
    opened = os.open(served.root / "in" / "big", os.O_RDONLY)

    assert sftp_server.READ_BYTES_MAX == len(sftp_server._OpenFile(opened, 0, served.server._disk).read(0, 2 << 30))
    os.close(opened)


def test_another_user_does_not_get_in(served: Served) -> None:
    key = (served.keys / "client").read_text("ascii")

    with (
        Sftp(SftpSettings(Address(*served.server.address), "root", key, (served.server.pin,), Manners(**FOLDERS))) as sftp,
        pytest.raises(Refused),
    ):
        sftp.list()


def test_no_shell_no_command_no_forwarding(served: Served) -> None:
    with paramiko.Transport(socket.create_connection(served.server.address)) as line:
        line.connect(username=USER, pkey=paramiko.PKey.from_path(served.keys / "client"))
        for forbidden in ("invoke_shell", "get_pty", "exec_command"):
            arguments = ("id",) if forbidden == "exec_command" else ()
            with pytest.raises(paramiko.SSHException):
                getattr(line.open_session(), forbidden)(*arguments)
        with pytest.raises(paramiko.ChannelException):
            line.open_channel("direct-tcpip", ("127.0.0.1", 22), ("127.0.0.1", 1))


def test_a_full_disk_is_told_and_leaves_nothing_under_a_final_name(tmp_path: Path) -> None:
    served = Served(tmp_path, room_bytes=100_000)
    with served.server, Sftp(served.settings()) as sftp:
        told = put(sftp)

    assert told.delivery in (Delivery.RETRY, Delivery.REFUSED)
    assert [] == [path.name for path in (served.root / "in").iterdir()]


def test_it_stops_cleanly_with_a_line_open_and_its_port_is_free_again(tmp_path: Path) -> None:
    before = threading.active_count()
    served = Served(tmp_path)
    with served.server, Sftp(served.settings()) as sftp:
        assert [] == sftp.list()
        address = served.server.address
    for thread in threading.enumerate():
        if thread.name.startswith("Thread-") or isinstance(thread, paramiko.Transport):
            thread.join(10)

    with pytest.raises(ConnectionError):
        socket.create_connection(address, 5)
    assert threading.active_count() <= before


def test_a_key_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    line = make_ssh_key(tmp_path / "key")

    assert line == make_ssh_key(tmp_path / "key") == public_line(tmp_path / "key")
    assert 0o600 == (tmp_path / "key").stat().st_mode & 0o777
