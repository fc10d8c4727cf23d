"""The files that are read: one of each format, and the rows in it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.catalogue import Catalogue, load_profile
from bank_profiles.engine.reading import FileReading
from bank_profiles.engine.writing import FileWriting
from bank_profiles.language.profile import Profile
from bank_profiles.layouts.layout import FileLayout
from bank_profiles.layouts.making import layout
from bank_profiles.translation import PackageFacts
from benchmarks import limits, naive, naive_trees
from benchmarks.answers import ACCOUNTS, ROWS_A_PERSON, answers
from benchmarks.holdings import holdings

DAY = date(2026, 1, 5)
FACTS = PackageFacts("902307450222", "202601050000001", DAY, 1, datetime(2026, 1, 5, 1, 0, tzinfo=UTC))
OWN = Path(__file__).parent / "profiles"
READ_BYTES = 1 << 20  # as the package gives it
_PERSONS_A_PART = 5_000  # of a tree that is repeated

Blocks = Iterable[bytes]
Tables = dict[str, Iterable[pa.Table]]
Bare = Callable[[FileLayout, Blocks], int]


@dataclass(frozen=True)
class Case:
    """``limits``: bare readers by name, the first is the one the aim is about. ``aim``: limit ÷ read at least; None: shown only.

    ``repeats``: how the part begins and ends that a longer document has more of; None: lines, written as they go.
    """

    name: str
    profile_name: str
    key: str
    rows: int  # of a file whose speed is measured
    tables: Callable[[int], Tables]
    limits: dict[str, Bare]
    naive: Callable[[Profile, Blocks, str], Iterator[object]]
    aim: float | None
    repeats: tuple[bytes, bytes] | None = None

    @cached_property
    def profile(self) -> Profile:
        own = OWN / f"{self.profile_name}.yaml"
        return load_profile(own) if own.exists() else Catalogue().pick(self.profile_name, DAY)

    @cached_property
    def plan(self) -> FileLayout:
        return layout(self.profile, "response", self.key)

    def written(self, tables: Tables) -> Iterator[bytes]:
        return FileWriting(self.plan, self.name, FACTS.for_records()).blocks(tables)

    def read(self, blocks: Blocks) -> int:
        reading = FileReading(self.plan, self.name, expected={"batch_no": FACTS.batch_no})
        rows = sum(piece.table.num_rows for piece in reading.rows(blocks))
        return rows - len(reading.problems)

    def read_naively(self, blocks: Blocks) -> int:
        return sum(1 for _ in self.naive(self.profile, blocks, FACTS.batch_no))

    def stream(self, rows: int) -> Iterator[bytes]:
        """About so many rows, as a file that flows: lines are written as they go, of a tree a part is repeated."""
        if self.repeats is None:
            yield from self.written(self.tables(rows))
            return
        opening, closing = self.repeats
        part = b"".join(self.written(self.tables(_PERSONS_A_PART * ROWS_A_PERSON)))
        start = part.index(opening) if opening else 0
        stop = part.rindex(closing) + len(closing)
        yield part[:start]
        yield from itertools.repeat(part[start:stop], max(rows // (_PERSONS_A_PART * ROWS_A_PERSON), 1))
        yield part[stop:]


# ---- rows ---------------------------------------------------------------------------------------------------------------------------


def _accounts(rows: int) -> Tables:
    return {"holding": holdings(rows)}


def _answers(rows: int) -> Tables:
    return {kind: [table] for kind, table in answers(rows // ROWS_A_PERSON).items()}


def _sheets(rows: int) -> Tables:
    """What a small bank has: four products, CNY, whole Yuan."""
    made = answers(rows // (1 + ACCOUNTS))
    held = made["holding"]
    products = pa.array(["demand_deposit", "time_deposit", "wealth_product", "member_share"])
    whole = pc.multiply(pc.divide(held.column("balance_minor"), 100), 100)
    own = {
        "product": pa.chunked_array([products.take(pa.array([number % 4 for number in range(held.num_rows)]))]),
        "currency": pa.chunked_array([pa.repeat(pa.scalar("CNY"), held.num_rows)]),
        "balance_minor": whole,
    }
    columns = [own.get(name, held.column(name)) for name in held.column_names]
    return {"outcome": [made["outcome"]], "holding": [pa.Table.from_arrays(columns, schema=held.schema)]}


# ---- the five ------------------------------------------------------------------------------------------------------------------------

CASES = {
    case.name: case
    for case in (
        Case("delimited", "hxcb", "detail", 1_000_000, _accounts, {"limit": limits.split_delimited}, naive.read_delimited, 0.6),
        Case("fixed", "gdyz", "reply", 1_000_000, _accounts, {"limit": limits.split_fixed}, naive.read_fixed, 0.4),
        Case(
            "xml", "many", "tree", 180_000, _answers, {"limit": limits.every_element, "strict": limits.people_alone},
            naive_trees.read_xml, 0.6, (b"<Ans>", b"</Ans>"),
        ),
        Case("excel", "dsnx", "book", 180_000, _sheets, {"limit": limits.every_cell}, naive_trees.read_excel, 0.7),
        Case("json", "many", "lines", 180_000, _answers, {"limit": limits.every_line}, naive_trees.read_json, None, (b"", b"\n")),
    )
}  # fmt: skip
