"""A long pass of the monthly round gives way to an urgent question: after each parcel it looks whether one came meanwhile."""

import time
from collections.abc import Callable
from datetime import datetime

from connector.bank import Bank, Way
from connector.ledger import at_banks
from connector.ledger.rows import Tx
from connector.parts import Parts

GAVE_WAY = "gave way"  # among a step's counts: the pass ended early, and there is more to do


def ends_here(parts: Parts) -> bool:
    """Whether the node that runs a pass was told to stop."""
    return parts.gives_way is not None and parts.gives_way()


def gives_way(parts: Parts, bank: Bank, since: datetime, came: Callable[[Tx, str, datetime], bool]) -> bool:
    """Whether a pass that began at ``since`` should end here. Only where the clock runs it: it comes back at once.

    ``came``: what it gives way to (``at_banks.urgent_to_cut``, ``urgent_to_send``). A node that was told to stop ends here too.
    """
    if parts.gives_way is None:
        return False
    if parts.gives_way():
        return True
    with parts.ledger.read() as tx:
        return came(tx, bank.code, since)


def should_look(parts: Parts, bank: Bank, way: Way, began: float) -> bool:
    """Whether a pass that sends, begun at ``began`` (monotonic seconds), ends here because an urgent answer may lie ready at the bank."""
    if parts.gives_way is None or time.monotonic() - began < way.every.total_seconds():
        return False
    with parts.ledger.read() as tx:
        return at_banks.urgent_awaited(tx, bank.code)
