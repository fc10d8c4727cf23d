"""An answer in several packages read as one: what came before is opened again from the store, so that rows of one line may lie in two.

Parts may come in any order and on different days; the newest of each number counts. Each makes a further edition of all that is there.
"""

import dataclasses
from collections.abc import Iterable

import pyarrow as pa

from connector.answers.editions import Read
from connector.bank import Bank
from connector.ledger import data_keys, receipts
from connector.ledger.rows import AnyRow
from connector.moments import parse
from connector.parts import Parts
from connector.steps.reading import Sealed, read_again


def joined(parts: Parts, bank: Bank, batch: AnyRow, read: Read) -> Read:
    """``read``, one package of an answer, with those of other numbers that came before it. Raises BrokenSeal, UnknownKey."""
    whole = dataclasses.replace(read, rows=_named(read))
    for part in _others(parts, batch, read):
        whole = _with(whole, read_again(bank, batch, _as_it_came(parts, part)))
    return whole


def others_retired(parts: Parts, batch: AnyRow, read: Read) -> bool:
    """Whether a package it must be joined with was erased when its month was retired."""
    months = {part.arrived_at[:7] for part in _others(parts, batch, read)}
    with parts.ledger.read() as tx:
        return any(data_keys.is_retired(tx, month) for month in months)


def _others(parts: Parts, batch: AnyRow, read: Read) -> Iterable[AnyRow]:
    """The packages of other numbers that came before, the newest of each."""
    with parts.ledger.read() as tx:
        return {part.number: part for part in receipts.parts(tx, batch.id) if part.number != read.package_no}.values()


def _as_it_came(parts: Parts, part: AnyRow) -> Sealed:
    return Sealed(part.name, lambda: parts.objects.get(part.object), parse(part.arrived_at), part.road, parts.witness)


def _with(whole: Read, part: Read) -> Read:
    rows, parked = whole.before
    count = sum(len(table) for _, _, table in part.rows) + part.parked
    return dataclasses.replace(
        whole,
        rows=[*whole.rows, *_named(part)],
        parked=whole.parked + part.parked,
        parked_lines=whole.parked_lines | part.parked_lines,
        problems=[*whole.problems, *part.problems],
        before=(rows + count, parked + part.parked),
    )


def _named(read: Read) -> list[tuple[str, str, pa.Table]]:
    """Files of two packages may have one name."""
    return [(f"{read.package_no} {file}", kind, table) for file, kind, table in read.rows]
