"""What a cell says: dates, sums, regions, lists of asset classes. Text becomes a value here and nowhere else at the door."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from connector.inquiry import LIABILITY
from reconciliation.identity import normalise_text


class Unreadable:
    """A cell that has content but no value."""


UNREADABLE: Final = Unreadable()

_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})|([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})|([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日"
)
_YUAN = re.compile(r"([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]{1,2}))?")
_REGION = re.compile(r"[1-8][0-9]{5}(?:[0-9]{6})?")
_YUAN_DIGITS_MAX = 15  # in fen still far inside int64


def read_date(text: str) -> date | Unreadable | None:
    """``2026-01-31``, ``2026/1/31`` or ``2026年1月31日``; None when blank. An Excel date cell arrives in the first form."""
    text = normalise_text(text)
    if not text:
        return None
    found = _DATE.fullmatch(text)
    if found is None:
        return UNREADABLE
    try:
        year, month, day = (int(part) for part in found.groups() if part)
        return date(year, month, day)
    except ValueError:
        return UNREADABLE


def read_yuan(text: str) -> int | None:
    """A declared sum in yuan as whole fen; None when blank or no plain amount (a sign, a unit, words): it refuses nothing."""
    found = _YUAN.fullmatch(normalise_text(text))
    if found is None:
        return None
    yuan, fen = found[1].replace(",", ""), found[2] or ""
    return int(yuan + fen.ljust(2, "0")) if len(yuan) <= _YUAN_DIGITS_MAX else None


def is_region(text: str) -> bool:
    """An administrative code of 6 or 12 digits; whether it exists is not asked (domain rule 13)."""
    return _REGION.fullmatch(text) is not None


def read_scope(text: str, full_term: str, terms: Mapping[str, str]) -> str | None:
    """The asset classes covered, sorted and joined by ","; None when blank or a term is unknown.

    Only the full term covers what is owed (LIABILITY). ``text`` is in normal form.
    """
    if text == full_term:
        return ",".join(sorted({*terms.values(), LIABILITY}))
    named = [part.strip(" ") for part in text.split(";")]
    return ",".join(sorted({terms[part] for part in named})) if all(part in terms for part in named) else None
