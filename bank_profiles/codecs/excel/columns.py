"""The letters over a column of a sheet, and the number they are."""

from __future__ import annotations


def letters(column: int) -> str:
    """0 is A, 25 Z, 26 AA."""
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def number(written: bytes) -> int:
    """A is 1, AA is 27."""
    return sum((letter - 64) * 26**power for power, letter in enumerate(reversed(written.upper())))
