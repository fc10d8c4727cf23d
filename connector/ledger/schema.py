"""All tables of the ledger in one metadata: what Alembic compares, and what tests empty."""

from connector.ledger import (  # noqa: F401 (each adds its tables)
    answer_tables,
    appeal_tables,
    calendar_tables,
    figure_tables,
    key_use,
    media_tables,
    people_tables,
    proof_tables,
    register_tables,
    reminder_tables,
    seen,
    stop_tables,
    tables,
    tick_tables,
)
from connector.ledger.columns import metadata

__all__ = ["metadata"]
