"""Requests that wait for a second person, in words: what is asked, of which batch, file, medium or month, and what comes of agreeing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from connector.cli.console import WAITS, out, tr
from connector.keys.words import USES
from connector.road_names import ROADS
from reconciliation.words import OUTCOMES

if TYPE_CHECKING:
    from connector.ledger.rows import AnyRow

RESOLVED = {
    "received": ("银行证实已收到", "the bank says it has it"),
    "not-received": ("银行证实未收到，重发同一包", "the bank says it has it not; the same parcel goes again"),
    "by-hand": ("已由人送达", "it was carried there by hand"),
}
ACTS = {
    "release-batch": ("放行批次", "release a batch"),
    "resolve-batch": ("处置存疑批次", "settle where a batch is"),
    "ask-again": ("再问未答复的行", "ask again for what is missing"),
    "remake-batch": ("拒收批次更正重制", "make a rejected batch anew"),
    "bank-outage": ("银行停机", "a bank is away"),
    "release-answer": ("读入被隔离的反馈", "read an answer set apart"),
    "destroy-medium": ("销毁介质", "destroy a medium"),
    "release-medium": ("解除介质扣留", "release a held medium"),
    "take-calendar": ("导入放假安排", "take in a year's list of holidays"),
    "replace-scan": ("更换授权书扫描件", "put another scan in the place of one"),
    "decide-appeal": ("作出申诉结论", "decide an appeal"),
    "accept-refusal": ("认可银行的拒绝", "accept that the bank refused rightly"),
    "reopen-month": ("重开已关账月份", "re-open a closed month"),
    "register-end": ("按在册名单停止一批家庭", "end the aid of many households at once"),
    "death-list": ("按死亡名单停止查询", "stop whom a list of deaths names"),
    "retire-month": ("到期销毁", "end a month's data"),
    "key-appoint": ("任命可复核密钥操作的人", "let a user agree about keys"),
    "key-new": ("新建密钥", "make a key"),
    "key-import": ("导入证书", "take a bank's certificate in"),
    "key-certify": ("导入我方密钥的 CA 证书", "take in a CA's certificate of our key"),
    "key-renew": ("更换密钥", "put a new key in its place"),
    "key-retire": ("停用密钥", "retire a key"),
    "key-restore": ("恢复密钥", "take a key back into use"),
    "key-destroy": ("销毁密钥", "destroy a key"),
}


APPEALS = {
    "received": ("已受理", "received"),
    "rechecking": ("复核中", "being re-checked"),
    "upheld": ("维持", "upheld"),
    "corrected": ("更正", "corrected"),
    "declined": ("不予受理", "declined"),
}  # how an appeal stands or ended


def now_waits(request: int, as_json: bool, then: tuple[str, str] = ("", "")) -> NoReturn:
    """Ends a verb that asked: by which number the second person agrees, and what is done after that."""
    text = tr(
        f"第 {request} 号复核申请，等待另一人：connector approve {request}{then[0]}",
        f"request {request} waits for another person: connector approve {request}{then[1]}",
    )
    out({"schema": "approval/1", "id": request, "state": "waiting"}, as_json, text)
    raise typer.Exit(WAITS)


def act_of(row: "AnyRow") -> str:
    return tr(*ACTS[row.act]) if row.act in ACTS else str(row.act)


def subject_of(row: "AnyRow") -> str:
    """Whose it is and which one, by the numbers people know."""
    said = row.subject
    if row.act in ("release-batch", "ask-again", "remake-batch"):
        return _of_batch(said)
    if row.act == "release-answer":
        return tr(
            f"{said.get('institution', '')} 文件 {said['inbound']}", f"{said.get('institution', '')} file {said['inbound']}"
        ).strip()
    if row.act == "resolve-batch":
        return tr(
            f"{said['institution']} 批次 {said['number']}：{_how(said)}",
            f"{said['institution']} batch {said['number']}: {_how(said)}",
        )
    if row.act in ("destroy-medium", "release-medium"):
        return tr(f"{said['institution']} 介质 {said['label']}", f"{said['institution']} medium {said['label']}")
    if row.act == "replace-scan":
        place = (said["number"], said["household_no"], said["before"][:16], said["digest"][:16])
        return tr("{} 家庭 {}（SHA-256 {}… → {}…）", "{} household {} (SHA-256 {}… → {}…)").format(*place)
    return _other_subject(str(row.act), said)


def _of_batch(said: Mapping[str, Any]) -> str:
    """A batch, with what of it is meant."""
    zh, en = f"{said.get('institution', '')} 批次 {said['number']}", f"{said.get('institution', '')} batch {said['number']}"
    if only := said.get("only"):
        zh, en = f"{zh}：{'、'.join(OUTCOMES[word][0] for word in only)}", f"{en}: {', '.join(only)}"
    if without := said.get("without"):
        lines = ", ".join(map(str, without))
        zh, en = f"{zh}（略去第 {lines} 行）", f"{en} (without lines {lines})"
    return tr(zh, en).strip()


_IN_WORDS = {
    "bank-outage": ("{institution}：{starts_at} 至 {ends_at}（UTC）", "{institution}: {starts_at} to {ends_at} (UTC)"),
    "retire-month": ("{month} 月份的数据", "the data of {month}"),
    "reopen-month": ("{month} 的统计", "the figures of {month}"),
    "take-calendar": ("{year} 年：{source}", "{year}: {source}"),
}


def _other_subject(act: str, said: Mapping[str, Any]) -> str:
    if act in _IN_WORDS:
        return tr(*_IN_WORDS[act]).format(**said)
    if act == "decide-appeal":
        zh, en = APPEALS[said["result"]]
        return tr(f"第 {said['appeal']} 号申诉：{zh}", f"appeal {said['appeal']}: {en}")
    if act == "accept-refusal":
        lines = sum(last - first + 1 for first, last in said["positions"])
        return tr(
            f"{said['institution']} 批次 {said['number']}：{lines} 行",
            f"{said['institution']} batch {said['number']}: {lines} lines",
        )
    return _key(act, said) if act.startswith("key-") else _of_register(act, said)


def _of_register(act: str, said: Mapping[str, Any]) -> str:
    """Whom a register or a list of deaths would stop, by count."""
    if act == "register-end":
        zh, en = f"{said['month']} 在册名单：{said['ended']}/{said['register']} 户", f"register of {said['month']}"
        return tr(zh, f"{en}: {said['ended']} of {said['register']} households")
    if act == "death-list":
        return tr(
            f"第 {said['list']} 号死亡名单：{said['persons']} 人", f"list of deaths {said['list']}: {said['persons']} persons"
        )
    return ", ".join(f"{name} {value}" for name, value in said.items())


def _key(act: str, said: Mapping[str, Any]) -> str:
    """A key by its alias, and what tells it from others; a user by name."""
    if act == "key-appoint":
        return f"{said['name']} ({', '.join(said['roles'])})"
    if act == "key-new":
        days = tr(f"{said['days']} 天", f"{said['days']} days")
        since = tr(f"，{said['begins'][:10]} 起", f" from {said['begins'][:10]}") if "begins" in said else ""
        home = tr(", 密码硬件", ", hardware") if said.get("home", "ring") != "ring" else ""
        return f"{said['alias']} ({_use(said)}, {said['kind']}{home}, {days}{since})"
    if act == "key-certify":
        since = tr(f"，{said['begins'][:10]} 起", f" from {said['begins'][:10]}") if "begins" in said else ""
        return tr(
            f"{said['alias']} 指纹 {said['fingerprint']}{since}", f"{said['alias']} fingerprint {said['fingerprint']}{since}"
        )
    if act == "key-import":
        return tr(
            f"{said['alias']}{_for(said)} 指纹 {said['fingerprint']} 回执 {said['evidence']}",
            f"{said['alias']}{_for(said)} fingerprint {said['fingerprint']} letter {said['evidence']}",
        )
    return f"{said['alias']} ({said['key']})"


def _use(said: Mapping[str, Any]) -> str:
    return tr(USES[said["use"]], said["use"])


def _for(said: Mapping[str, Any]) -> str:
    """What a bank's certificate is for; a request of an earlier release does not say."""
    return f" ({_use(said)})" if "use" in said else ""


