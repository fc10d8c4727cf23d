"""A centre with one bank that receipts packages, and what either of them does to a batch: by commands, steps and files of the bank's own.

``OneBank`` holds no test: the moves of the lifecycle and what persons decide are tried on it.
"""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from bank_profiles.package_names import PackageFacts
from connector.assembly import clock
from connector.bankside.clerk import Clerk
from connector.bankside.invented import invent
from connector.bankside.lookup import Answer
from connector.cli.verbs import app
from connector.ledger import people
from connector.ledger.rows import AnyRow
from connector.lifecycle import State
from tests.replies import batches, reply
from tests.town import Town
from transports.transport import Delivery

PROFILE = Path(__file__).parents[1] / "connector/bankside/profiles/hxcb-receipts/2026.1.yaml"


class OneBank:
    """One bank whose parcels hold one line each, so that every batch goes its own way."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.code = str(town.institutions[0]["code"])
        self._receipts = 0
        self._given: set[str] = set()

    def fresh(self, count: int, state: State = State.SENT) -> list[str]:
        """So many batches nobody asked for before, the last first."""
        free = [row.number for row in batches(self.town, self.code) if row.state == state and row.number not in self._given]
        self._given.update(free[-count:])
        assert len(free) >= count
        return free[-count:]

    def batch(self, number: str) -> AnyRow:
        return next(row for row in batches(self.town, self.code) if row.number == number)

    # ---------------------------------------------------------------- deeds
    def command(self, *words: str) -> int:
        """A verb; its exit code."""
        return CliRunner().invoke(app, [*words, "--dir", str(self.town.dir)]).exit_code

    def one(self, verb: str, *numbers: str) -> None:
        """A verb of one person."""
        for number in numbers:
            assert 0 == self.command(verb, self.code, number, "--reason", "looked into", "--by", "chen")

    def two(self, verb: str, number: str, *more: str) -> None:
        """A verb that asks, and another person's yes."""
        assert 5 == self.command(verb, self.code, number, *more, "--reason", "looked into", "--by", "chen")
        self.agree()

    def answer(self, *numbers: str, **how: Any) -> None:
        """The bank answers these, and the centre reads it."""
        for number in numbers:
            reply(self.town, self.batch(number), **how)
        self.town.step("collect", "settle")

    def receipt(self, code: str, *numbers: str) -> None:
        """The bank's receipt of these packages, and the centre reads it."""
        desk = self.town.desk(self.code)
        profile = desk.profile(clock())
        for number in numbers:
            self._receipts += 1
            facts = PackageFacts(self.code, number, self.batch(number).sequence_day, 1000 + self._receipts, clock())
            for said in Clerk(desk, profile, clock()).receipts(facts, code):
                digest = hashlib.sha256(said.content).hexdigest()
                put = desk.mailbox(profile).put(said.name, lambda said=said: iter([said.content]), len(said.content), digest)  # type: ignore[misc]
                assert put.delivery is Delivery.DELIVERED
        self.town.step("collect", "settle")

    def agree(self) -> None:
        """The second person's yes to what was asked last."""
        with self.town.ledger().read() as tx:
            request = people.waiting(tx)[-1].id
        assert 0 == self.command("approve", str(request), "--by", "wu")

    def killed_after_the_put(self) -> None:
        """A pass of dispatch that dies when a parcel lies at the bank and nobody has heard of it."""
        line = [sys.executable, "-m", "connector", "step", "dispatch", "--dir", str(self.town.dir)]
        ended = subprocess.run(line, env=os.environ | {"CONNECTOR_CRASHPOINT": "O21"}, capture_output=True, check=False)
        assert -9 == ended.returncode


@contextmanager
def one_bank(folder: Path, *, households: int, lines_max: int | None = None) -> Iterator[OneBank]:
    """Households taken in and gathered, nothing sent; chen asks and wu agrees."""
    city = folder / "city"
    invent(city, households=households, banks=2)
    listed = json.loads((city / "institutions.json").read_text("utf-8"))
    (city / "institutions.json").write_text(json.dumps({"institutions": listed["institutions"][:1]}), "utf-8")
    with Town(folder, city, lines_max=lines_max) as town:
        text = PROFILE.read_text("utf-8")
        town.speaks(str(town.institutions[0]["code"]), "hxcb-receipts", {"2026.1": text}, {"2026.1": text})
        with town.ledger().begin() as tx:
            for name in ("chen", "wu"):
                people.add(tx, at=clock(), name=name, roles=["manager", "approver"], centre="C1", region="440106", by="li")
        town.intake()
        town.step("gather")
        yield OneBank(town)


def nothing_yet(answer: Answer) -> Answer:
    """A file that says nothing of the line."""
    return dataclasses.replace(answer, **{kind: getattr(answer, kind).slice(0, 0) for kind in ("outcome", "holding", "movement")})


def garbled(content: bytes) -> bytes:
    return content.replace(b"T|", b"T|9", 1)
