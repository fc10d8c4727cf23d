"""A bank that changes over early: its answer says itself which edition reads it, whatever the inquiry was sent under."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bank_profiles.catalogue import BANKS
from connector.assembly import clock
from connector.bankside.invented import invent
from tests.replies import batches
from tests.town import Town

LAYOUT = 'response:\n  layout: {from: header.版本, picks: {"1.0": 2026.1, "2.0": 2026.2}}\n'


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    city = tmp_path / "city"
    invent(city, households=3, banks=4)
    with Town(tmp_path, city) as made:
        yield made


def _edition(number: int, effective: str) -> str:
    """The city bank under another name; from the second edition on an account has one more column."""
    note = (BANKS / "hxcb" / "2026.1.yaml").read_text("utf-8").partition("\nexamples:")[0] + "\n"
    batch = "批次号: {to: batch_no, same_as: inquiry.batch_no}\n"
    changes = {
        "profile: hxcb": "profile: early",
        "version: 2026.1": f"version: 2026.{number}",
        "effective: {from: 2026-01-01}": f"effective: {effective}",
        "response:\n": LAYOUT,
        batch: f'{batch}            版本: {{const: "{number}.0"}}\n',
        "账号: {to: account_no, required: true}\n": "账号: {to: account_no, required: true}\n"
        + "            新列: skip\n" * (number - 1),
    }
    for old, new in changes.items():
        assert old in note, old
        note = note.replace(old, new)
    return note


def _changes_over(town: Town) -> str:
    code = str(town.institutions[0]["code"])
    today = clock().date()
    ours = {
        "2026.1": _edition(1, f"{{from: 2026-01-01, to: {today + timedelta(days=1)}}}"),
        "2026.2": _edition(2, f"{{from: {today + timedelta(days=2)}}}"),
    }
    town.speaks(code, "early", ours, {"2026.2": _edition(2, "{from: 2026-01-01}")})
    return code


def test_an_answer_is_read_by_the_edition_it_says_it_is_of(town: Town) -> None:
    code = _changes_over(town)
    town.intake()

    town.journey()

    assert [("2026.1", "ANSWERED")] == [(batch.edition, batch.state) for batch in batches(town, code)]
    assert [0, 0, 0] == [report["asked"]["lines_not_answered"] for report in town.reports().values()]
