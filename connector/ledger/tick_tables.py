"""What the clock did and which nodes run it: ticks, nodes, breakers, outages."""

from sqlalchemy import JSON, Column, Float, Index, Integer, String, Table

from connector.ledger.columns import MOMENT, metadata

# Whoever inserts a tick runs it. One that never ended was its node's last: another node runs it again under its own name.
tick = Table(
    "tick",
    metadata,
    Column("schedule", String(96), primary_key=True),  # the duty's name, with its bank where it has one
    Column("due_at", MOMENT, primary_key=True),
    Column("node", String(64), nullable=False),
    Column("began_at", MOMENT, nullable=False),
    Column("ended_at", MOMENT),
    Column("counts", JSON),  # what it did, by word; no personal data
    Index("ix_tick_open", "ended_at", "node"),
)

node = Table(
    "node",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("started_at", MOMENT, nullable=False),
    Column("seen_at", MOMENT, nullable=False),
    Column("stopped_at", MOMENT),  # it said goodbye: nobody misses it
    Column("version", String(32), nullable=False),
    Column("drift_s", Float),  # its machine's clock less the database's; none on SQLite, which has no clock of its own
)

# A road of a bank that cannot be called. Closed: no row, or fewer failures than it takes; open until ``until``; then one probe.
breaker = Table(
    "breaker",
    metadata,
    Column("institution", String(64), primary_key=True),  # or the first of those who share a line
    Column("road", String(16), primary_key=True),
    Column("failures", Integer, nullable=False),  # calls in a row that certainly failed
    Column("since", MOMENT, nullable=False),  # of the first of them
    Column("until", MOMENT, nullable=False),  # not called by itself before
    Column("code", String(64), nullable=False),
)

outage = Table(
    "outage",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("institution", String(32), nullable=False),
    Column("starts_at", MOMENT, nullable=False),
    Column("ends_at", MOMENT, nullable=False),
    Column("reason", String, nullable=False),
    Column("agreed_at", MOMENT, nullable=False),
    Index("ix_outage_institution", "institution", "ends_at"),
)
