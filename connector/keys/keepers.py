"""Who may ask for an act on keys; who may agree to it, people.decide says."""

from connector.keys import standing
from connector.ledger import people
from connector.ledger.people import Role
from connector.ledger.rows import AnyRow, Tx
from transports.sealing.keyring import KeyRing

KEEPERS = (Role.KEY_OFFICER, Role.ADMINISTRATOR)


def keeper(tx: Tx, ring: KeyRing, by: str) -> AnyRow:
    """The user, who may ask; the ring is from here on as it lies there now, and nobody else changes it before the transaction ends.

    Raises NotAllowed, BrokenRing.
    """
    user = people.require(tx, by, *KEEPERS, anywhere=True)
    standing.hold(tx, ring)
    return user
