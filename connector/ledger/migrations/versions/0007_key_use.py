"""Which key sealed, opened or proved what."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """One table; what was sealed and opened before it came is not in it."""
    op.create_table(
        "key_use",
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("use", sa.String(length=8), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key", "what", "number", "use", name=op.f("pk_key_use")),
    )
