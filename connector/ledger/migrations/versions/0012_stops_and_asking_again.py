"""Lines that are not to go on: whose paper was withdrawn, who died; and rosters made to ask again for what is missing."""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """No table yet."""
