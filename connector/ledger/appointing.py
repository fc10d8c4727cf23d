"""Who may agree about keys is appointed by two persons once there is one who may: nobody appoints their own second person (security C3).

The first one an administrator appoints alone, for there is nobody else yet. The last one is neither retired nor given other roles: who
could do that would be alone again, and appoint whom they like.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from connector.ledger import people
from connector.ledger.errors import LedgerError
from connector.ledger.people import APPOINT, MAY_DECIDE_KEYS
from connector.ledger.rows import AnyRow, Tx


def takes_two(tx: Tx, name: str, roles: Collection[str]) -> bool:
    """Would these roles let a user agree about keys in a way they could not before, while there is somebody to be asked?"""
    held: Collection[str] = next((user.roles for user in _deciders(tx) if user.name == name), [])
    return bool(MAY_DECIDE_KEYS & set(roles) - set(held)) and bool(_deciders(tx))


def ask(tx: Tx, *, at: datetime, name: str, roles: Collection[str], by: str, home: tuple[str, str] | None = None) -> int:
    """Ask that a user is given these roles; the number of the request. ``home``: (centre, region) of a new user, none for one there is.

    Raises NotAllowed, LedgerError as ``people.add`` and ``people.set_roles`` do.
    """
    subject: dict[str, Any] = {"name": name, "roles": people.fitting(roles), "by": by}
    if home is not None:
        people.expect_new(tx, name)
        subject |= {"centre": home[0], "region": home[1]}
    else:
        people.require(tx, name, anywhere=True)
    return people.ask(tx, at=at, act=APPOINT, subject=subject, reason=f"{name}: {', '.join(subject['roles'])}", by=by)


def carry_out(tx: Tx, said: people.Subject, now: datetime) -> None:
    """Do what two persons agreed. Raises NotAllowed where who asked is no administrator any more; LedgerError as ``people.add``."""
    people.require(tx, said["by"], people.Role.ADMINISTRATOR, anywhere=True)
    if "centre" in said:
        people.add(tx, at=now, **said)
    else:
        people.set_roles(tx, at=now, **said)


def expect_not_last(tx: Tx, name: str, roles: Collection[str] = ()) -> None:
    """May the user be left with these roles (none: retired)? Raises LedgerError second-person-last."""
    if [user.name for user in _deciders(tx)] == [name] and not MAY_DECIDE_KEYS & set(roles):
        raise LedgerError(
            f"{name} is the last who may agree about keys; first appoint another, with their agreement"
            f" (connector users add NAME --role approver --with {name})",
            f"{name} 是最后一名可复核密钥操作的人；请先经其同意任命另一人（connector users add 用户名 --role approver --with {name}）",
            code="second-person-last",
        )


def _deciders(tx: Tx) -> list[AnyRow]:
    """In every centre of the ledger: the ring is one."""
    return [user for user in people.everyone(tx) if user.retired_at is None and MAY_DECIDE_KEYS & set(user.roles)]
