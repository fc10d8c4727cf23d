"""What the audit says of a key: which one and who, never the key."""

from datetime import datetime

from connector.ledger import audit
from connector.ledger.rows import Tx
from transports.sealing.keyring.index import Entry


def record(tx: Tx, what: str, entry: Entry, *, who: str, centre: str, now: datetime, **more: str | int) -> None:
    """Append ``what`` (key.new, key.import, key.certify, key.renew, key.retire, key.handed, key.block, …) about an entry of the ring."""
    detail = {"id": entry.id, "use": entry.use, "kind": entry.kind, "fingerprint": entry.fingerprint, "evidence": entry.evidence}
    audit.record(tx, at=now, who=who, what=what, centre=centre, subject=entry.alias, detail={**detail, **more})
