"""The keys of what is kept, what was erased, and the audit with its signed checkpoints."""

from sqlalchemy import JSON, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from connector.ledger.columns import LONG, MOMENT, centre, metadata

data_key = Table(
    "data_key",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("purpose", String(32), nullable=False),
    Column("period", String(16), nullable=False),  # 2026-11; "always" for the blind index
    Column("suite", String(32), nullable=False),
    Column("wrapped", LargeBinary),  # none once destroyed
    Column("made_at", MOMENT, nullable=False),
    Column("destroyed_at", MOMENT),
    UniqueConstraint("purpose", "period"),
)

erasure = Table(
    "erasure",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("what", String(64), nullable=False),
    Column("erased_at", MOMENT, nullable=False),
    Column("counts", JSON, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", LONG, primary_key=True, autoincrement=False),
    Column("at", MOMENT, nullable=False),
    Column("who", String(64), nullable=False),
    Column("what", String(64), nullable=False),
    Column("centre", String(64), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("detail", JSON, nullable=False),  # ids, counts and codes; never a person's data
    Column("suite", String(16), nullable=False),  # which digest chains it
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Index("ix_audit_what", "what"),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("seq", LONG, primary_key=True, autoincrement=False),
    Column("at", MOMENT, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("key", String(128), nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
