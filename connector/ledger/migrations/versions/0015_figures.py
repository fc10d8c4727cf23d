"""What happened to lines, as events, and the counters kept with them."""

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """No table yet."""
