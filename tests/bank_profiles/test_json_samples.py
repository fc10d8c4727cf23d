"""The figures of the JSON samples, recomputed with json and Decimal; and what their rows say beyond figures."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bank_profiles.catalogue import load_profile
from bank_profiles.engine.reading import FileReading
from bank_profiles.errors import UnreadableFile
from bank_profiles.layouts.making import layout
from tests.bank_profiles.sample import Sample
from tests.bank_profiles.samples_json import BRAZIL, BRITAIN, FINLAND, INDIA

HERE = Path(__file__).parent


def plain(sample: Sample, samples: Path) -> Any:
    return json.loads((samples / "samples" / sample.file).read_bytes(), parse_float=Decimal, parse_int=Decimal)


def rows(sample: Sample, samples: Path) -> dict[str, list[dict[str, Any]]]:
    profile = load_profile(HERE / "samples" / f"{sample.profile}.yaml")
    reading = FileReading(layout(profile, "response", sample.key), sample.file)
    found: dict[str, list[dict[str, Any]]] = {}
    for kind, _, table, _ in reading.rows([(samples / "samples" / sample.file).read_bytes()]):
        found.setdefault(kind, []).extend(table.to_pylist())
    return found


def minor(amount: Any) -> Decimal:
    return Decimal(amount) * 100


def good(samples: list[Sample], *keys: str) -> list[Sample]:
    return [sample for sample in samples if sample.refused is None and sample.key in keys]


def name_of(sample: Sample) -> str:
    return sample.file.rpartition("/")[2]


@pytest.mark.parametrize("sample", [sample for sample in good(BRAZIL, "balances") if not sample.parked], ids=name_of)
def test_brazilian_balances(sample: Sample, samples: Path) -> None:
    data = plain(sample, samples)["data"]

    assert sample.sums == {
        "holding.balance_minor": minor(data["availableAmount"]["amount"]),
        "holding.frozen_minor": minor(data["blockedAmount"]["amount"]),
    }


@pytest.mark.parametrize("sample", good(BRAZIL, "transactions", "page"), ids=name_of)
def test_brazilian_transactions_only_whole_centavos_are_taken(sample: Sample, samples: Path) -> None:
    entries = plain(sample, samples)["data"]
    amounts = [minor(entry.get("transactionAmount", entry)["amount"]) for entry in entries]
    whole = [amount for amount in amounts if amount == int(amount)]

    assert (sum(whole), len(whole)) == (sample.sums["movement.amount_minor"], sample.rows.get("movement", 0))
    assert len(amounts) - len(whole) == sum(sample.parked.values())


@pytest.mark.parametrize("sample", good(INDIA, "deposit", "fund", "insurance"), ids=name_of)
def test_indian_accounts(sample: Sample, samples: Path) -> None:
    tree = plain(sample, samples)
    summary = tree["summary"]
    balance = summary.get("currentBalance") or summary.get("currentValue") or summary["sumAssured"]
    entries = tree["transactions"]["transaction"] if sample.rows.get("movement") else []

    assert sample.sums == {
        "holding.balance_minor": minor(balance),
        "movement.amount_minor": sum(minor(entry["amount"]) for entry in entries),
    }


def test_challenge_v13_masked_numbers_and_r17_holders_in_lists_or_not(samples: Path) -> None:
    found = [rows(sample, samples)["holding"][0] for sample in good(INDIA, "deposit", "fund")]

    assert ["*******123"] * 3 == [row["account_no"] for row in found]
    assert ["Ramkrishna Sapan", "Ramkrishna Sapan", "Manisha Vijayakumar"] == [row["holder_name"] for row in found]


@pytest.mark.parametrize("sample", good(BRITAIN, "accounts"), ids=name_of)
def test_british_accounts_with_and_without_a_number(sample: Sample, samples: Path) -> None:
    accounts = plain(sample, samples)["Data"]["Account"]

    assert [(each["AccountId"], each.get("Account", [{}])[0].get("Identification")) for each in accounts] == [
        (row["line_ref"], row["message"]) for row in rows(sample, samples)["outcome"]
    ]


def test_a_british_balance_is_told_by_its_type(samples: Path) -> None:
    (sample,) = good(BRITAIN, "balances")
    balance = plain(sample, samples)["Data"]["Balance"]

    assert ("CLAV", minor(balance["Amount"]["Amount"])) == (balance["Type"], sample.sums["holding.balance_minor"])


def test_british_balances_are_joined_with_accounts_of_the_same_document(samples: Path) -> None:
    """Accounts and balances come in two documents; across documents nothing is joined. In one they are, by AccountId."""
    both: dict[str, Any] = {"Data": {}}
    for sample in (BRITAIN[0], BRITAIN[3]):
        both["Data"] |= json.loads((samples / "samples" / sample.file).read_bytes())["Data"]
    profile = load_profile(HERE / "samples" / "uk-open-banking" / "aisp.yaml")
    reading = FileReading(layout(profile, "response", "all"), "all.json")
    (row,) = [
        row for part in reading.rows([json.dumps(both).encode()]) if part.kind == "holding" for row in part.table.to_pylist()
    ]

    assert ("80200110203345", "Bills", "22289", 32906) == (
        row["account_no"], row["product_name"], row["custody_id"], row["balance_minor"],
    )  # fmt: skip


def test_challenge_r16_finnish_roles_name_the_persons_they_refer_to(samples: Path) -> None:
    (sample,) = good(FINLAND, "report")
    tree = plain(sample, samples)
    persons = {key: person.get("privatePerson", {}).get("fullName") for key, person in tree["legalPersons"].items()}
    roles = [role["legalPersonReference"] for account in tree["accounts"].values() for role in account["roles"]]

    assert [persons[role] for role in roles] == [row["message"] for row in rows(sample, samples)["outcome"]]


@pytest.mark.parametrize("sample", [each for each in (*BRAZIL, *FINLAND) if each.refused], ids=name_of)
def test_what_is_refused_says_why(sample: Sample, samples: Path) -> None:
    with pytest.raises(UnreadableFile) as refused:
        rows(sample, samples)

    said = {problem.code: problem.what.en for problem in refused.value.problems}
    assert "comma" in said["json-syntax"] if "json-syntax" in said else "54" in said["total-differs"]
