"""Opening the ledger: one database, one writer at a time, many readers, and the edition of its tables.

A write transaction is alone, on SQLite by ``BEGIN IMMEDIATE``, on PostgreSQL by an advisory lock taken as its first
statement under READ COMMITTED. So what is proved on one holds on the other: whatever a writer reads stays true until it
commits. Serializable isolation was weighed and not taken: its failures ask for the whole body to be run again, which a
``with`` block cannot do, and every write ends in the audit chain, where writers would queue anyway. Transactions are
coarse (a sheet, a batch, an answer) and the heavy work is done before they begin. A reader sees one snapshot and never waits.
"""

import contextlib
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from connector.ledger import counting, migrations
from connector.ledger.errors import LedgerBusy, LedgerError, LedgerUnreachable, WrongLedger

WAIT_FOR_WRITER_S = 120  # longer than any transaction of ours; then LedgerBusy
STALLED_WRITER_S = 120  # PostgreSQL ends the transaction of a node that hangs, so that the others go on
_LOCK_TIMEOUT = "55P03"  # PostgreSQL, appendix A: lock_not_available
_SERVER_TROUBLES = {"08", "53", "57"}  # the same: connection exception, insufficient resources, operator intervention
_DATA_ERRORS = "22"  # the same: data exception; what it says quotes the value
_DISK_TROUBLES = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_LOCKED")
_WRITER_LOCK = 0x636F6E6E6563746F  # any fixed number: the advisory lock of writers

_PRAGMAS = (
    f"PRAGMA busy_timeout = {WAIT_FOR_WRITER_S * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is erased is overwritten with zeros
    "PRAGMA temp_store = MEMORY",  # opened content never touches a disk
    "PRAGMA trusted_schema = OFF",
)
_LANES_MAX = 40  # connections beside the pool's five: each lane at work may be writing, and none is to wait for one
_turns: weakref.WeakKeyDictionary[Engine, threading.Lock] = weakref.WeakKeyDictionary()  # of the writers on SQLite
_CONNECT_S = 10  # until the database answers at all
_SESSION = {
    "lock_timeout": f"{WAIT_FOR_WRITER_S}s",
    "idle_in_transaction_session_timeout": f"{STALLED_WRITER_S}s",
    "tcp_keepalives_idle": "30",  # a node that vanished frees its locks after a minute
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "TimeZone": "UTC",
}


