"""The tables of an inquiry: who asks on what paper, what was asked, what came back.

Whatever concerns a person is sealed, found by a keyed index, and carries centre and region. The tables of the other rooms stand beside.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    false,
)

from connector.ledger.columns import LONG, MOMENT, centre, metadata

# ---------------------------------------------------------------- who asks, about whom, on what paper
intake = Table(
    "intake",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("digest", String(64), nullable=False),  # SHA-256 of the sheet: the same file twice changes nothing
    Column("policy", String(64), nullable=False),
    Column("received_at", MOMENT, nullable=False),
    Column("received_by", String(64), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("verdicts", JSON, nullable=False),  # what became of its rows, by row number; no cell of the sheet
    UniqueConstraint("centre", "digest"),
)

authorization = Table(
    "authorization",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("number", String(64), nullable=False),
    Column("household_no", String(64), nullable=False),
    Column("programme", String(64), nullable=False),
    Column("state", String(16), nullable=False),  # draft, valid, ended, superseded, revoked, expired
    Column("state_at", MOMENT, nullable=False),
    Column("state_by", String(64), nullable=False),
    Column("state_why", String),
    Column("scan_digest", String(64)),  # SHA-256 of the scan as it was handed in
    Column("scan_object", String(64)),  # the sealed scan in the object store
    Column("scan_key", ForeignKey("data_key.id")),
    UniqueConstraint("centre", "number", "household_no"),
    Index("ix_authorization_household", "centre", "household_no"),
    Index("ix_authorization_scan", "scan_digest"),  # whose scan is this already?
)

inquiry = Table(
    "inquiry",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("intake", ForeignKey("intake.id"), nullable=False),
    Column("household_no", String(64), nullable=False),
    Column("household_key", String(66), nullable=False),
    Column("programme", String(64), nullable=False),
    Column("check_type", String(32), nullable=False),
    Column("appeal", Boolean, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("application_date", Date, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("window_from", Date, nullable=False),
    Column("policy", String(64), nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),  # keyed digest of the normalised rows
    Column("sealed", LargeBinary, nullable=False),  # JSON: declared sum and what else belongs to the household
    Column("data_key", ForeignKey("data_key.id"), nullable=False),
    Column("received_at", MOMENT, nullable=False),
    Column("gathered_at", MOMENT),  # its lines have places in a roster
    Column("withdrawn_at", MOMENT),
    Column("concluded_at", MOMENT),
    Index("ix_inquiry_household", "centre", "household_key"),
    Index("ix_inquiry_waiting", "gathered_at"),
)

member = Table(
    "member",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("inquiry", ForeignKey("inquiry.id"), nullable=False),
    Column("place", Integer, nullable=False),  # order in the household, 0-based
    Column("person_index", LargeBinary(32), nullable=False),  # keyed blind index of person_key
    Column("authorization", ForeignKey("authorization.id"), nullable=False),
    Column("signed_on", Date, nullable=False),
    Column("valid_to", Date),
    Column("sign_mode", String(16), nullable=False),
    Column("scope", String(160), nullable=False),  # asset classes, sorted, joined by ","
    Column(
        "sealed", LargeBinary, nullable=False
    ),  # JSON: name, id_type, id_no, person_key, birth_date, original spellings, guardian
    Column("data_key", ForeignKey("data_key.id"), nullable=False),
    UniqueConstraint("inquiry", "place"),
    Index("ix_member_person_index", "person_index"),
    Index("ix_member_authorization", "authorization"),
)

# ---------------------------------------------------------------- what was asked
roster = Table(
    "roster",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("institutions", JSON, nullable=False),  # the set of banks asked together
    Column("urgent", Boolean, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("made_at", MOMENT, nullable=False),
    Column("kind", String(16), nullable=False, server_default="new"),  # new, reported, appeal, month, quarter, year, again
    Column("programme", String(64), nullable=False, server_default=""),  # that of its lines where the bank's limit hangs on it
)

roster_line = Table(
    "roster_line",
    metadata,
    Column("roster", ForeignKey("roster.id"), primary_key=True),
    Column("position", Integer, primary_key=True),  # 0-based
    Column("member", ForeignKey("member.id"), nullable=False),
    Index("ix_roster_line_member", "member"),
)

batch = Table(
    "batch",
    metadata,
    Column("id", Integer, primary_key=True),
    *centre(),
    Column("number", String(32), nullable=False, unique=True),  # on the wire, for life
    Column("roster", ForeignKey("roster.id"), nullable=False),
    Column("first", Integer, nullable=False),  # roster position of its first line
    Column("lines", Integer, nullable=False),
    Column("institution", String(32), nullable=False),
    Column("profile", String(64), nullable=False),
    Column("edition", String(32), nullable=False),  # of the profile it was written in; its answer is read by the same
    Column("sequence", Integer, nullable=False),  # unique per institution and day
    Column("sequence_day", Date, nullable=False),
    Column("state", String(16), nullable=False),  # connector/lifecycle.py
    Column("state_at", MOMENT, nullable=False),
    Column("late", Boolean, nullable=False, default=False),
    Column("parcel_name", String(128), nullable=False),
    Column("parcel_digest", String(64), nullable=False),  # SHA-256, its name in the object store
    Column("parcel_size", LONG, nullable=False),
    Column("sealed_at", MOMENT, nullable=False),
    Column("sent_at", MOMENT),
    Column("due_at", MOMENT),
    Column("answered_at", MOMENT),
    Column("answered_serial", Integer),  # grows with every edition of any batch, in the order of commits
    Column("retry_at", MOMENT),
    Column("problem", JSON),  # {code, zh, en} of what a person must know; no personal data
    Column("vector", LargeBinary, nullable=False),  # zlib: outcome byte per line, then edition byte per line
    Column("counts", JSON, nullable=False),  # outcome -> lines
    Column("road", String(16)),  # the fallback it goes by; none: the road of the profile's channel
    Column("delivered_at", MOMENT),  # proof that the bank holds it: receipt, listing, signed slip; the bank's clock starts here
    Column("accepted_at", MOMENT),  # the bank's own receipt of the package
    Column("complete_at", MOMENT),  # when the last needed part lay complete at the meeting point
    Column(
        "provisional", Boolean, nullable=False, server_default=false()
    ),  # the deadline lies in a year without a confirmed list
    Column("remakes", Integer),  # the rejected batch whose lines this one asks anew, mended
    UniqueConstraint("institution", "parcel_name"),
    UniqueConstraint("institution", "sequence_day", "sequence"),
    Index("ix_batch_state", "state", "institution"),
    Index("ix_batch_roster", "roster"),
    Index("ix_batch_answered", "answered_serial"),
)

unasked = Table(
    "unasked",
    metadata,
    Column("roster", ForeignKey("roster.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("institution", String(32), primary_key=True),
    Column("noted_at", MOMENT, nullable=False),
    Column("problem", JSON, nullable=False),  # {code, zh, en}: why this line never went to this bank; no personal data
)

sequence = Table(
    "sequence",
    metadata,
    Column("institution", String(32), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
)

attempt = Table(
    "attempt",
    metadata,
    Column("batch", ForeignKey("batch.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("began_at", MOMENT, nullable=False),
    Column("ended_at", MOMENT),  # none = in doubt: look first
    Column("delivery", String(16)),
    Column("code", String(64)),
    Column("road", String(16)),  # the kind of channel it took
)

lane = Table(
    "lane",
    metadata,
    Column("institution", String(64), primary_key=True),  # or what has a lane of its own: step:…, door:…, excused:…, media…
    Column("epoch", Integer, nullable=False),
    # step → {code, zh, en, at, since} of why it is stopped here, or what is noted by another key; else none
    Column("problem", JSON),
    Column("problem_at", MOMENT),
    Column("quiet", JSON),  # {road: moment}: its server asked not to be called until then
)

# ---------------------------------------------------------------- what came back
inbound = Table(
    "inbound",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("institution", String(32), nullable=False),
    Column("name", String(256), nullable=False),
    Column("size", LONG, nullable=False),
    Column("digest", String(64), nullable=False),  # SHA-256, its name in the object store
    Column("modified", Integer),  # the peer's own time of the file, in seconds: a hint that it is another one
    Column("arrived_at", MOMENT, nullable=False),
    Column("acknowledged_at", MOMENT),
    Column("state", String(16), nullable=False),  # arrived, opened, rows-parked, refused, quarantined, duplicate
    Column("batch", ForeignKey("batch.id")),
    Column("problem", JSON),
    Column("road", String(16)),  # the kind of road it was fetched from; none: brought by a medium, or in the reply to a question
    Index("ix_inbound_state", "state", "institution"),
    Index("ix_inbound_digest", "institution", "digest"),
)

edition = Table(
    "edition",
    metadata,
    Column("batch", ForeignKey("batch.id"), primary_key=True),
    Column("number", Integer, primary_key=True),  # 1-based, append-only
    *centre(),
    Column("inbound", ForeignKey("inbound.id"), nullable=False),
    Column("received_at", MOMENT, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("outcomes", LargeBinary, nullable=False),  # zlib: one byte per line
    Column("content_digest", String(64), nullable=False),  # of the rows as read: an equal answer is a duplicate
    Column("counts", JSON, nullable=False),
    Column("problems", JSON, nullable=False),  # parked rows: code, place, field; masked
    Column("handed_in", JSON),  # of a sheet the drop-box is witness to: by which key, when; none: the bank itself sealed it
)

segment = Table(
    "segment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch", ForeignKey("batch.id"), nullable=False),
    Column("edition", Integer, nullable=False),
    Column("kind", String(16), nullable=False),  # outcome, holding, movement, not_asked
    Column("first", Integer, nullable=False),  # positions in the batch, both inclusive, 0-based
    Column("last", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("object", String(64), nullable=False),
    Column("data_key", ForeignKey("data_key.id"), nullable=False),
    Index("ix_segment_batch", "batch", "edition", "kind"),
)

report = Table(
    "report",
    metadata,
    Column("inquiry", ForeignKey("inquiry.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    *centre(),
    Column("made_at", MOMENT, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("read_to", Integer, nullable=False),  # the newest answered_serial it has read
    Column("object", String(64), nullable=False),
    Column("data_key", ForeignKey("data_key.id"), nullable=False),
)

read_mark = Table(
    "read_mark",
    metadata,
    Column("name", String(32), primary_key=True),  # reports
    Column("serial", Integer, nullable=False),  # all that was answered up to here has been read
)
