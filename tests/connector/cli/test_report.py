"""The verb ``report``: who read it is in the audit, and its file is for its owner only from the first moment, written once."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner, Result

from connector import assembly
from connector.cli import intake, report
from connector.cli.console import Failed
from connector.founding import Founding, found
from connector.ledger import audit, people
from connector.ledger.errors import NotAllowed
from tests.connector.desk import row, sheet

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
app = typer.Typer()
app.command("intake")(intake.intake)
app.command("report")(report.report)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment with a clerk and one household."""
    made = tmp_path / "deployment"
    found(Founding(made, "C1", "Centre", "321283", "admin"), NOW)
    with assembly.Deployment.open(made).ledger.begin() as tx:
        people.add(tx, at=NOW, name="clerk", roles=["operator"], centre="C1", region="321283", by="admin")
    (tmp_path / "names.csv").write_bytes(sheet(row("H1", 1)))
    assert run(made, "intake", tmp_path / "names.csv", "--by", "clerk").exit_code == 0
    monkeypatch.chdir(tmp_path)
    return made


def run(folder: Path, *words: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, words), "--dir", str(folder)])


def readings(folder: Path) -> list[tuple[str, str, Any]]:
    with assembly.Deployment.open(folder).ledger.read() as tx:
        records = [orjson.loads(line) for line in audit.export(tx)]
    return [(r["who"], r["subject"], r["detail"]["form"]) for r in records if r.get("what") == "report-read"]


def test_d8_every_reading_of_a_report_is_in_the_audit_with_its_reader(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "unix-account")
    for words in (["--by", "clerk"], ["--format", "json"], ["--format", "xlsx", "--by", "clerk"]):
        assert run(folder, "report", "H1", *words).exit_code == 0
    run(folder, "report", "H-unknown")

    told = [("clerk", "text"), ("system:unix-account", "json"), ("clerk", "xlsx")]
    assert [(who, "household H1", form) for who, form in told] == readings(folder)


def test_e1_a_reading_under_a_name_nobody_bears_shows_nothing(folder: Path) -> None:
    result = run(folder, "report", "H1", "--by", "stranger")

    assert isinstance(result.exception, NotAllowed)
    assert ("", []) == (result.stdout, readings(folder))


def test_e1_a_reading_that_cannot_be_recorded_shows_nothing(folder: Path) -> None:
    with assembly.Deployment.open(folder).ledger.begin() as tx:
        tx.execute(text("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"))
    result = run(folder, "report", "H1", "--out", "H1.txt")

    assert (True, "", False) == (result.exception is not None, result.stdout, Path("H1.txt").exists())


@pytest.mark.parametrize("words", [("--format", "xlsx"), ("--format", "json", "--out", "H1.xlsx")])
def test_d8_a_report_file_is_private_from_the_first_moment(
    folder: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, real = [], os.open

    def watched(path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        opened.append((Path(os.fsdecode(path)).name, bool(flags & os.O_EXCL), mode))
        return real(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", watched)
    before = os.umask(0)
    try:
        assert run(folder, "report", "H1", *words).exit_code == 0
    finally:
        os.umask(before)

    assert ("H1.xlsx", True, 0o600) in opened
    assert 0o600 == Path("H1.xlsx").stat().st_mode & 0o777


def test_d8_a_report_is_written_over_nothing_and_through_no_link(folder: Path, tmp_path: Path) -> None:
    Path("there.json").write_bytes(b"another's")
    Path("link.json").symlink_to(tmp_path / "elsewhere.json")
    for taken in ("there.json", "link.json"):
        assert isinstance(run(folder, "report", "H1", "--format", "json", "--out", taken).exception, Failed)

    assert (b"another's", False) == (Path("there.json").read_bytes(), (tmp_path / "elsewhere.json").exists())


@pytest.mark.parametrize(
    ("household", "plain"),
    [("JT1", "JT1"), ("JT1#A", "JT1-A"), ("../../etc/x", "etc-x"), ("/", "report"), (".", "report"), ("甲一/\x1b[2J", "甲一-2J")],
)
def test_d8_the_name_of_a_report_file_never_leaves_the_folder(household: str, plain: str) -> None:
    assert plain == report.plain_name(household)
