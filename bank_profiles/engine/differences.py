"""A total that is not what the rows add up to, and how that is told."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from bank_profiles.errors import Text
from bank_profiles.layouts.layout import Field, RecordLayout, Total
from bank_profiles.values.amounts import Money

COUNT_MAX = 999_999_999  # what says more is no count of rows: the number of a person may stand in its place


@dataclass(frozen=True)
class Difference:
    """A total that is not what the rows add up to: where it stands, both figures, how many rows were added."""

    record: RecordLayout
    field: Field
    line: int
    counted: int
    said: int | str
    unreadable: bool
    weight: int = 0  # figures × 10**weight are yuan, where they are money


@dataclass(frozen=True)
class Wording:
    """A difference for a message."""

    code: str
    what: Text
    expected: Text
    hint: Text


def worded(difference: Difference, *, masked: bool, rows: int | None = None) -> Wording:
    """In words; amounts are shown only where a person asked to see values. ``rows``: how many were added up, where that is known."""
    total = cast(Total, difference.field.total)
    if difference.unreadable:
        return _UNCOUNTABLE if total.kind == "count" else _UNREADABLE
    end = _TAKEN if total.warns else _REFUSED
    if total.kind == "digest":
        return Wording("digest-differs", *_DIGEST, Text(f"changed on the way? {end.en}", f"传输中被改动？{end.zh}"))
    names = Text(", ".join(total.records), "、".join(total.records))
    if total.kind == "count":
        counted = difference.counted
        said = "***" if masked and abs(int(difference.said)) > COUNT_MAX else f"{difference.said:,}"
        what = Text(
            f"there are {counted:,} ({names.en}), the total says {said}", f"实有 {counted:,}（{names.zh}），合计为 {said}"
        )
        hint = Text(f"a line was lost or doubled. {end.en}", f"有行丢失或重复。{end.zh}")
        return Wording("total-differs", what, _EQUAL, hint)
    if rows is not None:
        names = Text(f"{rows:,} {names.en} line{'' if rows == 1 else 's'}", f"{names.zh} {rows:,} 行")
    return _amounts_differ(difference, total, names, end, masked=masked)


def _amounts_differ(difference: Difference, total: Total, names: Text, end: Text, *, masked: bool) -> Wording:
    counted, said = difference.counted, int(difference.said)
    here, there = ("***", "***") if masked else (_shown(difference, counted), _shown(difference, said))
    hint = Text(f"a line lost, doubled or changed? {end.en}", f"是否漏行、重行或改动？{end.zh}")
    for ratio in (10, 100, 1000, 10000):
        if total.kind == "sum" and counted and said and (said == counted * ratio or counted == said * ratio):
            name = difference.field.name
            hint = Text(
                f"exactly {ratio} times: look at the unit of {name}, or at a line lost or doubled. {end.en}",
                f"恰好相差 {ratio} 倍，请核对“{name}”的单位，或是否漏行、重行。{end.zh}",
            )
    what = Text(
        f"the lines add up to {here} ({names.en}), the total says {there}", f"明细合计 {here}（{names.zh}），合计为 {there}"
    )
    return Wording("total-differs", what, _EQUAL, hint)


def _shown(difference: Difference, amount: int) -> str:
    """In the main unit, as a reader thinks of it: 51,234.56 元."""
    if not isinstance(difference.field.converter, Money):
        return f"{amount:,}"
    yuan = Decimal(amount).scaleb(difference.weight)
    return f"{yuan:,.2f} 元" if yuan == round(yuan, 2) else f"{yuan:,f} 元"


_EQUAL = Text("both equal", "两者相等")
_REFUSED = Text("The whole file is refused, nothing was stored", "整个文件已拒收，未入库")
_TAKEN = Text("The profile takes the file all the same (severity: warning)", "按画像约定仍予接收（severity: warning）")
_DIGEST = (
    Text("the digest is not that of the bytes before it", "摘要与其前的内容不符"),
    Text("the digest of these bytes", "这些内容的摘要"),
)
_CORRECT = Text("correct the rows named. The whole file is refused, nothing was stored", "请更正所列各行。整个文件已拒收，未入库")
_UNREADABLE = Wording(
    "total-unreadable",
    Text("some amounts cannot be read, so nobody can say whether the total holds", "有金额无法读取，因此无法核对合计"),
    Text("every amount readable", "每笔金额都可读"),
    _CORRECT,
)
_UNCOUNTABLE = Wording(
    "total-unreadable",
    Text("some rows cannot be read, so nobody can say whether the count holds", "有行无法读取，因此无法核对笔数"),
    Text("every row readable", "每行都可读"),
    _CORRECT,
)
