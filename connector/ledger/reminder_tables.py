"""Reminders and escalations as records, and how each was delivered."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from connector.ledger.columns import MOMENT, centre, metadata

# One step of the ladder at one bank on one day; the record itself, whether anybody could be told or not.
reminder = Table(
    "reminder",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("institution", String(32), nullable=False),
    Column("step", String(32), nullable=False),  # due-next, due-today, overdue-3
    Column("day", String(10), nullable=False),  # local date, 2026-11-23
    Column("lines", Integer, nullable=False),  # that wait for an answer
    Column("batches", JSON, nullable=False),  # [{number, lines, due_at, workdays_late}]; no personal data
    Column("made_at", MOMENT, nullable=False),
    UniqueConstraint("institution", "step", "day"),
)

# A batch is told of once at each step.
reminded = Table(
    "reminded",
    metadata,
    Column("batch", String(32), primary_key=True),  # its number
    Column("step", String(32), primary_key=True),
    Column("reminder", ForeignKey("reminder.id"), nullable=False),
)

notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reminder", ForeignKey("reminder.id"), nullable=False),
    Column("receiver", String(16), nullable=False),  # bank, supervisor
    Column("channel", String(16), nullable=False),  # mail, webhook
    Column("state", String(16), nullable=False),  # waiting, sent, given_up
    Column("tries", Integer, nullable=False),
    Column("next_at", MOMENT, nullable=False),
    Column("sent_at", MOMENT),
    Column("problem", JSON),  # of the last try
    UniqueConstraint("reminder", "receiver", "channel"),
    Index("ix_notice_waiting", "state", "next_at"),
)
