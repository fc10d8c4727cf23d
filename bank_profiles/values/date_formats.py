"""How banks spell dates and times: yyyy MM dd HH mm ss, M and d, with anything that is not a Latin letter between them."""

import re
from typing import Literal

_DIRECTIVES = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "M": "%m", "d": "%d"}
_WIDTHS = {"yyyy": 4, "MM": 2, "dd": 2, "HH": 2, "mm": 2, "ss": 2}
_TOKEN = re.compile(r"yyyy|MM|dd|HH|mm|ss|M|d|T|[^A-Za-z%]")
_DATE = {"%Y", "%m", "%d"}
_TIME = {"%H", "%M", "%S"}


def strptime_format(spelling: str) -> str | None:
    """The pattern of ``strptime``/``strftime`` for a spelling; None where it is not one of ours."""
    tokens = _tokens(spelling)
    return None if tokens is None else "".join(_DIRECTIVES.get(token, token) for token in tokens)


def speaks_of(spelling: str) -> Literal["date", "time", "date and time"] | None:
    """What a spelling is complete for: a date needs year, month and day; a time at least hour and minute. None: neither."""
    tokens = _tokens(spelling) or ()
    said = [_DIRECTIVES[token] for token in tokens if token in _DIRECTIVES]
    if len(said) != len(set(said)):
        return None
    has_date, has_time = set(said) >= _DATE, set(said) >= {"%H", "%M"}
    if (set(said) & _DATE and not has_date) or (set(said) & _TIME and not has_time):
        return None
    if has_date and has_time:
        return "date and time"
    return "date" if has_date else "time" if has_time else None


def fixed_width(spelling: str) -> int | None:
    """Number of characters every value of this spelling has; None where M or d makes it vary."""
    tokens = _tokens(spelling)
    if tokens is None or {"M", "d"} & set(tokens):
        return None
    return sum(_WIDTHS.get(token, 1) for token in tokens)


def digits_expression(spelling: str) -> str:
    """A regular expression of fixed width for the values of a spelling: ASCII digits where digits belong, the rest as it stands."""
    return "".join(f"[0-9]{{{_WIDTHS[token]}}}" if token in _WIDTHS else re.escape(token) for token in _tokens(spelling) or ())


def _tokens(spelling: str) -> list[str] | None:
    tokens = _TOKEN.findall(spelling)
    return tokens if tokens and "".join(tokens) == spelling else None
