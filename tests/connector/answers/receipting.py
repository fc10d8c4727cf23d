"""A town whose first bank sends receipts, answers in several packages, marks revisions and declares the sum of each line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from connector.bankside.desk import SIMULATED
from connector.bankside.invented import invent
from connector.ledger import answers, receipts
from connector.ledger.rows import AnyRow
from tests.replies import batches
from tests.town import Town

PROFILE = "hxcb-receipts"
TEXT = (SIMULATED / PROFILE / "2026.1.yaml").read_text("utf-8")


@contextmanager
def receipting_town(
    folder: Path, *behaviours: str, households: int = 3, text: str = TEXT, lines_max: int | None = None
) -> Iterator[Town]:
    """Its households are taken in; nothing was asked yet. ``behaviours``: of the first bank."""
    city = invent(folder / "city", households=households, banks=2).folder
    with Town(folder, city, lines_max=lines_max) as town:
        code = first(town)
        town.behaviours = {code: list(behaviours) or ["answers"]}
        town.speaks(code, PROFILE, {"2026.1": text}, {"2026.1": text})
        behave(town, *behaviours)
        town.intake()
        yield town


def behave(town: Town, *behaviours: str) -> None:
    """From now on the first bank does so."""
    own = town.bank_folder(first(town)) / "bank.yaml"
    said = yaml.safe_load(own.read_text("utf-8")) | {"behaviours": list(behaviours) or ["answers"]}
    own.write_text(yaml.safe_dump(said), "utf-8")
    town._desks.clear()


def first(town: Town) -> str:
    """The bank with the receipts."""
    return str(town.institutions[0]["code"])


def batch(town: Town) -> AnyRow:
    """Its newest batch."""
    return batches(town, first(town))[-1]


def arrived(town: Town) -> list[tuple[str, str | None]]:
    """How each of its files ended, and why."""
    with town.ledger().read() as tx:
        return [(row.state, (row.problem or {}).get("code")) for row in answers.inbounds(tx, first(town))]


def said(town: Town, of: int | None = None) -> list[tuple[str, bool]]:
    """Its receipts of a batch, by default the newest: code, accepted."""
    key = of or batch(town).id
    with town.ledger().read() as tx:
        return [(row.code, row.accepted) for row in receipts.of_batch(tx, key)]


def editions(town: Town) -> Sequence[AnyRow]:
    """What was read of its newest batch, first to last."""
    key = batch(town).id
    with town.ledger().read() as tx:
        return answers.editions(tx, key)