class Ledger:
    """One open ledger. Safe to share between threads; a forked child opens its own connections."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._right_edition = False
        self._close_after_fork()

    @classmethod
    def open(cls, url: str) -> "Ledger":
        """The ledger at a SQLAlchemy address; nothing is asked of the database yet."""
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            return cls(_sqlite(url))
        return cls(_postgresql(url))

    @property
    def on_sqlite(self) -> bool:
        """Whether this is the ledger of one machine."""
        return self.engine.dialect.name == "sqlite"

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction: alone, committed at the end of the block, undone by any exception.

        Raises WrongLedger, LedgerUnreachable, LedgerBusy; in each case nothing changed.
        """
        self.check()
        with self._transaction(writes=True) as tx:
            yield tx

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction: one snapshot, no waiting, and the database itself refuses a write.

        Raises WrongLedger, LedgerUnreachable.
        """
        self.check()
        with self._transaction(writes=False) as tx:
            yield tx

    def migrate(self) -> None:
        """Bring the tables to this program's edition, in one transaction; a ledger that has it is left alone.

        What was there before anything was counted is counted now (by the months of ``counting.by_zone``).

        Raises WrongLedger when the ledger is newer than this program.
        """
        if self.engine.url.database and self.on_sqlite:
            Path(self.engine.url.database).touch(mode=0o600)  # SQLite gives its other files the same mode
        with self._transaction(writes=True) as tx:
            _refuse_newer(migrations.edition(tx))
            migrations.upgrade(tx)
            counting.catch_up(tx)
        self._right_edition = True

    def is_older(self) -> bool:
        """Whether this database holds a ledger of an earlier edition. Raises WrongLedger for a newer one, LedgerUnreachable."""
        try:
            self.check()
        except WrongLedger as wrong:
            if wrong.code == "ledger-older":
                return True
            raise
        return False

    def check(self) -> None:
        """Refuse a database whose tables are not of this program's edition. Raises WrongLedger, LedgerUnreachable."""
        if self._right_edition:
            return
        database = self.engine.url.database
        if self.on_sqlite and database and not Path(database).is_file():
            raise WrongLedger(
                f"there is no ledger at {database}; make the deployment with `connector init`",
                f"{database} 处没有台账；请先运行 connector init 建立部署",
                code="ledger-missing",
            )
        with self._transaction(writes=False) as tx:
            edition = migrations.edition(tx)
        _refuse_newer(edition)
        _refuse_older(edition)
        self._right_edition = True

    def scrub(self) -> None:
        """After erasures: leave no erased byte in the files the database still holds.

        SQLite's write-ahead log is emptied; on PostgreSQL the small table of wrapped keys is written anew. Archived
        write-ahead logs and backups are the administrator's to expire. Raises LedgerBusy when a reader keeps the log; repeat.
        """
        if self.on_sqlite:
            with contextlib.closing(self.engine.raw_connection()) as raw:
                kept_by_reader, *_ = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if kept_by_reader:
                raise LedgerBusy(
                    "what was erased is erased, but a reader still holds the write-ahead log; repeat when it has ended",
                    "数据已擦除，但仍有读取者占用预写日志；请待其结束后重试",
                )
        else:
            with self.alone() as connection:
                connection.execute(text("VACUUM (FULL) data_key"))

    @contextlib.contextmanager
    def alone(self) -> Iterator[Connection]:
        """PostgreSQL: a connection outside the pool and any transaction, closed at the end; what it locks dies with it."""
        with self._connection() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").detach()
            yield connection

    def close(self) -> None:
        """Let every connection go."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        with (
            self._turn() if writes else contextlib.nullcontext(),
            self._connection() as connection,
            connection.execution_options(**self._options(writes)).begin(),
        ):
            yield connection

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """The writers of this process one behind the other. SQLite's own waiting looks again only now and then, and whoever is unlucky
        starves; PostgreSQL has a queue. Raises LedgerBusy."""
        turn = _turns.setdefault(self.engine, threading.Lock()) if self.on_sqlite else None
        if turn is not None and not turn.acquire(timeout=WAIT_FOR_WRITER_S):
            raise _busy()
        try:
            yield
        finally:
            if turn is not None:
                turn.release()

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection on which the database's own troubles are told in our words; a fault of ours stays what it is."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise _trouble(error) or _without_rows(error) from None

    def _options(self, writes: bool) -> dict[str, Any]:
        if self.on_sqlite:
            return {"writes": writes}
        if writes:
            return {"writes": True, "isolation_level": "READ COMMITTED"}
        return {"writes": False, "isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def _close_after_fork(self) -> None:
        """A child must not hold its parent's sockets open: the parent's locks are to die with the parent."""
        sockets: weakref.WeakSet[Any] = weakref.WeakSet()
        engine = weakref.ref(self.engine)
        if not self.on_sqlite:
            event.listen(self.engine, "connect", lambda connection, _: sockets.add(connection))

        def in_child() -> None:
            alive = engine()
            if alive is None:
                return
            for connection in sockets:
                if not connection.closed:
                    nowhere = os.open(os.devnull, os.O_RDWR)
                    os.dup2(nowhere, connection.fileno())
                    os.close(nowhere)
            alive.dispose(close=False)
            _turns.pop(alive, None)  # held by a thread the child does not have

        os.register_at_fork(after_in_child=in_child)


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True)  # what a statement carries stands in no error text

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: str) -> Engine:
    options = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    engine = create_engine(
        url,
        pool_pre_ping=True,
        max_overflow=_LANES_MAX,
        hide_parameters=True,
        connect_args={"options": options, "connect_timeout": _CONNECT_S},
    )

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})

    return engine


def _refuse_newer(edition: str | None) -> None:
    if edition is not None and edition not in migrations.known():
        raise WrongLedger(
            f"the ledger has edition {edition}, made by a newer program; install that program or a newer one",
            f"台账版本 {edition} 由更新的程序建立；请安装该版本或更新的程序",
            code="ledger-newer",
        )


def _refuse_older(edition: str | None) -> None:
    newest = migrations.known()[-1]
    if edition is None:
        raise WrongLedger(
            "the database holds no ledger yet; make it with `connector init`",
            "数据库中还没有台账；请运行 connector init 建立",
            code="ledger-empty",
        )
    if edition != newest:
        raise WrongLedger(
            f"the ledger has edition {edition}, this program needs {newest}; back up, stop every node, then run `connector init`",
            f"台账版本为 {edition}，本程序需要 {newest}；请先备份、停止所有节点，再运行 connector init 升级",
            code="ledger-older",
        )


def _trouble(error: DBAPIError) -> LedgerError | None:
    """The database's trouble behind an error of the driver: busy, away or full; none when a statement of ours is wrong."""
    on_sqlite = getattr(error.orig, "sqlite_errorname", "")
    on_postgresql = getattr(error.orig, "sqlstate", "") or ""
    if on_sqlite.startswith("SQLITE_BUSY") or on_postgresql == _LOCK_TIMEOUT:
        return _busy()
    gone = error.connection_invalidated or (isinstance(error, OperationalError) and not on_sqlite and not on_postgresql)
    if gone or on_sqlite.startswith(_DISK_TROUBLES) or on_postgresql[:2] in _SERVER_TROUBLES:
        return LedgerUnreachable(
            "the ledger's database does not answer or its disk is full; mend that, then repeat: every act may be repeated",
            "台账数据库没有应答或磁盘已满；请排除后重试，任何操作均可安全重复",
        )
    return None


def _busy() -> LedgerBusy:
    return LedgerBusy(
        f"another writer held the ledger for more than {WAIT_FOR_WRITER_S} s; nothing changed. Repeat later",
        f"台账被其他写入占用超过 {WAIT_FOR_WRITER_S} 秒；未作任何改动。请稍后重试",
    )


class _Said(Exception):
    """What a PostgreSQL server said, without the rows it repeats (DETAIL, CONTEXT) and the values its data errors quote."""

    def __init__(self, error: BaseException) -> None:
        self.sqlstate: str = getattr(error, "sqlstate", "") or ""
        told: str = getattr(getattr(error, "diag", None), "message_primary", None) or ""
        words = "" if self.sqlstate.startswith(_DATA_ERRORS) else told
        super().__init__(" ".join(word for word in (type(error).__name__, self.sqlstate, words) if word))


def _without_rows(error: DBAPIError) -> DBAPIError:
    """The same error without a person's data. SQLite names columns only, so its errors stay as they are."""
    if error.orig is None or hasattr(error.orig, "sqlite_errorname"):
        return error
    return type(error)(error.statement, None, _Said(error.orig), hide_parameters=True)
