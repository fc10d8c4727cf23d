"""What an appeal disputes, opened: its reason and the account numbers, for as long as they are shown, asked or laid over an answer."""

from collections.abc import Iterable
from typing import Any

import orjson

from connector.ledger import appeals
from connector.ledger.rows import AnyRow, Tx
from connector.vault import Vault


def place_of_appeal(original: int, opened_at: str) -> str:
    """Where the sealed claim of an appeal stands: moved to another inquiry it does not open."""
    return f"appeal/{original}/{opened_at}"


def claim(tx: Tx, vault: Vault, row: AnyRow) -> dict[str, Any]:
    """What an appeal disputes: ``reason``, ``accounts`` (institution → numbers). Raises KeyDestroyed once its month is retired."""
    opened: dict[str, Any] = orjson.loads(vault.open(tx, row.data_key, row.sealed, place_of_appeal(row.original, row.opened_at)))
    return opened


def disputed_accounts(tx: Tx, vault: Vault, inquiries: Iterable[int], institution: str) -> dict[int, str]:
    """Inquiry of an appeal → the accounts disputed at this bank, sorted, joined by ","; those that dispute whole lines are not in it."""
    found: dict[int, str] = {}
    for inquiry in set(inquiries):
        row = appeals.that_asked(tx, inquiry)
        numbers = claim(tx, vault, row)["accounts"].get(institution, ()) if row is not None else ()
        if numbers:
            found[inquiry] = ",".join(sorted(numbers))
    return found
