"""The answer is laid on the question by position: every line gets exactly one outcome, and nothing is dropped.

What was not asked is set apart, declared counts are held against delivered ones, and silence stays ``not_answered``.
An answer streams through ``Matcher`` block by block, in any order; there is no loop over rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from reconciliation.declared_sums import DeclaredSums
from reconciliation.exchange import NOT_ANSWERED, OUTCOME_CODE
from reconciliation.line_refs import positions
from reconciliation.tables import schema_of
from reconciliation.vectors import Bytes, count_outcomes

Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]

_UNDECLARED = -1
_WITH_ACCOUNTS = [OUTCOME_CODE[word] for word in ("found", "partial")]
_ANOTHER_PERSON = [OUTCOME_CODE[word] for word in ("name_mismatch", "id_unknown")]
_FOUND, _PARTIAL = OUTCOME_CODE["found"], OUTCOME_CODE["partial"]

_KEYS = {"position": np.int32, "account": np.uint64, "row": np.uint64, "whole": bool}  # of the rows seen so far

# What can be wrong with the answer to a line: code → (zh, en). A finding never holds a person's data.
FINDINGS: Mapping[str, tuple[str, str]] = {
    "two-outcomes": ("同一行给出两个不同结果", "The line was given two different outcomes"),
    "accounts-against-outcome": ("结果与所附账户相矛盾", "Accounts came for a line whose outcome says there are none to show"),
    "accounts-without-outcome": ("有账户而无结果行", "Accounts came for a line without an outcome"),
    "found-without-accounts": ("结果为有账户，但未见账户", "The outcome says accounts were found, none came"),
    "count-gap": ("申报数与实收数不符", "The declared count differs from what came"),
    "sum-gap": ("申报余额合计与所附账户之和不符", "The declared sum of balances differs from the accounts that came"),
    "rows-parked": ("有读不出的行，已搁置", "Rows of this line could not be read and were parked"),
    "rows-repeated": ("完全相同的行出现多次", "The same row came more than once"),
    "movement-without-account": ("变动所属账户不在反馈中", "Movements came for an account that did not"),
}
# With one of these the line's answer has a hole.
_HOLES = frozenset(FINDINGS) - {"rows-repeated", "movement-without-account"}


@dataclass(frozen=True)
class Finding:
    """What is wrong with the answer to one line; ``declared`` and ``delivered`` count its rows of ``kind``."""

    position: int  # 0-based
    code: str  # of FINDINGS
    kind: str  # outcome, holding, movement; empty when it is not about one kind
    declared: int | None
    delivered: int | None


_FINDING = schema_of(Finding)


@dataclass(frozen=True, eq=False)
class Matched:
    """One edition laid on its batch. Arrays have one element a line; ``declared`` is -1 where the bank declared nothing."""

    outcome: Bytes
    findings: pa.Table  # rows of Finding, in order of position
    declared: Mapping[str, Counts]  # by kind: holding, movement
    delivered: Mapping[str, Counts]  # rows as received, repeated ones included
    not_asked: Mapping[str, pa.Table]  # by kind: rows whose reference is no line of this batch, for quarantine

    def counts(self) -> dict[str, int]:
        """Lines of each outcome."""
        return count_outcomes(self.outcome)


def match(
    lines: int,
    batch_no: str,
    outcomes: pa.Table,
    holdings: pa.Table,
    movements: pa.Table,
    parked: "pa.StringArray | None" = None,
) -> tuple[Matched, dict[str, pa.Table]]:
    """A whole answer at once: what holds of each line, and by kind the rows placed (with ``position``, 0-based, sorted)."""
    matcher = Matcher(lines, batch_no)
    tables = {"outcome": outcomes, "holding": holdings, "movement": movements}
    placed = {kind: matcher.add(kind, table) for kind, table in tables.items()}
    if parked is not None:
        matcher.park(parked)
    return matcher.finish(), placed


class Matcher:
    """Takes an answer in blocks. ``add`` each block, ``park`` what could not be read, then ``finish`` once."""

    def __init__(self, lines: int, batch_no: str) -> None:
        self._lines, self._batch_no = lines, batch_no
        self._outcome = np.full(lines, NOT_ANSWERED, dtype=np.uint8)
        self._two_outcomes = np.zeros(lines, dtype=bool)
        self._parked = np.zeros(lines, dtype=bool)
        self._declared = {kind: np.full(lines, _UNDECLARED, dtype=np.int64) for kind in ("holding", "movement")}
        self._delivered = {kind: np.zeros(lines, dtype=np.int64) for kind in ("holding", "movement")}
        self._sums = DeclaredSums(lines)
        self._row_keys = {kind: [_no_keys()] for kind in ("holding", "movement")}
        self._not_asked: dict[str, list[pa.Table]] = {}

    def add(self, kind: str, table: pa.Table) -> pa.Table:
        """Place a block of rows (``exchange.RECORDS[kind]``): the rows of our lines with ``position`` (int32, 0-based), sorted.

        Rows of nobody we asked for are kept apart until ``finish``.
        """
        place = positions(table.column("line_ref"), self._batch_no, self._lines)
        asked = place >= 0
        if not asked.all():
            self._not_asked.setdefault(kind, []).append(table.filter(pa.array(~asked)))
            table, place = table.filter(pa.array(asked)), place[asked]
        if (np.diff(place) < 0).any():
            order = np.argsort(place, kind="stable")
            table, place = table.take(order), place[order]
        if kind == "outcome":
            self._settle_outcomes(table, place)
        else:
            np.add.at(self._delivered[kind], place, 1)
            self._row_keys[kind].append(_row_keys(kind, table, place))
            if kind == "holding":
                self._sums.add(table, place, self._row_keys[kind][-1]["row"].to_numpy())
        return table.append_column("position", pa.array(place))

    def park(self, line_refs: "pa.StringArray") -> None:
        """Rows of these lines could not be read: what came of them is only part of the answer."""
        place = positions(line_refs, self._batch_no, self._lines)
        self._parked[place[place >= 0]] = True

    def finish(self) -> Matched:
        """The outcome of every line, and what is wrong with the answer."""
        self._outcome[self._two_outcomes] = _PARTIAL
        keys = {kind: pd.concat(blocks, ignore_index=True) for kind, blocks in self._row_keys.items()}
        distinct = {kind: self._delivered[kind] - self._repeated(rows) for kind, rows in keys.items()}
        marks: dict[tuple[str, str], Flags] = {("two-outcomes", "outcome"): self._two_outcomes, ("rows-parked", ""): self._parked}
        for kind in ("holding", "movement"):
            marks["count-gap", kind] = self._gap(kind, distinct[kind])
            marks["rows-repeated", kind] = distinct[kind] < self._delivered[kind]
        marks["sum-gap", "holding"] = self._sums.gaps()
        marks["movement-without-account", "movement"] = self._orphans(keys)
        marks |= {(code, "holding"): flags for code, flags in self._contradictions().items()}
        return Matched(
            self._outcomes(marks),
            self._findings(marks),
            self._declared,
            self._delivered,
            {kind: pa.concat_tables(tables) for kind, tables in self._not_asked.items()},
        )

    def _settle_outcomes(self, table: pa.Table, place: npt.NDArray[np.int32]) -> None:
        said = _outcome_codes(table.column("outcome"))
        before = self._outcome[place]
        self._outcome[place] = said
        # Within a block the last row stands; a line whose rows differ is seen because its first row no longer agrees.
        self._two_outcomes[place[(before != NOT_ANSWERED) & (before != said)]] = True
        self._two_outcomes[place[self._outcome[place] != said]] = True
        self._sums.declare(table, place)
        for kind, column in (("holding", "declared_accounts"), ("movement", "declared_movements")):
            declared = table.column(column).combine_chunks().fill_null(_UNDECLARED).to_numpy(zero_copy_only=False)
            np.maximum.at(self._declared[kind], place, declared)

    def _has_rows(self) -> Flags:
        return (self._delivered["holding"] > 0) | (self._delivered["movement"] > 0)

    def _contradictions(self) -> dict[str, Flags]:
        rows, silent = self._has_rows(), self._outcome == NOT_ANSWERED
        speaks = not silent.all()  # a bank whose language has no outcome row says "found" by the accounts alone
        return {
            "accounts-without-outcome": rows & silent & speaks,
            "accounts-against-outcome": rows & ~silent & ~np.isin(self._outcome, _WITH_ACCOUNTS),
            "found-without-accounts": (self._outcome == _FOUND)
            & (self._delivered["holding"] == 0)
            & (self._declared["holding"] != 0),
        }

    def _outcomes(self, marks: Mapping[tuple[str, str], Flags]) -> Bytes:
        """An answer with a hole is partial; one about another person stays what it is, and its accounts are never counted."""
        hole: Flags = np.any([flags for (code, _), flags in marks.items() if code in _HOLES], axis=0)
        outcome = self._outcome.copy()
        outcome[self._has_rows() & (outcome == NOT_ANSWERED)] = _FOUND
        outcome[hole & ~np.isin(outcome, _ANOTHER_PERSON)] = _PARTIAL
        return outcome

    def _gap(self, kind: str, distinct: Counts) -> Flags:
        declared, delivered = self._declared[kind], self._delivered[kind]
        gap: Flags = (declared != _UNDECLARED) & (declared != delivered) & (declared != distinct)
        return gap

    def _repeated(self, keys: pd.DataFrame) -> Counts:
        again = keys["position"].to_numpy()[keys.duplicated(["position", "row"]).to_numpy() & keys["whole"].to_numpy()]
        return np.bincount(again, minlength=self._lines).astype(np.int64)

    def _orphans(self, keys: Mapping[str, pd.DataFrame]) -> Flags:
        columns = ["position", "account"]
        moved = keys["movement"][columns].drop_duplicates()
        held = pd.MultiIndex.from_frame(keys["holding"][columns].drop_duplicates())
        orphan = moved["position"].to_numpy()[~pd.MultiIndex.from_frame(moved).isin(held)]
        flags = np.zeros(self._lines, dtype=bool)
        flags[orphan] = True
        return flags

    def _findings(self, marks: Mapping[tuple[str, str], Flags]) -> pa.Table:
        tables = [self._finding(code, kind, np.flatnonzero(flags)) for (code, kind), flags in marks.items()]
        return pa.concat_tables(tables).sort_by([("position", "ascending"), ("code", "ascending"), ("kind", "ascending")])

    def _finding(self, code: str, kind: str, place: npt.NDArray[np.intp]) -> pa.Table:
        none = pa.nulls(len(place), pa.int64())
        counts: list[Any] = [none, none]
        if kind in self._declared:
            declared = self._declared[kind][place]
            counts = [pa.array(declared, mask=declared == _UNDECLARED), pa.array(self._delivered[kind][place])]
        words = [pa.array([word] * len(place), pa.string()) for word in (code, kind)]
        return pa.Table.from_arrays([pa.array(place), *words, *counts], schema=_FINDING)


def _outcome_codes(column: "pa.ChunkedArray[Any]") -> Bytes:
    coded: Any = column.combine_chunks().dictionary_encode()
    codes = np.array([*map(OUTCOME_CODE.__getitem__, coded.dictionary.to_pylist()), NOT_ANSWERED], dtype=np.uint8)
    said: Bytes = codes[coded.indices.fill_null(len(codes) - 1).to_numpy(zero_copy_only=False)]
    return said


# Two rows that agree in these are the same row sent twice; a movement needs what makes one booking unlike the next.
_SAME_ROW = {
    "holding": ["account_no", "currency", "product", "balance_minor", "opened_on", "matures_on", "parent_account_no"],
    "movement": ["account_no", "booked_on", "booked_time", "direction", "amount_minor", "balance_after_minor", "serial"],
}


def _row_keys(kind: str, table: pa.Table, place: npt.NDArray[np.int32]) -> pd.DataFrame:
    """16 bytes or so a row: what tells one row of a line from another."""
    hashes = {column: _hashed(table.column(column)) for column in _SAME_ROW[kind]}
    row = np.zeros(len(place), dtype=np.uint64)
    for hashed in hashes.values():
        row = row * np.uint64(0x9E3779B97F4A7C15) + hashed
    whole = np.ones(len(place), dtype=bool)
    if kind == "movement":
        known = {c: table.column(c).is_valid().to_numpy() for c in ("serial", "booked_time", "balance_after_minor")}
        whole = known["serial"] | (known["booked_time"] & known["balance_after_minor"])
    return pd.DataFrame({"position": place, "account": hashes["account_no"], "row": row, "whole": whole})


def _hashed(column: "pa.ChunkedArray[Any]") -> npt.NDArray[np.uint64]:
    array: Any = column.combine_chunks()
    if pa.types.is_date32(array.type) or pa.types.is_time32(array.type):
        array = array.view(pa.int32())
    if pa.types.is_integer(array.type):
        numbers = array.cast(pa.int64()).fill_null(np.iinfo(np.int64).min).to_numpy(zero_copy_only=False)
        return pd.util.hash_array(numbers)
    coded = array.dictionary_encode()
    hashes = pd.util.hash_array(coded.dictionary.to_numpy(zero_copy_only=False).astype(object), categorize=False)
    found: npt.NDArray[np.uint64] = np.append(hashes, np.uint64(0))[
        coded.indices.fill_null(len(hashes)).to_numpy(zero_copy_only=False)
    ]
    return found


def _no_keys() -> pd.DataFrame:
    return pd.DataFrame({name: np.zeros(0, kind) for name, kind in _KEYS.items()})


__all__ = ["FINDINGS", "Matched", "Matcher", "match", "positions"]
