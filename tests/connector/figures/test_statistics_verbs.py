"""The verbs of statistics as a person types them, in a deployment whose clock the test sets."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError
from typer.testing import CliRunner

from connector.assembly import Deployment
from connector.cli.console import INTEGRITY, NOT_ALLOWED, NOTHING_FOUND, WAITS, WRONG_USE, explain
from connector.cli.verbs import app
from connector.figures import closing
from connector.ledger import rosters, stops
from connector.ledger.figure_tables import closed_month, counter
from connector.ledger.rows import Tx
from connector.lifecycle import Move
from connector.moments import moment
from tests.connector.figures.history import REGION, answer, at, make_batch
from tests.staffed import found_with

STAFF = {"op": "operator", "boss": "manager", "second": "approver", "sv": "supervisor"}
CLOSING = "2026-10-13 09:00"  # the 5th working day after September: a week off and a make-up Saturday lie before it


class Town:
    """A deployment and its clock."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.at = at("2026-09-01 09:00")
        monkeypatch.setattr(Deployment.open.__func__, "__defaults__", (lambda: self.at,))

    def run(self, *words: str) -> tuple[int, dict[str, Any]]:
        """(exit code, the JSON printed)."""
        ended = CliRunner().invoke(app, [*words, "--dir", str(self.folder), "--json"])
        if isinstance(ended.exception, Exception) and not isinstance(ended.exception, SystemExit):
            return explain(ended.exception, True), {}
        return ended.exit_code, orjson.loads(ended.stdout) if ended.stdout.startswith("{") else {}

    def said(self, *words: str) -> str:
        return CliRunner().invoke(app, [*words, "--dir", str(self.folder)]).output

    def write(self, act: Callable[[Tx], Any]) -> Any:
        with Deployment.open(self.folder).ledger.begin() as tx:
            return act(tx)

    def figures(self, **more: str) -> dict[str, Any]:
        words = [word for name, value in more.items() for word in (f"--{name}", value)]
        ended, found = self.run("statistics", "--month", "2026-09", *words)
        assert 0 == ended
        return found


def sent(tx: Tx, lines: int, day: str, due: str, institution: str = "dsnx", kind: str = "new") -> int:
    """A batch its bank got at 16:00 of a day."""
    key = make_batch(tx, lines, at(f"{day} 10:00"), institution, kind)
    got = at(f"{day} 16:00")
    rosters.move(tx, key, Move.SEND, got, sent_at=moment(got), delivered_at=moment(got), due_at=moment(at(due)))
    return key


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found_with(tmp_path_factory.mktemp("figures") / "deployment", STAFF, at("2026-09-01 08:00"))


