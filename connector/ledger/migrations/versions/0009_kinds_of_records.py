"""Records of the audit by their kind: what became of each key is asked whenever a deployment is opened."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """An index; no row changes."""
    op.create_index("ix_audit_what", "audit", ["what"])
