"""Who is looked at together: a household that applies, and its persons. Both print without names and numbers."""

from dataclasses import dataclass, field
from datetime import date

from reconciliation.identity import mask


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """One member, as accepted at the door."""

    person_key: str  # kind and normalised number: "R:110105195507013472"
    name: str  # normalised
    scope: str  # asset classes the authorization covers (words.ASSET_CLASSES), sorted, joined by ","
    relation: str | None = None  # to the head of the household; no rule uses it
    id_type: str | None = None  # words.ID_TYPES
    authorization_no: str | None = None

    def __repr__(self) -> str:
        kind, _, number = self.person_key.partition(":")
        return f"Person({kind}:{mask(number)})"


@dataclass(frozen=True, slots=True)
class Household:
    """What a report is about: the persons, what they applied for, and the days that are looked at (both ends included)."""

    household_key: str
    programme: str
    region: str  # 6 or 12 digits
    application_date: date
    as_of: date  # the base date (基准日): balances and rates are those of this day
    window_from: date  # the look-back (回溯期) runs from here to as_of
    declared_cny_fen: int | None  # the largest sum declared in its rows; None when nothing is declared
    members: tuple[Person, ...] = field(default=())
    check_type: str | None = None
    centre: str | None = None
