"""What Alembic runs around the scripts: the caller's connection, the caller's transaction."""

from alembic import context

from connector.ledger import key_use, media_tables, seen  # noqa: F401 (their tables are part of the metadata)
from connector.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
