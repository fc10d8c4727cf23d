"""Control totals: counted and summed over the rows as received (or as written), never over what was taken of them.

A check sum is no money: it adds amounts as they are spelt, whatever their currency, because that is what the bank's program did.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from bank_profiles.errors import Text
from bank_profiles.layout import Field, FileLayout, RecordLayout
from bank_profiles.values.amounts import Money, finer_than_spelling


@dataclass
class Tally:
    """What has gone by of one file. ``unreadable``: rows of a summed column whose amount nobody can say."""

    layout: FileLayout
    rows: Counter[str] = field(default_factory=Counter)
    sums: Counter[tuple[str, str]] = field(default_factory=Counter)
    unreadable: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, record: RecordLayout, rows: int, sums: Mapping[str, int | None]) -> None:
        """``sums``: of each summed target the sum as written; None where one amount cannot be read."""
        self.rows[record.name] += rows
        for target, amount in sums.items():
            if amount is None:
                self.unreadable[record.name, target] += 1
            else:
                self.sums[record.name, target] += amount

    def summed(self, record: RecordLayout) -> list[str]:
        """The targets of a record that some total of the file runs over."""
        return [target for name, target in self.layout.summed if name == record.name]

    def value(self, total_field: Field) -> int:
        """What a total must say, as its own column writes it. Raises BadValue where its unit is too coarse."""
        total = total_field.total
        if total is None or total.target is None:
            return self.rows[total.record if total else ""]
        there = cast(Money, self.layout.record(total.record).by_target[total.target].converter)
        power = there.weight - cast(Money, total_field.converter).weight
        amount, rest = divmod(self.sums[total.record, total.target] * 10 ** max(power, 0), 10 ** max(-power, 0))
        if rest:
            raise finer_than_spelling()
        return int(amount)


@dataclass(frozen=True)
class Difference:
    """A total that is not what the rows add up to; texts are for a message."""

    code: str
    what: Text
    expected: Text
    hint: Text | None


def compare(tally: Tally, total_field: Field, said: Any, *, masked: bool) -> Difference | None:
    """Does a total hold? ``said`` is what its column says (None: nothing)."""
    total = total_field.total
    assert total is not None
    if total.target is None:
        counted = tally.rows[total.record]
        return None if said == counted else _count_differs(counted, said)
    if rows := tally.unreadable[total.record, total.target]:
        return _unreadable(rows)
    summed = tally.value(total_field)
    return None if said == summed else _sum_differs(summed, said, tally.rows[total.record], masked=masked)


def _count_differs(counted: int, said: int) -> Difference:
    return Difference(
        "total-differs",
        Text(f"there are {counted:,} lines, the total says {said:,}", f"实有 {counted:,} 行，合计为 {said:,}"),
        _EQUAL,
        Text(f"a line was lost or doubled. {_REFUSED.en}", f"有行丢失或重复。{_REFUSED.zh}"),
    )


def _sum_differs(summed: int, said: int, rows: int, *, masked: bool) -> Difference:
    here, there = ("***", "***") if masked else (f"{summed:,}", f"{said:,}")
    hint = Text(f"a line lost, doubled or changed? {_REFUSED.en}", f"是否漏行、重行或改动？{_REFUSED.zh}")
    for ratio in (10, 100, 1000, 10000):
        if summed and said and ratio in (said / summed, summed / said):
            hint = Text(
                f"exactly {ratio} times: look at the unit. {_REFUSED.en}", f"恰好相差 {ratio} 倍，请核对单位。{_REFUSED.zh}"
            )
    return Difference(
        "total-differs",
        Text(
            f"the lines add up to {here} as written ({rows:,} lines), the total says {there}",
            f"明细按原文合计 {here}（{rows:,} 行），合计为 {there}",
        ),
        _EQUAL,
        hint,
    )


def _unreadable(rows: int) -> Difference:
    return Difference(
        "total-unreadable",
        Text(f"this total needs the amounts of {rows:,} lines that cannot be read", f"该合计需要 {rows:,} 行无法读取的金额"),
        Text("a readable amount in every line", "每行金额均可读"),
        Text(f"see the problems of these lines. {_REFUSED.en}", f"见这些行的问题。{_REFUSED.zh}"),
    )


_EQUAL = Text("both equal", "两者相等")
_REFUSED = Text("The whole file is refused, nothing was stored", "整个文件已拒收，未入库")
