"""What ``connector status`` tells of the register, its rounds and the lists of deaths."""

from datetime import datetime
from typing import Any

from config.rounds import Rounds, read_rounds
from config.yaml_file import BadSettings
from connector.ledger import deaths, rounds
from connector.ledger.rows import Tx
from connector.parts import Parts, problem
from connector.register.rounds import waits


def told(tx: Tx, parts: Parts, now: datetime) -> list[dict[str, Any]]:
    """Rounds that wait for their register, households left out of one, persons of a list to be looked at, households to tell."""
    return [*_waiting(tx, parts, now), *_left_out(tx, parts), *_deaths(tx, parts)]


def _rules(parts: Parts) -> Rounds | BadSettings:
    """The file as it lies there now; what is wrong with it is told, and stops no other word of the status."""
    try:
        return read_rounds(parts.folder)
    except BadSettings as wrong:
        return wrong


def _waiting(tx: Tx, parts: Parts, now: datetime) -> list[dict[str, Any]]:
    rules, late = _rules(parts), []
    if isinstance(rules, BadSettings):
        return [{**problem("rounds-wrong", rules.zh, rules.en), "alarm": True}]
    for programme, made, period in rules.due(parts.day(now)):
        row = rounds.find(tx, parts.centre, programme, period)
        if (row is None or row.finished_at is None) and waits(tx, parts, rules, made, period):
            late.append(f"{programme} {period}")
    said = problem(
        "register-awaited",
        f"定期核对已到发起日，而当月在册名单未接收：{'、'.join(late)}。请接收：connector register take FILE",
        f"the day of these rounds has come and the register of the month was not taken: {', '.join(late)}. Take it: connector register"
        " take FILE",
    )
    return [{**said, "alarm": True}] if late else []


def _left_out(tx: Tx, parts: Parts) -> list[dict[str, Any]]:
    out = rounds.unsettled(tx, parts.centre)
    homes = sum(out.values())
    said = problem(
        "round-left-out",
        f"最近一期定期核对有 {homes} 户未查询，原因见 connector register rounds",
        f"{homes} households were left out of the newest rounds; why: connector register rounds",
    )
    return [{**said, "alarm": False}] if homes else []


def _deaths(tx: Tx, parts: Parts) -> list[dict[str, Any]]:
    look, found = deaths.to_look_at(tx, parts.centre), []
    if persons := look.get(deaths.DIFFERS):
        found.append(
            problem(
                "death-name-differs",
                f"死亡名单中 {persons} 人证件号码相符而姓名不符，未停止；请核对：connector deaths show",
                f"{persons} persons of a list of deaths have our number and another name; not stopped. Look: connector deaths show",
            )
        )
    if persons := look.get(deaths.HELD):
        found.append(
            problem(
                "deaths-held",
                f"死亡名单中 {persons} 人等待第二人复核，其间暂不送出（connector approvals）",
                f"{persons} persons of a list of deaths wait for a second person and nothing is sent about them (connector approvals)",
            )
        )
    if homes := deaths.without_paper(tx, parts.centre):
        found.append(
            problem(
                "household-member-died",
                f"{len(homes)} 户有成员死亡，授权书已终止；如仍需核对，请全户重新签署（connector deaths show）",
                f"{len(homes)} households have a member who died and no authorization in force; to ask on, get a new one (connector"
                " deaths show)",
            )
        )
    return [{**said, "alarm": said["code"] == "death-name-differs"} for said in found]
