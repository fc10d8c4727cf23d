"""The editions of the tables, one script each (Alembic), and how a database comes to the newest.

A new edition: change tables.py, then ``python -m connector.ledger.migrations NUMBER "what changed"`` writes its script.
Every command asks which edition a database has; Alembic itself is loaded only where one is to come to another.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

_SCRIPTS = Path(__file__).parent / "versions"


def config() -> "Config":
    """Alembic's settings, without an .ini file: the scripts are part of the package."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", "connector.ledger:migrations")
    settings.set_main_option("path_separator", "os")
    return settings


@cache
def known() -> Sequence[str]:
    """The editions this program knows, oldest first: the numbers its scripts are named by."""
    return tuple(sorted(script.name.partition("_")[0] for script in _SCRIPTS.glob("[0-9]*_*.py")))


def edition(tx: Connection) -> str | None:
    """The edition of this database, where Alembic keeps it; none when it holds no ledger."""
    if not inspect(tx).has_table("alembic_version"):
        return None
    kept: str | None = tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return kept


def upgrade(tx: Connection) -> None:
    """Bring the tables to the newest edition inside the caller's transaction."""
    from alembic import command

    settings = config()
    settings.attributes["connection"] = tx
    command.upgrade(settings, "head")
