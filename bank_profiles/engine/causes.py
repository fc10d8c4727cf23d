"""One cause, one message: of the totals that do not hold, those nearest to what is wrong.

A wrong amount makes the total of its account differ, then that of the file, then its digest. The account's is named; the others would
differ for the same reason.
"""

from collections.abc import Sequence

from bank_profiles.engine.differences import Difference
from bank_profiles.errors import Problem
from bank_profiles.layouts.layout import FileLayout, Total

Found = Sequence[tuple[Difference, Problem]]


def nearest(layout: FileLayout, found: Found) -> list[Problem]:
    """Totals that differ, without those further out over the same column; else one that cannot be checked; else the digest."""
    differing = [each for each in found if not each[0].unreadable and _total(each).kind != "digest"]
    if differing:
        totals = {_total(each) for each in differing}
        return [each[1] for each in differing if not any(_echoes(layout, _total(each), inner) for inner in totals)]
    unreadable = [problem for difference, problem in found if difference.unreadable]
    digests = [problem for difference, problem in found if not difference.unreadable]
    return [min(unreadable, key=lambda p: (p.place.line or 0, p.place.column or 0))] if unreadable else digests


def _total(found: tuple[Difference, Problem]) -> Total:
    total = found[0].field.total
    assert total is not None, "only totals differ"
    return total


def _echoes(layout: FileLayout, outer: Total, inner: Total) -> bool:
    """Does a total run over the same column as one further in?"""
    same = (outer.kind, outer.column) == (inner.kind, inner.column) and not set(outer.records).isdisjoint(inner.records)
    return same and _depth(layout, outer) < _depth(layout, inner)


def _depth(layout: FileLayout, total: Total) -> int:
    return 0 if total.under is None else 1 + len(layout.around(total.under))
