"""The calendar in the ledger; what a batch and a roster say of their deadline."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Batches of before have a certain deadline and were proved delivered when they were sent."""
    with op.batch_alter_table("roster") as roster:
        roster.add_column(sa.Column("kind", sa.String(16), nullable=False, server_default="new"))
        roster.add_column(sa.Column("programme", sa.String(64), nullable=False, server_default=""))
    with op.batch_alter_table("batch") as batch:
        batch.add_column(sa.Column("delivered_at", sa.String(32)))
        batch.add_column(sa.Column("accepted_at", sa.String(32)))
        batch.add_column(sa.Column("complete_at", sa.String(32)))
        batch.add_column(sa.Column("provisional", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("remakes", sa.Integer()))
    op.execute("UPDATE batch SET delivered_at = sent_at")
