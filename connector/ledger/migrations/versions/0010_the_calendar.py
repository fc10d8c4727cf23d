"""The calendar in the ledger, append-only; what a batch and a roster say of their deadline; deadlines that moved; what reports have read."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Batches of before have a certain deadline and were proved delivered when they were sent."""
    _columns()
    op.create_table(
        "calendar_year",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("off", sa.JSON(), nullable=False),
        sa.Column("working", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(length=256), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("imported_at", sa.String(length=32), nullable=False),
        sa.Column("imported_by", sa.String(length=64), nullable=False),
        sa.Column("agreed_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_year")),
        sa.UniqueConstraint("region", "year", "version", name=op.f("uq_calendar_year_region_year_version")),
    )
    op.create_table(
        "deadline_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("appeal", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.String(length=32), nullable=False),
        sa.Column("before", sa.String(length=32), nullable=True),
        sa.Column("after", sa.String(length=32), nullable=False),
        sa.Column("provisional_before", sa.Boolean(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name=op.f("fk_deadline_change_batch_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_change")),
    )
    op.create_index("ix_deadline_change_batch", "deadline_change", ["batch"], unique=False)
    op.create_table(
        "read_mark",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_read_mark")),
    )
    _append_only()


def _columns() -> None:
    # never by a copy of the table (batch_alter_table): rows of other tables point at these
    op.add_column("roster", sa.Column("kind", sa.String(16), nullable=False, server_default="new"))
    op.add_column("roster", sa.Column("programme", sa.String(64), nullable=False, server_default=""))
    for name in ("delivered_at", "accepted_at", "complete_at"):
        op.add_column("batch", sa.Column(name, sa.String(32)))
    op.add_column("batch", sa.Column("provisional", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("batch", sa.Column("remakes", sa.Integer()))
    op.create_index("ix_batch_roster", "batch", ["roster"])
    op.create_index("ix_batch_answered", "batch", ["answered_serial"])
    op.execute("UPDATE batch SET delivered_at = sent_at")


def _append_only() -> None:
    """What was taken in, and what it moved, is never changed nor removed. The function append_only() is of 0002."""
    for table in ("calendar_year", "deadline_change"):
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
            )
            continue
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
