"""The verbs ``intake`` and ``authorization`` on a real deployment: what they print, how they end, what they never say."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from typer.testing import CliRunner, Result

from connector import assembly
from connector.authorization import AuthorizationError
from connector.cli import authorization, intake
from connector.cli import people as people_words
from connector.cli.console import UNREACHABLE, WAITS, Failed, explain
from connector.founding import Founding, found
from connector.intake.errors import SheetError
from connector.ledger import people
from connector.ledger.errors import NotAllowed
from tests.connector.desk import number, row, sheet
from transports.scanner import ScannerDown

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
app = typer.Typer()
app.command("intake")(intake.intake)
app.command("approvals")(people_words.approvals)
app.add_typer(authorization.app, name="authorization")


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment with a clerk, made once."""
    made = tmp_path_factory.mktemp("founded") / "deployment"
    found(Founding(made, "C1", "Centre", "321283", "admin"), NOW)
    ledger = assembly.Deployment.open(made).ledger
    with ledger.begin() as tx:
        people.add(tx, at=NOW, name="clerk", roles=["operator"], centre="C1", region="321283", by="admin")
    ledger.scrub()
    ledger.close()
    return made


@pytest.fixture
def folder(founded: Path, tmp_path: Path) -> Path:
    """A deployment of the test's own."""
    return Path(shutil.copytree(founded, tmp_path / "deployment"))


def run(folder: Path, *words: str | Path, by: str | None = "clerk") -> Result:
    acts = words[0] == "intake" or words[1] not in ("show", "list")
    given = [str(word) for word in words] + ["--dir", str(folder)] + (["--by", by] if by and acts else [])
    return CliRunner().invoke(app, given)


def said(folder: Path, *words: str | Path) -> Any:
    result = run(folder, *words, "--json")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return orjson.loads(result.stdout)


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "names.csv"
    path.write_bytes(sheet(row("H1", 1, name="不可说"), row("H2", 2, name=""), row("H3", 3, id_no="1")))
    return path


def test_intake_tells_reasons_with_row_numbers_and_ends_0(folder: Path, names: Path) -> None:
    result = run(folder, "intake", names)

    assert result.exit_code == 0
    assert "可送出 1 行 · 拒绝 2 行" in result.output
    assert "R203 证件号码无效" in result.output


def test_the_json_is_intake_1_and_the_same_the_second_time(folder: Path, names: Path) -> None:
    first, again = said(folder, "intake", names), said(folder, "intake", names)

    assert (first["schema"], first["ok"], first["files"][0]["again"]) == ("intake/1", False, False)
    assert again["files"][0]["again"] is True
    assert {slug: code["rows"] for slug, code in first["files"][0]["codes"].items()} == {"name-missing": [3], "id-invalid": [4]}
    same = ("rows", "accepted", "refused", "codes", "households", "digest", "received_at")
    assert {k: first["files"][0][k] for k in same} == {k: again["files"][0][k] for k in same}


def test_a_dry_run_ends_1_with_findings_and_writes_nothing(folder: Path, names: Path) -> None:
    assert run(folder, "intake", names, "--dry-run").exit_code == 1
    assert said(folder, "authorization", "list")["authorizations"] == []

    names.write_bytes(sheet(row()))
    assert run(folder, "intake", names, "--dry-run").exit_code == 0


