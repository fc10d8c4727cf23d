"""A ring that does not open is an outage: every verb stops with a reason, nothing is written, and no key is ever made instead."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.assembly import clock
from connector.cli.console import REFUSED, explain
from connector.cli.verbs import app
from connector.founding import Founding, found


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


DAMAGES: Mapping[str, Callable[[Path], object]] = {
    "another secret": lambda home: (home / "secrets" / "ring").write_bytes(b"another"),
    "no secret": lambda home: (home / "secrets" / "ring").unlink(),
    "no ring": lambda home: shutil.rmtree(home / "keys"),
    "an empty folder": lambda home: _empty(home / "keys"),
    "an index that was changed": lambda home: _flip(home / "keys" / "ring.json"),
    "an index that was cut": lambda home: (home / "keys" / "ring.json").write_bytes(b"{"),
    "a certificate that is gone": lambda home: next((home / "keys").glob("*.cert.pem")).unlink(),
    "a key that is gone": lambda home: next((home / "keys").glob("*.key.pem")).unlink(),
    "a folder others may read": lambda home: (home / "keys").chmod(0o755),
}
VERBS = (
    ("status",),
    ("step", "all"),
    ("approvals",),
    ("keys", "list"),
    ("keys", "new", "us/sign", "--use", "sign", "--reason", "x", "--by", "admin", "--with", "admin"),
    ("keys", "block", "us/sign", "--reason", "x", "--by", "admin"),
    ("audit", "checkpoint"),
)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("founded") / "deployment"
    found(Founding(home, "C1", "核对中心", "320507", "admin"), clock())
    return home


def state_of(home: Path) -> dict[str, bytes]:
    """Keys, secrets, objects and the ledger itself; a reader's side files of the database are no writing."""
    paths = [path for path in sorted(home.rglob("*")) if path.is_file() and not path.name.startswith("ledger.db-")]
    return {str(path.relative_to(home)): path.read_bytes() for path in paths}


@pytest.mark.parametrize("damage", DAMAGES)
def test_c2_a_ring_that_does_not_open_stops_every_verb_and_nothing_is_written(founded: Path, tmp_path: Path, damage: str) -> None:
    home = Path(shutil.copytree(founded, tmp_path / "deployment"))
    DAMAGES[damage](home)
    before = state_of(home)

    ended = {verb: CliRunner().invoke(app, [*verb, "--dir", str(home)]) for verb in VERBS}
    codes = {
        verb: explain(each.exception, True) if isinstance(each.exception, Exception) else each.exit_code
        for verb, each in ended.items()
    }
    assert dict.fromkeys(VERBS, REFUSED) == codes
    assert before == state_of(home)
