"""Who receives aid (在册名单), the rounds they are asked in, and lists of deaths."""

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """No table yet."""
