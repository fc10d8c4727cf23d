"""Continuations: lines that are no rows of their own. Their texts are glued to the row before them (parting.py: and parted again)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.codecs.codec import BadLine, Cut, Ints, Item
from bank_profiles.errors import Text
from bank_profiles.language.formats.lines import LineRecord
from bank_profiles.layouts.cells import SPACES, trimmed
from bank_profiles.layouts.layout import FileLayout, RecordLayout
from bank_profiles.values.arrays import sizes
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    Texts = pa.Array[Any]

Cell = str | BadValue | None
_TRIM = {"both": pc.utf8_trim, "left": pc.utf8_ltrim, "right": pc.utf8_rtrim}


@dataclass(frozen=True)
class Continuing:
    """One record of continuations."""

    record: RecordLayout
    rows: tuple[str, ...]  # the records whose rows may go on in it
    glue: str

    def pairs(self, row: RecordLayout) -> list[tuple[int, int]]:
        """Index of a column here, and of the one of that record it is glued to."""
        there = {field.target: index for index, field in enumerate(row.fields) if field.target}
        return [(index, there[field.target]) for index, field in enumerate(self.record.fields) if field.target in there]


class Continuations:
    """All of one file. Where there are none, rows go through untouched."""

    def __init__(self, layout: FileLayout) -> None:
        specs = [(record, record.spec) for record in layout.bodies if isinstance(record.spec, LineRecord)]
        self._by_name: Mapping[str, Continuing] = {
            record.name: Continuing(record, spec.continues, spec.glue) for record, spec in specs if spec.continues
        }

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def is_one(self, record: RecordLayout | None) -> bool:
        return record is not None and record.name in self._by_name

    def of(self, record: RecordLayout) -> Continuing | None:
        """The continuations a record's rows may have, if any."""
        return next((each for each in self._by_name.values() if record.name in each.rows), None)

    # ---- row by row ----

    def walked(self, items: Iterable[Item]) -> Iterator[Item]:
        """Each row with its whole text, then its continuations, which still count as lines of their record."""
        row: Item | None = None
        behind: list[Item] = []
        for item in items:
            if not self.is_one(item.record):
                yield from self._together(row, behind)
                row, behind = item, []
            elif self._may_follow(row, item):
                behind.append(item)
            else:
                yield from self._together(row, behind)
                row, behind = None, []
                yield replace(item, bad=item.bad or _nothing_before())
        yield from self._together(row, behind)

    def _may_follow(self, row: Item | None, item: Item) -> bool:
        if row is None or row.record is None or item.record is None:
            return False
        return row.record.name in self._by_name[item.record.name].rows

    def _together(self, row: Item | None, behind: Sequence[Item]) -> Iterator[Item]:
        if row is None:
            return
        if behind and row.bad is None and row.record is not None:
            row = replace(row, cells=self._whole(row.record, row.cells, behind))
        yield row
        yield from behind

    def _whole(self, record: RecordLayout, cells: Sequence[Cell], behind: Sequence[Item]) -> list[Cell]:
        texts: dict[int, list[Cell]] = {}
        glue = ""
        for item in behind:
            continuing = self._by_name[cast(RecordLayout, item.record).name]
            glue = continuing.glue
            for here, there in continuing.pairs(record):
                pieces = texts.setdefault(there, [_cut(record, there, cells[there])])
                pieces.append(_UNREADABLE if item.bad else _cut(continuing.record, here, item.cells[here]))
        whole = list(cells)
        for there, pieces in texts.items():
            bad = next((piece for piece in pieces if isinstance(piece, BadValue)), None)
            whole[there] = bad or glue.join(piece for piece in pieces if isinstance(piece, str) and piece)
        return whole

    # ---- whole pieces ----

    def cut(self, cuts: Sequence[Cut]) -> list[Cut] | None:
        """The same for columns; None where a continuation stands behind no row it may belong to."""
        ours = [cut for cut in cuts if self.is_one(cut.record)]
        if not ours:
            return list(cuts)
        rows = [cut for cut in cuts if not self.is_one(cut.record)]
        orders = np.concatenate([_order(cut) for cut in rows] or [np.empty(0, np.int64)])
        of_cut = np.repeat(np.arange(len(rows)), [len(cut.lines) for cut in rows])
        index = np.concatenate([np.arange(len(cut.lines)) for cut in rows] or [np.empty(0, np.int64)])
        sorting = np.argsort(orders)
        parents: list[Ints] = []
        for cut in ours:
            before = np.searchsorted(orders[sorting], _order(cut)) - 1
            if (before < 0).any():
                return None
            parents.append(sorting[before])
        allowed = [[cut.record.name in self._by_name[each.record.name].rows for cut in rows] for each in ours]
        if not all(np.array(may)[of_cut[at]].all() for may, at in zip(allowed, parents, strict=True)):
            return None
        whole = [
            self._glued(cut, [(each, index[at][of_cut[at] == number], of_cut[at] == number) for each, at in zip(ours, parents, strict=True)])
            for number, cut in enumerate(rows)
        ]  # fmt: skip
        return [*whole, *ours]

    def _glued(self, cut: Cut, behind: Sequence[tuple[Cut, Ints, Any]]) -> Cut:
        """``behind``: continuations, which of them belong to this cut, and to which of its rows."""
        columns = list(cut.columns)
        for there in range(len(columns)):
            pieces: list[tuple[Texts, Ints, Ints]] = []
            glue = ""
            for each, rows, mine in behind:
                continuing = self._by_name[each.record.name]
                here = [own for own, other in continuing.pairs(cut.record) if other == there]
                if here and mine.any():
                    glue = continuing.glue
                    places = _order(each)[mine] * (len(each.columns) + 1)
                    pieces += [
                        (_plain(each.record, own, cast("Texts", each.columns[own])).filter(pa.array(mine)), rows, places + own)
                        for own in here
                    ]
            if pieces:
                raw = cast("Texts", columns[there])
                columns[there] = _together(_plain(cut.record, there, raw), raw, pieces, glue)
        return replace(cut, columns=columns)


