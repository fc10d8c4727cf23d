"""A bank's answer made by hand: to a batch of the centre, with rows, text or seal changed on the way, delivered as the bank would."""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pyarrow as pa

from bank_profiles.packing.steps import pack
from bank_profiles.translation import PackageFacts, parcel_name, read_package, write_files
from connector.assembly import clock
from connector.bankside.clerk import Asked, Clerk
from connector.bankside.desk import Desk
from connector.bankside.lookup import Answer
from connector.ledger import rosters
from connector.ledger.rows import AnyRow
from connector.objects.folder import FolderStore
from reconciliation.exchange import RECORDS
from tests.town import Town
from transports.transport import Delivery

T = TypeVar("T")


def _as_it_is(thing: T) -> T:
    return thing


def reply(
    town: Town,
    batch: AnyRow,
    *,
    number: str = "",
    bank: str = "",
    again: int = 0,
    rows: Callable[[Answer], Answer] = _as_it_is,
    text: Callable[[bytes], bytes] = _as_it_is,
    keys: Mapping[str, str] | None = None,
) -> str:
    """Answer ``batch`` and deliver; the parcel's name.

    ``number``: the batch the answer names; ``bank``: the institution it says it is of; ``again``: 1 for a second file about it, and so
    on; ``rows`` and ``text`` change what is said before it is sealed; ``keys``: other aliases of the bank's ring.
    """
    desk = _with_keys(town.desk(batch.institution), keys or {})
    profile = desk.profile(clock())
    clerk = Clerk(desk, profile, clock())
    said = (bank or batch.institution, number or batch.number)
    facts = PackageFacts(*said, batch.sequence_day, batch.sequence + 100 * again, clock())
    answer = rows(clerk.say(Asked(facts, questions(town, batch))))
    files = [
        file._replace(blocks=[text(b"".join(file.blocks))]) for file in write_files(profile, "response", facts, answer.tables())
    ]
    parcel = clerk.seal(b"".join(pack(profile.response.package, files)))
    name = parcel_name(profile, "response", facts)
    put = desk.mailbox(profile).put(name, lambda: iter([parcel]), len(parcel), hashlib.sha256(parcel).hexdigest())
    assert put.delivery is Delivery.DELIVERED, put
    return name


def questions(town: Town, batch: AnyRow) -> pa.Table:
    """What the bank reads in the parcel of a batch: RECORDS["inquiry"]."""
    desk = town.desk(batch.institution)
    profile = desk.profile(clock())
    objects = FolderStore(town.dir / "objects")
    blocks = desk.channel(profile).open(lambda: objects.get(batch.parcel_digest), clock())
    tables = [rows.table for rows in read_package(profile, "inquiry", batch.parcel_name, blocks)]
    return pa.concat_tables([RECORDS["inquiry"].empty_table(), *tables])


def batches(town: Town, code: str) -> list[AnyRow]:
    """A bank's batches, oldest first."""
    with town.ledger().read() as tx:
        return list(rosters.batches(tx, code))


def with_rows(kind: str, *rows: Mapping[str, Any]) -> Callable[[Answer], Answer]:
    """Some more rows of a kind."""

    def added(answer: Answer) -> Answer:
        schema = RECORDS[kind]
        complete = [dict.fromkeys(schema.names) | dict(row) for row in rows]
        return dataclasses.replace(
            answer, **{kind: pa.concat_tables([getattr(answer, kind), pa.Table.from_pylist(complete, schema)])}
        )

    return added


def _with_keys(desk: Desk, keys: Mapping[str, str]) -> Desk:
    changed = desk.settings.keys.model_copy(update=dict(keys))
    return dataclasses.replace(desk, settings=desk.settings.model_copy(update={"keys": changed}))
