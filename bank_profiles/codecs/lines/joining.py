"""Columns of text → delimited lines: separators, quotes where a text needs them, and what ends a line. Nothing is replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pyarrow.compute as pc

from bank_profiles.codecs.encoding import from_utf8, unprintable, written
from bank_profiles.codecs.texts import bytes_of, must_be_text, one_end_a_row
from bank_profiles.errors import Text
from bank_profiles.layouts.layout import Field
from bank_profiles.values.arrays import glued
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    from bank_profiles.codecs.texts import Texts


@dataclass(frozen=True)
class Joining:
    separator: str
    encoding: str
    quote: str | None = None
    ends_with_separator: bool = False
    ends_with: str = ""
    comments: str | None = None

    @property
    def line_ending(self) -> str:
        """What stands behind the last column."""
        return (self.separator if self.ends_with_separator else "") + self.ends_with

    def join(self, fields: Sequence[Field], columns: Sequence[Texts], line_end: bytes) -> bytes | None:  # noqa: ARG002 - all alike
        columns = [self._quoted(column) for column in columns] if self.quote else columns
        ended = glued(columns[-1], self.line_ending + line_end.decode())
        utf8 = bytes_of(glued(*columns[:-1], ended, between=self.separator))
        allowed = self.separator.encode() if self.separator < " " else b""
        if unprintable(utf8) or not one_end_a_row(utf8, len(ended), line_end, allowed=allowed) or self._hides_rows(columns[0]):
            return None
        separators = len(ended) * (len(columns) - 1 + self.ends_with_separator)
        if not self.quote and (utf8.count(self.separator.encode()) != separators or any(map(self._runs_over, columns))):
            return None
        return from_utf8(utf8, self.encoding)

    def _quoted(self, column: Texts) -> Texts:
        """Quotes around the texts that need them."""
        quote = self.quote or ""
        needs = pc.or_(pc.match_substring(column, self.separator), pc.match_substring(column, quote))
        for ending in self._overlaps:
            needs = pc.or_(needs, pc.ends_with(column, ending))
        if not pc.any(needs).as_py():
            return column
        quoted = glued(quote, pc.replace_substring(column, quote, quote * 2), quote)
        return cast("Texts", pc.if_else(needs, quoted, column))

    @property
    def _overlaps(self) -> list[str]:
        """Ends of a text that would make a separator of several signs begin too early: a "|" before "||"."""
        mark = self.separator
        return [mark[:k] for k in range(1, len(mark)) if mark.startswith(mark[k:])]

    def _runs_over(self, column: Texts) -> bool:
        return any(pc.any(pc.ends_with(column, ending)).as_py() for ending in self._overlaps)

    def _hides_rows(self, first: Texts) -> bool:
        """Would some row be taken for a comment?"""
        return self.comments is not None and bool(pc.any(pc.starts_with(first, self.comments)).as_py())

    def fit(self, field: Field, text: str) -> None:
        must_be_text(text)
        written(text, self.encoding)
        mark = self.separator
        if not self.quote and (mark in text or text.endswith(tuple(self._overlaps))):
            what = Text(f"the value holds “{mark}”, which separates the columns", f"值中含分隔符“{mark}”")
            raise BadValue("separator-in-value", what, Text(f"a value without “{mark}”", f"不含“{mark}”的值"))
        if self.comments and field.number == 1 and text.startswith(self.comments):
            what = Text(f"a row that begins with “{self.comments}” is a comment", f"以“{self.comments}”开头的行是注释")
            raise BadValue("comment-in-value", what, Text(f"a value without “{self.comments}”", f"不含“{self.comments}”的值"))
