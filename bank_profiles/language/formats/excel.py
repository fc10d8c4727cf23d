"""A workbook: rows under a row of titles; columns are found by their title."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator

from bank_profiles.language.fields import long_form
from bank_profiles.language.formats.base import FileBase
from bank_profiles.language.formats.tables import Table, TitledField, TitledRecord


class ExcelField(TitledField):
    """A column of a sheet."""

    cell: Literal["text"] | None = None  # a number cell is refused: it has lost digits or zeros


class ExcelRecord(TitledRecord, Table):
    """Rows of one sheet."""

    sheet: str | None = None  # its name, or its number where no sheet has that name; without: the first
    title: str | None = None  # a merged title above the titles, where we write the sheet
    fields: Mapping[str, Annotated[ExcelField, BeforeValidator(long_form)]]


class Excel(FileBase):
    """xlsx or xls, told by its content; xlsx where we write it."""

    format: Literal["excel"]
    records: Mapping[str, ExcelRecord]