def test_nothing_of_a_person_is_printed(folder: Path, names: Path) -> None:
    printed = "".join(run(folder, *words).output for words in (("intake", names), ("intake", names, "--all", "--json")))
    printed += run(folder, "authorization", "show", "SQ-H1").output + run(folder, "authorization", "list", "--json").output

    assert [secret for secret in ("不可说", number(1), number(2)) if secret in printed] == []


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_refused_rows_are_given_back_for_their_owner_s_eyes_only(folder: Path, names: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"refused{suffix}"

    run(folder, "intake", names, "--refused", target)
    run(folder, "intake", names, "--refused", target)  # the recorded result gives the same rows

    assert said(folder, "intake", target, "--dry-run")["files"][0]["refused"] == 2
    assert target.stat().st_mode & 0o777 == 0o600


def test_refused_rows_are_not_written_inside_the_deployment_nor_over_the_sheet(folder: Path, names: Path) -> None:
    before = names.read_bytes()
    for target in (folder / "refused.xlsx", folder / "objects" / "r.csv", names):
        result = run(folder, "intake", names, "--refused", target)
        assert isinstance(result.exception, Failed)

    assert names.read_bytes() == before
    assert said(folder, "authorization", "list")["authorizations"] == []


def test_only_a_named_user_with_the_role_brings_households_in(folder: Path, names: Path) -> None:
    for nobody in ("admin", "stranger"):
        assert isinstance(run(folder, "intake", names, by=nobody).exception, NotAllowed)
    assert run(folder, "intake", names, by=None).exit_code == 2


def test_a_sheet_that_cannot_be_read_is_a_bad_data_file(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("家庭编号,姓名\r\n".encode())

    assert isinstance(run(folder, "intake", path).exception, SheetError)


def test_b5_with_the_scanner_down_intake_ends_9_and_takes_nothing(
    folder: Path, names: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = folder / "service.yaml"
    settings.write_text(settings.read_text("utf-8") + "scanner: {socket: nobody.ctl}\n", "utf-8")

    for words in (("intake", names), ("intake", names, "--dry-run"), ("authorization", "register", names)):
        stopped = run(folder, *words).exception
        assert isinstance(stopped, ScannerDown)
        assert explain(stopped, as_json=False) == UNREACHABLE
        assert f"{folder / 'nobody.ctl'}" in capsys.readouterr().err
    assert said(folder, "authorization", "list")["authorizations"] == []


def test_rule_009_a_withdrawal_shows_its_effect_first(folder: Path, names: Path) -> None:
    run(folder, "intake", names)
    words = ("authorization", "withdraw", "SQ-H1", "--reason", "asked by the family")

    tried, done = said(folder, *words, "--dry-run"), said(folder, *words)

    assert (tried["households_stopped"], done["households_stopped"]) == (1, 1)
    shown = said(folder, "authorization", "show", "SQ-H1")
    assert (shown["state"], [h["what"] for h in shown["history"]]) == (
        "revoked",
        ["authorization-valid", "authorization-revoked"],
    )
    assert run(folder, "authorization", "list", "--state", "revoked").output.count("SQ-H1") == 1
    assert isinstance(run(folder, *words, "--dry-run").exception, AuthorizationError)  # what the act would say, too
    told = run(folder, "authorization", "show", "SQ-H1").output
    assert ("本人签署" in told, "authorization-" in told, "+00:00" in told) == (True, False, False)


def test_a_scan_is_attached_once(folder: Path, names: Path, tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    (scans / "SQ-H1.pdf").write_bytes(b"%PDF-1.7")

    assert said(folder, "intake", names, "--scans", scans)["files"][0]["scans"]["attached"] == 1
    assert said(folder, "authorization", "attach", "SQ-H1", scans / "SQ-H1.pdf")["attached"] is False
    assert said(folder, "authorization", "list")["authorizations"][0]["scan_digest"] is not None


def test_another_scan_waits_for_a_second_person(folder: Path, names: Path, tmp_path: Path) -> None:
    run(folder, "intake", names)
    wrong, right = tmp_path / "wrong.pdf", tmp_path / "right.pdf"
    wrong.write_bytes(b"%PDF-1.7 wrong")
    right.write_bytes(b"%PDF-1.7 right")
    assert said(folder, "authorization", "attach", "SQ-H1", wrong)["attached"]

    asked = run(folder, "authorization", "attach", "SQ-H1", right, "--replace", "--reason", "the wrong file")
    assert (WAITS, True) == (asked.exit_code, "connector approve 1" in asked.output)
    waiting = CliRunner().invoke(app, ["approvals", "--dir", str(folder)]).output
    assert "更换授权书扫描件" in waiting
    assert "SQ-H1" in waiting


def test_papers_are_registered_before_anybody_is_asked_about(folder: Path, names: Path) -> None:
    assert said(folder, "authorization", "register", names)["registered"] == 1
    assert said(folder, "authorization", "show", "SQ-H1")["state"] == "draft"

    run(folder, "intake", names)
    assert said(folder, "authorization", "show", "SQ-H1")["state"] == "valid"
