"""What appeals corrected, laid over the lines of the disputed inquiry: the answer to the re-check takes the first one's place (rule 69).

Where only some accounts are disputed, the other accounts of the first answer stay. Both answers are named by their files' digests.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from connector.claims import claim
from connector.ledger import answers, appeals
from connector.ledger.rows import AnyRow, Tx
from connector.parts import Parts
from connector.reports.lines import Line, Lines


def lay_over(tx: Tx, parts: Parts, finder: Lines, corrections: Sequence[AnyRow], lines: Sequence[Line]) -> list[Line]:
    """The lines of an inquiry after its ``corrections`` (``appeals.corrections``), first to last."""
    found = list(lines)
    for row in corrections:
        again = _asked_again(tx, finder, row) if row.source == appeals.BY_APPEAL else {}
        accounts = frozenset(claim(tx, parts.vault, row)["accounts"].get(row.institution, ())) if row.by_account else None
        for at, line in enumerate(found):
            was = row.disputed.get(str(line.place)) if line.answer.institution == row.institution else None
            if was is None:
                continue
            new = again.get(line.place)
            if row.source == appeals.BY_REVISION:
                found[at] = _named(tx, row.id, line, was)
            elif new is not None and new.batch is not None and new.answer.edition is not None:
                found[at] = _named(tx, row.id, _replaced(line, new, accounts), was)
    return found


def _asked_again(tx: Tx, finder: Lines, row: AnyRow) -> dict[int, Line]:
    """Member place → the line at the disputed bank that the appeal's inquiry asked."""
    by_place: dict[int, list[AnyRow]] = {}
    for one in answers.members_of(tx, row.inquiry):
        by_place.setdefault(one.place, []).append(one)
    lines = (line for rows in by_place.values() for line in finder.of(rows, ""))
    return {line.place: line for line in lines if line.answer.institution == row.institution}


def _replaced(line: Line, new: Line, accounts: frozenset[str] | None) -> Line:
    answer = dataclasses.replace(new.answer, person_key=line.answer.person_key)
    if accounts is None:
        return dataclasses.replace(new, answer=answer)
    # all accounts but the disputed ones as they were first answered, and the disputed ones as they are answered now
    kept = tuple(dataclasses.replace(one, accounts=accounts, inside=False) for one in line.sources)
    taken = tuple(dataclasses.replace(one, accounts=accounts, inside=True) for one in new.sources)
    if line.answer.outcome == "found" and answer.outcome == "no_record":
        answer = dataclasses.replace(answer, outcome="found")  # the other accounts are still there
    return dataclasses.replace(new, answer=answer, sources=(*kept, *taken))


def _named(tx: Tx, number: int, line: Line, was: Mapping[str, Any]) -> Line:
    """The line, saying which appeal corrected it, and both answers: the disputed one and the one that counts now."""
    before = appeals.answer_file(tx, was["batch"], was["edition"]) if was["edition"] else None
    now = appeals.answer_file(tx, line.batch.id, line.answer.edition) if line.batch and line.answer.edition else None
    told = {
        "number": number,
        "was": {"batch": was["line"], "edition": was["edition"], "digest": before.digest if before else None},
        "is": {"batch": line.answer.batch, "edition": line.answer.edition, "digest": now.digest if now else None},
    }
    return dataclasses.replace(line, answer=dataclasses.replace(line.answer, appeal=told))
