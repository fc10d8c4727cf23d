"""The working-day lists by year as they were imported, each import a further version; deadlines that moved with them."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from connector.ledger.columns import MOMENT, metadata

calendar_year = Table(
    "calendar_year",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("region", String(12), nullable=False),  # "" = the national list, else the prefix of a division code
    Column("year", Integer, nullable=False),
    Column("version", Integer, nullable=False),  # 1-based, append-only: the highest one rules
    Column("off", JSON, nullable=False),  # ISO dates
    Column("working", JSON, nullable=False),  # weekend days that are worked (调休上班)
    Column("source", String(256), nullable=False),  # the document it was copied from
    Column("digest", String(64), nullable=False),  # SHA-256 of the file that was taken in
    Column("imported_at", MOMENT, nullable=False),
    Column("imported_by", String(64), nullable=False),
    Column("agreed_by", String(64), nullable=False),
    UniqueConstraint("region", "year", "version"),
)

deadline_change = Table(
    "deadline_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch", ForeignKey("batch.id")),
    Column("appeal", Integer),  # or: the appeal whose re-check it is
    Column("changed_at", MOMENT, nullable=False),
    Column("before", MOMENT),
    Column("after", MOMENT, nullable=False),
    Column("provisional_before", Boolean, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("why", String(64), nullable=False),  # what made the clock look again: calendar-taken, recomputed
    Index("ix_deadline_change_batch", "batch"),
)
