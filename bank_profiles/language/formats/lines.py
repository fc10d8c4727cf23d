"""What records of every format with lines have in common: a text that goes on in the lines behind its row."""

from bank_profiles.language.records import Record
from bank_profiles.language.words import OneOrMore


class LineRecord(Record):
    """One kind of line.

    ``continues``: lines of this record are no rows of their own. Their columns are glued, in order and with ``glue`` between them, to
    the column of the same target in the row before, which must be of one of these records.
    """

    continues: OneOrMore = ()
    glue: str = ""
