"""Whose deployment a ledger is opened for: others may share the database, and neither their users nor their batches are this one's."""

from sqlalchemy import Engine

from connector.ledger.rows import Tx

_CENTRE = "site_centre"  # an execution option of the engine


def of_centre(engine: Engine, centre: str) -> None:
    """This ledger is opened for a centre, by its code."""
    engine.update_execution_options(**{_CENTRE: centre})


def is_ours(tx: Tx, centre: str) -> bool:
    """Whether something of this centre is the deployment's own; where the ledger was opened for none, everything is."""
    return bool(tx.get_execution_options().get(_CENTRE, centre) == centre)
