"""What the clock did and which nodes run it: ticks, nodes, breakers, outages."""

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """No table yet."""