def _together(own: Texts, raw: Texts, pieces: Sequence[tuple[Texts, Ints, Ints]], glue: str) -> Texts:
    """A column with its pieces glued behind it. ``own``: trimmed; rows without pieces stay as they came (``raw``)."""
    going_on = np.unique(np.concatenate([rows for _, rows, _ in pieces]))
    texts = pa.concat_arrays([own.take(pa.array(going_on)), *(piece for piece, _, _ in pieces)])
    rows = np.concatenate([going_on, *(rows for _, rows, _ in pieces)])
    places = np.concatenate([np.full(len(going_on), -1), *(places for _, _, places in pieces)])
    sorting: Any = np.lexsort((places, rows))
    sorting = sorting[sizes(texts)[sorting] > 0]
    counts = np.bincount(np.searchsorted(going_on, rows[sorting]), minlength=len(going_on))
    offsets = pa.array([0, *np.cumsum(counts).tolist()], pa.int32())
    lists = pa.ListArray.from_arrays(offsets, texts.take(pa.array(sorting)))
    mask = np.zeros(len(own), bool)
    mask[going_on] = True
    raw = raw.dictionary_decode() if isinstance(raw, pa.DictionaryArray) else raw
    return cast("Texts", pc.replace_with_mask(raw, pa.array(mask), pc.binary_join(lists, glue)))


def _plain(record: RecordLayout, index: int, texts: Texts) -> Texts:
    field = record.fields[index]
    texts = texts.dictionary_decode() if isinstance(texts, pa.DictionaryArray) else texts
    return _TRIM[field.trim](texts, SPACES) if field.trim != "none" else texts


def _cut(record: RecordLayout, index: int, cell: Cell) -> Cell:
    return trimmed(record.fields[index], cell) if isinstance(cell, str) else cell


def _order(cut: Cut) -> Ints:
    return cut.lines if cut.order is None else cut.order


def _nothing_before() -> BadLine:
    return BadLine(
        "nothing-continued",
        Text("this line continues a row, but none it may belong to stands before it", "该行为续行，但其前没有可续的记录"),
        Text("a row, then its continuations", "先有记录，后有续行"),
        Text("a line lost or moved? The whole file is refused", "丢行或错行？整个文件已拒收"),
        refuses_file=True,
    )


_UNREADABLE = BadValue(
    "continuation-unreadable",
    Text("a continuation of this text cannot be read", "该文字的续行无法读取"),
    Text("continuations as in the profile", "符合画像的续行"),
)
