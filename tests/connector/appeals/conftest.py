"""A small town whose households were answered and have their reports, and persons who may take appeals in and decide them."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connector.assembly import clock
from connector.bankside.invented import invent
from connector.cli.verbs import app
from connector.ledger import people
from tests.town import Town

HOUSEHOLDS, BANKS = 2, 2


class Appealing:
    """A town with its commands, and a bank's own records to be mended between two questions."""

    def __init__(self, town: Town) -> None:
        self.town = town

    def run(self, *words: str | Path, typed: str | None = None) -> Result:
        return CliRunner().invoke(app, [*map(str, words), "--dir", str(self.town.dir)], input=typed)

    def done(self, *words: str | Path, typed: str | None = None) -> str:
        """What a verb printed that must have ended well, or waits for a second person."""
        ended = self.run(*words, typed=typed)
        assert ended.exit_code in (0, 5), (ended.exception, ended.output)
        return str(ended.stdout)

    def households(self) -> list[str]:
        return [row.household_key for row in self.town._inquiries() if not row.appeal]

    def accounts(self) -> list[dict[str, str]]:
        with (self.town.city / "accounts.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def bank_mends(self, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> None:
        """The bank finds its own records wrong: from now on it answers from these."""
        rows = self.accounts()
        with (self.town.city / "accounts.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(change(rows))
        self.town._desks.clear()


@pytest.fixture
def appealing(tmp_path: Path) -> Iterator[Appealing]:
    city = tmp_path / "city"
    invent(city, households=HOUSEHOLDS, banks=BANKS)
    with Town(tmp_path, city) as town:
        with town.deployment().ledger.begin() as tx:
            for name, role in (("zhao", "operator"), ("qian", "manager")):
                people.add(tx, at=clock(), name=name, roles=[role], centre="C1", region="440106", by="li")
        town.intake()
        town.journey()
        yield Appealing(town)
