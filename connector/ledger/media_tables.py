"""The register of media (domain rule 26): every medium, what lies on it, and who had it when. Events are only ever appended.

Beside tables.py because a medium is a thing one can hold: these tables alone speak of labels, seals and hands.
"""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from connector.ledger.columns import LONG, MOMENT, metadata

medium = Table(
    "medium",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("centre", String(64), nullable=False),
    Column("region", String(12), nullable=False),
    Column("institution", String(32), nullable=False),
    Column("direction", String(4), nullable=False),  # out: centre to bank; in: bank to centre
    Column("label", String(128), nullable=False),
    Column("label_day", String(10), nullable=False),  # of the number in our labels, which begins again each day
    Column("label_seq", Integer, nullable=False),
    Column("kind", String(32), nullable=False),  # optical_disc, encrypted_usb
    Column("set_name", String(128), nullable=False),  # the label of the set's first volume
    Column("volume", Integer, nullable=False),
    Column("volumes", Integer, nullable=False),
    Column("state", String(16), nullable=False),  # registered, out, back, refused, destroyed; overdue is reckoned, never kept
    Column("seal_number", String(64), nullable=False),
    Column("manifest_digest", String(64), nullable=False),  # SHA-256 of its signed list; empty until it is known
    Column("bytes", LONG, nullable=False),
    Column("registered_at", MOMENT, nullable=False),
    Column("written_at", MOMENT),  # out: read back whole from where it was written
    Column("imported_at", MOMENT),  # in: everything on it is ours
    Column("due_at", MOMENT),  # by when it is back or destroyed
    Column("closed_at", MOMENT),  # back or destroyed, certified
    Column("problem", JSON),  # {code, zh, en} of why it was refused
    UniqueConstraint("institution", "direction", "label"),
    Index("ix_medium_open", "closed_at", "institution"),
)

medium_file = Table(
    "medium_file",
    metadata,
    Column("medium", ForeignKey("medium.id"), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("size", LONG, nullable=False),
    Column("digest", String(64), nullable=False),  # as its list has it
    Column("parcel", String(255), nullable=False),  # the parcel it is, or is a part of
    Column("part", Integer, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("object", String(64), nullable=False),  # in: its SHA-256 in the object store, until its parcel is whole
    Column("batch", ForeignKey("batch.id")),  # out: what it carries, and the attempt it is
    Column("attempt", Integer),
    Column("inbound", ForeignKey("inbound.id")),  # in: what it became
    Index("ix_medium_file_batch", "batch"),
)

medium_event = Table(
    "medium_event",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("medium", ForeignKey("medium.id"), nullable=False),
    Column("at", MOMENT, nullable=False),  # when it happened, as the slip says
    Column("noted_at", MOMENT, nullable=False),
    Column("what", String(32), nullable=False),
    Column("who", String(64), nullable=False),
    Column("second", String(64), nullable=False),  # the other person; empty only where none is asked for
    Column("seal_number", String(64), nullable=False),
    Column("note", String, nullable=False),
    Index("ix_medium_event_medium", "medium", "seq"),
)
