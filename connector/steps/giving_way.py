"""A long pass of the monthly round gives way to an urgent question: after each parcel it looks whether one came meanwhile."""

from datetime import datetime

from connector.bank import Bank
from connector.ledger import at_banks
from connector.parts import Parts

GAVE_WAY = "gave way"  # among a step's counts: the pass ended early, and there is more to do


def gives_way(parts: Parts, bank: Bank, since: datetime) -> bool:
    """Whether a pass that began at ``since`` should end here. Only where the clock runs it: it comes back at once.

    A node that was told to stop ends here too.
    """
    if parts.gives_way is None:
        return False
    if parts.gives_way():
        return True
    with parts.ledger.read() as tx:
        return at_banks.urgent_since(tx, bank.code, since)
