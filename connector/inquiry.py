"""A household asked about: its persons, the paper each signed, and the day and window the question is about. Prints no person."""

from dataclasses import dataclass, field
from datetime import date

SELF, GUARDIAN = "self", "guardian"  # who signed
LIABILITY = "liability"  # the class that only a full authorization covers


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asked about. ``id_no`` is the number in normal form, ``id_type`` a word of ``words.ID_TYPES``."""

    name: str = field(repr=False)
    id_type: str
    id_no: str = field(repr=False)
    person_key: str = field(repr=False)
    birth_date: date | None = field(repr=False)  # None where the number says nothing of it


@dataclass(frozen=True, slots=True)
class Signature:
    """One person's signature on an authorization: from when to when, for which asset classes, by whom."""

    authorization_no: str
    signed_on: date
    valid_to: date | None  # None = open-ended
    mode: str  # SELF or GUARDIAN
    guardian_name: str = field(repr=False)
    guardian_id: str = field(repr=False)
    scope: str  # asset classes, sorted, joined by ","; LIABILITY among them when everything is covered

    @property
    def classes(self) -> frozenset[str]:
        """The asset classes covered."""
        return frozenset(self.scope.split(","))


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a household, the signature, and how the sheet spelled the person."""

    person: Person
    signature: Signature
    relation: str
    original: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Household:
    """What is asked about one household. It is asked whole or not at all."""

    household_no: str
    household_key: str  # household_no, with #A for an appeal, which stands beside the household it disputes
    appeal: bool
    urgent: bool
    programme: str
    region: str
    check_type: str
    application_date: date
    as_of: date  # the base date: what was held at the end of this day
    window_from: date  # first day of the movements asked for; the last is as_of
    declared_cny_fen: int | None = field(repr=False)
    entrust_no: str
    entrust_office: str
    members: tuple[Member, ...]
