"""Which call-backs came before, and until when a bank's server asked not to be called."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Two tables of digests, one column of the lane."""
    op.create_table(
        "seen_message",
        sa.Column("message", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("noted_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_seen_message")),
    )
    op.create_table(
        "seen_nonce",
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("used_for", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_seen_nonce")),
    )
    op.create_index("ix_seen_nonce_used_at", "seen_nonce", ["used_at"], unique=False)
    op.add_column("lane", sa.Column("quiet", sa.JSON(), nullable=True))
