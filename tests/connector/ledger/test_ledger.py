"""The ledger promises: one edition, one writer, snapshots to read, the same on both databases."""

import os
import signal
import stat
import threading
import traceback
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from connector.ledger import ledger as ledger_module
from connector.ledger import migrations
from connector.ledger.errors import LedgerBusy, LedgerUnreachable, WrongLedger
from connector.ledger.ledger import Ledger
from connector.ledger.schema import metadata
from connector.ledger.tables import lane
from tests.real_postgres import RealPostgres


def test_the_editions_are_those_of_the_chain_of_scripts() -> None:
    chain = [script.revision for script in ScriptDirectory.from_config(migrations.config()).walk_revisions()]

    assert list(reversed(chain)) == list(migrations.known())


def _lanes(ledger: Ledger) -> list[tuple[str, int]]:
    with ledger.read() as tx:
        return [(row.institution, row.epoch) for row in tx.execute(select(lane).order_by(lane.c.institution))]


def _with_edition(url: str, edition: str) -> None:
    made = Ledger.open(url)
    made.migrate()
    with made.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :edition"), {"edition": edition})


def _tables(engine: Engine) -> dict[str, object]:
    """Everything the database knows about its tables, in comparable form."""
    seen = inspect(engine)
    return {
        name: {
            "columns": [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in seen.get_columns(name)],
            "primary key": seen.get_pk_constraint(name),
            "foreign keys": sorted(seen.get_foreign_keys(name), key=lambda k: str(k["name"])),
            "unique": sorted(seen.get_unique_constraints(name), key=lambda k: str(k["name"])),
            "indexes": sorted(seen.get_indexes(name), key=lambda k: str(k["name"])),
        }
        for name in sorted(seen.get_table_names())
        if name != "alembic_version"
    }


class TestEditions:
    """The tables a database has are the tables this program writes."""

    def test_migrations_give_exactly_the_tables_of_tables_py(
        self, ledger: Ledger, tmp_path: Path, postgres: RealPostgres
    ) -> None:
        direct = create_engine(f"sqlite:///{tmp_path / 'direct.db'}" if ledger.on_sqlite else postgres.fresh())
        metadata.create_all(direct)

        assert _tables(direct) == _tables(ledger.engine)
        with ledger.engine.connect() as connection:
            assert [] == compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    def test_migrating_twice_changes_nothing(self, ledger: Ledger) -> None:
        before = _tables(ledger.engine)

        ledger.migrate()

        assert before == _tables(ledger.engine)

    def test_an_empty_database_is_refused_and_says_what_to_do(self, empty_url: str) -> None:
        with pytest.raises(WrongLedger) as refused, Ledger.open(empty_url).begin():
            pass

        assert refused.value.code in {"ledger-empty", "ledger-missing"}
        assert "connector init" in refused.value.en
        assert "connector init" in refused.value.zh

    @pytest.mark.parametrize(("edition", "code"), [("0001", "ledger-older"), ("9999", "ledger-newer")])
    def test_another_edition_is_refused_by_reader_and_writer(self, empty_url: str, edition: str, code: str) -> None:
        _with_edition(empty_url, edition)

        for use in (Ledger.open(empty_url).begin, Ledger.open(empty_url).read):
            with pytest.raises(WrongLedger) as refused, use():
                pass
            assert code == refused.value.code

    def test_a_newer_ledger_is_not_migrated(self, empty_url: str) -> None:
        _with_edition(empty_url, "9999")

        with pytest.raises(WrongLedger) as refused:
            Ledger.open(empty_url).migrate()

        assert "ledger-newer" == refused.value.code

    def test_a_failed_migration_leaves_nothing_behind(self, empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def upgrade_then_fail(tx: object) -> None:
            original(tx)  # type: ignore[arg-type]
            raise RuntimeError("the disk is full")

        original = migrations.upgrade
        monkeypatch.setattr(migrations, "upgrade", upgrade_then_fail)
        fresh = Ledger.open(empty_url)
        with pytest.raises(RuntimeError):
            fresh.migrate()

        assert [] == inspect(fresh.engine).get_table_names()

    def test_the_database_file_belongs_to_its_owner_alone(self, tmp_path: Path) -> None:
        fresh = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
        fresh.migrate()

        assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("ledger.db*")}


