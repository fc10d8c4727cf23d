"""Who may act: named users with roles, and acts that take two persons.

Roles that would let one person both act and check, or both run the service and see its matter, are never held together.
An act of two persons is asked by one and decided by another; what was agreed is carried out by the caller in the same
transaction. Every change is audited.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations
from typing import Any

from sqlalchemy import select

from connector.ledger import audit, site
from connector.ledger.errors import LedgerError, NotAllowed
from connector.ledger.people_tables import approval, person_user
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment, parse


class Role(StrEnum):
    """What a user may be."""

    OPERATOR = "operator"  # brings households in, follows inquiries
    MANAGER = "manager"  # answers for the centre's work
    KEY_OFFICER = "key_officer"
    APPROVER = "approver"  # the second person
    AUDITOR = "auditor"  # reads the audit, does nothing else
    ADMINISTRATOR = "administrator"  # banks, schedule, users; sees no household
    TOWN_CLERK = "town_clerk"
    SUPERVISOR = "supervisor"  # figures by bank and region, never a person


ROLE_NAMES: Mapping[str, str] = {
    Role.OPERATOR: "经办人",
    Role.MANAGER: "主管",
    Role.KEY_OFFICER: "密钥管理员",
    Role.APPROVER: "复核人",
    Role.AUDITOR: "审计员",
    Role.ADMINISTRATOR: "系统管理员",
    Role.TOWN_CLERK: "乡镇（街道）经办人",
    Role.SUPERVISOR: "监管人员",
}  # in Chinese; in English a role is its own name
_ALONE = (Role.AUDITOR, Role.ADMINISTRATOR, Role.SUPERVISOR)  # held beside no other role
CONFLICTS: frozenset[frozenset[Role]] = frozenset(
    {frozenset({one, other}) for one in _ALONE for other in Role if one is not other}
    | {frozenset({Role.APPROVER, doer}) for doer in (Role.OPERATOR, Role.KEY_OFFICER, Role.TOWN_CLERK)}
)

SERVICE = "connector"  # who the audit names where no person acted: no person bears it
PERSONS_REQUEST_LASTS = timedelta(days=30)
_NAME = re.compile(r"\w[\w.@-]{0,63}")
_MAY_DECIDE = frozenset({Role.APPROVER, Role.MANAGER})
MAY_DECIDE_KEYS = frozenset({Role.APPROVER, Role.KEY_OFFICER})  # acts whose name begins with "key"
APPOINT = "key-appoint"  # see appointing
Subject = Mapping[str, Any]


# ---------------------------------------------------------------- users
def add(tx: Tx, *, at: datetime, name: str, roles: Iterable[str], centre: str, region: str, by: str) -> None:
    """A new user. Raises LedgerError: a name already taken (names are for life) or unusable, roles that conflict."""
    kept = fitting(roles)
    expect_new(tx, name)
    tx.execute(person_user.insert().values(name=name, centre=centre, region=region, roles=kept, created_at=moment(at)))
    audit.record(tx, at=at, who=by, what="user-added", centre=centre, subject=f"user {name}", detail={"roles": kept})


def expect_new(tx: Tx, name: str) -> None:
    """May a new user be called so? Raises LedgerError user-name-unusable, user-exists."""
    if not _NAME.fullmatch(name):
        raise LedgerError(
            "a user's name has 1 to 64 letters, digits or . _ @ -",
            "用户名为 1 至 64 位字母、数字或 . _ @ -",
            code="user-name-unusable",
        )
    if _folded(name) in {SERVICE, *(_folded(user.name) for user in everyone(tx))}:
        raise LedgerError(
            f"{name} is or was a user; names are for life, take another (to change what a user may do: connector users roles)",
            f"{name} 已被使用；用户名终身唯一，请换一个（变更角色请用 connector users roles）",
            code="user-exists",
        )


def set_roles(tx: Tx, *, at: datetime, name: str, roles: Iterable[str], by: str) -> None:
    """Give a user these roles and no others. Raises NotAllowed for an unknown or retired user, LedgerError for a conflict."""
    kept = fitting(roles)
    user = require(tx, name, anywhere=True)
    tx.execute(person_user.update().where(person_user.c.name == name).values(roles=kept))
    detail = {"roles": kept, "before": user.roles}
    audit.record(tx, at=at, who=by, what="user-roles", centre=user.centre, subject=f"user {name}", detail=detail)


def retire(tx: Tx, *, at: datetime, name: str, by: str) -> None:
    """The user may do nothing from now on; may be repeated. Raises NotAllowed for an unknown user."""
    user = _find(tx, name)
    if user is None:
        raise _unknown(name)
    if user.retired_at is None:
        tx.execute(person_user.update().where(person_user.c.name == name).values(retired_at=moment(at)))
        audit.record(tx, at=at, who=by, what="user-retired", centre=user.centre, subject=f"user {name}")


def everyone(tx: Tx) -> Sequence[AnyRow]:
    """name, centre, region, roles, created_at, retired_at of all users, by name."""
    return tx.execute(select(person_user).order_by(person_user.c.name)).all()


def require(tx: Tx, name: str, *roles: str, anywhere: bool = False) -> AnyRow:
    """The user, who holds at least one of ``roles`` (none given: any user will do) and is of the deployment's centre. Raises NotAllowed.

    ``anywhere``: of whatever centre (the key ring is that of all who share the ledger).
    """
    user = _find(tx, name)
    if user is None:
        raise _unknown(name)
    if user.retired_at is not None:
        raise NotAllowed(f"{name} is retired", f"{name} 已停用", code="user-retired")
    if not anywhere and not site.is_ours(tx, user.centre):
        raise NotAllowed(
            f"{name} is a user of another centre ({user.centre}); a user of this one must do it",
            f"{name} 是其他中心（{user.centre}）的用户；须由本中心的用户办理",
            code="other-centre",
        )
    if roles and not set(user.roles) & set(roles):
        wanted, zh = ", ".join(sorted(roles)), "、".join(f"{ROLE_NAMES.get(role, role)}（{role}）" for role in sorted(roles))
        raise NotAllowed(
            f"{name} lacks the role for this; who may: {wanted}", f"{name} 没有所需角色；须为：{zh}", code="role-missing"
        )
    return user


# ---------------------------------------------------------------- acts of two persons
def ask(
    tx: Tx,
    *,
    at: datetime,
    act: str,
    subject: Mapping[str, Any],
    reason: str,
    by: str,
    centre: str | None = None,
    region: str = "",
) -> int:
    """Ask for a second person; the number of the request. The same act asked again while it waits is the same request.

    ``subject``: what the act needs to be carried out, ids only. ``centre`` is given when the service itself asks; a
    person's own is taken otherwise. Raises NotAllowed for an unknown or retired user, LedgerError without a reason.
    """
    if not reason.strip():
        raise LedgerError("an act of two persons needs a reason", "需双人复核的操作必须写明理由", code="reason-missing")
    if centre is None:
        user = require(tx, by, anywhere=act.startswith("key"))
        centre, region = user.centre, user.region
    for row in waiting(tx, centre):
        if (row.act, row.subject, row.asked_by) == (act, dict(subject), by) and not _is_over(row, at):
            return int(row.id)
    values = {"act": act, "subject": dict(subject), "reason": reason, "asked_by": by, "asked_at": moment(at)}
    made = approval.insert().values(**values, centre=centre, region=region, state="waiting").returning(approval.c.id)
    number = int(tx.execute(made).scalar_one())
    audit.record(tx, at=at, who=by, what="approval-asked", centre=centre, subject=f"approval {number}", detail={"act": act})
    return number


def decide(tx: Tx, number: int, *, at: datetime, by: str, agree: bool) -> AnyRow:
    """Decide a request as the second person; the request as it now stands: ``act`` and ``subject`` to be carried out if agreed.

    Raises NotAllowed for the asker, a user of another centre, a user without the role, and where the asker is not a user any more;
    LedgerError when it is decided already, or a person asked so long ago that it is asked anew (PERSONS_REQUEST_LASTS).
    """
    row = request(tx, number)
    if row is None:
        raise LedgerError(f"there is no request {number}", f"没有第 {number} 号复核申请", code="approval-unknown")
    if row.state != "waiting":
        raise LedgerError(
            f"request {number} is decided already: {row.state}", f"第 {number} 号复核申请已处理", code="approval-decided"
        )
    _second_person(tx, row, by)
    if agree:
        _expect_fresh(tx, row, at)
    _settle(tx, row, "agreed" if agree else "returned", at, by)
    return tx.execute(select(approval).where(approval.c.id == number)).one()


def close(tx: Tx, row: AnyRow, *, at: datetime, by: str, because: str) -> None:
    """Return a request that waits, by whoever did what overtook it; ``because``: what that was, ids only."""
    _settle(tx, row, "returned", at, by, because=because)


def _settle(tx: Tx, row: AnyRow, state: str, at: datetime, by: str, **more: str) -> None:
    tx.execute(approval.update().where(approval.c.id == row.id).values(state=state, decided_by=by, decided_at=moment(at)))
    detail = {"act": row.act, "asked_by": row.asked_by, **more}
    audit.record(tx, at=at, who=by, what=f"approval-{state}", centre=row.centre, subject=f"approval {row.id}", detail=detail)


def request(tx: Tx, number: int) -> AnyRow | None:
    """The request with this number, whatever became of it; none where there is none."""
    return tx.execute(select(approval).where(approval.c.id == number)).one_or_none()


def waiting(tx: Tx, centre: str | None = None) -> Sequence[AnyRow]:
    """Requests that wait for a second person (of one centre), oldest first."""
    query = select(approval).where(approval.c.state == "waiting").order_by(approval.c.id)
    return tx.execute(query if centre is None else query.where(approval.c.centre == centre)).all()


def of_act(tx: Tx, act: str) -> Sequence[AnyRow]:
    """Every request for an act, oldest first."""
    return tx.execute(select(approval).where(approval.c.act == act).order_by(approval.c.id)).all()


def agreed(tx: Tx, act: str, subject: Mapping[str, Any]) -> AnyRow:
    """The request that two persons agreed last for this act on this subject: asked_by, decided_by, reason."""
    return [row for row in of_act(tx, act) if row.subject == dict(subject) and row.state == "agreed"][-1]


# ---------------------------------------------------------------- rules
def fitting(roles: Iterable[str]) -> list[str]:
    """The roles in order. Raises LedgerError for an unknown one, none at all, or a conflicting pair."""
    given = sorted(set(roles))
    unknown = [role for role in given if role not in set(Role)]
    if unknown or not given:
        known = ", ".join(Role)
        raise LedgerError(f"a user's roles are among: {known}", f"角色须为：{known}", code="role-unknown")
    for one, other in combinations(given, 2):
        if frozenset({Role(one), Role(other)}) in CONFLICTS:
            raise LedgerError(
                f"{one} and {other} are not held by one person; make two users",
                f"{one} 与 {other} 不得由同一人担任；请分设两个用户",
                code="roles-conflict",
            )
    return given


def _second_person(tx: Tx, row: AnyRow, by: str) -> None:
    if by == row.asked_by:
        raise NotAllowed(
            "who asks does not decide: another person must", "申请人不得自行复核；须由另一人处理", code="same-person"
        )
    user = require(tx, by, *(MAY_DECIDE_KEYS if row.act.startswith("key") else _MAY_DECIDE), anywhere=True)
    if user.centre != row.centre and row.act != APPOINT:
        raise NotAllowed(
            f"request {row.id} belongs to another centre", f"第 {row.id} 号复核申请属于其他中心", code="other-centre"
        )


def _is_over(row: AnyRow, at: datetime) -> bool:
    """What the service asks for comes of the records and is as true later; what a person saw may not be."""
    return row.asked_by != SERVICE and at - parse(row.asked_at) > PERSONS_REQUEST_LASTS


def _expect_fresh(tx: Tx, row: AnyRow, at: datetime) -> None:
    if row.asked_by != SERVICE:
        require(tx, row.asked_by, anywhere=True)
    if _is_over(row, at):
        days = PERSONS_REQUEST_LASTS.days
        raise LedgerError(
            f"request {row.id} was made more than {days} days ago: return it (connector approve {row.id} --return) and ask again",
            f"第 {row.id} 号复核申请已逾 {days} 天：请退回（connector approve {row.id} --return）后重新申请",
            code="approval-over",
        )


def _folded(name: str) -> str:
    """Names that differ in width or letter case alone would be taken for each other."""
    return unicodedata.normalize("NFKC", name).casefold()


def _find(tx: Tx, name: str) -> AnyRow | None:
    return tx.execute(select(person_user).where(person_user.c.name == name)).one_or_none()


def _unknown(name: str) -> NotAllowed:
    return NotAllowed(
        f"{name} is not a user here; an administrator adds users with `connector users add`",
        f"{name} 不是本部署的用户；管理员可用 connector users add 添加",
        code="user-unknown",
    )
