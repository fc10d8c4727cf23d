"""A month's figures in words and tables, each rate with what it is of; formulas by --explain."""

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType

from connector.cli.console import local, table, tr

KINDS = {
    "new": ("新申请", "new"),
    "reported": ("主动报告", "reported"),
    "appeal": ("申诉", "appeal"),
    "month": ("月度复核", "monthly"),
    "quarter": ("季度复核", "quarterly"),
    "year": ("年度复核", "yearly"),
    "again": ("补查", "asked again"),
}
_CUBES = {"banks": ("机构", "bank"), "classes": ("类别", "class"), "regions": ("地区", "region")}
_RATES = ("response", "on_time", "completeness", "format_error", "correction", "refusal", "hit")
_TITLES = {
    "response": ("反馈率", "response"),
    "on_time": ("按时率", "on time"),
    "completeness": ("完整率", "complete"),
    "format_error": ("格式错误率", "format errors"),
    "correction": ("更正率", "corrected"),
    "refusal": ("拒绝率", "refused"),
    "hit": ("命中率", "hit"),
}
_HOUR = 60


def month_text(found: Mapping[str, Any], zone: ZoneInfo) -> RenderableType:
    """The month as it stands and, beside it, as it was closed."""
    head = tr(
        f"{found['month']} 统计（口径 {found['definition']}），数据截至 {local(found['as_of'], zone)}",
        f"figures of {found['month']} (definition {found['definition']}), as of {local(found['as_of'], zone)}",
    )
    later = found["not_due"]
    under_way = [
        tr(f"另有 {later} 行当月稍后到期，尚未计入", f"{later} lines fall due later in the month and are not counted yet")
    ]
    parts: list[RenderableType] = [head, *(under_way if later else []), *_cubes(found["now"])]
    if closed := found["closed"]:
        when = local(closed["closed_at"], zone)
        parts.append(
            tr(
                f"\n已关账数字（第 {closed['revision']} 版，{when}）：",
                f"\nclosed figures (revision {closed['revision']}, {when}):",
            )
        )
        parts += _cubes(closed["figures"])
    if found["programmes"]:
        parts.append(_programmes(found["programmes"]))
    return Group(*parts)


def _cubes(cubes: Mapping[str, Any]) -> Iterator[RenderableType]:
    for cube, title in _CUBES.items():
        if rows := cubes[cube]:
            columns = [title, ("类型", "kind"), ("应反馈", "due"), *(_TITLES[name] for name in _RATES)]
            columns += [("中位时长", "median"), ("95 分位", "p95"), ("逾期未结", "overdue"), ("不计分", "not scored")]
            yield table(columns, [_row(row) for row in rows])


def _row(row: Mapping[str, Any]) -> list[str]:
    unscored = [f"{bucket} {row['buckets'][bucket]}" for bucket in ("X1", "X2", "X3", "X4") if row["buckets"][bucket]]
    return [
        row["of"] or "—",
        tr(*KINDS.get(row["kind"], (row["kind"], row["kind"]))),
        str(row["due"]),
        *(_rate(row["rates"][name]) for name in _RATES),
        *(_hours(row["answer_time"], name) for name in ("median_minutes", "p95_minutes")),
        str(row["overdue_open"]),
        " ".join(unscored),
    ]


def _rate(rate: Mapping[str, Any]) -> str:
    if rate.get("too_few"):
        return tr("样本不足", "too few")
    if rate["rate"] is None:
        return "—"
    percent = rate["rate"] * 100
    text = f"{percent:.2f} %" if 0 < percent < 1 else f"{percent:.1f} %"
    return f"{text} ({rate['part']}/{rate['whole']})" if "part" in rate else text


def _hours(times: Mapping[str, Any], name: str) -> str:
    if times.get("too_few"):
        return tr("样本不足", "too few")
    minutes = times[name]
    return tr("未达到", "not reached") if minutes is None else f"{minutes / _HOUR:.1f} h"


def _programmes(rows: list[dict[str, Any]]) -> RenderableType:
    columns = [("地区", "region"), ("救助项目", "programme"), ("受理户数", "households"), ("复核申诉", "re-reviews")]
    columns += [("出具报告", "reports"), ("其中有缺口", "with gaps")]
    names = ("region", "programme", "households", "appeals", "reports", "with_gaps")
    return table(columns, [[str(row[name]) for name in names] for row in rows])


def explained(said: Mapping[str, Any]) -> Iterator[RenderableType]:
    """The formulas, and each bucket's lines by batch number and position."""
    from connector.figures.rates import FORMULAS
    from reconciliation.buckets import BUCKETS

    yield ""
    for zh, en, formula in FORMULAS.values():
        yield f"{tr(zh, en)} = {formula}"
    for bucket, found in said["buckets"].items():
        if found["lines"]:
            yield f"{bucket} {tr(*BUCKETS[bucket])}: {found['lines']}"
            for one in found["refs"]:
                lines = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in one["lines"])
                yield f"  {one['institution']} {one['batch']} {lines}"
