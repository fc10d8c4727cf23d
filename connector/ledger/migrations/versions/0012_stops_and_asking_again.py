"""Lines that are not to go on: whose paper was withdrawn, who died; and rosters made to ask again for what is missing."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Four tables."""
    op.create_table(
        "stopped_member",
        sa.Column("member", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("stopped_at", sa.String(32), nullable=False),
        sa.Column("stopped_by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["member.id"], name=op.f("fk_stopped_member_member_member")),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_stopped_member")),
    )
    op.create_table(
        "stopped_line",
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("stopped_at", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name=op.f("fk_stopped_line_batch_batch")),
        sa.PrimaryKeyConstraint("batch", "position", name=op.f("pk_stopped_line")),
    )
    op.create_table(
        "asked_again",
        sa.Column("roster", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("asked_at", sa.String(32), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["roster"], ["roster.id"], name=op.f("fk_asked_again_roster_roster")),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name=op.f("fk_asked_again_batch_batch")),
        sa.PrimaryKeyConstraint("roster", name=op.f("pk_asked_again")),
    )
    op.create_index("ix_asked_again_batch", "asked_again", ["batch"])
    op.create_table(
        "recall_wanted",
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("lines_too", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("asked_at", sa.String(32), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name=op.f("fk_recall_wanted_batch_batch")),
        sa.PrimaryKeyConstraint("batch", name=op.f("pk_recall_wanted")),
    )
