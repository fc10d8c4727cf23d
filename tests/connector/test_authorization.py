"""Nobody is asked about without a paper in force that names the person and covers the classes and the day."""

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.authorization import (
    ASKABLE,
    MOVES,
    NAMES,
    OVER,
    AuthorizationError,
    Permitted,
    Refusal,
    State,
    after,
    covers,
    is_minor,
    may_ask,
)
from connector.inquiry import GUARDIAN, LIABILITY, SELF, Person, Signature

DAY = date(2026, 11, 20)
PERSON = Person("测试人", "resident_id", "321283198501010010", "R:321283198501010010", date(1985, 1, 1))
CHILD = dataclasses.replace(PERSON, birth_date=date(2015, 6, 1))
SIGNATURE = Signature("SQ1", date(2026, 11, 1), date(2027, 10, 31), SELF, "", "", "deposit,fund")


def asked(
    person: Person = PERSON, signature: Signature | None = SIGNATURE, state: str = "valid", classes: str = "deposit"
) -> str:
    """The code of the refusal, or what is permitted."""
    wanted = frozenset(classes.split(",")) if classes else frozenset()
    verdict = may_ask(person, signature, state, wanted, signed_by=DAY, on=DAY, adult_age=18)
    return ",".join(sorted(verdict.classes)) if isinstance(verdict, Permitted) else verdict.code


def changed(**words: object) -> Signature:
    return dataclasses.replace(SIGNATURE, **words)  # type: ignore[arg-type]


def test_rule_001_a_person_named_on_a_valid_paper_may_be_asked_about() -> None:
    assert asked(classes="deposit,fund") == "deposit,fund"


def test_rule_001_a_person_not_named_may_not() -> None:
    assert asked(signature=None) == "person-not-authorized"


@pytest.mark.parametrize("classes", ["deposit,insurance", "insurance", LIABILITY, ""])
def test_rule_001_a_class_not_covered_may_not_be_asked_about(classes: str) -> None:
    assert asked(classes=classes) == "scope-not-covered"


@pytest.mark.parametrize("state", [s for s in State if s not in ASKABLE])
def test_rule_002_only_a_paper_in_force_counts(state: State) -> None:
    assert asked(state=state) == "authorization-ended"


def test_rule_002_an_expired_paper_covers_the_days_before_it_expired() -> None:
    assert asked(state=State.EXPIRED) == "deposit"
    assert asked(state=State.EXPIRED, signature=changed(valid_to=DAY - timedelta(days=1))) == "authorization-expired"


def test_rule_002_the_states_and_their_moves_are_one_table() -> None:
    assert set(MOVES) == set(State) == set(NAMES)
    assert {state for state, to in MOVES.items() if not to} == OVER
    assert not ASKABLE & OVER


@pytest.mark.parametrize("state", list(State))
def test_rule_002_no_other_move_is_made(state: State) -> None:
    allowed = {to for to in State if _goes(state, to)}

    assert allowed == MOVES[state]


def _goes(state: State, to: State) -> bool:
    try:
        return after(state, to) is to
    except AuthorizationError:
        return False


@pytest.mark.parametrize(
    ("valid_to", "code"), [(DAY, "deposit"), (None, "deposit"), (DAY - timedelta(days=1), "authorization-expired")]
)
def test_the_last_day_counts_and_no_last_day_is_open_ended(valid_to: date | None, code: str) -> None:
    assert asked(signature=changed(valid_to=valid_to)) == code


def test_a_paper_signed_after_the_application_is_none() -> None:
    assert asked(signature=changed(signed_on=DAY)) == "deposit"
    assert asked(signature=changed(signed_on=DAY + timedelta(days=1))) == "authorization-not-yet-valid"


def test_rule_006_a_minor_s_guardian_signs_and_is_named() -> None:
    full = changed(mode=GUARDIAN, guardian_name="某某", guardian_id="1")

    assert asked(CHILD) == "guardian-missing"
    assert asked(CHILD, dataclasses.replace(full, guardian_id="")) == "guardian-missing"
    assert asked(CHILD, full) == "deposit"
    assert asked(PERSON, dataclasses.replace(full, guardian_name="")) == "guardian-missing"


@pytest.mark.parametrize("field", ["name", "id_type", "id_no"])
def test_rule_010_name_type_and_number_are_all_needed(field: str) -> None:
    assert asked(dataclasses.replace(PERSON, **{field: ""})) == "id-missing"


def test_without_a_number_there_is_no_paper() -> None:
    assert asked(signature=changed(authorization_no="")) == "authorization-missing"


def test_the_paper_alone_can_be_looked_at_without_opening_the_person() -> None:
    scope = SIGNATURE.classes
    days = {"signed_by": DAY, "on": DAY}

    assert covers("valid", SIGNATURE.signed_on, None, scope, {"fund"}, **days) == Permitted(frozenset({"fund"}))
    assert isinstance(covers("revoked", SIGNATURE.signed_on, None, scope, {"fund"}, **days), Refusal)


def test_a_refusal_holds_nothing_of_the_person() -> None:
    verdict = may_ask(PERSON, SIGNATURE, "revoked", {"deposit"}, signed_by=DAY, on=DAY, adult_age=18)

    assert isinstance(verdict, Refusal)
    assert PERSON.id_no not in repr(verdict)
    assert "测试人" not in repr((PERSON, SIGNATURE, verdict))


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(14, 25))
def test_full_age_is_reached_on_exactly_one_day(birth: date, age: int) -> None:
    leap_day = (birth.month, birth.day) == (2, 29)
    birthday = date(birth.year + age, 3, 1) if leap_day and (birth.year + age) % 4 else birth.replace(year=birth.year + age)
    if leap_day and birth.year + age in (1900, 2100):
        birthday = date(birth.year + age, 3, 1)

    assert is_minor(birth, birthday - timedelta(days=1), age)
    assert not is_minor(birth, birthday, age)
    assert not is_minor(None, birthday, age)
