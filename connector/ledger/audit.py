"""Who did what, when: append-only, each record holding the digest of the one before, signed at checkpoints.

A record is written in the transaction of the change it tells of, so neither is without the other. The sequence has no
gap: a write transaction is alone (ledger.py), one that is undone takes its record with it. The database refuses to
change or remove a record (migration 0002); who removes that refusal is found by the verifier (connector/audit_verifier.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import orjson
from sqlalchemy import Engine, desc, select

from connector import audit_verifier
from connector.ledger.proof_tables import audit, checkpoint
from connector.ledger.rows import AnyRow, Tx
from connector.moments import moment, parse

RECORDS_BETWEEN_CHECKPOINTS = 1000
SECONDS_BETWEEN_CHECKPOINTS = 600
_SUITE_AT_FIRST = "sha256"
_SUITE_SET = "audit_suite"  # an execution option of the engine, so that every record of this process follows the setting
_BLOCK = 1000  # rows fetched at once
_LAST = select(audit.c.seq, audit.c.digest, audit.c.suite).order_by(desc(audit.c.seq)).limit(1)
_APPEND = audit.insert()


class Signer(Protocol):
    """The key ring, as far as the audit knows it."""

    def sign_checkpoint(self, message: bytes) -> tuple[str, bytes]:
        """(key id, signature) over ``message``."""


def chain_by(engine: Engine, suite: str | None) -> None:
    """Chain every further record of this ledger by ``suite`` (audit_verifier.SUITES); none = as before."""
    engine.update_execution_options(**{_SUITE_SET: suite})


def record(
    tx: Tx,
    *,
    at: datetime,
    who: str,
    what: str,
    centre: str,
    subject: str = "",
    detail: Mapping[str, Any] | None = None,
    suite: str | None = None,
) -> int:
    """Append one record and return its sequence number, 1 for the first.

    ``detail``: ids, counts, codes and digests; JSON without floats, never a person's data. ``suite``: the digest that
    chains this record and all after it (audit_verifier.SUITES); none = as set by ``chain_by``, else as before. Raises TypeError for other values.
    """
    last = tx.execute(_LAST).one_or_none()
    seq: int = last.seq + 1 if last else 1
    values = {
        "seq": seq,
        "at": moment(at),
        "who": who,
        "what": what,
        "centre": centre,
        "subject": subject,
        "detail": _plain(detail or {}),
        "suite": suite or tx.get_execution_options().get(_SUITE_SET) or (last.suite if last else _SUITE_AT_FIRST),
        "previous": last.digest if last else audit_verifier.BEGINNING,
    }
    tx.execute(_APPEND, {**values, "digest": audit_verifier.digest(values)})
    return seq


def of_batch(tx: Tx, row: AnyRow, *, at: datetime, who: str, what: str, detail: Mapping[str, Any] | None = None) -> None:
    """Append what happened to a batch, which is named as its bank and the centre call it."""
    told = {"batch": row.number, "institution": row.institution, **(detail or {})}
    record(tx, at=at, who=who, what=what, centre=row.centre, subject=f"batch {row.id}", detail=told)


def checkpoint_now(tx: Tx, signer: Signer, at: datetime) -> dict[str, Any] | None:
    """Sign the last record, unless it is signed already or there is none; the newest checkpoint, to be kept elsewhere too."""
    last = tx.execute(_LAST).one_or_none()
    if last is not None and _signed_to(tx) < last.seq:
        signed = {"seq": last.seq, "at": moment(at), "digest": last.digest}
        key, signature = signer.sign_checkpoint(audit_verifier.canonical(signed))
        tx.execute(checkpoint.insert().values(**signed, key=key, signature=signature))
    return last_checkpoint(tx)


def checkpoint_if_due(tx: Tx, signer: Signer, at: datetime, every: int = RECORDS_BETWEEN_CHECKPOINTS) -> None:
    """Sign when ``every`` records or more stand unsigned, or the oldest of them for SECONDS_BETWEEN_CHECKPOINTS."""
    last, signed_to = tx.execute(_LAST).one_or_none(), _signed_to(tx)
    oldest = tx.execute(select(audit.c.at).where(audit.c.seq == signed_to + 1)).scalar_one_or_none()
    if last is None or oldest is None:
        return
    if last.seq - signed_to >= every or (at - parse(oldest)).total_seconds() >= SECONDS_BETWEEN_CHECKPOINTS:
        checkpoint_now(tx, signer, at)


def last_checkpoint(tx: Tx) -> dict[str, Any] | None:
    """The newest checkpoint as the export writes it; none when there is none."""
    row = tx.execute(select(checkpoint).order_by(desc(checkpoint.c.seq)).limit(1)).one_or_none()
    return _said(row) if row else None


def suite_in_use(tx: Tx) -> str:
    """What chained the last record."""
    last = tx.execute(_LAST).one_or_none()
    return str(last.suite) if last else _SUITE_AT_FIRST


def digest_at(tx: Tx, seq: int) -> str | None:
    """The digest of one record; none where there is no such record."""
    return tx.execute(select(audit.c.digest).where(audit.c.seq == seq)).scalar_one_or_none()


def signing_keys(tx: Tx) -> list[str]:
    """The ids of the keys that ever signed a checkpoint."""
    return list(tx.execute(select(checkpoint.c.key).distinct().order_by(checkpoint.c.key)).scalars())


def export(tx: Tx) -> Iterator[bytes]:
    """The chain from its beginning as lines of JSON, each checkpoint after the record it signs; in constant memory."""
    signed = {row.seq: row for row in tx.execute(select(checkpoint))}
    rows = tx.execute(select(audit).order_by(audit.c.seq), execution_options={"yield_per": _BLOCK})
    for row in rows:
        yield audit_verifier.canonical(_plain_row(row)) + b"\n"
        if row.seq in signed:
            yield audit_verifier.canonical({"checkpoint": _said(signed[row.seq])}) + b"\n"


def verify(
    tx: Tx, check_signature: audit_verifier.CheckSignature, known: Mapping[str, Any] | None = None
) -> audit_verifier.Verdict:
    """Whether the chain in this ledger holds. ``known``: a checkpoint kept in a second place."""
    return audit_verifier.verify(export(tx), check_signature, known, tail_signed=False)


def of_kinds(tx: Tx, *kinds: str) -> Sequence[AnyRow]:
    """what, subject, detail of every record of these kinds, oldest first."""
    query = select(audit.c.what, audit.c.subject, audit.c.detail).where(audit.c.what.in_(kinds))
    return tx.execute(query.order_by(audit.c.seq)).all()


def newest(tx: Tx, limit: int) -> list[AnyRow]:
    """The last records, newest first, for people to read."""
    return list(tx.execute(select(audit).order_by(desc(audit.c.seq)).limit(limit)))


def _signed_to(tx: Tx) -> int:
    return tx.execute(select(checkpoint.c.seq).order_by(desc(checkpoint.c.seq)).limit(1)).scalar_one_or_none() or 0


def _said(row: AnyRow) -> dict[str, Any]:
    return {**_plain_row(row), "signature": row.signature.hex()}


def _plain_row(row: AnyRow) -> dict[str, Any]:
    """SQLAlchemy's column names are strings of a kind of their own, which JSON does not take."""
    return {str(name): value for name, value in row._mapping.items()}


def _plain(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The detail as every database gives it back. A float would not be the same everywhere."""
    plain: dict[str, Any] = orjson.loads(orjson.dumps(dict(detail)))
    _refuse_floats(plain)
    return plain


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("an audit record holds no floating-point number")
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        _refuse_floats(part)
