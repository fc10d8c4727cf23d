"""A sheet held against the ledger: what is known already, what is replaced, what may not come in. Reads only.

A household whose content equals that of an inquiry that stands is *unchanged*. One that differs *replaces* the inquiry that waits
under its key; once that was gathered, nothing of the same application may come in beside it. A person stands in one open inquiry
of a centre at a time; appeals are compared with appeals.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter
from typing import Any

import orjson

from config.policy import Policy
from connector.authorization import OVER
from connector.inquiry import Household, Member
from connector.intake.checks import Known, first_reasons
from connector.intake.judging import Verdicts, household, judge, person_key, whole_households
from connector.intake.rows import Rows
from connector.ledger import authorizations, inquiries
from connector.ledger.rows import AnyRow, Tx
from connector.vault import Vault


@dataclass(frozen=True, repr=False)
class Plan:
    """What an import would do. Keys are household keys."""

    verdicts: Verdicts
    incoming: dict[str, Household]  # to be written, in the order of the sheet
    fingerprints: dict[str, bytes]
    unchanged: frozenset[str]
    replaces: dict[str, list[int]]  # incoming key -> waiting inquiries it takes the place of
    persons: dict[str, bytes]  # person key -> the keyed index the person is found by


@dataclass(frozen=True, repr=False)
class _Before:
    """What the ledger holds of the households and persons of a sheet."""

    waiting: dict[str, list[int]]  # household key -> inquiries not gathered yet
    asked: dict[str, set[date]]  # household key -> application dates of the open inquiries that were gathered
    persons: dict[bytes, list[AnyRow]]  # person index -> open inquiries the person stands in


def compare(tx: Tx, vault: Vault, centre: str, rows: Rows, policy: Policy) -> Plan:
    """Judge the rows in the light of the ledger."""
    alone = first_reasons(rows, policy)
    households = {key: household(rows, at, policy) for key, at in whole_households(rows, list(alone)).items()}
    fingerprints = {key: vault.index(tx, _content(home)) for key, home in households.items()}
    standing = inquiries.standing(tx, centre, set(rows.household_keys))
    same = {(row.household_key, bytes(row.fingerprint)) for row in standing}
    unchanged = frozenset(key for key, content in fingerprints.items() if (key, content) in same)

    judged = [at for at, key in enumerate(rows.household_keys) if alone[at] is None and key not in unchanged]
    indexes = {at: vault.index(tx, person_key(rows, at)) for at in judged}
    known = replace(
        _known_of_papers(tx, centre, rows, indexes),
        unchanged=frozenset(at for at, key in enumerate(rows.household_keys) if key in unchanged),
    )
    before = _before(standing, inquiries.open_of_persons(tx, centre, set(indexes.values())))
    replaceable = {key: waiting for key, waiting in before.waiting.items() if key not in unchanged}
    verdicts = _settle(rows, policy, known, replace(before, waiting=replaceable), indexes)
    incoming = {key: households[key] for key in verdicts.households if key not in unchanged}
    replaces = {key: before.waiting[key] for key in incoming if key in before.waiting}
    persons = {person_key(rows, at): index for at, index in indexes.items()}
    return Plan(verdicts, incoming, fingerprints, unchanged, replaces, persons)


def _content(home: Household) -> str:
    """What the sheet says of a household in one spelling; neither the order of its rows nor the rules of the day matter."""
    members = sorted((_member_content(m) for m in home.members), key=itemgetter(0))
    common = [home.household_key, home.programme, home.region, home.check_type, home.application_date, home.as_of]
    return "household:" + orjson.dumps([common, home.declared_cny_fen, home.entrust_no, home.entrust_office, members]).decode()


def _member_content(member: Member) -> list[Any]:
    person, signed = member.person, member.signature
    days = [signed.signed_on, signed.valid_to]
    guardian = [signed.mode, signed.guardian_name, signed.guardian_id]
    return [
        person.person_key,
        person.name,
        person.id_type,
        member.relation,
        signed.authorization_no,
        days,
        guardian,
        signed.scope,
    ]


def _known_of_papers(tx: Tx, centre: str, rows: Rows, indexes: Mapping[int, bytes]) -> Known:
    """Which of the rows cite a paper that is over, or one that was used without the person (domain rules 3, 5)."""
    papers = rows.papers
    registered = authorizations.of_papers(tx, centre, {papers[at] for at in indexes})
    named = authorizations.named(tx, [row.id for row in registered.values()])
    persons = {paper: named[row.id] for paper, row in registered.items() if row.id in named}
    over = {paper for paper, row in registered.items() if row.state in OVER}
    return Known(
        ended=frozenset(at for at in indexes if papers[at] in over),
        unnamed=frozenset(at for at, person in indexes.items() if papers[at] in persons and person not in persons[papers[at]]),
    )


def _before(standing: Iterable[AnyRow], of_persons: Iterable[AnyRow]) -> _Before:
    before = _Before({}, {}, {})
    for row in standing:
        if row.concluded_at is None and row.gathered_at is None:
            before.waiting.setdefault(row.household_key, []).append(row.id)
        elif row.concluded_at is None:
            before.asked.setdefault(row.household_key, set()).add(row.application_date)
    for row in of_persons:
        before.persons.setdefault(bytes(row.person_index), []).append(row)
    return before


def _settle(rows: Rows, policy: Policy, known: Known, before: _Before, indexes: Mapping[int, bytes]) -> Verdicts:
    """Judge until it holds: an inquiry that is replaced frees its persons, one that is unchanged or refused anew keeps them.

    What is freed only shrinks from round to round, so this ends.
    """
    freed = {inquiry for waiting in before.waiting.values() for inquiry in waiting}
    while True:
        taken = frozenset(at for at, person in indexes.items() if _is_taken(rows, at, person, before, freed))
        verdicts = judge(rows, policy, replace(known, taken=taken))
        still = {inquiry for key in verdicts.households for inquiry in before.waiting.get(key, ())} & freed
        if still == freed:
            return verdicts
        freed = still


def _is_taken(rows: Rows, at: int, person: bytes, before: _Before, freed: Set[int]) -> bool:
    """The same application of the household was asked already, or the person stands in another household's open inquiry."""
    key, appeal = rows.household_keys[at], rows.appeals[at]
    if rows.dates["application_date"][at] in before.asked.get(key, ()):
        return True
    return any(
        found.household_key != key and found.appeal == appeal and found.inquiry not in freed
        for found in before.persons.get(person, ())
    )
