"""The reasons that lie in a row alone, in the order in which they are looked for: one check a reason, over whole columns."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from config.policy import Policy
from connector.authorization import is_guardian_named, is_minor, is_past
from connector.inquiry import GUARDIAN
from connector.intake.cells import UNREADABLE, is_region, read_date
from connector.intake.rows import DATES, GUARDIAN_TERM, Rows, each
from connector.intake.sheet import CELL_MAX

NUMBER_MAX = 60  # characters of household and authorization numbers, as the ledger keeps them


@dataclass(frozen=True)
class Known:
    """What the ledger says against rows, as positions in the sheet."""

    ended: frozenset[int] = frozenset()  # the authorization cited is over
    unnamed: frozenset[int] = frozenset()  # the authorization was used for the household without this person
    taken: frozenset[int] = frozenset()  # the person stands in another open inquiry
    unchanged: frozenset[int] = frozenset()  # the household is in the ledger just so: never refused


NOTHING_KNOWN = Known()
Check = Callable[[Rows, Policy, Known], Iterable[object]]  # truthy where the reason applies; empty where it applies nowhere


def first_reasons(rows: Rows, policy: Policy, known: Known = NOTHING_KNOWN) -> list[str | None]:
    """The first reason that lies in each row alone, or None."""
    codes: list[str | None] = [None] * len(rows)
    for slug, check in CHECKS.items():
        for at, applies in enumerate(check(rows, policy, known)):
            if applies and codes[at] is None:
                codes[at] = slug
    return codes


def wrong_field(rows: Rows, at: int, code: str, usual: str) -> str:
    """Which column of row ``at`` the reason points at, where that is not always the same one."""
    if code == "date-invalid":
        unread = [field for field in DATES if read_date(rows.text[field][at]) is UNREADABLE]
        blank = [field for field in DATES[:2] if not rows.text[field][at]]
        return (unread + blank + [usual])[0]
    if code == "guardian-missing" and rows.text["sign_mode"][at] == GUARDIAN_TERM:
        return "guardian_id" if rows.text["guardian_name"][at] else "guardian_name"
    if code == "cell-too-long":
        return next(field for field, cells in rows.sheet.columns.items() if len(cells[at]) > _cell_max(field))
    return usual


def _id_invalid(rows: Rows, *_: object) -> Iterable[object]:
    days = zip(rows.identities, rows.dates["application_date"], strict=True)
    return (
        identity is None or (identity.birth_date and application and identity.birth_date > application)
        for identity, application in days
    )


def _expired(rows: Rows, *_: object) -> Iterable[object]:
    days = zip(rows.dates["valid_to"], rows.as_of, strict=True)
    return (as_of and is_past(valid_to, as_of) for valid_to, as_of in days)


def _signed_late(rows: Rows, *_: object) -> Iterable[object]:
    days = zip(rows.dates["signed_on"], rows.dates["application_date"], strict=True)
    return (signed and application and signed > application for signed, application in days)


def _without_guardian(rows: Rows, policy: Policy, _: Known) -> Iterable[object]:
    guardians = zip(*(rows.text[field] for field in ("sign_mode", "guardian_name", "guardian_id")), strict=True)
    persons = zip(rows.identities, rows.dates["signed_on"], strict=True)
    for (mode, name, number), (identity, signed) in zip(guardians, persons, strict=True):
        if mode == GUARDIAN_TERM:
            yield not is_guardian_named(GUARDIAN, name, number)
        else:
            yield identity and signed and is_minor(identity.birth_date, signed, policy.adult_age)


def _against_the_number_rule(rows: Rows, policy: Policy, _: Known) -> Iterable[object]:
    if not policy.authorization_numbers:
        return ()
    papers = zip(rows.text["authorization_no"], each(rows.text["region"], policy.number_pattern), strict=True)
    return (pattern and not re.fullmatch(pattern, number) for number, pattern in papers)


def _too_long(rows: Rows, *_: object) -> Iterable[object]:
    long = [False] * len(rows)
    for field, cells in rows.sheet.columns.items():
        limit = _cell_max(field)
        if max(map(len, cells), default=0) > limit:
            long = [before or len(cell) > limit for before, cell in zip(long, cells, strict=True)]
    return long


def _cell_max(field: str) -> int:
    return NUMBER_MAX if field in ("household_no", "authorization_no") else CELL_MAX


def _blank(field: str) -> Check:
    return lambda rows, *_: (not cell for cell in rows.text[field])


def _not_in(field: str, words: Callable[[Policy], tuple[str, ...]]) -> Check:
    return lambda rows, policy, _: (cell not in words(policy) for cell in rows.text[field])


def _at(positions: Callable[[Known], frozenset[int]]) -> Check:
    return lambda rows, _policy, known: map(positions(known).__contains__, range(len(rows))) if positions(known) else ()


# The order is that of codes.REASONS: the first that applies is the row's only reason.
CHECKS: dict[str, Check] = {
    "name-missing": lambda rows, *_: (not name for name in rows.names),
    "id-missing": _blank("id_no"),
    "id-invalid": _id_invalid,
    "programme-unknown": _not_in("programme", lambda policy: policy.programmes),
    "region-invalid": lambda rows, *_: (not ok for ok in each(rows.text["region"], is_region)),
    "date-invalid": lambda rows, *_: rows.date_invalid,
    "authorization-missing": _blank("authorization_no"),
    "authorization-expired": _expired,
    "authorization-not-yet-valid": _signed_late,
    "authorization-ended": _at(lambda known: known.ended),
    "person-not-authorized": _at(lambda known: known.unnamed),
    "guardian-missing": _without_guardian,
    "household-missing": _blank("household_no"),
    "check-type-unknown": _not_in("check_type", lambda policy: policy.check_types),
    "scope-invalid": lambda rows, *_: (scope is None for scope in rows.scopes),
    "authorization-number-invalid": _against_the_number_rule,
    "cell-too-long": _too_long,
}
