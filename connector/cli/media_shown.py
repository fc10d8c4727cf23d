"""Media as a terminal shows them: a table of the register, and the story of one medium from hand to hand."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connector.cli.console import local, note, out, table, tr

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
    tell_next(told)


def tell_next(told: dict[str, Any]) -> None:
    """Which act is next for a medium as it stands."""
    from connector.media.holding import CAUSES

    key, hands = told["id"], "--by … --with …"
    end = f"connector media return {key} {hands} | connector media destroy {key} --by … --reason …"
    if told["state"] == "destroyed":
        _next(f"connector media destroy {key} --certificate FILE.pdf", "出具销毁证明", "its certificate")
    elif told["closed_at"]:
        return
    elif told["state"] == "refused":
        _next(end, "归还或销毁", "give it back or destroy it")
    elif told["problem"] and told["problem"]["code"] in CAUSES:
        line = f"connector media release {key} --seal … --reason … --by …"
        _next(line, "致电银行核实；可以读取则申请解除扣留", "ask the bank; where it may be read, ask for its release")
    elif told["direction"] == "in" and not told["imported_at"]:
        _next(f"connector media import FOLDER --medium {key} --seal {told['seal_number']} {hands}", "导入", "take it in")
    elif told["direction"] == "in":
        _next(end, "归还或销毁", "give it back or destroy it")
    elif any(event["what"] == "handed-over" for event in told["events"]):
        line = f"connector media receive {told['institution']} --label … --seal … --handed-at … {hands}"
        _next(line, "等候银行的介质；收到时登记", "wait for the bank's medium; when it comes")
        _next(end, "我方介质收回时登记，或销毁", "when ours comes back, or is to be destroyed")
    elif told["seal_number"]:
        line = f"connector media slip {key} --pdf FILE.pdf; connector media hand-over {key} {hands}"
        _next(line, "打印交接单，双人交出", "print the slip, then two persons hand it over")
    elif told["written_at"]:
        line = f"connector media seal {key} --seal … --read FOLDER {hands}"
        _next(line, "刻录或弹出，从介质回读并封签", "burn or eject it, read the medium itself back and seal it")


def _next(line: str, zh: str, en: str) -> None:
    note(f"下一步：{zh}：{line}", f"next: {en}: {line}")


def _story(deployment: "Deployment", told: dict[str, Any]) -> str:
    from connector.media import words

    zone = deployment.parts.zone
    lines = [
        _line(deployment, told),
        *_digests(told),
        *(f"  {file['name']}  {file['size']:,}  {file['digest']}" for file in told["files"]),
    ]
    for event in told["events"]:
        hands = " · ".join(name for name in (event["who"], event["second"]) if name) or tr("银行", "bank")
        what = tr(*words.EVENTS.get(event["what"], (event["what"], event["what"])))
        lines.append(f"  {local(event['at'], zone)}  {what}  {hands}  {event['seal_number']}  {_remark(event)}".rstrip())
    if told["problem"]:
        lines.append("▲ " + tr(told["problem"]["zh"], told["problem"]["en"]))
    return "\n".join(lines)


def _digests(told: dict[str, Any]) -> list[str]:
    """Of its signed list, as its slip has them."""
    named = (("SHA-256", told["manifest_digest"]), ("SM3", told["sm3"]))
    return [f"  {tr('清单', 'list')} {name} {digest}" for name, digest in named if digest]


def _remark(event: dict[str, Any]) -> str:
    """What was noted with an event: facts in words, what a person wrote as it is."""
    from connector.media import words

    said = [each.partition("=") for each in event["note"].split()]
    if not said or any(word not in words.FACTS for word, _, _ in said):
        return str(event["note"])
    return tr("；", ", ").join(tr(*words.FACTS[word]).format(value) for word, _, value in said)


def _state(told: dict[str, Any]) -> str:
    """Its sign and its state; a bank's medium that is back is back at the bank."""
    from connector.media import words

    zh, en, sign = words.STATES[told["state"]]
    if (told["direction"], told["state"]) == ("in", "back"):
        zh, en = "已归还银行", "given back to the bank"
    return f"{sign} {tr(zh, en)}"


def _line(deployment: "Deployment", told: dict[str, Any]) -> str:
    from connector.media import words

    due = tr("期限 ", "due ") + local(told["due_at"], deployment.parts.zone)[:10] if told["due_at"] else ""
    parts = (
        f"M-{told['id']:04d}",
        tr(*words.DIRECTIONS[told["direction"]]),
        told["institution"],
        told["label"],
        tr("卷", "volume") + f" {told['volume']}/{told['volumes']}",
        tr("封签", "seal") + f" {told['seal_number'] or '–'}",
        due,
        _state(told),
    )
    return "  ".join(part for part in parts if part)


def show_many(deployment: "Deployment", tx: "Tx", rows: "Sequence[AnyRow]", as_json: bool, nothing: str) -> list[dict[str, Any]]:
    """A table of media; ``nothing`` is said where there are none. What was told of each."""
    from connector.media import register

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
            _state(each),
        )
        for each in told
    ]
    out({"schema": "media/1", "media": told}, as_json, table(columns, lines, folds={1}) if told else nothing)
    return told
