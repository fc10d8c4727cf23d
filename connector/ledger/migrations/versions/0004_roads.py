"""Which of a bank's roads a batch goes by, and which one each attempt took."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Two columns; none means the road of the profile's channel."""
    op.add_column("batch", sa.Column("road", sa.String(length=16), nullable=True))
    op.add_column("attempt", sa.Column("road", sa.String(length=16), nullable=True))
