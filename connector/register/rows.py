"""The rows of a register or a list of deaths as values: what each says, or why it is refused. Nothing is read or written here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from config.policy import Policy
from connector.intake.cells import Unreadable, is_region, read_date
from connector.intake.sheet import CELL_MAX, Sheet
from connector.ledger.registers import Home
from connector.register.columns import REFUSE, STATES, STOP
from reconciliation.identity import IdentityNumber, normalise_name, normalise_text, parse_identity

NUMBER_MAX = 60  # as the ledger keeps it
RESIDENT_CARD = "居民身份证"


@dataclass(frozen=True, repr=False)
class Entry:
    """One household in one programme, as the register says it."""

    household_no: str
    programme: str
    region: str
    state: str  # new, continuing, stopped, refused
    ends_on: date | None
    reason: str
    persons: Mapping[int, str] | None  # position in the sheet → person key; None where it names nobody, or not everybody readably

    @property
    def home(self) -> Home:
        """By what it is known."""
        return self.household_no, self.programme

    @property
    def ends(self) -> bool:
        """Whether nothing more is asked under its papers, now or on a day."""
        return self.state in (STOP, REFUSE)


@dataclass(frozen=True, repr=False)
class Read:
    """A whole register: the households that can be taken, and why rows cannot."""

    sheet: Sheet
    entries: list[Entry]
    codes: dict[int, str]  # position → why the row is refused


@dataclass(frozen=True, repr=False)
class Dead:
    """One person of a list of deaths."""

    at: int  # position in the sheet
    name: str
    person: IdentityNumber
    id_type: str
    died_on: date


@dataclass(repr=False)
class _Row:
    home: Home
    state: str
    ends_on: date | None
    reason: str
    region: str
    person: str | None


@dataclass(repr=False)
class _Group:
    positions: list[int] = field(default_factory=list)
    rows: dict[int, _Row] = field(default_factory=dict)


def look(sheet: Sheet, policy: Policy, region: str) -> Read:
    """The rows as households. ``region``: where the sheet says none."""
    text = _normal(sheet)
    programmes = {normalise_text(word): word for word in policy.programmes}
    codes: dict[int, str] = {}
    groups: dict[Home, _Group] = {}
    for at in range(len(sheet)):
        cells = {name: cells[at] for name, cells in text.items()}
        code = next((slug for slug, wrong in _CHECKS.items() if wrong(cells, programmes)), None)
        home = (cells["household_no"], programmes.get(cells["programme"], cells["programme"]))
        group = groups.setdefault(home, _Group())
        group.positions.append(at)
        if code is not None:
            codes[at] = code
            continue
        state = STATES[cells["state"]]
        day = read_date(cells["ends_on"])
        person = parse_identity(cells["id_type"] or RESIDENT_CARD, cells["id_no"])
        group.rows[at] = _Row(
            home,
            state,
            day if isinstance(day, date) else None,
            cells["reason"],
            cells["region"] or region,
            person.person_key if isinstance(person, IdentityNumber) else None,
        )
    return Read(sheet, _entries(groups, codes), codes)


def look_dead(sheet: Sheet, today: date) -> tuple[list[Dead], dict[int, str]]:
    """(the persons, position → why a row is refused)."""
    text = _normal(sheet)
    found: list[Dead] = []
    codes: dict[int, str] = {}
    for at in range(len(sheet)):
        id_type = text["id_type"][at] or RESIDENT_CARD
        name, day = normalise_name(sheet.columns["name"][at]), read_date(text["died_on"][at])
        person = parse_identity(id_type, text["id_no"][at])
        if not name:
            codes[at] = "name-missing"
        elif not isinstance(person, IdentityNumber):
            codes[at] = person.code
        elif not isinstance(day, date) or day > today:
            codes[at] = "death-day-invalid"
        else:
            found.append(Dead(at, name, person, id_type, day))
    return found, codes


def _entries(groups: Mapping[Home, _Group], codes: dict[int, str]) -> list[Entry]:
    """Households whose rows agree; of the others every row is refused. One bad row of a member does not stop the household's state."""
    entries = []
    for home, group in groups.items():
        said = {(row.state, row.ends_on, row.region) for row in group.rows.values()}
        if len(said) > 1:
            codes |= dict.fromkeys(group.rows, "household-contradicts")
        if len(said) != 1:
            continue
        state, ends_on, region = said.pop()
        reason = next((row.reason for row in group.rows.values() if row.reason), "")
        persons = {at: row.person for at, row in group.rows.items() if row.person is not None}
        whole = len(persons) == len(group.positions)
        entries.append(Entry(*home, region, state, ends_on, reason, persons if whole else None))
    return entries


def _normal(sheet: Sheet) -> dict[str, list[str]]:
    return {name: [normalise_text(cell) for cell in cells] for name, cells in sheet.columns.items()}


Cells = Mapping[str, str]


def _end_day_missing(cells: Cells, _: object) -> bool:
    day = read_date(cells["ends_on"])
    return isinstance(day, Unreadable) or (STATES[cells["state"]] == STOP and day is None)


def _by_persons(cells: Cells) -> bool:
    return bool(cells["name"] or cells["id_no"])


# In the order in which they are looked for; the first that applies is the row's only reason.
_CHECKS: dict[str, Callable[[Cells, Mapping[str, str]], bool]] = {
    "household-missing": lambda cells, _: not cells["household_no"],
    "programme-unknown": lambda cells, programmes: cells["programme"] not in programmes,
    "cell-too-long": lambda cells, _: (
        len(cells["household_no"]) > NUMBER_MAX or any(len(cell) > CELL_MAX for cell in cells.values())
    ),
    "state-unknown": lambda cells, _: cells["state"] not in STATES,
    "region-invalid": lambda cells, _: bool(cells["region"]) and not is_region(cells["region"]),
    "end-day-missing": _end_day_missing,
    "end-not-ended": lambda cells, _: bool(cells["ends_on"]) and STATES[cells["state"]] not in (STOP, REFUSE),
    "end-reason-missing": lambda cells, _: not cells["reason"] and STATES[cells["state"]] in (STOP, REFUSE),
    "name-missing": lambda cells, _: _by_persons(cells) and not cells["name"],
    "id-missing": lambda cells, _: _by_persons(cells) and not cells["id_no"],
    "id-invalid": lambda cells, _: (
        _by_persons(cells) and not isinstance(parse_identity(cells["id_type"] or RESIDENT_CARD, cells["id_no"]), IdentityNumber)
    ),
}
