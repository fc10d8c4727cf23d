"""The authorizations that go with a question: what ``profile write`` puts beside its lines, and what ``profile read`` says of those that came."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from bank_profiles.errors import DataPlace, Problem, ProfilePlace, Text, UnwritableRoster
from bank_profiles.language.packages import Papers
from bank_profiles.papers import Carried, Paper, papers_of
from connector.cli import console
from reconciliation.identity import normalise_text

# ---- writing ------------------------------------------------------------------------------------------------------------------------


def papers_beside(
    agreed: Papers | None, lines: Sequence[pa.Table], scans: Path | None, file: str, rule: ProfilePlace
) -> list[Paper]:
    """The paper of every line, its scan out of a folder where files are named by number, as ``intake --scans`` takes them.

    ``file``: what errors call the rows. Raises UnwritableRoster with every line whose paper is not there.
    """
    if agreed is None:
        return []
    numbers = [str(number) for table in lines for number in table.column("authorization_no").to_pylist()]
    found = _named_by_number(scans) if scans is not None else {}
    needed = agreed.carries != "letter"
    lacking = [at for at, number in enumerate(numbers, 1) if not number or (needed and normalise_text(number) not in found)]
    if lacking:
        raise UnwritableRoster([_lacks(file, at, rule, scan=needed) for at in lacking])
    return papers_of(agreed, numbers, lambda number: found[normalise_text(number)].read_bytes())


def _named_by_number(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        console.fail("no-folder", f"没有目录 {folder}", f"there is no folder {folder}", console.WRONG_USE)
    return {normalise_text(path.stem): path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")}


def _lacks(file: str, at: int, rule: ProfilePlace, *, scan: bool) -> Problem:
    what = Text("the bank wants the authorization of this line, and it is not here", "该银行要求此行的授权书，而这里没有")
    expected = Text("a number", "授权书编号")
    if scan:
        expected = Text("a scan named by the number, in the folder --scans names", "以编号命名的扫描件，放在 --scans 所指目录中")
    place = DataPlace(file, field=f"inquiry {at} authorization_no")
    return Problem(code="no-paper", place=place, what=what, expected=expected, rule=rule)


# ---- reading ------------------------------------------------------------------------------------------------------------------------


def papers_told(came: Carried | None, tables: Mapping[str, Sequence[pa.Table]]) -> dict[str, Any] | None:
    """The number of the letter, and the references of the lines whose paper did not come as agreed; None where no list was read."""
    if came is None or came.letter is None:
        return None
    rows = [row for table in tables["inquiry"] for row in table.select(["line_ref", "authorization_no"]).to_pylist()]
    return {"letter": came.letter, "without": [row["line_ref"] for row in rows if not came.covers(row["authorization_no"])]}


def papers_line(told: Mapping[str, Any]) -> str:
    """The same for a person."""
    lacking = len(told["without"])
    zh = f"授权书材料：查询函 {told['letter']}；" + (f"{lacking} 行未附约定的材料" if lacking else "每行均已附上")
    en = f"authorizations: letter {told['letter']}; " + (
        f"{console.many(lacking, 'line')} came without what was agreed" if lacking else "of every line"
    )
    return console.tr(zh, en)
