"""The pages on call-backs: the same commands in both languages, and what they show works with the curl of a bank."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.callbacks.town import CHANNEL, CallBackTown

DOCS = Path(__file__).resolve().parents[2] / "docs"
UNSIGNED = "".join(line for line in CHANNEL.splitlines(keepends=True) if "sign:" not in line)


def example(name: str) -> str:
    """The commands of a page, without what is remarked in its language."""
    (block,) = re.findall(r"```sh\n(.*?)```", (DOCS / name).read_text("utf-8"), re.S)
    return "".join(line for line in str(block).splitlines(keepends=True) if not line.startswith("#"))


def test_both_languages_show_the_same_commands() -> None:
    assert example("call-backs.md") == example("call-backs.zh-CN.md")


@pytest.mark.real
def test_the_example_brings_an_answer(tmp_path: Path) -> None:
    assert shutil.which("curl"), "curl is missing; tests/install_servers.sh installs it"
    with CallBackTown(tmp_path, channel=UNSIGNED) as town, town.receiving() as server:
        desk = tmp_path / "desk"
        desk.mkdir()
        (desk / "A.p7m").write_bytes(b"a sealed answer")
        certificate, key = town.caller.write(desk, "caller")
        (desk / "centre.pem").write_text(town.issuer.pem)
        env = os.environ | {
            "B": f"https://localhost:{server.port}/api/v1/call-backs",
            "C": f"-sS -w %{{http_code}} --cert {certificate} --key {key} --cacert centre.pem",
            "ANSWER": "A.p7m",
        }
        said = [
            subprocess.run(["bash", "-euc", example("call-backs.md")], cwd=desk, env=env, capture_output=True, check=True).stdout
            for _ in range(2)
        ]

        assert [b"201", b"200"] == said
        assert ["A.p7m"] == town.landed()
