"""What the bank really holds: accounts and movements, from a folder of CSV files or from two SQL views of the same columns.

The columns are those of ACCOUNT_COLUMNS and MOVEMENT_COLUMNS; amounts are whole minor units, dates yyyy-MM-dd, times HH:mm:ss. An
institution sees only its own rows. Numbers and names are put into the normal form once, when they are read.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from reconciliation.assets import HOLDING, MOVEMENT
from reconciliation.identity import IdentityNumber, normalise_name, parse_identities, to15

pc: Any = pyarrow.compute  # its stubs ask whether a value is a scalar or an array; these functions need not know

# fmt: off
ACCOUNT_COLUMNS = (
    "institution", "holder_name", "id_type", "id_no", "joint_holder_id", "account_no", "parent_account_no", "product", "product_name",
    "currency", "balance_minor", "available_minor", "frozen_minor", "units", "unit_price", "opened_on", "closed_on", "matures_on",
    "status", "as_of", "custody_id",
)
MOVEMENT_COLUMNS = (
    "institution", "account_no", "booked_on", "booked_time", "direction", "amount_minor", "currency", "balance_after_minor",
    "counterparty_name", "counterparty_account", "counterparty_institution", "summary",
)
# fmt: on
ASKED_AT_ONCE = 300  # values in one SQL question; SQLite takes 999 and every number is asked in three spellings
CONNECT_S = 10  # until the database of the bank answers


class Directory(Protocol):
    """Where the bank looks people up. ``keys`` are person keys (``R:110105…``); all tables are small beside the whole.

    Accounts come with three more columns: ``holder_key``, ``joint_key`` (null where the filed number is no number) and ``normal_name``.
    """

    def accounts_of(self, keys: Sequence[str]) -> pa.Table:
        """All accounts of which one of these persons is first or joint holder, and perhaps others."""

    def movements_of(self, account_nos: Sequence[str]) -> pa.Table:
        """All movements of these accounts, and perhaps others."""


class CsvFolder:
    """``accounts.csv`` and ``movements.csv`` (UTF-8, RFC 4180), read again when they change."""

    def __init__(self, folder: Path, institution: str) -> None:
        self._folder, self._institution = folder, institution
        self._read: dict[str, tuple[object, pa.Table]] = {}

    def accounts_of(self, keys: Sequence[str]) -> pa.Table:  # noqa: ARG002
        return self._table("accounts.csv", ACCOUNT_COLUMNS)

    def movements_of(self, account_nos: Sequence[str]) -> pa.Table:  # noqa: ARG002
        return self._table("movements.csv", MOVEMENT_COLUMNS)

    def _table(self, name: str, columns: Sequence[str]) -> pa.Table:
        path = self._folder / name
        found = path.stat()
        mark = (found.st_mtime_ns, found.st_size)
        if self._read.get(name, (None,))[0] != mark:
            own = pa.Table.from_batches(
                _own_rows(path, columns, self._institution), pa.schema([(c, pa.string()) for c in columns])
            )
            self._read[name] = mark, (_accounts if columns is ACCOUNT_COLUMNS else _movements)(own)
        return self._read[name][1]


def _own_rows(path: Path, columns: Sequence[str], institution: str) -> Iterator[pa.RecordBatch]:
    """The rows of one institution, block by block, so that a file of all banks need not fit into memory."""
    options = pyarrow.csv.ConvertOptions(
        column_types={name: pa.string() for name in columns},
        include_columns=list(columns),
        strings_can_be_null=True,
        null_values=[""],
        quoted_strings_can_be_null=True,
    )
    with pyarrow.csv.open_csv(path, convert_options=options) as reader:
        for batch in reader:
            yield batch.filter(pc.equal(batch.column("institution"), institution))


class SqlViews:
    """Two views named ``accounts`` and ``movements`` in a SQLite file or in PostgreSQL, asked only for the persons of an inquiry.

    The view gives identity numbers without blanks and in half width; 15 digits and a small x are understood.
    """

    def __init__(self, database: str, institution: str) -> None:
        """``database``: a path, or ``postgresql://…``."""
        self._database, self._institution = database, institution
        self._postgresql = database.startswith("postgresql://")

    def accounts_of(self, keys: Sequence[str]) -> pa.Table:
        spellings = sorted({spelling for key in keys for spelling in _spellings(key)})
        by_first = self._rows("accounts", ACCOUNT_COLUMNS, "id_no", spellings)
        by_joint = self._rows("accounts", ACCOUNT_COLUMNS, "joint_holder_id", spellings)
        both = {(row[5], row[3]): row for row in (*by_first, *by_joint)}  # account_no, id_no
        return _accounts(_text_table(both.values(), ACCOUNT_COLUMNS))

    def movements_of(self, account_nos: Sequence[str]) -> pa.Table:
        return _movements(_text_table(self._rows("movements", MOVEMENT_COLUMNS, "account_no", account_nos), MOVEMENT_COLUMNS))

    def _rows(self, view: str, columns: Sequence[str], by: str, values: Sequence[str]) -> list[tuple[Any, ...]]:
        mark = "%s" if self._postgresql else "?"
        found: list[tuple[Any, ...]] = []
        with contextlib.closing(self._connect()) as connection:
            for start in range(0, len(values), ASKED_AT_ONCE):
                some = values[start : start + ASKED_AT_ONCE]
                marks = ", ".join([mark] * len(some))  # names are ours, values travel beside the text
                question = f"SELECT {', '.join(columns)} FROM {view} WHERE institution = {mark} AND {by} IN ({marks})"  # noqa: S608
                found += connection.cursor().execute(question, (self._institution, *some)).fetchall()
        return found

    def _connect(self) -> Any:
        if self._postgresql:
            return psycopg.connect(self._database, connect_timeout=CONNECT_S)
        return sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)


