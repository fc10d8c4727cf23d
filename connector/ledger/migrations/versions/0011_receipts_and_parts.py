"""What a bank said beside its answers: receipts of packages, and the parts an answer comes in."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("centre", sa.String(64), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("inbound", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("said_at", sa.String(32)),
        sa.Column("arrived_at", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name=op.f("fk_receipt_batch_batch")),
        sa.ForeignKeyConstraint(["inbound"], ["inbound.id"], name=op.f("fk_receipt_inbound_inbound")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
    )
    op.create_index("ix_receipt_batch", "receipt", ["batch"])
    op.create_table(
        "answer_part",
        sa.Column("inbound", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("packages", sa.Integer()),
        sa.Column("revised", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("arrived_at", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name=op.f("fk_answer_part_batch_batch")),
        sa.ForeignKeyConstraint(["inbound"], ["inbound.id"], name=op.f("fk_answer_part_inbound_inbound")),
        sa.PrimaryKeyConstraint("inbound", name=op.f("pk_answer_part")),
    )
    op.create_index("ix_answer_part_batch", "answer_part", ["batch", "number"])
