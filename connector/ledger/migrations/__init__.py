"""The editions of the tables, one script each (Alembic), and how a database comes to the newest.

A new edition: change tables.py, then ``python -m connector.ledger.migrations NUMBER "what changed"`` writes its script.
"""

from collections.abc import Sequence
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def config() -> Config:
    """Alembic's settings, without an .ini file: the scripts are part of the package."""
    settings = Config()
    settings.set_main_option("script_location", "connector.ledger:migrations")
    settings.set_main_option("path_separator", "os")
    return settings


@cache
def known() -> Sequence[str]:
    """The editions this program knows, oldest first."""
    scripts = ScriptDirectory.from_config(config()).walk_revisions()
    return tuple(script.revision for script in reversed(list(scripts)))


def edition(tx: Connection) -> str | None:
    """The edition of this database; none when it holds no ledger."""
    return MigrationContext.configure(tx).get_current_revision()


def upgrade(tx: Connection) -> None:
    """Bring the tables to the newest edition inside the caller's transaction."""
    settings = config()
    settings.attributes["connection"] = tx
    command.upgrade(settings, "head")