def _spellings(key: str) -> Iterator[str]:
    """How a bank may have filed a number: as it is, with a small x, with 15 digits."""
    number = key.partition(":")[2]
    yield from (number, number.lower())
    if old := to15(number):
        yield old


def _text_table(rows: Iterable[tuple[Any, ...]], columns: Sequence[str]) -> pa.Table:
    """Rows of a database as columns of text, whatever type the view gives them."""
    by_column = list(zip(*rows, strict=True)) or [()] * len(columns)
    values = ([None if cell in (None, "") else str(cell) for cell in column] for column in by_column)
    return pa.table([pa.array(column, pa.string()) for column in values], names=list(columns))


def _accounts(text: pa.Table) -> pa.Table:
    joint = text.column("joint_holder_id")
    return (
        _typed(text, HOLDING)
        .append_column("holder_key", person_keys(text.column("id_type"), text.column("id_no")))
        .append_column("joint_key", person_keys(pa.array(["resident_id"] * len(joint)), joint))
        .append_column("normal_name", normal_names(text.column("holder_name")))
    )


def _movements(text: pa.Table) -> pa.Table:
    return _typed(text, MOVEMENT)


def _typed(text: pa.Table, schema: pa.Schema) -> pa.Table:
    """Every column that is a field of the record in the record's type; the others stay text."""
    columns = [
        _cast(text.column(name), schema.field(name).type if name in schema.names else pa.string()) for name in text.column_names
    ]
    return pa.table(columns, names=text.column_names)


def _cast(text: Any, to: "pa.DataType") -> Any:
    if to == pa.time32("s"):  # Arrow has no cast of its own for this
        return pc.strptime(text, format="%H:%M:%S", unit="s").cast(to)
    return text.cast(to)


def person_keys(id_types: Any, numbers: Any) -> "pa.Array[Any]":
    """The person keys of filed numbers; null where nothing is filed or what is filed is no number (it belongs to nobody)."""
    filed = (number or "" for number in numbers.to_pylist())
    parsed = parse_identities((kind or "" for kind in id_types.to_pylist()), filed)
    return pa.array([p.person_key if isinstance(p, IdentityNumber) else None for p in parsed], pa.string())


def normal_names(names: Any) -> "pa.Array[Any]":
    return pa.array([normalise_name(name or "") for name in names.to_pylist()], pa.string())
