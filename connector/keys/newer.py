"""A bank's newer certificate that only its CA's folder holds: found by how its fingerprint begins, so that it can be blocked."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from config.connection import Connection, read_connection
from config.yaml_file import BadSettings
from connector.keys.authorities import chains_of
from transports.errors import TransportError
from transports.sealing.certificates import Certificate
from transports.sealing.keyring import KeyRing

Lying: TypeAlias = Mapping[Certificate, str]  # each with the alias it would stand under
FindNewer: TypeAlias = Callable[[str], Lying]


def lying(folder: Path, ring: KeyRing, now: Callable[[], datetime], digits: str) -> Lying:
    """All that is taken from the authorities' folders and whose fingerprint begins so. What cannot be read is not believed either."""
    found: dict[Certificate, str] = {}
    for path in sorted((folder / "connections").glob("*.yaml")) if digits else ():
        try:
            newer = list(_of(folder, ring, read_connection(path), now))
        except (BadSettings, TransportError):
            continue
        found |= {each: alias for alias, each in newer if each.fingerprint.startswith(digits)}
    return found


def _of(folder: Path, ring: KeyRing, connection: Connection, now: Callable[[], datetime]) -> Iterator[tuple[str, Certificate]]:
    """(alias, certificate) of one bank's successors."""
    read = chains_of(folder, connection, now)
    if read is None:
        return
    chains = read()
    for said, use in ((connection.keys.bank_sign, "sign"), (connection.keys.bank_encrypt, "encrypt")):
        alias = said.partition(":")[2]
        theirs = [ring.certificate_of(entry) for entry in ring.list() if entry.alias == alias and entry.dated and not entry.own]
        known = [each for each in theirs if isinstance(each, Certificate)]
        yield from ((alias, each) for each in chains.successors_of(known, use))
