"""Media as a terminal shows them: a table of the register, and the story of one medium from hand to hand."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connector.cli.console import local, out, table, tr

if TYPE_CHECKING:
    from connector.assembly import Deployment
    from connector.ledger.rows import AnyRow, Tx

_SHORT = {"out": ("出", "out"), "in": ("入", "in")}  # a table is read on 80 columns too


def show_one(deployment: "Deployment", key: int, as_json: bool) -> None:
    """A medium with every hand it passed through."""
    from connector.media import register

    with deployment.ledger.read() as tx:
        row = register.find(tx, str(key))
        told = register.told(tx, row, deployment.now())
    out(told, as_json, _story(deployment, told))


def _story(deployment: "Deployment", told: dict[str, Any]) -> str:
    from connector.media import words

    zone = deployment.parts.zone
    lines = [_line(deployment, told), *(f"  {file['name']}  {file['size']:,}  {file['digest']}" for file in told["files"])]
    for event in told["events"]:
        hands = " · ".join(name for name in (event["who"], event["second"]) if name) or tr("银行", "bank")
        what = tr(*words.EVENTS.get(event["what"], (event["what"], event["what"])))
        lines.append(f"  {local(event['at'], zone)}  {what}  {hands}  {event['seal_number']}  {event['note']}".rstrip())
    if told["problem"]:
        lines.append("▲ " + tr(told["problem"]["zh"], told["problem"]["en"]))
    return "\n".join(lines)


def _line(deployment: "Deployment", told: dict[str, Any]) -> str:
    from connector.media import words

    zh, en, sign = words.STATES[told["state"]]
    due = tr("期限 ", "due ") + local(told["due_at"], deployment.parts.zone)[:10] if told["due_at"] else ""
    parts = (
        f"M-{told['id']:04d}",
        tr(*words.DIRECTIONS[told["direction"]]),
        told["institution"],
        told["label"],
        tr("卷", "volume") + f" {told['volume']}/{told['volumes']}",
        tr("封签", "seal") + f" {told['seal_number'] or '–'}",
        due,
        f"{sign} {tr(zh, en)}",
    )
    return "  ".join(part for part in parts if part)


def show_many(deployment: "Deployment", tx: "Tx", rows: "Sequence[AnyRow]", as_json: bool, nothing: str) -> None:
    """A table of media; ``nothing`` is said where there are none."""
    from connector.media import register, words

    told = [register.told(tx, row, deployment.now()) for row in rows]
    zone = deployment.parts.zone
    columns = [
        ("介质号", "no."),
        ("标签", "label"),
        ("方向", "direction"),
        ("银行", "bank"),
        ("卷", "volume"),
        ("封签号", "seal"),
    ]
    columns += [("期限", "due"), ("状态", "state")]
    lines = [
        (
            f"M-{each['id']:04d}",
            each["label"],
            tr(*_SHORT[each["direction"]]),
            each["institution"],
            f"{each['volume']}/{each['volumes']}",
            each["seal_number"] or "–",
            local(each["due_at"], zone)[:10] if each["due_at"] else "–",
            " ".join((words.STATES[each["state"]][2], tr(*words.STATES[each["state"]][:2]))),
        )
        for each in told
    ]
    out({"schema": "media/1", "media": told}, as_json, table(columns, lines, folds={1}) if told else nothing)
