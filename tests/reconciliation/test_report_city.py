"""The report is exact: every household of a city equals the oracle's, without any bank in between."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from reconciliation.report import household_report, household_reports
from tests.reconciliation.city_bank import Answered, answered, make_city, read_csv, read_json, read_rates

MADE_AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
OTHER_CITIES = {
    "policy3-hard": ["--households", "60", "--banks", "6", "--seed", "7", "--policy", "3", "--hard"],
    "policy8-hard": ["--households", "40", "--banks", "9", "--seed", "11", "--policy", "8", "--hard", "--light"],
}


@pytest.fixture(scope="module", params=["seed1", *OTHER_CITIES])
def city(request: pytest.FixtureRequest, samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "seed1":
        return samples / "city" / "seed1"
    pytest.importorskip("openpyxl")
    return make_city(samples, tmp_path_factory.mktemp(request.param), *OTHER_CITIES[request.param])


@pytest.fixture(scope="module")
def answers(city: Path) -> Answered:
    return answered(city)


@pytest.fixture(scope="module")
def reports(city: Path, answers: Answered) -> dict[str, dict[str, Any]]:
    policy, rates = read_json(city / "policy.json"), read_rates(city)
    made = household_reports(answers.cases, answers.holdings, answers.movements, rates=rates, policy=policy, made_at=MADE_AT)
    return {report["household_key"]: report for report in made}


def test_the_city_answers_as_expected(city: Path, answers: Answered) -> None:
    rows = read_csv(city / "expected_answers.csv")
    expected = {
        (row["institution"], row["household_key"], row["person_key"]): (
            row["outcome"],
            int(row["accounts"]),
            int(row["movements"]),
        )
        for row in rows
    }

    assert expected == answers.counts


def comparable(report: dict[str, Any]) -> dict[str, Any]:
    """Lists of accounts are sets; findings belong to a later report."""
    lists = {name: sorted(found) for name, found in report["accounts"].items()}
    return {key: value for key, value in report.items() if key != "findings"} | {"accounts": lists}


def restricted(report: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The report is a superset: of its keys and of what it says of a person, what the oracle knows."""
    persons = [{key: person[key] for key in ("person_key", "assets")} for person in report["persons"]]
    return {key: report[key] for key in expected} | {"persons": persons}


def test_rule_061_every_household_equals_the_oracle(city: Path, reports: dict[str, dict[str, Any]]) -> None:
    expected = {key: comparable(home) for key, home in read_json(city / "expected_households.json").items()}

    assert expected.keys() == reports.keys()
    for key, home in expected.items():
        assert home == restricted(comparable(reports[key]), home), key


def test_one_household_alone_has_the_report_it_has_among_all(city: Path, answers: Answered, reports: dict[str, Any]) -> None:
    policy, rates = read_json(city / "policy.json"), read_rates(city)
    for case in answers.cases[::29]:
        key = case.household.household_key
        ours = [only(table, key) for table in (answers.holdings, answers.movements)]
        alone = household_report(case.household, case.answers, *ours, rates=rates, policy=policy, made_at=MADE_AT)

        assert reports[key] == alone


def only(table: pa.Table, household_key: str) -> pa.Table:
    return table.filter(pc.equal(table.column("household_key"), household_key)).drop_columns(["household_key"])
