"""``connector carrier``: its folder and its key, a mounted bank, a real server; and what the process does not even import."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.yaml_file import BadSettings
from connector.carrier.joining import found, opened
from connector.carrier.process import Passed
from tests.carrying import NOW
from tests.contracts.transport_contract import BYTES, NAME, put
from tests.real_sshd import RealSshd, program
from transports.relay import Relay, RelaySettings
from transports.transport import Delivery, Put

HXCB = Path(__file__).resolve().parents[3] / "bank_profiles" / "banks" / "hxcb"

FOREIGN = ("sqlalchemy", "alembic", "connector.ledger", "connector.vault", "connector.objects", "connector.assembly")
SECRET = ("transports.sealing.keyring", "transports.sealing.keyring.files", "transports.sealing.at_rest", "transports.channel")


def test_the_carrier_knows_no_ledger_no_ring_no_vault(tmp_path: Path) -> None:
    """Not even while it carries: what a road loads only when it is opened is loaded here."""
    public = _mounted(tmp_path / "dmz", tmp_path / "bank")
    put(Relay(RelaySettings("B1", tmp_path / "dmz" / "out", tmp_path / "dmz" / "back", tmp_path / "state", public)))
    script = (
        "import sys; from connector.cli.verbs import run; sys.argv = ['connector', 'carrier', sys.argv[1], '--once']; code = run();"
        "print(code, *sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", script, str(tmp_path / "dmz")], capture_output=True, text=True, check=True)
    *_, last = said.stdout.splitlines()
    code, *modules = last.split()

    assert "0" == code
    assert [path.name for path in (tmp_path / "bank" / "in" / "cx").iterdir()]
    assert [] == [name for name in modules if name.startswith((*FOREIGN, *SECRET))]


# ---- its folder -------------------------------------------------------------------------------------------------------------------


def test_one_process_a_folder(tmp_path: Path) -> None:
    found(tmp_path / "dmz")
    with opened(tmp_path / "dmz"), pytest.raises(BadSettings) as second, opened(tmp_path / "dmz"):
        pass

    assert "carrier-running" == second.value.code


def test_nothing_is_written_into_a_share_that_is_not_mounted(tmp_path: Path) -> None:
    found(tmp_path / "dmz")
    (tmp_path / "dmz" / "back" / "journal").rmdir()
    with pytest.raises(BadSettings) as refused, opened(tmp_path / "dmz"):
        pass

    assert "share-missing" == refused.value.code
    assert [] == list((tmp_path / "dmz" / "back").iterdir())


def test_a_carrier_is_not_founded_twice_and_its_key_is_private(tmp_path: Path) -> None:
    assert found(tmp_path / "dmz").startswith("ed25519:")
    assert 0o600 == (tmp_path / "dmz" / "secrets" / "journal-key").stat().st_mode & 0o777
    with pytest.raises(BadSettings):
        found(tmp_path / "dmz")
    (tmp_path / "dmz" / "secrets" / "journal-key").chmod(0o644)
    with pytest.raises(BadSettings), opened(tmp_path / "dmz"):
        pass


# ---- from the command line --------------------------------------------------------------------------------------------------------


def _founded(folder: Path, bank: dict[str, Any]) -> str:
    public = found(folder)
    settings = yaml.safe_load((folder / "carrier.yaml").read_text("utf-8"))
    (folder / "carrier.yaml").write_text(yaml.safe_dump(settings | {"banks": [{"code": "B1", **bank}]}), "utf-8")
    for name in ("out", "back"):
        (folder / name / "B1").mkdir()
    return public


def _run(folder: Path, crashpoint: str = "") -> tuple[int, dict[str, Any]]:
    said = subprocess.run(
        [sys.executable, "-m", "connector", "--lang", "en", "carrier", str(folder), "--once", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"CONNECTOR_CRASHPOINT": crashpoint},
    )
    return said.returncode, json.loads(said.stdout or "{}")


def test_a_mounted_bank_from_the_command_line_killed_once(tmp_path: Path) -> None:
    folder = tmp_path / "dmz"
    public = _mounted(folder, tmp_path / "bank")
    relay = Relay(RelaySettings("B1", folder / "out", folder / "back", tmp_path / "state", public))
    put(relay)

    assert (-9, {}) == _run(folder, "CR3")
    code, said = _run(folder)

    assert (0, {"counts": {"delivered": 1}, "problem": None}) == (code, said["banks"]["B1"])
    assert Put(Delivery.DELIVERED) == put(relay)


def _mounted(folder: Path, mounted: Path, ready: str = "") -> str:
    """A carrier of one bank whose folders are mounted here; its profile says how a whole file is told. The journal key."""
    for name in ("in/cx", "out/cx/bak"):
        (mounted / name).mkdir(parents=True)
    public = _founded(folder, {"profile": "hxmnt", "folder": str(mounted)})
    settings = yaml.safe_load((folder / "carrier.yaml").read_text("utf-8"))
    (folder / "carrier.yaml").write_text(yaml.safe_dump(settings | {"profiles": ["profiles"]}), "utf-8")
    note = (
        next(HXCB.glob("*.yaml"))
        .read_text("utf-8")
        .replace("kind: sftp", "kind: folder")
        .replace("profile: hxcb", "profile: hxmnt")
    )
    if ready:
        note = re.sub(r"(?m)^(  ready: ).*$", rf"\g<1>{ready}", note, count=1)
    (folder / "profiles" / "hxmnt").mkdir(parents=True)
    (folder / "profiles" / "hxmnt" / "2026.1.yaml").write_text(note, "utf-8")
    return public


def test_a_file_that_says_it_is_whole_by_standing_still_is_fetched_though_every_pass_is_a_process_of_its_own(
    tmp_path: Path,
) -> None:
    folder, mounted = tmp_path / "dmz", tmp_path / "bank"
    _mounted(folder, mounted, "{kind: stable_size, for: 120s}")
    (mounted / "out" / "cx" / "R1.p7m").write_bytes(BYTES)

    def passed(seconds: int) -> dict[str, int]:
        with opened(folder, lambda: NOW + timedelta(seconds=seconds)) as carrier:
            return carrier.once()["B1"].counts

    assert [{}, {}, {"fetched": 1}, {}] == [passed(seconds) for seconds in (0, 119, 120, 180)]


def test_its_settings_are_checked_without_a_word_to_any_bank(tmp_path: Path) -> None:
    folder, mounted = tmp_path / "dmz", tmp_path / "bank"
    _mounted(folder, mounted)
    settings = yaml.safe_load((folder / "carrier.yaml").read_text("utf-8"))
    pinned = {"pins": [f"SHA256:{'A' * 43}"], "address": {"host": "192.0.2.1"}}
    banks = [
        *settings["banks"],
        {"code": "B2", "profile": "hxcb", "account": {"user": "centre", "key": "secret:b2/sftp-key"}, **pinned},
        {"code": "B3", "profile": "nobody"},
        {"code": "B4", "profile": "hxcb"},
    ]
    (folder / "carrier.yaml").write_text(yaml.safe_dump(settings | {"banks": banks}), "utf-8")

    with opened(folder):  # one that runs is not disturbed
        said = _says(folder, "--check")
    assert 1 == said.returncode
    lines = said.stdout.splitlines()
    assert "B1  ready" == lines[0]
    assert "secret:b2/sftp-key is not there" in lines[1]
    assert "nobody" in said.stdout
    assert f"put its folder into {(folder / 'profiles').resolve()}" in said.stdout
    assert "the connection needs address, account" in said.stdout


def test_a_carrier_of_no_bank_is_a_finding_with_what_to_do(tmp_path: Path) -> None:
    found(tmp_path / "dmz")
    said = _says(tmp_path / "dmz", "--check")

    assert (1, True) == (said.returncode, "there is no bank in carrier.yaml" in said.stdout)


@pytest.mark.parametrize(
    ("lang", "begins"), [("zh", "开始转运：1 家银行，每 30 秒一遍"), ("en", "carrying for 1 bank, a pass every 30 s")]
)
def test_that_it_carries_is_said_at_the_start(tmp_path: Path, lang: str, begins: str) -> None:
    _mounted(tmp_path / "dmz", tmp_path / "bank")
    line = [sys.executable, "-m", "connector", "--lang", lang, "carrier", str(tmp_path / "dmz"), "--every", "30"]
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.kill()

    assert first.startswith(begins)


def test_the_journal_key_is_shown_again_with_the_line_the_centre_writes(tmp_path: Path) -> None:
    public = found(tmp_path / "dmz")
    said = _says(tmp_path / "dmz", "--key")

    assert (0, public) == (said.returncode, said.stdout.strip())
    assert f'key: "{public}"}}' in said.stderr


def _says(folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "connector", "--lang", "en", "carrier", str(folder), *options]
    return subprocess.run(line, capture_output=True, text=True, check=False)


@pytest.mark.skipif(program() is None, reason="OpenSSH's server is not installed")
def test_a_bank_behind_a_real_sshd(tmp_path: Path) -> None:
    folder = tmp_path / "dmz"
    with RealSshd(tmp_path / "sshd", folders=("in/cx", "out/cx", "out/cx/bak")) as server:
        public = _founded(
            folder,
            {
                "profile": "hxcb",
                "address": {"host": "127.0.0.1", "port": server.port},
                "account": {"user": server.user, "key": "secret:sftp-key"},
                "pins": [server.host_key_pin],
            },
        )
        key = folder / "secrets" / "sftp-key"
        key.write_text(server.client_key_pem)
        key.chmod(0o600)
        (server.root / "out" / "cx" / "R1.p7m").write_bytes(BYTES)
        (server.root / "out" / "cx" / "R1.p7m.ok").touch()
        relay = Relay(RelaySettings("B1", folder / "out", folder / "back", tmp_path / "state", public))
        put(relay)
        with opened(folder) as carrier:
            assert Passed({"delivered": 1, "fetched": 1}) == carrier.once()["B1"]
            assert Put(Delivery.DELIVERED) == put(relay)
            assert (server.root / "in" / "cx" / NAME).read_bytes() == BYTES
            assert ["R1.p7m"] == [remote.name for remote in relay.list()]
            assert BYTES == b"".join(relay.get("R1.p7m"))
            relay.acknowledge("R1.p7m")
            assert Passed({"acknowledged": 1}) == carrier.once()["B1"]
        assert ["R1.p7m"] == [path.name for path in (server.root / "out" / "cx" / "bak").iterdir()]
