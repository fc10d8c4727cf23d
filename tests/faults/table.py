"""A table of faults: what goes wrong, where, and how it must end. One file of rows a road, and its runner is measured by them.

``tests/faults/<road>.yaml`` is a list of rows; ``tests/faults/test_<road>.py`` runs each at each of its places::

    @pytest.mark.parametrize("run", runs("sftp"), ids=str)
    def test_fault(run: Run) -> None:
        assert run.wanted == FAULTS[run.row.id](run)  # a Came, mostly made by came(lambda: …)

A fault that ends in different ways has several rows of one id. test_tables.py holds what every table promises.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from transports.errors import BrokenSeal, Refused, TransportError, UnknownKey, Unreachable
from transports.transport import Delivery, Put

HERE = Path(__file__).resolve().parent
CATALOGUE = {"sftp": ("S", 42), "https": ("H", 36), "tcp": ("T", 22), "media": ("D", 28)}

ENDS = {
    "delivered": "a put: the peer holds it whole",
    "done": "any other act: it ended as if nothing had been wrong",
    "left": "what was wrong was left out and reported, all the rest was served",
    "retry": "certainly not done; the same may be done again later",
    "in_doubt": "nobody can know; a look comes before the next put",
    "held": "kept unopened and unused until a person decides",
    "refused": "will not be done again before a person has looked",
}
KINDS = {Unreachable: "retry", Refused: "refused", BrokenSeal: "held", UnknownKey: "held"}
AT_THE_BANK = {"serve", "reader"}  # places at the bank's own end of a line: nobody of ours hears of them
PUTS = {Delivery.DELIVERED: "", Delivery.RETRY: "Unreachable", Delivery.IN_DOUBT: "Unreachable", Delivery.REFUSED: "Refused"}


@dataclasses.dataclass(frozen=True)
class Came:
    """What came of a fault. ``code``: the stable slug; ``kind``: the error's class (of a put: the one its delivery stands for)."""

    ends: str
    code: str = ""
    kind: str = ""


@dataclasses.dataclass(frozen=True)
class Row:
    """One fault and its end. ``where``: the places it is run at; ``cases``: its varieties (bytes, codes …), each a run of its own.

    ``alarm``: a person hears of it at once; without it, once it has lasted (tests/faults/test_alarms.py plays it and looks).

    ``test``: the test that runs it where the table's own runner does not; ``not_run``: why nothing can.
    """

    id: str
    what: str
    where: tuple[str, ...]
    ends: str = ""
    code: str = ""
    kind: str = ""  # "class" in the file
    alarm: bool = False
    cases: tuple[str, ...] = ("",)
    test: str = ""
    not_run: str = ""


@dataclasses.dataclass(frozen=True)
class Run:
    """One row at one place in one variety; its name is the run's id, e.g. ``S17-put-50%``."""

    row: Row
    where: str
    case: str

    def __str__(self) -> str:
        return "-".join(part for part in (self.row.id, self.where, self.case) if part)

    @property
    def wanted(self) -> Came:
        """What the table says must come of it."""
        return Came(self.row.ends, self.row.code, self.row.kind)


def read_table(road: str) -> tuple[Row, ...]:
    """The rows of one road. An unknown word in a row is a TypeError."""
    return tuple(_row(dict(each)) for each in yaml.safe_load((HERE / f"{road}.yaml").read_text("utf-8")))


def _row(given: dict[str, Any]) -> Row:
    given["kind"] = given.pop("class", "")
    for key in ("where", "cases"):
        if key in given:
            listed = given[key] if isinstance(given[key], list) else [given[key]]
            given[key] = tuple(str(each) for each in listed)
    return Row(**given)


def promised(id_: str, where: str) -> Came:
    """What the table says must come of a fault that is run by another test than the road's own runner."""
    road = next(road for road, (letter, _) in CATALOGUE.items() if id_[0] == letter)
    (row,) = (row for row in read_table(road) if row.id == id_ and where in row.where and row.test)
    return Came(row.ends, row.code, row.kind)


def runs(road: str) -> list[Run]:
    """What the road's own runner runs: every row without another test and without a reason, at each place, in each variety."""
    return [run for row in read_table(road) if not row.test and not row.not_run for run in runs_of(row)]


def runs_of(row: Row) -> Iterator[Run]:
    """The runs of one row."""
    for where in row.where:
        for case in row.cases:
            yield Run(row, where, case)


def came(act: Callable[[], object]) -> Came:
    """What came of one act: a put says it in its Put, the others raise; an iterator is read to its end."""
    try:
        said = act()
        if isinstance(said, Iterator):
            for _ in said:
                pass
    except TransportError as error:
        expect_words(error.en, error.zh)
        return came_of(error)
    if isinstance(said, Put):
        if said.code:
            expect_words(said.en, said.zh)
        return Came(said.delivery.value, said.code, PUTS[said.delivery])
    return Came("done")


def came_of(error: TransportError) -> Came:
    """What an error says of the end it tells."""
    kind = next(kind for kind in type(error).__mro__ if kind in KINDS)  # StopIteration: a class that may never leave the wing
    return Came(KINDS[kind], error.code, kind.__name__)


_TO_DO_EN = re.compile(
    r"\b(ask|call|check|compare|find out|give|get|look|make|mend|put|release|repeat|take|tell|verify|agree|will be (tried|read) again|will be sent anew)\b",
    re.IGNORECASE,
)
_TO_DO_ZH = re.compile("请|将")


def expect_words(en: str, zh: str) -> None:
    """Both languages say what to do, or that it is tried again by itself."""
    assert _TO_DO_EN.search(en), en
    assert _TO_DO_ZH.search(zh), zh
