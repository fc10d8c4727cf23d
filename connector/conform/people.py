"""Whom a bank's test system is asked about: persons who are invented, or those the bank keeps there and told us of. Never one of the ledger's.

The number of an invented person begins with 99, a region no province has.
"""

import csv
import dataclasses
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from bank_profiles.encodings import size
from bank_profiles.language.profile import Profile
from bank_profiles.layouts.making import layout
from bank_profiles.proving.candidates import Seat, candidates, seats
from config.yaml_file import BadSettings
from reconciliation.exchange import INQUIRY
from reconciliation.identity import IdentityProblem, parse_identity, to18
from reconciliation.words import ID_TYPES, OUTCOMES

WINDOW = timedelta(days=180)
_BORN = date(1950, 1, 1)
_BIRTHDAYS, _SERIALS, _REGIONS = 10_000, 1_000, 90
_PLAIN = "示例甲"
_PURPOSE = "低保"


@dataclasses.dataclass(frozen=True)
class Agreed:
    """A person the bank keeps in its test system, and the outcome it must give for him."""

    name: str
    id_type: str
    id_no: str
    outcome: str


class People:
    """Lines of inquiry about invented persons, made for one profile and one day."""

    def __init__(self, profile: Profile, day: date) -> None:
        self._layouts = [layout(profile, "inquiry", key) for key in profile.inquiry.files]
        self._scope = ",".join(sorted(profile.answers))
        self._day = day
        self._made = 0

    def some(self, number: int) -> pa.Table:
        """So many, of whom nothing is unusual."""
        return self._table([self._plain() for _ in range(number)])

    def rare(self) -> pa.Table:
        """Names of the rarest characters the column of the name can hold; empty where it holds none but plain ones."""
        names = [name for name in self._texts("name") if any(ord(sign) > 0x9FFF or sign in "·龦龧㐂" for sign in name)]
        return self._table([self._plain() | {"name": name} for name in names])

    def longest(self) -> pa.Table:
        """One whose every text is as long as its column."""
        row = self._plain()
        for target in ("name", "authorization_no", "purpose"):
            found = self._seats(target)
            if texts := self._texts(target):
                row[target] = max(texts, key=lambda text: size(text, found[0].field.encoding))
        return self._table([row])

    def agreed(self, persons: Sequence[Agreed]) -> pa.Table:
        """Those of the bank's test system."""
        said = [{"name": each.name, "id_type": each.id_type, "id_no": each.id_no} for each in persons]
        return self._table([self._plain() | each for each in said])

    def _plain(self) -> dict[str, Any]:
        self._made += 1
        number = self._made
        types = self._seats("id_type") and candidates("inquiry", "id_type", self._seats("id_type"))
        known = not types or "resident_id" in types
        return {
            "name": _PLAIN,
            "id_type": "resident_id" if known else next(word for word in types if word),
            "id_no": _resident(number) if known else f"X99{number:06}",
            "authorization_no": f"TEST{number:06}",
            "purpose": _PURPOSE,
        }

    def _texts(self, target: str) -> list[str]:
        found = self._seats(target)
        return [text for text in candidates("inquiry", target, found) if text] if found else []

    def _seats(self, target: str) -> list[Seat]:
        return seats(self._layouts, "inquiry", target)

    def _table(self, rows: Sequence[dict[str, Any]]) -> pa.Table:
        same = {"as_of": self._day, "window_from": self._day - WINDOW, "window_to": self._day, "scope": self._scope}
        lines = [{"line_ref": f"{place:06d}", "batch_no": None} | row | same for place, row in enumerate(rows, 1)]
        return pa.Table.from_pylist(lines, schema=INQUIRY)


def _resident(number: int) -> str:
    """A number of the right form with the right check character, of nobody."""
    born = _BORN + timedelta(days=number % _BIRTHDAYS)
    return to18(f"9901{number // _SERIALS % _REGIONS + 10:02}{born:%y%m%d}{number % _SERIALS:03}")


# ---- persons a bank keeps in its test system ------------------------------------------------------------------------------------------

_COLUMNS = ("name", "id_type", "id_no", "outcome")


def read_agreed(path: Path) -> list[Agreed]:
    """CSV in UTF-8 with columns name, id_type, id_no, outcome, in our words. Raises BadSettings with the line; no value is repeated."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or set(rows[0]) != set(_COLUMNS):
        raise _wrong(path, 1, f"the columns are {', '.join(_COLUMNS)}", f"各列为 {'、'.join(_COLUMNS)}")
    for number, row in enumerate(rows, 2):
        for column, words in (("id_type", ID_TYPES), ("outcome", OUTCOMES)):
            if row[column] not in words:
                known = ", ".join(words)
                raise _wrong(path, number, f"{column} is one of: {known}", f"{column} 须为：{known}")
        if not row["name"] or not row["id_no"]:
            raise _wrong(path, number, "name and id_no must be there", "name 与 id_no 不得为空")
        parsed = parse_identity(row["id_type"], row["id_no"])
        if isinstance(parsed, IdentityProblem):
            raise _wrong(path, number, f"id_no: {parsed.en}", f"id_no：{parsed.zh}")
    return [Agreed(**{name: row[name] for name in _COLUMNS}) for row in rows]


def _wrong(path: Path, line: int, en: str, zh: str) -> BadSettings:
    return BadSettings(f"{path}:{line}: {en}", f"{path}:{line}：{zh}", code="test-persons-wrong")
