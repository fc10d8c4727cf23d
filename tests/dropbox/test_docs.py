"""The examples of docs/dropbox.md are what a bank's staff type, so they are typed here: real curl, real shell, the real command."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from connector.dropbox import problems
from tests.certificates import Identity
from tests.dropbox.test_answers import made
from tests.dropbox.town import BoxTown

DOCS = Path(__file__).resolve().parents[2] / "docs"


def examples(name: str, kind: str = "sh") -> list[str]:
    """The commands of a page, one after the other."""
    (block,) = re.findall(rf"```{kind}\n(.*?)```", (DOCS / name).read_text("utf-8"), re.S)
    return [line for line in block.splitlines() if line and not line.startswith("#")]


def test_both_languages_show_the_same_commands() -> None:
    for kind in ("sh", "sh certificates", "sh sheet"):
        assert examples("dropbox.md", kind) == examples("dropbox.zh-CN.md", kind)


def test_every_code_a_caller_may_meet_at_these_calls_is_on_the_page() -> None:
    for page in ("dropbox.md", "dropbox.zh-CN.md"):
        told = (DOCS / page).read_text("utf-8")
        codes = (problems.DIGEST_MISSING, problems.NOT_WHOLE, problems.NOT_OFFERED, problems.DIGEST, problems.NAME)
        assert [] == [each.code for each in codes if f"`{each.code}`" not in told]


@pytest.mark.real
def test_the_certificates_of_the_page_open_the_drop_box(tmp_path: Path) -> None:
    with BoxTown(tmp_path) as town:
        desk = tmp_path / "desk"
        desk.mkdir()
        (desk / "D").symlink_to(town.dir)
        commands = "\n".join(examples("dropbox.md", "sh certificates"))
        made = subprocess.run(["bash", "-euc", commands], cwd=desk, capture_output=True, check=True, text=True)
        pin = made.stdout.split()[-1]
        connection = town.dir / "connections" / f"{town.code}.yaml"
        connection.write_text(connection.read_text("utf-8").replace(town.staff[town.code].pin, pin), "utf-8")
        with town.serving() as server:
            line = f"curl $C --connect-to centre:443:localhost:{server.port} https://centre/api/v1/bank/batches"
            assert {"items": [], "next": None} == _typed(desk, {}, line)
        assert 0o600 == (town.dir / "secrets" / "serve" / "key").stat().st_mode & 0o777


@pytest.mark.real
def test_the_examples_take_an_inquiry_and_bring_its_answer(tmp_path: Path) -> None:
    with BoxTown(tmp_path) as town:
        (row,) = town.asked().batches()
        answer, content = made(town, row)
        desk = tmp_path / "desk"
        desk.mkdir()
        (desk / answer).write_bytes(content)
        _lay_out(desk, town.staff[town.code], town.issuer)
        line = [sys.executable, "-m", "connector", "serve", "--no-clock", "--dir", str(town.dir), "--port", "0", "--json"]
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as server:
            try:
                assert server.stdout is not None
                told = "".join(iter(lambda: server.stdout.readline() if server.stdout else "", "}\n"))
                port = json.loads(told + "}")["at"].rpartition(":")[2]
                said = {"B": f"https://localhost:{port}/api/v1/bank", "BATCH": row.number, "ANSWER": answer}
                owed, _, receipt, tried, digest, brought, submitted, followed = examples("dropbox.md")
                assert row.number == _typed(desk, said, owed)["items"][0]["batch"]
                _typed(desk, said, examples("dropbox.md")[1])
                assert (desk / row.parcel_name).stat().st_size == row.parcel_size  # under its own name
                assert "accepted" == _typed(desk, said, receipt)["state"]
                assert "good" == _typed(desk, said, tried)["result"]
                assert _typed(desk, said, f"{digest}\n{brought}")["complete"]
                said["ID"] = _typed(desk, said, submitted)["answer"]
                town.step("collect", "settle")
                assert "accepted" == _typed(desk, said, followed)["state"]
            finally:
                server.terminate()
                server.wait(20)


def _lay_out(desk: Path, staff: Identity, issuer: Identity) -> None:
    (desk / "staff.pem").write_text(staff.pem)
    (desk / "staff.key").write_text(staff.key_pem)
    (desk / "centre.pem").write_text(issuer.pem)


def _typed(desk: Path, said: dict[str, str], command: str) -> dict[str, object]:
    """What the shell prints, as JSON."""
    env = {**os.environ, **said, "C": "-sS --cert staff.pem --key staff.key --cacert centre.pem"}
    done = subprocess.run(["bash", "-euc", command], cwd=desk, env=env, capture_output=True, check=True, text=True)
    return dict(json.loads(done.stdout)) if done.stdout else {}