@pytest.fixture
def town(founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    shutil.copytree(founded, tmp_path / "deployment")
    return Town(tmp_path / "deployment", monkeypatch)


@pytest.fixture
def september(town: Town) -> Town:
    """One batch of 30 lines at dsnx: 20 on time, 4 late, 2 refused, 4 silent; one of 10 at hxcb; one appeal."""

    def write(tx: Tx) -> None:
        key = sent(tx, 30, "2026-09-18", "2026-09-22 18:00")
        in_time = ["found"] * 8 + ["no_record"] * 12 + ["not_answered"] * 4 + ["refused.authority"] * 2
        answer(tx, key, at("2026-09-21 10:30"), in_time, rows=40, parked=1, declares=np.arange(30) < 8)
        rosters.move(tx, key, Move.ANSWER, at("2026-09-21 10:31"))
        answer(tx, key, at("2026-09-23 09:30"), dict.fromkeys(range(20, 24), "found"))
        answer(tx, key, at("2026-09-24 09:30"), {0: "no_record"})
        rosters.move(tx, sent(tx, 10, "2026-09-21", "2026-09-24 18:00", "hxcb"), Move.EXPIRE, at("2026-09-25 08:00"))
        sent(tx, 1, "2026-09-21", "2026-09-24 18:00", "hxcb", "appeal")

    town.write(write)
    town.at = at("2026-09-28 09:00")
    return town


class TestStatistics:
    """A month by bank, region and kind, as of any moment."""

    def test_rule_082_every_figure_has_its_parts(self, september: Town) -> None:
        (row,) = september.figures(bank="dsnx")["now"]["banks"]

        assert (30, {"B1": 20, "B2": 4, "B3": 2, "B6": 4}) == (row["due"], {b: n for b, n in row["buckets"].items() if n})
        assert {"part": 20, "whole": 30, "rate": 20 / 30} == row["rates"]["on_time"]
        assert {"part": 1, "whole": 24, "rate": 1 / 24} == row["rates"]["correction"]
        assert (7, 7) == (row["rates"]["completeness"]["part"], row["rates"]["completeness"]["whole"])
        assert {"part": 1, "whole": 40, "rate": 1 / 40} == row["rates"]["rows_error"]
        assert {"median_minutes": 690, "p95_minutes": None} == row["answer_time"]  # 11.5 working hours; 4 of 30 are open

    def test_rule_083_by_bank_region_kind_and_month(self, september: Town) -> None:
        found = september.figures()["now"]

        assert [("dsnx", "new", 30), ("hxcb", "appeal", 1), ("hxcb", "new", 10)] == sorted(
            (row["of"], row["kind"], row["due"]) for row in found["banks"]
        )
        assert [(REGION, "appeal", 1), (REGION, "new", 40)] == [(row["of"], row["kind"], row["due"]) for row in found["regions"]]
        assert [] == september.run("statistics", "--month", "2026-08")[1]["now"]["banks"]

    def test_time_alone_makes_lines_due(self, september: Town) -> None:
        september.at = at("2026-09-24 17:59")
        assert [] == september.figures(bank="hxcb")["now"]["banks"]
        assert 11 == september.figures(bank="hxcb")["not_due"]
        assert "另有 11 行" in september.said("statistics", "--month", "2026-09", "--bank", "hxcb")
        september.at = at("2026-09-24 18:00")
        assert [1, 10] == [row["due"] for row in september.figures(bank="hxcb")["now"]["banks"]]

    def test_rule_082_explain_lists_the_lines_of_each_bucket(self, september: Town) -> None:
        ended, found = september.run("statistics", "--month", "2026-09", "--bank", "dsnx", "--explain")
        buckets = found["explained"]["buckets"]

        assert 0 == ended
        assert {"B1": [[1, 20]], "B2": [[21, 24]], "B3": [[25, 26]], "B6": [[27, 30]]} == {
            bucket: one["refs"][0]["lines"] for bucket, one in buckets.items() if one["refs"]
        }
        said = september.said("statistics", "--month", "2026-09", "--bank", "dsnx", "--explain")
        assert "B2 逾期反馈: 4" in said
        assert "按时率 = B1 / D" in said

    def test_rule_084_a_bank_that_is_shown_to_a_supervisor_hides_small_groups(self, september: Town) -> None:
        ended, found = september.run("statistics", "--month", "2026-09", "--for-supervisor")
        rows = {(row["of"], row["kind"]): row for row in found["now"]["banks"]}

        assert 0 == ended
        assert "<5" == rows["dsnx", "new"]["buckets"]["B2"]
        assert rows["hxcb", "new"]["rates"]["on_time"]["too_few"]
        assert "part" not in rows["dsnx", "new"]["rates"]["on_time"]
        assert WRONG_USE == september.run("statistics", "--for-supervisor", "--explain")[0]

    def test_a_month_is_written_as_a_month(self, september: Town) -> None:
        assert WRONG_USE == september.run("statistics", "--month", "2026-9")[0]


class TestWhatIsNotTheBanks:
    """Outages of ours and refusals the centre accepts."""

    def test_an_outage_takes_what_fell_due_then_off_the_bank(self, september: Town) -> None:
        words = ("--from", "2026-09-24T12:00", "--to", "2026-09-24T20:00", "--reason", "power cut")
        ended, found = september.run("statistics", "outage", *words, "--by", "boss")

        assert (0, 2) == (ended, found["batches"])
        (row,) = september.figures(bank="hxcb", kind="new")["now"]["banks"]
        assert (0, 10) == (row["due"], row["buckets"]["X3"])
        assert 3 == september.run("statistics", "outage", *words, "--by", "op")[0]

    def test_a_refusal_is_accepted_by_two_persons(self, september: Town) -> None:
        number = september.run("statistics", "--month", "2026-09", "--bank", "dsnx", "--explain")[1]["explained"]["buckets"][
            "B3"
        ]["refs"][0]["batch"]
        words = ("accept-refusal", "dsnx", number, "--code", "refused.authority", "--reason", "三证不全")
        ended, asked = september.run("statistics", *words, "--by", "op")
        assert WAITS == ended
        assert 2 == september.figures(bank="dsnx")["now"]["banks"][0]["buckets"]["B3"]

        assert 0 == september.run("approve", str(asked["id"]), "--by", "second")[0]
        (row,) = september.figures(bank="dsnx")["now"]["banks"]
        assert (0, 2, 28) == (row["buckets"]["B3"], row["buckets"]["X4"], row["due"])
        assert {"part": 2, "whole": 30, "rate": 2 / 30} == row["rates"]["refusal"]
        assert 0 == september.run("statistics", "recount")[0]

    def test_only_what_is_refused_can_be_accepted(self, september: Town) -> None:
        number = september.run("statistics", "--month", "2026-09", "--bank", "dsnx", "--explain")[1]["explained"]["buckets"][
            "B3"
        ]["refs"][0]["batch"]

        assert (
            NOTHING_FOUND == september.run("statistics", "accept-refusal", "dsnx", number, "1", "--reason", "x", "--by", "op")[0]
        )

    def test_rule_009_a_withdrawn_line_is_not_held_against_the_bank(self, town: Town) -> None:
        def write(tx: Tx) -> None:
            key = sent(tx, 5, "2026-09-18", "2026-09-22 18:00")
            stops.mark(tx, key, {0, 1}, stops.WITHDRAWN, at("2026-09-19 10:00"))

        town.write(write)
        town.at = at("2026-09-28 09:00")
        (row,) = town.figures()["now"]["banks"]
        assert (3, 2, 3) == (row["due"], row["buckets"]["X1"], row["buckets"]["B6"])


class TestClosing:
    """A closed month never changes; it is opened again by two persons only, as a further revision."""

    def test_a_month_is_closed_on_the_5th_working_day_by_the_clock(self, september: Town) -> None:
        parts = Deployment.open(september.folder).parts
        assert {} == closing.close_due(parts, at("2026-10-12 23:00"))
        assert {"closed": 1} == closing.close_due(parts, at(CLOSING))
        assert {} == closing.close_due(parts, at("2026-10-14 09:00"))

    def test_what_comes_later_is_shown_beside(self, september: Town) -> None:
        september.at = at(CLOSING)
        assert 1 == september.run("statistics", "close", "--month", "2026-09", "--by", "boss")[1]["revision"]
        before = september.figures(bank="hxcb", kind="new")["closed"]["figures"]["banks"]

        september.write(lambda tx: answer(tx, 2, at("2026-10-16 10:00"), ["found"] * 10))
        found = september.figures(bank="hxcb", kind="new")

        assert before == found["closed"]["figures"]["banks"]
        assert (10, 0) == (before[0]["buckets"]["B6"], found["now"]["banks"][0]["buckets"]["B6"])
        assert 10 == found["now"]["banks"][0]["buckets"]["B2"]
        assert NOT_ALLOWED == september.run("statistics", "close", "--month", "2026-09", "--by", "boss")[0]

    def test_two_persons_open_it_again_and_both_revisions_stay(self, september: Town) -> None:
        september.at = at(CLOSING)
        september.run("statistics", "close", "--month", "2026-09", "--by", "boss")
        september.write(lambda tx: answer(tx, 2, at("2026-10-16 10:00"), ["found"] * 10))
        ended, asked = september.run("statistics", "reopen", "--month", "2026-09", "--reason", "银行异议", "--by", "boss")
        assert WAITS == ended
        assert NOT_ALLOWED == september.run("statistics", "close", "--month", "2026-09", "--by", "boss")[0]
        assert 0 == september.run("approve", str(asked["id"]), "--by", "second")[0]
        assert 2 == september.run("statistics", "close", "--month", "2026-09", "--by", "boss")[1]["revision"]

        found = september.figures(bank="hxcb", kind="new")["closed"]
        assert (2, "银行异议", 10) == (found["revision"], found["reason"], found["figures"]["banks"][0]["buckets"]["B2"])

    def test_it_is_not_closed_early_nor_by_anybody(self, september: Town) -> None:
        assert NOT_ALLOWED == september.run("statistics", "close", "--month", "2026-09", "--by", "boss")[0]
        september.at = at(CLOSING)
        assert 3 == september.run("statistics", "close", "--month", "2026-09", "--by", "op")[0]

    def test_the_database_refuses_to_change_it(self, september: Town) -> None:
        september.at = at(CLOSING)
        september.run("statistics", "close", "--month", "2026-09", "--by", "boss")
        with pytest.raises(SQLAlchemyError):
            september.write(lambda tx: tx.execute(update(closed_month).values(cells={})))


class TestRecount:
    """Figures can be reckoned from the raw events alone."""

    def test_rule_082_recomputable_from_events(self, september: Town) -> None:
        ended, found = september.run("statistics", "recount", "--month", "2026-09")

        assert (0, True, []) == (ended, found["ok"], found["differences"])
        assert "一致" in september.said("statistics", "recount")

    def test_a_counter_that_is_wrong_ends_in_7(self, september: Town) -> None:
        september.write(lambda tx: tx.execute(update(counter).where(counter.c.figure == "B1").values(amount=999)))
        ended, found = september.run("statistics", "recount")

        assert INTEGRITY == ended
        assert [("B1", 999, 20)] == [(one["figure"], one["counted"], one["recounted"]) for one in found["differences"]]


def test_nobody_connected_and_no_household_are_empty_lists(september: Town) -> None:
    found = september.figures()

    assert ([], []) == (found["programmes"], found["coverage"])


def test_moments_are_of_the_site(town: Town) -> None:
    """A line due in the first hour of October by the wall is October's, though it is September in UTC."""
    town.write(lambda tx: sent(tx, 3, "2026-09-28", "2026-10-01 00:30"))
    town.at = datetime.fromisoformat("2026-10-09T00:00:00+00:00")

    assert [] == town.figures()["now"]["banks"]
    assert [3] == [row["due"] for row in town.run("statistics", "--month", "2026-10")[1]["now"]["banks"]]