def _how(said: Mapping[str, Any]) -> str:
    """How two persons are asked to settle a batch."""
    if said["how"] == "by-road":
        zh, en = ROADS.get(said["road"], (said["road"], said["road"]))
        return tr(f"改走{zh}", f"it goes by another road: {en}")
    if said["how"] == "by-hand" and "digest" in said:  # a request of an earlier release has none
        zh, en = RESOLVED["by-hand"]
        return tr(f"{zh}（SHA-256 {said['digest'][:16]}…）", f"{en} (SHA-256 {said['digest'][:16]}…)")
    return tr(*RESOLVED[said["how"]])


def then_of(row: "AnyRow", brought: str = "") -> tuple[str, str]:
    """When what was agreed counts, and what is to be done next; ``brought``: the id of the key that came of it."""
    if row.act in ("destroy-medium", "release-medium"):
        return _then_of_medium(row)
    if row.act == "key-new":
        line = f"connector keys letter {brought} --certificate FILE.pem"
        return f"密钥已建立；证书与指纹函：{line}", f"the key is made; its certificate and letter: {line}"
    if row.act == "decide-appeal" and row.subject["result"] == "corrected":
        return (
            "下一遍 connector step conclude 出具新版报告",
            "the next connector step conclude makes a further version of the report",
        )
    if row.act.startswith("key-") or row.act in ("replace-scan", "decide-appeal", "accept-refusal", "death-list"):
        return "即刻生效", "it counts at once"
    if row.subject.get("road") == "media":
        line = f"connector media write {row.subject['institution']} --to FOLDER --by …"
        return f"写出介质：{line}", f"write the medium: {line}"
    return _next_pass(row)


def _next_pass(row: "AnyRow") -> tuple[str, str]:
    if row.act == "register-end":
        line = f"connector register take FILE --month {row.subject['month']} --by …"
        return f"接收同一文件：{line}", f"take the same file: {line}"
    if row.act == "reopen-month":
        line = f"connector statistics close --month {row.subject['month']} --by …"
        return f"重新关账：{line}", f"close it anew: {line}"
    if row.act == "take-calendar":
        return (
            "即刻生效，未结期限已重新计算：connector calendar moved",
            "it counts at once; open deadlines were counted again: connector calendar moved",
        )
    return "下一遍 connector step all 起生效", "it counts from the next connector step all"


def _then_of_medium(row: "AnyRow") -> tuple[str, str]:
    if row.act == "destroy-medium":
        line = f"connector media destroy {row.subject['medium']} --certificate FILE.pdf"
        return f"即刻生效，出具证明：{line}", f"it counts at once; its certificate: {line}"
    line = f"connector media import FOLDER --medium {row.subject['medium']} --seal {row.subject['seal']} --by … --with …"
    return f"可以导入：{line}", f"it may be taken in: {line}"