class TestTransactions:
    """One writer at a time; a reader sees one snapshot."""

    def test_a_block_is_kept_whole_or_not_at_all(self, ledger: Ledger) -> None:
        with pytest.raises(IntegrityError), ledger.begin() as tx:
            tx.execute(lane.insert(), [{"institution": "A", "epoch": 1}, {"institution": "A", "epoch": 2}])
        with ledger.begin() as tx:
            tx.execute(lane.insert().values(institution="B", epoch=1))

        assert [("B", 1)] == _lanes(ledger)

    def test_writers_never_lose_each_others_work(self, ledger: Ledger) -> None:
        """Read, add one, write: the classic lost update, by four threads at once."""
        with ledger.begin() as tx:
            tx.execute(lane.insert().values(institution="A", epoch=0))

        def count() -> None:
            for _ in range(25):
                with ledger.begin() as tx:
                    was = tx.execute(select(lane.c.epoch)).scalar_one()
                    tx.execute(lane.update().values(epoch=was + 1))

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [("A", 100)] == _lanes(ledger)

    def test_a_reader_sees_one_snapshot_and_does_not_wait(self, ledger: Ledger) -> None:
        with ledger.begin() as tx:
            tx.execute(lane.insert().values(institution="A", epoch=1))

        with ledger.read() as reader:
            first = reader.execute(select(lane.c.epoch)).scalar_one()
            with ledger.begin() as tx:
                tx.execute(lane.update().values(epoch=2))
            second = reader.execute(select(lane.c.epoch)).scalar_one()

        assert (1, 1) == (first, second)
        assert [("A", 2)] == _lanes(ledger)

    def test_a_read_transaction_cannot_write(self, ledger: Ledger) -> None:
        with pytest.raises(SQLAlchemyError), ledger.read() as tx:
            tx.execute(lane.insert().values(institution="A", epoch=1))

        assert [] == _lanes(ledger)

    def test_a_row_cannot_point_nowhere(self, ledger: Ledger) -> None:
        with pytest.raises(SQLAlchemyError), ledger.begin() as tx:
            tx.execute(metadata.tables["roster_line"].insert().values(roster=1, position=0, member=1))

    def test_sqlite_keeps_nothing_loose(self, tmp_path: Path) -> None:
        fresh = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
        fresh.migrate()
        with fresh.read() as tx:
            said = {
                name: tx.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "temp_store")
            }

        assert {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "temp_store": 2} == said

    def test_a_killed_writer_leaves_nothing_and_frees_the_ledger(self, ledger: Ledger) -> None:
        ready, done = os.pipe()
        child = os.fork()
        if child == 0:
            own = Ledger.open(ledger.engine.url.render_as_string(hide_password=False))
            with own.begin() as tx:
                tx.execute(lane.insert().values(institution="A", epoch=1))
                os.write(done, b".")
                signal.pause()
        os.read(ready, 1)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with ledger.begin() as tx:
            tx.execute(lane.insert().values(institution="B", epoch=1))

        assert [("B", 1)] == _lanes(ledger)

    @pytest.mark.real
    def test_a_database_that_is_away_is_told_and_comes_back(self) -> None:
        with RealPostgres() as server:
            ledger = Ledger.open(server.url)
            ledger.migrate()
            server.kill()
            with pytest.raises(LedgerUnreachable), ledger.begin():
                pass
            server.revive()

            assert [] == _lanes(ledger)

    def test_h5_f14_a_stalled_writer_is_put_out_and_the_others_go_on(self, ledger: Ledger) -> None:
        """A node was stopped within a transaction: PostgreSQL ends it, and the node learns that nothing of it was kept."""
        if ledger.on_sqlite:
            return  # one machine: a stopped process is the operator's to see
        with pytest.raises(LedgerUnreachable):
            _stall(ledger)

        assert [("B", 1)] == _lanes(ledger)

    def test_a_busy_ledger_is_told(self, ledger: Ledger, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ledger_module, "_PRAGMAS", (*ledger_module._PRAGMAS, "PRAGMA busy_timeout = 1"))
        monkeypatch.setitem(ledger_module._SESSION, "lock_timeout", "1ms")
        with ledger.begin(), pytest.raises(LedgerBusy), Ledger.open(ledger_url).begin():
            pass

    def test_a_full_disk_is_told_and_nothing_changed(self, tmp_path: Path) -> None:
        ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
        ledger.migrate()
        with pytest.raises(LedgerUnreachable):
            _fill_the_disk(ledger)

        assert [] == _lanes(ledger)


def _stall(ledger: Ledger) -> None:
    with ledger.begin() as stalled:
        stalled.execute(lane.insert().values(institution="A", epoch=1))
        stalled.execute(text("SET LOCAL idle_in_transaction_session_timeout = '50ms'"))
        with ledger.begin() as tx:  # waits until the server puts the stalled one out
            tx.execute(lane.insert().values(institution="B", epoch=1))
        stalled.execute(select(lane))


def _fill_the_disk(ledger: Ledger) -> None:
    many = [{"institution": str(number), "epoch": 1, "problem": "x" * 10_000} for number in range(100)]
    with ledger.begin() as tx:
        tx.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite keeps the size it has and gives no page more
        tx.execute(lane.insert(), many)


PERSON = "张三"


ON_BOTH, ON_POSTGRESQL_TOO = ["(:name, NULL)"], ["(:name, CAST(:name AS integer) / 0)", "(repeat(:name, 99), 1)"]


def test_e5_what_a_statement_carries_stands_in_no_error_text(ledger: Ledger) -> None:
    for wrong in ON_BOTH if ledger.on_sqlite else ON_BOTH + ON_POSTGRESQL_TOO:  # SQLite takes any value
        with pytest.raises(SQLAlchemyError) as told, ledger.begin() as tx:
            tx.execute(text(f"INSERT INTO lane (institution, epoch) VALUES {wrong}"), {"name": PERSON})

        error = told.value
        assert PERSON not in str(error) + repr(error) + "".join(traceback.format_exception(error))


@pytest.mark.real
def test_e5_a_server_s_error_keeps_its_kind_its_state_and_its_first_words(postgres: RealPostgres) -> None:
    ledger = Ledger.open(postgres.fresh())
    ledger.migrate()
    with pytest.raises(IntegrityError) as told, ledger.begin() as tx:
        tx.execute(text("INSERT INTO lane (institution, epoch) VALUES ('x', NULL)"))
    ledger.close()

    assert "NotNullViolation 23502 null value in column" in str(told.value)
    assert "DETAIL" not in str(told.value)
