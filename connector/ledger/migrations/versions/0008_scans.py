"""Whose scan is this already?"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """An index; no row changes."""
    op.create_index("ix_authorization_scan", "authorization", ["scan_digest"])
