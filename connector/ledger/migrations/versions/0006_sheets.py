"""By which road a file came, and who handed in a sheet that no bank's key signed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Two columns; none means that nothing is known of it, or that there is nothing to know."""
    op.add_column("inbound", sa.Column("road", sa.String(length=16), nullable=True))
    op.add_column("edition", sa.Column("handed_in", sa.JSON(), nullable=True))
