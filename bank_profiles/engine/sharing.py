"""Which record a row is written as, where its kind alone does not say it: by constants (``always``), or as the text of an outcome.

Rows get two columns more on their way to the file: the record that takes them, and the outcome that a row of no account stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.engine.taken import Flags
from bank_profiles.language.records import Record
from bank_profiles.layouts.layout import Field, RecordLayout
from bank_profiles.values.arrays import flags
from reconciliation.exchange import RECORDS

if TYPE_CHECKING:
    Column = pa.Array[Any]

# No field of a record has such names.
TAKEN_BY = "record\x1f"
STANDS_FOR = "outcome\x1f"


# ---- constants ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Giver:
    """A record that gives rows, and the file it stands in."""

    file: str
    name: str
    record: Record


def telling(givers: Sequence[Giver]) -> list[str]:
    """The fields by whose constants rows of one kind are told apart: two records say different things of all their rows."""
    said: dict[str, set[str]] = {}
    for giver in givers:
        for target, word in giver.record.always.items():
            said.setdefault(target, set()).add(word)
    return [target for target, words in said.items() if len(words) > 1]


def takers(givers: Sequence[Giver], table: pa.Table) -> list[Flags]:
    """For each record, which rows are as it says all its rows are."""
    told = [target for target in telling(givers) if target in table.column_names]
    texts = {target: table.column(target).combine_chunks().cast(pa.string()) for target in told}
    masks = []
    for giver in givers:
        mask = np.ones(table.num_rows, bool)
        for target in told:
            if target in giver.record.always:
                mask &= flags(pc.equal(texts[target], pa.scalar(giver.record.always[target])))
        masks.append(mask)
    return masks


def rows_of(record: RecordLayout, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The rows of its kind that this record takes."""
    for table in tables:
        if TAKEN_BY not in table.column_names:
            yield table
            continue
        yield table.filter(pc.equal(table.column(TAKEN_BY), pa.scalar(record.name))).drop_columns([TAKEN_BY])


def is_told(tables: Iterable[pa.Table]) -> bool:
    """Do these rows say which record takes them?"""
    return isinstance(tables, list) and any(TAKEN_BY in table.column_names for table in tables)


# ---- outcomes -----------------------------------------------------------------------------------------------------------------------


def spelt_outcomes(record: Record) -> dict[str, tuple[str, str]]:
    """The outcomes that a row of this record can stand for, each with its column and the text there; the first is written."""
    found: dict[str, tuple[str, str]] = {}
    for column, meanings in record.says_outcome.items():
        for text, word in meanings.items() if column in record.placed else ():
            found.setdefault(word, (column, text))
    return found


def standing_for(kind: str, record: str, outcomes: pa.Table) -> pa.Table:
    """Rows of a kind that are no such thing, but outcomes of their lines."""
    schema, count = RECORDS[kind], outcomes.num_rows
    line_ref = outcomes.column("line_ref").combine_chunks()
    table = pa.Table.from_arrays(
        [line_ref if each.name == "line_ref" else pa.nulls(count, each.type) for each in schema], schema=schema
    )
    table = table.append_column(TAKEN_BY, pa.repeat(pa.scalar(record), count))
    return table.append_column(STANDS_FOR, outcomes.column("outcome"))


def is_silent(table: pa.Table) -> Flags | None:
    """Which rows stand for an outcome and say nothing else; None where there are none."""
    return flags(table.column(STANDS_FOR).combine_chunks().is_valid()) if STANDS_FOR in table.column_names else None


def with_outcomes(record: RecordLayout, field: Field, table: pa.Table, texts: Column) -> Column:
    """The texts of a column, with those of its rows that stand for an outcome."""
    if STANDS_FOR not in table.column_names or field.name not in record.spec.says_outcome:
        return texts
    spelt = {word: text for word, (column, text) in spelt_outcomes(record.spec).items() if column == field.name}
    which = pc.index_in(table.column(STANDS_FOR).combine_chunks(), pa.array(list(spelt), pa.string()))
    return pc.coalesce(pa.array(list(spelt.values()), pa.string()).take(which), texts)


def outcome_text(record: RecordLayout, field: Field, row: Mapping[str, Any]) -> str | None:
    """The same of one cell."""
    column, text = spelt_outcomes(record.spec).get(row.get(STANDS_FOR) or "", ("", None))
    return text if column == field.name else None
