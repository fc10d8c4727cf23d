"""Every row gets one verdict: accepted, or the first reason that applies. Nothing is read or written here.

What the ledger knows of the rows (a paper that is over, a person who stands in another open inquiry) comes in as row positions,
so that the same rules hold with and without a ledger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from config.policy import Policy
from connector.inquiry import GUARDIAN, SELF, Household, Member, Person, Signature
from connector.intake.cells import read_yuan
from connector.intake.checks import NOTHING_KNOWN, Known, first_reasons
from connector.intake.rows import GUARDIAN_TERM, Rows
from reconciliation.identity import IdentityNumber, id_type_word, normalise_name

_COMMON = ("programme", "region", "check_type")  # with the two dates: what all rows of a household share


@dataclass(frozen=True, repr=False)
class Verdicts:
    """``codes[i]`` is why row i is refused, None when it is accepted; ``households`` the positions of the accepted, by key."""

    codes: list[str | None]
    households: dict[str, list[int]]


def judge(rows: Rows, policy: Policy, known: Known = NOTHING_KNOWN) -> Verdicts:
    """The verdict on every row. Households come in the order of the sheet."""
    codes = first_reasons(rows, policy, known)
    _refuse_repeated(rows, codes, known)
    return Verdicts(codes, whole_households(rows, codes))


def person_key(rows: Rows, at: int) -> str:
    """Who stands in row ``at``, which has passed the checks."""
    return _sure(rows.identities[at]).person_key


def whole_households(rows: Rows, codes: list[str | None]) -> dict[str, list[int]]:
    """Refuse, in ``codes``, the households that contradict themselves or miss a member; the positions of the others, by key."""
    groups: dict[str, list[int]] = {}
    for at, key in enumerate(rows.household_keys):
        groups.setdefault(key, []).append(at)
    whole = {}
    for key, positions in groups.items():
        alive = [at for at in positions if codes[at] is None]
        facts = {(*(rows.text[f][at] for f in _COMMON), rows.dates["application_date"][at], rows.as_of[at]) for at in alive}
        if len(facts) == 1 and len(alive) == len(positions):
            whole[key] = positions
            continue
        for at in alive:
            codes[at] = "household-inconsistent" if len(facts) > 1 else "household-incomplete"
    return whole


def household(rows: Rows, positions: Sequence[int], policy: Policy) -> Household:
    """The household that stands at ``positions``, all of them accepted."""
    head, text = positions[0], rows.text
    declared = [fen for fen in (read_yuan(text["declared"][at]) for at in positions) if fen is not None]
    as_of = _day(rows.as_of[head])
    return Household(
        household_no=text["household_no"][head],
        household_key=rows.household_keys[head],
        appeal=rows.appeals[head],
        urgent=text["check_type"][head] in policy.urgent_check_types,
        programme=text["programme"][head],
        region=text["region"][head],
        check_type=text["check_type"][head],
        application_date=_day(rows.dates["application_date"][head]),
        as_of=as_of,
        window_from=policy.window_from(as_of),
        declared_cny_fen=max(declared, default=None),
        entrust_no=next((text["entrust_no"][at] for at in positions if text["entrust_no"][at]), ""),
        entrust_office=next((text["entrust_office"][at] for at in positions if text["entrust_office"][at]), ""),
        members=tuple(_member(rows, at) for at in positions),
    )


def _refuse_repeated(rows: Rows, codes: list[str | None], known: Known) -> None:
    """The first row of a person stays; appeals are compared with appeals only. Rows in the ledger just so are never refused."""
    first: dict[tuple[str, bool], int] = {}
    for at in [at for at, code in enumerate(codes) if code is None]:
        repeats = first.setdefault((person_key(rows, at), rows.appeals[at]), at) != at
        if (repeats or at in known.taken) and at not in known.unchanged:
            codes[at] = "duplicate-member"


def _member(rows: Rows, at: int) -> Member:
    text, cells, identity = rows.text, rows.sheet.columns, _sure(rows.identities[at])
    id_type = id_type_word(text["id_type"][at]) or ""
    return Member(
        Person(rows.names[at], id_type, identity.number, identity.person_key, identity.birth_date),
        Signature(
            authorization_no=text["authorization_no"][at],
            signed_on=_day(rows.dates["signed_on"][at]),
            valid_to=rows.dates["valid_to"][at],
            mode=GUARDIAN if text["sign_mode"][at] == GUARDIAN_TERM else SELF,
            guardian_name=normalise_name(cells["guardian_name"][at]),
            guardian_id=text["guardian_id"][at].upper(),
            scope=rows.scopes[at] or "",
        ),
        relation=text["relation"][at],
        original={field: cells[field][at] for field in ("name", "id_type", "id_no")},
    )


def _sure(identity: IdentityNumber | None) -> IdentityNumber:
    if identity is None:
        raise ValueError("a row without a number was accepted")
    return identity


def _day(day: date | None) -> date:
    if day is None:
        raise ValueError("a row without its dates was accepted")
    return day
