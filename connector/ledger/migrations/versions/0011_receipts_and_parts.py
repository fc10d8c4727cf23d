"""What a bank said beside its answers: receipts of packages, and the parts an answer comes in."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """No table yet."""
