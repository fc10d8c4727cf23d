"""Appeals: what is disputed, by when it is to be answered, and how it ended."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Two tables; nothing of what stands changes."""
    op.create_table(
        "appeal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("centre", sa.String(length=64), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("original", sa.Integer(), nullable=False),
        sa.Column("inquiry", sa.Integer(), nullable=True),
        sa.Column("report_version", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.String(length=32), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("evidence_digest", sa.String(length=64), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("data_key", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.String(length=32), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.String(length=32), nullable=True),
        sa.Column("asked_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", sa.String(length=32), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["data_key"], ["data_key.id"], name=op.f("fk_appeal_data_key_data_key")),
        sa.ForeignKeyConstraint(["inquiry"], ["inquiry.id"], name=op.f("fk_appeal_inquiry_inquiry")),
        sa.ForeignKeyConstraint(["original"], ["inquiry.id"], name=op.f("fk_appeal_original_inquiry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
    )
    op.create_index("ix_appeal_original", "appeal", ["original"])
    op.create_index("ix_appeal_inquiry", "appeal", ["inquiry"])
    op.create_index("ix_appeal_state", "appeal", ["state"])
    op.create_table(
        "appeal_item",
        sa.Column("appeal", sa.Integer(), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("by_account", sa.Boolean(), nullable=False),
        sa.Column("disputed", sa.JSON(), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["appeal"], ["appeal.id"], name=op.f("fk_appeal_item_appeal_appeal")),
        sa.PrimaryKeyConstraint("appeal", "institution", name=op.f("pk_appeal_item")),
    )
