"""What a bank said beside its answers: receipts of packages, and the parts an answer comes in."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table

from connector.ledger.columns import MOMENT, centre, metadata

receipt = Table(
    "receipt",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("batch", ForeignKey("batch.id"), nullable=False),
    Column("inbound", ForeignKey("inbound.id"), nullable=False),  # the file it came in
    Column("code", String(24), nullable=False),  # reconciliation.words.RECEIPTS; what the bank wrote beside it is not kept
    Column("accepted", Boolean, nullable=False),
    Column("said_at", MOMENT),  # when the bank says it had the package
    Column("arrived_at", MOMENT, nullable=False),
    Index("ix_receipt_batch", "batch"),
)

answer_part = Table(
    "answer_part",
    metadata,
    Column("inbound", ForeignKey("inbound.id"), primary_key=True),
    Column("batch", ForeignKey("batch.id"), nullable=False),
    Column("number", Integer, nullable=False),  # which package of the answer, from 1
    Column("packages", Integer),  # how many the bank says there are; none: it does not say
    Column("revised", Boolean, nullable=False),
    Column("digest", String(64), nullable=False),  # keyed, of its rows alone: the same part again is a duplicate
    Column("arrived_at", MOMENT, nullable=False),
    Index("ix_answer_part_batch", "batch", "number"),
)
