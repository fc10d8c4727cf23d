"""How banks spell dates and times: yyyy MM dd HH mm ss and a few more, with anything that is not a Latin letter (but T) between them."""

import re
from functools import lru_cache
from typing import Literal, NamedTuple


class Token(NamedTuple):
    """A piece of a spelling that stands for a number: what it says, and as a regular expression. ``width`` None: it varies."""

    says: str
    expression: str
    width: int | None
    directive: str | None = None  # of strptime


TOKENS = {
    "yyyy": Token("year", "[0-9]{4}", 4, "%Y"),
    "yy": Token("year of century", "[0-9]{2}", 2),  # the century by ``pivot``, or by C before it
    "C": Token("century", "[01]", 1),  # of mainframes: 0 is 19, 1 is 20
    "MM": Token("month", "[0-9]{2}", 2, "%m"),
    "M": Token("month", "[0-9]{1,2}", None, "%m"),
    "dd": Token("day", "[0-9]{2}", 2, "%d"),
    "d": Token("day", "[0-9]{1,2}", None, "%d"),
    "HH": Token("hour", "[0-9]{2}", 2, "%H"),
    "H": Token("hour", "[0-9]{1,2}", None, "%H"),
    "mm": Token("minute", "[0-9]{2}", 2, "%M"),
    "ss": Token("second", "[0-9]{2}", 2, "%S"),
    "S": Token("fraction", "[0-9]{1,9}", None),  # of a second; dropped
    "X": Token("zone", "Z|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2}", None),
}
_PIECE = re.compile("|".join(sorted(TOKENS, key=len, reverse=True)) + "|T|[^A-Za-z%]")
_YEARS = ({"year"}, {"year of century"}, {"year of century", "century"})


@lru_cache(maxsize=256)
def pieces(spelling: str) -> tuple[str, ...]:
    """The tokens of a spelling and what stands between them; nothing where it is not one of ours."""
    found = tuple(_PIECE.findall(spelling))
    return found if "".join(found) == spelling else ()


@lru_cache(maxsize=256)
def said(spelling: str) -> frozenset[str]:
    """What a spelling says, each thing once; nothing where it says something twice, or nothing that makes sense."""
    words = [TOKENS[piece].says for piece in pieces(spelling) if piece in TOKENS]
    once = frozenset(words)
    years = once & {"year", "year of century", "century"}
    clock = once & {"hour", "minute", "second", "fraction"}
    sound = (
        len(words) == len(once)
        and (not years or years in _YEARS)
        and ({"month", "day"} <= once or (not once & {"month", "day"} and not years))
        and (not clock or {"hour", "minute"} <= clock)
        and ("fraction" not in once or "second" in once)
    )
    return once if sound else frozenset()


def has_day(spelling: str) -> bool:
    """A day of a year that is said."""
    return "day" in said(spelling) and not is_yearless(spelling)


def has_clock(spelling: str) -> bool:
    return "hour" in said(spelling)


def is_yearless(spelling: str) -> bool:
    """Month and day, but no year."""
    return "day" in said(spelling) and not said(spelling) & {"year", "year of century"}


def needs_pivot(spelling: str) -> bool:
    """Two digits of a year and nothing that says the century."""
    return "year of century" in said(spelling) and "century" not in said(spelling)


def speaks_of(spelling: str) -> Literal["date", "time", "date and time"] | None:
    """What a spelling is complete for: a date needs year, month and day; a time at least hour and minute. None: neither."""
    if has_day(spelling):
        return "date and time" if has_clock(spelling) else "date"
    return "time" if has_clock(spelling) and not is_yearless(spelling) else None


def alike(one: str, other: str) -> bool:
    """Could one text be read by both, and mean two days? ``MM/dd/yyyy`` and ``dd/MM/yyyy`` are told apart by nobody."""
    return one != other and _shape(one) == _shape(other)


@lru_cache(maxsize=64)
def _shape(spelling: str) -> str:
    """Digits by how many there are (one or two look alike), everything else as it stands."""
    widths = {piece: "#" * (TOKENS[piece].width or 2) for piece in TOKENS}
    return "".join(widths.get(piece, piece) for piece in pieces(spelling))


# ---- names of files -----------------------------------------------------------------------------------------------------------------


def strptime_format(spelling: str) -> str | None:
    """The pattern of ``strptime``/``strftime`` for a spelling; None where it is not one of ours, or says what those cannot."""
    directives = [TOKENS[piece].directive if piece in TOKENS else piece for piece in pieces(spelling)]
    return None if not directives or None in directives else "".join(map(str, directives))


def fixed_width(spelling: str) -> int | None:
    """Number of characters every value of this spelling has; None where it varies."""
    widths = [TOKENS[piece].width if piece in TOKENS else 1 for piece in pieces(spelling)]
    return None if not widths or None in widths else sum(width or 0 for width in widths)


def digits_expression(spelling: str) -> str:
    """A regular expression of fixed width for the values of a spelling: ASCII digits where digits belong, the rest as it stands."""
    return "".join(TOKENS[piece].expression if piece in TOKENS else re.escape(piece) for piece in pieces(spelling))
