"""What happened to lines, as events, and the counters kept with them.

Events are only ever appended (the database refuses anything else, migration 0015); counters follow from them in the same transaction.
"""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from connector.ledger.columns import LONG, MOMENT, metadata

line_event = Table(
    "line_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", MOMENT, nullable=False),
    Column("batch", ForeignKey("batch.id")),  # none: it happened to the house (an outage of ours)
    Column("what", String(24), nullable=False),  # connector/ledger/events.py
    Column("detail", JSON, nullable=False),  # numbers, moments, positions; no person
    Column("declares", LargeBinary),  # of an edition: zlib of one bit a line, set where its bank declared how many accounts come
    Index("ix_line_event_batch", "batch"),
    Index("ix_line_event_what", "what"),
)

tally = Table(
    "tally",
    metadata,
    Column("batch", ForeignKey("batch.id"), primary_key=True),
    Column("month", String(7), nullable=False),  # that it is due in, by the site's clock; without a deadline, that it was made in
    Column("institution", String(32), nullable=False),
    Column("region", String(12), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("due_at", MOMENT),
    Column("delivered_at", MOMENT),
    Column("counts", JSON, nullable=False),  # bucket or other figure → lines
    Column("spans", JSON, nullable=False),  # [moment of the first whole answer, lines] of those answered
    Column("told", JSON, nullable=False),  # what the events said of the batch last
    Index("ix_tally_due", "due_at"),
    Index("ix_tally_month", "month", "institution"),
)

counter = Table(
    "counter",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("institution", String(32), primary_key=True),
    Column("region", String(12), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("figure", String(24), primary_key=True),  # a bucket (reconciliation/buckets.py) or what else is counted
    Column("amount", LONG, nullable=False),
)

closed_month = Table(
    "closed_month",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("revision", Integer, primary_key=True),  # 1 and up; closed figures never change, a further one is added by two persons
    Column("closed_at", MOMENT, nullable=False),
    Column("closed_by", String(64), nullable=False),
    Column("reason", String, nullable=False),
    Column("cells", JSON, nullable=False),
)
