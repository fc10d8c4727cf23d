"""Small groups tell of persons: what a supervisor is shown hides counts of 1 to 4, and whatever would give them away by subtraction."""

from collections.abc import Mapping
from typing import Any

from connector.figures.rates import LEAST_DUE, refusals

HIDDEN = "<5"
COMPLEMENT = "*"  # hidden because another of its row or column is
TOO_FEW = "样本不足"
_LEAST = 5
Table = Mapping[str, Mapping[str, int]]


def hidden(table: Table) -> set[tuple[str, str]]:
    """The cells of a table (row → column → lines, totals published beside) that are not shown.

    Counts of 1 to 4 are hidden; where they are the only one of a row or column, its next smallest is too, until none stands alone.
    """
    found = {(row, column) for row, cells in table.items() for column, lines in cells.items() if 0 < lines < _LEAST}
    columns = sorted({column for cells in table.values() for column in cells})
    lanes = [[(row, column) for column in columns if column in table[row]] for row in sorted(table)]
    lanes += [[(row, column) for row in sorted(table) if column in table[row]] for column in columns]
    while alone := [lane for lane in lanes if len(found.intersection(lane)) == 1]:
        added = False
        for lane in alone:
            others = [cell for cell in lane if cell not in found and table[cell[0]][cell[1]] > 0]
            others = others or [cell for cell in lane if cell not in found]
            if others and len(found.intersection(lane)) == 1:
                found.add(min(others, key=lambda cell: (table[cell[0]][cell[1]], cell)))
                added = True
        if not added:
            break
    return found


def in_place_of(lines: int) -> str:
    """What stands where a count is hidden."""
    return HIDDEN if 0 < lines < _LEAST else COMPLEMENT


def shown(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Rows of figures (name → ``months.figures``) as a supervisor may see them: small counts hidden, no rate of too few lines."""
    concealed = hidden({name: row["buckets"] for name, row in rows.items()})
    return {name: _row(name, row, concealed) for name, row in rows.items()}


def _row(name: str, row: Mapping[str, Any], concealed: set[tuple[str, str]]) -> dict[str, Any]:
    counts: dict[str, int | str] = {}
    for bucket, lines in row["buckets"].items():
        if (name, bucket) in concealed:
            counts[bucket] = in_place_of(lines)
        else:
            counts[bucket] = lines
    enough = row["due"] >= LEAST_DUE
    return {
        **row,
        "due": HIDDEN if 0 < row["due"] < _LEAST else row["due"],
        "buckets": counts,
        "refusals": refusals(counts),
        "overdue_open": _sum(row["overdue_open"], [counts[bucket] for bucket in ("B4", "B5", "B6")]),
        "rates": {word: _rate(rate, row["due"]) for word, rate in row["rates"].items()},
        "on_time_interval": row["on_time_interval"] if enough else None,
        "answer_time": row["answer_time"] if enough else {"median_minutes": None, "p95_minutes": None, "too_few": True},
    }


def _sum(total: int, parts: list[int | str]) -> int | str:
    """A sum of which exactly one part is hidden would tell it."""
    return COMPLEMENT if sum(isinstance(part, str) for part in parts) == 1 else HIDDEN if 0 < total < _LEAST else total


def _rate(rate: Mapping[str, Any], due: int) -> dict[str, Any]:
    """Only the rate, to one decimal of a percent; its parts would undo the hiding."""
    if due < LEAST_DUE or rate["whole"] < LEAST_DUE:
        return {"rate": None, "too_few": True}
    value = rate["rate"]
    return {"rate": round(value, 4 if value < 0.01 else 3), "too_few": False}
