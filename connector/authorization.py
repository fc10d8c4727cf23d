"""May this person be asked about? The paper decides: its state, its days, its classes, whose signature it bears.

The states an authorization can have, the moves between them, and ``may_ask`` (domain rules 1–10). Nothing here is read or written.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from connector.inquiry import GUARDIAN, Person, Signature


class State(StrEnum):
    """Where an authorization stands (domain rule 2)."""

    DRAFT = "draft"  # registered; no household cites it yet
    VALID = "valid"
    ENDED = "ended"  # the check failed, or aid ended
    SUPERSEDED = "superseded"  # by a new paper: other members, a new application, a correction
    REVOKED = "revoked"  # withdrawn by the persons
    EXPIRED = "expired"  # its last day has passed


MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.VALID, State.ENDED, State.SUPERSEDED, State.REVOKED, State.EXPIRED}),
    State.VALID: frozenset({State.ENDED, State.SUPERSEDED, State.REVOKED, State.EXPIRED}),
    State.EXPIRED: frozenset({State.ENDED, State.SUPERSEDED, State.REVOKED}),
    State.ENDED: frozenset(),
    State.SUPERSEDED: frozenset(),
    State.REVOKED: frozenset(),
}

# An expired paper still covers the days before it expired: whether that is enough is a question of the day asked about.
ASKABLE = frozenset({State.VALID, State.EXPIRED})
OVER = frozenset({State.ENDED, State.SUPERSEDED, State.REVOKED})
CLOSED = {
    State.REVOKED: ("撤回", "withdrawn"),
    State.ENDED: ("终止", "ended"),
}  # by an act of somebody, with no paper in its place

NAMES = {
    State.DRAFT: ("草稿", "Draft"),
    State.VALID: ("有效", "Valid"),
    State.ENDED: ("已终止", "Ended"),
    State.SUPERSEDED: ("已被替代", "Superseded"),
    State.REVOKED: ("已撤回", "Withdrawn"),
    State.EXPIRED: ("已过期", "Expired"),
}


class AuthorizationError(Exception):
    """The operator's: this cannot be done with the authorization. ``zh`` and ``en`` say why; nothing was changed."""

    code = "authorization"

    def __init__(self, zh: str, en: str, *, code: str | None = None) -> None:
        super().__init__(en)
        self.zh, self.en, self.code = zh, en, code or self.code


class UnknownAuthorization(AuthorizationError):
    """No authorization of this centre has the number, or several households have it and none was named."""

    code = "authorization-unknown"


def after(state: State, to: State) -> State:
    """``to``, when it may follow ``state``. Raises AuthorizationError."""
    if to in MOVES[state]:
        return to
    (zh, en), (zh_to, en_to) = NAMES[state], NAMES[to]
    raise AuthorizationError(
        f"授权书现为“{zh}”，不能改为“{zh_to}”；未作更改。",
        f"An authorization that is {en.lower()} cannot become {en_to.lower()}; nothing was changed.",
        code="authorization-move",
    )


@dataclass(frozen=True, slots=True)
class Permitted:
    """The person may be asked about these asset classes."""

    classes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The person may not be asked about: a value, not an error. It holds nothing of the person."""

    code: str
    no: str
    zh: str
    en: str


_NO_PAPER = Refusal("authorization-missing", "R208", "没有授权书；未查询。", "There is no authorization; nothing was asked.")
_ENDED = Refusal(
    "authorization-ended",
    "R213",
    "授权书不是有效状态；未查询。请取得新的授权书。",
    "The authorization is not in force; nothing was asked. Get a new one.",
)
_NOT_NAMED = Refusal(
    "person-not-authorized",
    "A102",
    "授权书未列明此人；未查询。请补录含此人的授权书。",
    "The authorization does not name this person; nothing was asked. Record one that does.",
)
_INCOMPLETE = Refusal(
    "id-missing",
    "R201",
    "姓名、证件类型、证件号须齐全；未查询。",
    "Name, id type and id number are all needed; nothing was asked.",
)
_NOT_YET = Refusal(
    "authorization-not-yet-valid",
    "R209",
    "授权书签署日期晚于所查日期；未查询。",
    "The authorization was signed after the day in question; nothing was asked.",
)
_EXPIRED = Refusal(
    "authorization-expired",
    "A101",
    "授权书在所查日期之前已失效；未查询。请取得新的授权书。",
    "The authorization ended before the day in question; nothing was asked. Get a new one.",
)
_NOT_COVERED = Refusal(
    "scope-not-covered",
    "A103",
    "授权范围不含所查的资产类别；未查询。",
    "The authorization does not cover the asset classes in question; nothing was asked.",
)
_NO_GUARDIAN = Refusal(
    "guardian-missing",
    "A104",
    "须由监护人签署，缺监护人或其证件；未查询。",
    "A guardian's signature and id are needed; nothing was asked.",
)


def may_ask(
    person: Person, signature: Signature | None, state: str, classes: Set[str], *, signed_by: date, on: date, adult_age: int
) -> Permitted | Refusal:
    """Whether ``person`` may be asked about ``classes`` (all of them, and at least one).

    ``signature`` is the person's own on the paper, None where the paper does not name the person; ``state``, ``signed_by`` and
    ``on`` as in ``covers``.
    """
    if signature is None:
        return _NOT_NAMED
    paper = covers(state, signature.signed_on, signature.valid_to, signature.classes, classes, signed_by=signed_by, on=on)
    reasons = (
        (not signature.authorization_no, _NO_PAPER),
        (not (person.name and person.id_type and person.id_no), _INCOMPLETE),
        (not is_signed_rightly(person.birth_date, signature, adult_age), _NO_GUARDIAN),
    )
    return next((refusal for applies, refusal in reasons if applies), paper)


def covers(
    state: str, signed_on: date, valid_to: date | None, scope: Set[str], classes: Set[str], *, signed_by: date, on: date
) -> Permitted | Refusal:
    """Whether the paper itself covers ``classes``, of which ``scope`` are granted.

    ``signed_by`` is the last day it may have been signed (the application date), ``on`` the day it must be valid on: the base
    date, or the day of asking where the region wants that (``Policy.covered_day``).
    """
    reasons = (
        (state not in ASKABLE, _ENDED),
        (signed_on > signed_by, _NOT_YET),
        (is_past(valid_to, on), _EXPIRED),
        (not classes or not classes <= scope, _NOT_COVERED),
    )
    return next((refusal for applies, refusal in reasons if applies), Permitted(frozenset(classes)))


def is_past(valid_to: date | None, on: date) -> bool:
    """The last day of validity lies before ``on``; equal is valid, None is open-ended."""
    return valid_to is not None and valid_to < on


def is_minor(birth_date: date | None, signed_on: date, adult_age: int) -> bool:
    """The birthday of full age comes after the signature. Born on 29 February: of age on 1 March. No birth date known: of age."""
    if birth_date is None:
        return False
    return (birth_date.year + adult_age, birth_date.month, birth_date.day) > (signed_on.year, signed_on.month, signed_on.day)


def is_guardian_named(mode: str, guardian_name: str, guardian_id: str) -> bool:
    """A guardian who signed is known by name and number (the number is not checked)."""
    return mode == GUARDIAN and bool(guardian_name and guardian_id)


def is_signed_rightly(birth_date: date | None, signature: Signature, adult_age: int) -> bool:
    """A minor's guardian signed; a guardian who signed is named (domain rule 6)."""
    if signature.mode == GUARDIAN:
        return is_guardian_named(signature.mode, signature.guardian_name, signature.guardian_id)
    return not is_minor(birth_date, signature.signed_on, adult_age)
