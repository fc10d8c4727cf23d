"""Who may act, and what waits for a second person."""

from sqlalchemy import JSON, Column, Integer, String, Table

from connector.ledger.columns import MOMENT, centre, metadata

person_user = Table(
    "person_user",
    metadata,
    Column("name", String(64), primary_key=True),
    *centre(),
    Column("roles", JSON, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("retired_at", MOMENT),
)

approval = Table(
    "approval",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("act", String(64), nullable=False),
    Column("subject", JSON, nullable=False),  # what the act needs to be carried out; never personal data
    Column("reason", String, nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", MOMENT, nullable=False),
    Column("state", String(16), nullable=False),  # waiting, agreed, returned
    Column("decided_by", String(64)),
    Column("decided_at", MOMENT),
)
