"""The verbs of people and of the audit, as a person types them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner

from connector.cli import audit, people
from connector.cli.console import WAITS, explain
from connector.founding import Founding, found
from connector.ledger.ledger import Ledger

NOW = datetime(2026, 11, 21, tzinfo=UTC)

app = typer.Typer()
app.add_typer(people.app, name="users")
app.command("release")(people.release)
app.command("approvals")(people.approvals)
app.command("approve")(people.approve)
app.add_typer(audit.app, name="audit")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new deployment, whose first user is ``admin``."""
    home = tmp_path / "deployment"
    found(Founding(home, "C1", "核对中心", "320507", "admin"), NOW)
    return home


def run(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """(exit code, the JSON printed)."""
    ended = CliRunner().invoke(app, [*words, "--dir", str(folder), "--json"])
    if isinstance(ended.exception, Exception) and not isinstance(ended.exception, SystemExit):
        return explain(ended.exception, True), {}
    return ended.exit_code, orjson.loads(ended.stdout) if ended.stdout.startswith("{") else {}


def staff(folder: Path) -> None:
    for name, role in [("op", "operator"), ("second", "approver")]:
        assert run(folder, "users", "add", name, "--role", role, "--by", "admin")[0] == 0


def users(folder: Path) -> dict[str, tuple[list[str], bool]]:
    """name → (roles, is retired)."""
    return {user["name"]: (user["roles"], user["retired_at"] is not None) for user in run(folder, "users", "list")[1]["users"]}


class TestUsers:
    """Only an administrator changes who may act."""

    def test_users_are_added_listed_changed_and_retired(self, folder: Path) -> None:
        staff(folder)
        assert run(folder, "users", "roles", "op", "--role", "manager", "--role", "operator", "--by", "admin")[0] == 0
        assert run(folder, "users", "add", "heir", "--role", "approver", "--by", "admin", "--with", "second")[0] == 0
        assert run(folder, "users", "retire", "second", "--by", "admin")[0] == 0
        expected = {"admin": (["administrator"], False), "op": (["manager", "operator"], False)}
        assert expected | {"heir": (["approver"], False), "second": (["approver"], True)} == users(folder)

    def test_c3_no_administrator_appoints_their_own_second_person(self, folder: Path) -> None:
        """The first alone, for there is nobody to be asked; whoever comes after, by one who may agree about keys already."""
        staff(folder)
        before = users(folder)
        for role in ("approver", "key_officer"):
            asked = run(folder, "users", "add", f"ghost-{role}", "--role", role, "--by", "admin")
            assert (WAITS, "waiting") == (asked[0], asked[1]["state"])
            assert [3, 3] == [run(folder, "approve", str(asked[1]["id"]), "--by", by)[0] for by in ("admin", "op")]
        assert WAITS == run(folder, "users", "roles", "op", "--role", "key_officer", "--by", "admin")[0]
        elsewhere = ("users", "add", "ghost", "--role", "approver", "--centre", "C9", "--by", "admin")
        assert [WAITS, 3] == [run(folder, *elsewhere)[0], run(folder, *elsewhere, "--with", "op")[0]]
        for last in (("retire", "second"), ("roles", "second", "--role", "operator")):
            assert 8 == run(folder, "users", *last, "--by", "admin")[0]
        assert before == users(folder)

    def test_c3_who_may_agree_about_keys_is_appointed_by_two(self, folder: Path) -> None:
        staff(folder)
        asked = run(folder, "users", "add", "keys", "--role", "key_officer", "--by", "admin")[1]["id"]
        assert "keys (key_officer)" in CliRunner().invoke(app, ["approvals", "--dir", str(folder)]).stdout
        assert 0 == run(folder, "approve", str(asked), "--by", "second")[0]
        assert 0 == run(folder, "users", "roles", "op", "--role", "key_officer", "--by", "admin", "--with", "keys")[0]
        assert [(["key_officer"], False)] * 2 == [users(folder)[name] for name in ("keys", "op")]

    def test_who_is_no_administrator_may_not(self, folder: Path) -> None:
        staff(folder)

        assert 3 == run(folder, "users", "add", "friend", "--role", "approver", "--by", "op")[0]
        assert 3 == run(folder, "users", "roles", "op", "--role", "approver", "--by", "op")[0]
        assert 3 == run(folder, "users", "retire", "second", "--by", "nobody")[0]


class TestTwoPersons:
    """Asked by one, decided by another."""

    def test_rule_076_what_waits_is_listed_and_another_decides(self, folder: Path) -> None:
        staff(folder)
        with Ledger.open(f"sqlite:///{folder / 'ledger.db'}").begin() as tx:
            from connector.ledger import people as kept

            number = kept.ask(tx, at=NOW, act="retire-month", subject={"month": "2016-01"}, reason="over", by="op")
        _, listed = run(folder, "approvals")
        assert [number] == [row["id"] for row in listed["waiting"]]
        assert 3 == run(folder, "approve", str(number), "--by", "op")[0]
        code, decided = run(folder, "approve", str(number), "--by", "second", "--return")

        assert (0, "returned", "second") == (code, decided["state"], decided["decided_by"])
        assert (0, []) == (run(folder, "approvals")[0], run(folder, "approvals")[1]["waiting"])

    def test_what_waits_is_named_by_bank_and_batch_and_told_in_local_time(self, folder: Path) -> None:
        staff(folder)
        with Ledger.open(f"sqlite:///{folder / 'ledger.db'}").begin() as tx:
            from connector.ledger import people as kept

            batch, file = {"batch": 7, "number": "B1", "institution": "902"}, {"inbound": 3, "institution": "903"}
            kept.ask(tx, at=NOW, act="release-batch", subject=batch, reason="looked", by="op")
            kept.ask(tx, at=NOW, act="release-answer", subject=file, reason="looked", by="op")

        told = CliRunner().invoke(app, ["approvals", "--dir", str(folder)]).stdout
        first, agreed, second, _ = told.splitlines()
        assert agreed.strip().startswith("connector approve 1 --by")
        assert ("902 批次 B1" in first, "903 文件 3" in second, "2026-11-21 08:00" in first) == (True, True, True)

    def test_what_is_not_held_cannot_be_released(self, folder: Path) -> None:
        staff(folder)

        assert 4 == run(folder, "release", "902", "B1", "--reason", "looked", "--by", "op")[0]
        assert 2 == run(folder, "release", "--reason", "looked", "--by", "op")[0]
        assert 3 == run(folder, "release", "902", "B1", "--reason", "looked", "--by", "second")[0]


class TestAudit:
    """The chain is verified here, and from an export anywhere."""

    def test_a_chain_holds_here_and_exported(self, folder: Path, tmp_path: Path) -> None:
        staff(folder)
        export = tmp_path / "audit.jsonl"
        assert run(folder, "audit", "verify")[0] == 0
        assert "尚无检查点" in CliRunner().invoke(app, ["audit", "verify", "--dir", str(folder)]).stdout
        code, made = run(folder, "audit", "export", str(export))
        assert (0, str(export)) == (code, made["file"])
        offline, verdict = run(tmp_path / "nowhere", "audit", "verify", "--export", str(export), "--key", made["key"])

        assert (0, True, 7) == (offline, verdict["ok"], verdict["records"])

    def test_e4_a_changed_record_and_an_older_database_end_in_7(self, folder: Path, tmp_path: Path) -> None:
        staff(folder)
        kept = tmp_path / "checkpoint.json"
        kept.write_bytes(CliRunner().invoke(app, ["audit", "checkpoint", "--dir", str(folder)]).stdout_bytes)
        ahead = tmp_path / "ahead.json"
        ahead.write_bytes(orjson.dumps(orjson.loads(kept.read_bytes()) | {"seq": 99}))
        assert [0, 7] == [run(folder, "audit", "verify", "--checkpoint", str(path))[0] for path in (kept, ahead)]
        with Ledger.open(f"sqlite:///{folder / 'ledger.db'}").begin() as tx:
            tx.execute(text("DROP TRIGGER audit_no_update"))
            tx.execute(text("UPDATE audit SET who = 'nobody' WHERE seq = 2"))
        code, verdict = run(folder, "audit", "verify")

        assert (7, False, ["audit-chain-broken"]) == (code, verdict["ok"], [problem["code"] for problem in verdict["problems"]])
