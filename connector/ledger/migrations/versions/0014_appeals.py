"""Appeals: what is disputed, by when it is to be answered, and how it ended."""

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """No table yet."""
