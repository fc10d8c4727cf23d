"""What a key protected: the batches it sealed, the files it opened or proved, the reports that rest on them, and what still names it.

Held against it on the day it is found compromised (security C8). Messages beside TLS, media lists and conformance certificates are
signed by the same keys and are told by the connections that name the key.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from config.connection import Connection, read_connection
from config.yaml_file import BadSettings
from connector.ledger import key_use
from connector.ledger.rows import AnyRow, Tx
from connector.parts import Parts
from transports.sealing.keyring.index import Entry
from transports.sealing.keyring.lasting_keys import MASTER

_ROLES = ("bank_encrypt", "bank_sign", "our_sign", "our_decrypt")


def told(parts: Parts, entry: Entry) -> dict[str, Any]:
    """One object, schema ``key-touched/1``: ids, counts and digests, never a person's data."""
    ids = [each.id for each in parts.ring.sharing(entry.id)] if parts.ring is not None else [entry.id]
    with parts.ledger.read() as tx:
        batches = _by_number(_of_each(ids, key_use.batches, tx), ("number", "institution", "state", "lines"))
        files = _by_number(_of_each(ids, key_use.files, tx), ("id", "name", "institution", "digest", "state"))
        written = dict.fromkeys((row.household_no, row.version) for row in _of_each(ids, key_use.reports, tx))
        signed, months = key_use.checkpoints(tx, entry.id), _months(tx, entry)
    named, unread = connections_naming(parts.folder / "connections", entry.alias)
    return {
        "schema": "key-touched/1",
        "key": {name: getattr(entry, name) for name in ("id", "alias", "use", "own", "kind", "fingerprint", "state")},
        "batches": batches,
        "lines": sum(each["lines"] for each in batches),
        "files": files,
        "reports": [{"household": household, "edition": edition} for household, edition in written],
        "checkpoints": signed,
        "data_keys": months,
        "connections": named,
        "witness": parts.witness == entry.alias,
        "unread_connections": unread,
    }


def _of_each(ids: Iterable[str], find: Callable[[Tx, str], Sequence[AnyRow]], tx: Tx) -> Iterator[AnyRow]:
    """What is noted of a key under each of its certificates: where a CA certified it, it has two."""
    return (row for key in ids for row in find(tx, key))


def _by_number(rows: Iterable[AnyRow], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """One entry for each batch or file, with every use the key had there."""
    found: dict[Any, dict[str, Any]] = {}
    for row in rows:
        said = {name: getattr(row, name) for name in names}
        found.setdefault(said[names[0]], {**said, "uses": [], "at": row.at})["uses"].append(row.use)
    return list(found.values())


def _months(tx: Tx, entry: Entry) -> list[str]:
    """Of the master key: every living data key it wraps, as purpose and period; all that is kept about persons hangs on them."""
    return key_use.data_keys(tx) if entry.use == MASTER else []


def connections_naming(folder: Path, alias: str) -> tuple[list[dict[str, Any]], list[str]]:
    """(each connection that names the alias, and as what; the files that could not be read)."""
    named, unread = [], []
    for path in sorted(folder.glob("*.yaml")):
        try:
            found = list(roles(read_connection(path), alias))
        except BadSettings:
            unread.append(path.stem)
            continue
        if found:
            named.append({"connection": path.stem, "as": found})
    return named, unread


def roles(connection: Connection, alias: str) -> Iterator[str]:
    """As what the connection names this alias, if it does."""
    for role in _ROLES:
        if getattr(connection.keys, role).partition(":")[2] == alias:
            yield role
