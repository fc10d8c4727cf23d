"""What the connector's tests share: a ledger on SQLite and the same on a real PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.ledger.ledger import Ledger
from connector.ledger.schema import metadata
from tests.real_postgres import RealPostgres, programs

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.real)]


@pytest.fixture
def now() -> datetime:
    """A fixed time: no test reads the clock."""
    return NOW


@pytest.fixture(scope="session")
def postgres() -> Iterator[RealPostgres]:
    """One throw-away cluster for the whole run; ``postgres.fresh()`` gives an empty database."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with RealPostgres() as server:
        yield server


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once on each."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server: RealPostgres = request.getfixturevalue("postgres")
    return server.fresh()


@pytest.fixture(params=DATABASES)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger of this program's edition, once on each database."""
    if request.param == "sqlite":
        opened = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")
        opened.migrate()
    else:
        server: RealPostgres = request.getfixturevalue("postgres")
        opened = Ledger.open(server.url)
        opened.migrate()
        server.empty(metadata.tables)
    yield opened
    opened.close()


@pytest.fixture
def ledger_url(ledger: Ledger) -> str:
    """The address of ``ledger``, to open it once more."""
    return ledger.engine.url.render_as_string(hide_password=False)
