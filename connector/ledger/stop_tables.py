"""Lines that are not to go on: whose paper was withdrawn, who died; and rosters made to ask again for what is missing."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table

from connector.ledger.columns import MOMENT, metadata

stopped_member = Table(
    "stopped_member",
    metadata,
    Column("member", ForeignKey("member.id"), primary_key=True),
    Column("why", String(16), nullable=False),  # withdrawn, died
    Column("stopped_at", MOMENT, nullable=False),
    Column("stopped_by", String(64), nullable=False),
)  # nothing more is asked about these persons, wherever their lines stand

stopped_line = Table(
    "stopped_line",
    metadata,
    Column("batch", ForeignKey("batch.id"), primary_key=True),
    Column("position", Integer, primary_key=True),  # in the batch, 0-based
    Column("why", String(16), nullable=False),  # withdrawn, died, recalled
    Column("stopped_at", MOMENT, nullable=False),
)  # had gone, or perhaps, when they were stopped: what is answered of them is kept sealed, and no report shows it

asked_again = Table(
    "asked_again",
    metadata,
    Column("roster", ForeignKey("roster.id"), primary_key=True),  # of the kind again: the persons asked about once more
    Column("batch", ForeignKey("batch.id"), nullable=False),  # that they were first asked in
    Column("why", String, nullable=False),
    Column("asked_at", MOMENT, nullable=False),
    Column("asked_by", String(64), nullable=False),
    Index("ix_asked_again_batch", "batch"),
)

recall_wanted = Table(
    "recall_wanted",
    metadata,
    Column("batch", ForeignKey("batch.id"), primary_key=True),
    Column("lines_too", Boolean, nullable=False),  # its lines are not asked anew
    Column("why", String, nullable=False),
    Column("asked_at", MOMENT, nullable=False),
    Column("asked_by", String(64), nullable=False),
)  # it lies with a carrier, and is asked back first
