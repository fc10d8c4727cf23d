"""A workbook: rows under a row of titles; columns are found by their title."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator

from bank_profiles.language.fields import FieldRule, long_form
from bank_profiles.language.formats.base import FileBase
from bank_profiles.language.records import Record


class ExcelField(FieldRule):
    """A column of a sheet."""

    also: tuple[str, ...] = ()  # other titles it may have
    cell: Literal["text"] | None = None  # a number cell is refused: it has lost digits or zeros


class ExcelRecord(Record):
    """Rows of one sheet."""

    sheet: str | None = None
    fields: Mapping[str, Annotated[ExcelField, BeforeValidator(long_form)]]


class Excel(FileBase):
    """xls or xlsx, told by its content."""

    format: Literal["excel"]
    records: Mapping[str, ExcelRecord]
