"""Reminders and escalations as records, and how each was delivered."""

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """No table yet."""
