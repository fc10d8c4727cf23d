"""The codec of workbooks: one being read, or one being written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from bank_profiles.codecs.codec import Sheaf
from bank_profiles.codecs.excel import writing as excel_writing
from bank_profiles.codecs.excel.reading import ExcelReading
from bank_profiles.codecs.excel.writing import ExcelWriting
from bank_profiles.layouts.layout import Field, FileLayout

if TYPE_CHECKING:
    from bank_profiles.codecs.texts import Texts


class ExcelCodec(ExcelReading):
    """Rows under titles, sheet by sheet."""

    def __init__(self, layout: FileLayout) -> None:
        super().__init__(layout)
        self.oddities: list[str] = []

    @cached_property
    def _writing(self) -> ExcelWriting:
        return ExcelWriting(self.layout)

    def digest(self, name: str) -> str:  # noqa: ARG002 - a workbook has no lines a digest could run over
        return ""

    def compose(self, sheaves: Sequence[Sheaf]) -> bytes | None:
        return self._writing.compose(sheaves)

    def end(self) -> bytes:
        return self._writing.end()

    def given_back(self, field: Field, texts: Texts) -> Texts:
        return excel_writing.given_back(field, texts)

    def fit(self, field: Field, text: str) -> None:  # noqa: ARG002 - the rule is the same for every column
        excel_writing.fit(text)
