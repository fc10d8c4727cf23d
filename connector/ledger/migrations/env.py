"""What Alembic runs around the scripts: the caller's connection, the caller's transaction."""

from alembic import context

from connector.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
