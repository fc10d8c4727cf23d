"""A period's key destroyed, what stood under it has ended: in the store, in every copy of it, and in the files of the ledger."""

from pathlib import Path

import pytest
from sqlalchemy import select

from connector import segments
from connector.assembly import clock
from connector.bankside.invented import invent
from connector.ledger import data_keys
from connector.ledger.errors import KeyDestroyed
from connector.ledger.proof_tables import data_key
from connector.ledger.rows import AnyRow
from connector.ledger.tables import segment
from tests.town import Town
from transports.errors import BrokenSeal
from transports.sealing import at_rest


def test_c11_a_destroyed_period_ends_every_copy_of_its_data(tmp_path: Path) -> None:
    city = tmp_path / "city"
    invent(city, households=2, banks=2)
    with Town(tmp_path / "town", city) as town:
        town.intake()
        town.journey()
        parts, month = town.deployment().parts, f"{clock():%Y-%m}"
        with parts.ledger.read() as tx:
            rows = tx.execute(select(segment)).all()
            copies = {row.object: b"".join(parts.objects.get(row.object)) for row in rows}
            for row in rows:
                assert parts.vault.open(tx, row.data_key, copies[row.object], _context(row))
            wrapped = {row.id: bytes(row.wrapped) for row in tx.execute(select(data_key).where(data_key.c.period == month))}
        assert rows
        assert any(each in _files(town.dir) for each in wrapped.values())

        with parts.ledger.begin() as tx:
            ended = data_keys.destroy(tx, month, clock())
        parts.ledger.scrub()

        assert sorted(wrapped) == ended
        assert not [each for each in wrapped.values() if each in _files(town.dir)]
        with parts.ledger.read() as tx:
            living = [bytes(row.wrapped) for row in tx.execute(select(data_key).where(data_key.c.wrapped.is_not(None)))]
            for row in rows:
                with pytest.raises(KeyDestroyed):
                    parts.vault.open(tx, row.data_key, copies[row.object], _context(row))
        master = town.ring().master()
        for plain in [at_rest.unwrap(master, each) for each in living]:
            for row in rows:
                with pytest.raises(BrokenSeal):
                    at_rest.open(plain, copies[row.object], _context(row))


def _context(row: AnyRow) -> str:
    return segments._context(row.batch, row.edition, row.kind)


def _files(folder: Path) -> bytes:
    """Every byte the ledger keeps."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("ledger.db*")))
