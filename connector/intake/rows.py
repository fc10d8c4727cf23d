"""The rows of a sheet as values, one list a column: text in normal form, numbers checked, dates read. No verdict yet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from config.policy import Policy
from connector.intake.cells import Unreadable, read_date, read_scope
from connector.intake.sheet import Sheet
from reconciliation.identity import IdentityNumber, normalise_name, normalise_text, parse_identities

T = TypeVar("T")
Paper = tuple[str, str]  # (authorization number, household number)

APPEAL_MARK = "#A"  # an appeal is a household of its own beside the one it disputes
DATES = ("application_date", "signed_on", "valid_to", "as_of")
GUARDIAN_TERM = "监护人"  # in the column 签署方式; anything else is the person's own signature


@dataclass(frozen=True, repr=False)
class Rows:
    """The columns, all of one length. A value is None where its cell is blank or cannot be read."""

    sheet: Sheet
    text: dict[str, list[str]]  # every column but the name, in normal form
    names: list[str]
    identities: list[IdentityNumber | None]
    dates: dict[str, list[date | None]]
    date_invalid: list[bool]
    as_of: list[date | None]  # the base date, or the application date where it is blank
    scopes: list[str | None]
    appeals: list[bool]
    household_keys: list[str]

    def __len__(self) -> int:
        return len(self.sheet)

    @property
    def papers(self) -> list[Paper]:
        """Which authorization each row cites."""
        return list(zip(self.text["authorization_no"], self.text["household_no"], strict=True))


def look(sheet: Sheet, policy: Policy) -> Rows:
    """The cells of a sheet as values."""
    text = {field: each(cells, normalise_text) for field, cells in sheet.columns.items() if field != "name"}
    for field, words in (("programme", policy.programmes), ("check_type", policy.check_types)):
        text[field] = each(text[field], _spelling(words))
    full, terms = (
        normalise_text(policy.full_scope_term),
        {normalise_text(term): word for term, word in policy.scope_terms.items()},
    )
    identities = parse_identities(text["id_type"], text["id_no"])
    read = {field: each(text[field], read_date) for field in DATES}
    bases = zip(read["application_date"], read["as_of"], strict=True)
    appeals = [check_type == policy.appeal_check_type for check_type in text["check_type"]]
    numbers = zip(text["household_no"], appeals, strict=True)
    return Rows(
        sheet=sheet,
        text=text,
        names=each(sheet.columns["name"], normalise_name),
        identities=[found if isinstance(found, IdentityNumber) else None for found in identities],
        dates={field: [_real(day) for day in days] for field, days in read.items()},
        date_invalid=[_is_invalid(*days) for days in zip(*(read[field] for field in DATES), strict=True)],
        as_of=[_real(application if base is None else base) for application, base in bases],
        scopes=each(text["scope"], lambda cell: read_scope(cell, full, terms)),
        appeals=appeals,
        household_keys=[number + APPEAL_MARK if appeal else number for number, appeal in numbers],
    )


def each(cells: Sequence[str], read: Callable[[str], T]) -> list[T]:
    """Each different cell read once: most columns hold few different values."""
    values = {cell: read(cell) for cell in set(cells)}
    return [values[cell] for cell in cells]


def _spelling(words: Sequence[str]) -> Callable[[str], str]:
    """A cell in normal form as the policy spells that word; a cell that is none of its words as it is."""
    spelled = {normalise_text(word): word for word in words}
    return lambda cell: spelled.get(cell, cell)


Day = date | Unreadable | None


def _is_invalid(application: Day, signed: Day, valid_to: Day, base: Day) -> bool:
    return (
        application is None or signed is None or any(isinstance(day, Unreadable) for day in (application, signed, valid_to, base))
    )


def _real(day: Day) -> date | None:
    return None if isinstance(day, Unreadable) else day
