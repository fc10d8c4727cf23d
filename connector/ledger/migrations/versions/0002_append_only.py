"""The audit and its checkpoints are append-only: the database itself refuses to change or remove a record."""

from alembic import op

revision = "0002"
down_revision = "0001"

_TABLES = ("audit", "checkpoint")


def upgrade() -> None:
    """One trigger for each verb and table."""
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _postgresql() -> None:
    op.execute(
        "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )


def _sqlite() -> None:
    for table in _TABLES:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        # INSERT OR REPLACE removes the old row without firing a delete trigger.
        same = f"SELECT 1 FROM {table} WHERE seq = NEW.seq"  # noqa: S608 -- the names are ours
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS ({same}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
