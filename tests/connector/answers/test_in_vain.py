"""A bank nothing will come from although it is not silent: status says so and what to type; reports and sheets name it too."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from connector.assembly import clock
from connector.cli.report import find, summary
from connector.lifecycle import State
from connector.reports.exports import household_workbook
from connector.status import survey
from tests.connector.answers.receipting import first, receipting_town
from tests.one_bank import one_bank
from tests.replies import batches
from tests.town import Town


def told(town: Town, days: int = 0) -> list[dict[str, Any]]:
    """What status says of banks asked in vain, so many days from now."""
    found = survey(town.deployment().parts, clock() + timedelta(days=days))["rooms"]
    return [each for each in found if each["code"] in ("lines-recalled", "refused-whole")]


def said_of(town: Town) -> tuple[str, str]:
    """The first household's report as a screen shows it, and all texts of its workbook."""
    report = find(town.deployment().parts, "JT000001", clock())
    with zipfile.ZipFile(io.BytesIO(household_workbook(report))) as book:
        return summary(report), book.read("xl/sharedStrings.xml").decode()


def test_what_a_person_called_back_for_good_is_told_for_a_month(tmp_path: Path) -> None:
    with one_bank(tmp_path, households=2) as made:
        (number,) = made.fresh(1, State.SEALED)
        assert 0 == made.command("recall", made.code, number, "--lines-too", "--reason", "looked into", "--by", "chen")
        screen, sheet = said_of(made.town)

        assert [("lines-recalled", made.code, True)] == [
            (each["code"], each["institution"], each["alarm"]) for each in told(made.town)
        ]
        assert [] == told(made.town, days=31)
        assert ("▲ 已停止，不计反馈" in screen, "▲ 未反馈" in screen, "▲ 已停止 Taken back" in sheet) == (True, False, True)


def test_a_bank_that_refused_every_line_is_told_until_two_persons_accept_it(tmp_path: Path) -> None:
    with receipting_town(tmp_path, "refuses") as town:
        town.step("gather", "dispatch")
        town.banks_respond()
        town.step("collect", "settle")
        (number,) = [row.number for row in batches(town, first(town))]
        (one,) = told(town)
        screen, sheet = said_of(town)

        assert ("refused-whole", first(town), number, True) == (one["code"], one["institution"], one["batch"], one["alarm"])
        assert f"connector statistics accept-refusal {first(town)} {number} --code refused.other" in one["en"]
        assert ("▲ 全部拒答" in screen, "▲ 全部拒答 Refused every line" in sheet) == (True, True)
