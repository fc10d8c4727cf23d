"""What happened to lines, as events, and the counters kept with them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Events are append-only: the database itself refuses to change or remove one. Batches of before are counted by Ledger.migrate."""
    op.create_table(
        "line_event",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("batch", sa.Integer(), sa.ForeignKey("batch.id", name="fk_line_event_batch_batch")),
        sa.Column("what", sa.String(24), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("declares", sa.LargeBinary()),
    )
    op.create_index("ix_line_event_batch", "line_event", ["batch"])
    op.create_index("ix_line_event_what", "line_event", ["what"])
    _tally()
    op.create_table(
        "counter",
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("institution", sa.String(32), primary_key=True),
        sa.Column("region", sa.String(12), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("figure", sa.String(24), primary_key=True),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    )
    op.create_table(
        "closed_month",
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("revision", sa.Integer(), primary_key=True),
        sa.Column("closed_at", sa.String(32), nullable=False),
        sa.Column("closed_by", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
    )
    for table, key in (("line_event", "id = NEW.id"), ("closed_month", "month = NEW.month AND revision = NEW.revision")):
        _append_only(table, key)


def _tally() -> None:
    op.create_table(
        "tally",
        sa.Column("batch", sa.Integer(), sa.ForeignKey("batch.id", name="fk_tally_batch_batch"), primary_key=True),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("institution", sa.String(32), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("due_at", sa.String(32)),
        sa.Column("delivered_at", sa.String(32)),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
    )
    op.create_index("ix_tally_due", "tally", ["due_at"])
    op.create_index("ix_tally_month", "tally", ["month", "institution"])


def _append_only(table: str, key: str) -> None:
    """As migration 0002 does it for the audit."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    same = f"SELECT 1 FROM {table} WHERE {key}"  # noqa: S608 -- the names are ours
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS ({same}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )
