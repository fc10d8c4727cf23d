"""Tables with titles: the words for files whose columns are found by their title. Sheets and delimited files share them.

    lines before the table          place: preamble, pairs: ":"
    the row of titles               title_row: 2 | found
    rows                            records
    a row with a mark               place: {column: 序号, says: 合计}
    where the table ends            stop_at: blank_row | {column: 序号, says: 合计}

Titles are compared without blanks, tabs and line feeds, full-width signs as their plain twins (codecs/titles.py).
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Tag

from bank_profiles.language.fields import FieldRule, long_form
from bank_profiles.language.records import Record
from bank_profiles.language.spelling import title_row
from bank_profiles.language.words import BLOCK, WORD, Block, YesNo, word_or_block


class Says(Block):
    """The row in which this column says this."""

    column: str  # its title; a column of the table, whether a record has it or not
    says: str


TitleRow = Annotated[
    int | Literal["found"], BeforeValidator(title_row)
]  # found: the first row with all titles that must be there
StopAt = Annotated[
    Annotated[Literal["blank_row"], Tag(WORD)] | Annotated[Says, Tag(BLOCK)],
    Discriminator(word_or_block),
]
TablePlace = Annotated[
    Annotated[Literal["first", "last", "preamble"], Tag(WORD)] | Annotated[Says, Tag(BLOCK)],
    Discriminator(word_or_block),
]


class Table(Block):
    """Where a table stands, and how strictly its titles are taken."""

    title_row: TitleRow | None = None  # 1-based, of the sheet or file as received
    stop_at: StopAt | None = None  # this row and all behind it are no rows of records; one with that ``place`` may stand there
    extra: Literal["refuse", "ignore"] = "refuse"  # columns no record names


class TitledField(FieldRule):
    """A column found by its title, or a text before the table. ``账号#2`` is the second column with the title 账号."""

    also: tuple[str, ...] = ()  # other titles it may have
    optional: YesNo = False  # the whole column may be missing: then all its cells are
    within: str | None = None  # before the table: the cell it stands in, {} for it, * for anything else: "收入：*笔 {}元"


class TitledRecord(Record):
    """Rows of a table; or, with ``place: preamble``, the lines before it: ``label: value``, in one cell or in two."""

    place: TablePlace | None = None  # type: ignore[assignment]  # wider here than where columns have no titles
    pairs: Literal[":", "=", "：", "＝"] = (
        ":"  # the sign behind a label, so written; read plain, full-width, or none before its own cell
    )
    fields: Mapping[str, Annotated[TitledField, BeforeValidator(long_form)]]
