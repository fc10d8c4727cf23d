"""Who receives aid (在册名单), the rounds they are asked in, and lists of deaths.

A household is known by its number and programme; of its persons only the keyed index stands here in the clear.
"""

from sqlalchemy import JSON, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from connector.ledger.columns import MOMENT, centre, metadata

# ---------------------------------------------------------------- the register
register_sheet = Table(
    "register_sheet",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("month", String(7), nullable=False),  # 2026-12: the month it is the register of
    Column("digest", String(64), nullable=False),  # SHA-256 of the file: the same one twice changes nothing
    Column("received_at", MOMENT, nullable=False),
    Column("received_by", String(64), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("verdicts", JSON, nullable=False),  # what became of its rows, by row number; no cell of the sheet
    Column("approval", ForeignKey("approval.id")),  # of the two persons, where it ended much at once
    UniqueConstraint("centre", "month", "digest"),
)

recipient = Table(
    "recipient",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("household_no", String(64), nullable=False),
    Column("programme", String(64), nullable=False),
    Column("state", String(16), nullable=False),  # on, ending, stopped, refused
    Column("state_at", MOMENT, nullable=False),
    Column("state_by", String(64), nullable=False),
    Column("ends_on", Date),  # the day aid ends, or was refused
    Column("month", String(7), nullable=False),  # the newest register it stands in
    Column("sheet", ForeignKey("register_sheet.id"), nullable=False),
    Column("sealed", LargeBinary),  # JSON: why it was stopped
    Column("data_key", ForeignKey("data_key.id")),
    UniqueConstraint("centre", "household_no", "programme"),
    Index("ix_recipient_state", "centre", "programme", "state"),
)

recipient_person = Table(
    "recipient_person",
    metadata,
    Column("recipient", ForeignKey("recipient.id"), primary_key=True),
    Column("person_index", LargeBinary(32), primary_key=True),  # who the register says lives in the household
)

# ---------------------------------------------------------------- rounds
register_round = Table(
    "register_round",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("programme", String(64), nullable=False),
    Column("period", String(8), nullable=False),  # 2026-12, 2026-Q4, 2026
    Column("kind", String(16), nullable=False),  # month, quarter, year
    Column("check_type", String(64), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("window_from", Date, nullable=False),
    Column("policy", String(64), nullable=False),
    Column("intake", ForeignKey("intake.id"), nullable=False),  # its inquiries came in by the register
    Column("made_at", MOMENT, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("finished_at", MOMENT),  # every household has its row below
    UniqueConstraint("centre", "programme", "period"),
)

round_household = Table(
    "round_household",
    metadata,
    Column("round", ForeignKey("register_round.id"), primary_key=True),
    Column("recipient", ForeignKey("recipient.id"), primary_key=True),
    Column("inquiry", ForeignKey("inquiry.id")),
    Column("code", String(32)),  # why it was not asked
)

# ---------------------------------------------------------------- deaths
death_list = Table(
    "death_list",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("digest", String(64), nullable=False),
    Column("source", String(64), nullable=False),  # the department it came from
    Column("received_at", MOMENT, nullable=False),
    Column("received_by", String(64), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("verdicts", JSON, nullable=False),
    Column("approval", ForeignKey("approval.id")),  # waited for; none: it was carried out at once
    Column("done_at", MOMENT),
    UniqueConstraint("centre", "digest"),
)

death = Table(
    "death",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("list", ForeignKey("death_list.id"), nullable=False),
    Column("row", Integer, nullable=False),
    Column("person_index", LargeBinary(32), nullable=False),
    Column("state", String(16), nullable=False),  # held, stopped, differs, another
    Column("state_at", MOMENT, nullable=False),
    Column("state_by", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # JSON: name, id_type, id_no, died_on as the list has them
    Column("data_key", ForeignKey("data_key.id"), nullable=False),
    UniqueConstraint("list", "row"),
    Index("ix_death_person_index", "person_index"),
)
