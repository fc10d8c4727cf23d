"""The tables of appeals: what is disputed of which inquiry, by when it is to be re-checked, and how each disputed bank's part ended.

The claim and the disputed accounts are a person's and stand sealed; banks, days and results stand in clear, for they are counted.
"""

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table

from connector.ledger.columns import MOMENT, centre, metadata

appeal = Table(
    "appeal",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("original", ForeignKey("inquiry.id"), nullable=False),  # what it disputes; never changed by it
    Column("inquiry", ForeignKey("inquiry.id")),  # the new one that asks again; none before ``ask``
    Column("report_version", Integer),  # the edition of the report that was disputed; none where there was none
    Column("state", String(16), nullable=False),  # received, rechecking, upheld, corrected, declined; overdue is reckoned
    Column("received_on", Date, nullable=False),  # the day the evidence came in: the re-check's clock starts here
    Column("due_at", MOMENT, nullable=False),  # of the re-check, apart from the bank's own
    Column("provisional", Boolean, nullable=False),
    Column("evidence_digest", String(64)),  # SHA-256 of the scan of the papers handed in
    Column("sealed", LargeBinary, nullable=False),  # JSON: the reason given, the disputed accounts by bank
    Column("data_key", ForeignKey("data_key.id"), nullable=False),
    Column("opened_at", MOMENT, nullable=False),
    Column("opened_by", String(64), nullable=False),
    Column("asked_at", MOMENT),
    Column("asked_by", String(64)),
    Column("decided_at", MOMENT),
    Column("decided_by", String(64)),  # the second person; who asked stands in the request
    Index("ix_appeal_original", "original"),
    Index("ix_appeal_inquiry", "inquiry"),
    Index("ix_appeal_state", "state"),
)

appeal_item = Table(
    "appeal_item",
    metadata,
    Column("appeal", ForeignKey("appeal.id"), primary_key=True),
    Column("institution", String(32), primary_key=True),
    Column("by_account", Boolean, nullable=False),  # only some accounts are disputed; which ones stands sealed
    Column("disputed", JSON, nullable=False),  # member place -> what was disputed: batch, position (0-based), edition
    Column("result", String(16)),  # upheld, corrected, unanswered, declined; none while it is open
    Column("source", String(16)),  # of a correction: appeal (answer to the new inquiry) or revised (a further edition of the old)
)
