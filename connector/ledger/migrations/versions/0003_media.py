"""The register of media; its events are append-only, as the audit is."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """The tables, then the refusal to change an event."""
    _medium()
    _medium_event()
    _medium_file()
    _append_only()


def _medium() -> None:
    op.create_table(
        "medium",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("centre", sa.String(length=64), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("direction", sa.String(length=4), nullable=False),
        sa.Column("label", sa.String(length=128), nullable=False),
        sa.Column("label_day", sa.String(length=10), nullable=False),
        sa.Column("label_seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("set_name", sa.String(length=128), nullable=False),
        sa.Column("volume", sa.Integer(), nullable=False),
        sa.Column("volumes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("seal_number", sa.String(length=64), nullable=False),
        sa.Column("manifest_digest", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("registered_at", sa.String(length=32), nullable=False),
        sa.Column("written_at", sa.String(length=32), nullable=True),
        sa.Column("imported_at", sa.String(length=32), nullable=True),
        sa.Column("due_at", sa.String(length=32), nullable=True),
        sa.Column("closed_at", sa.String(length=32), nullable=True),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medium")),
        sa.UniqueConstraint("institution", "direction", "label", name=op.f("uq_medium_institution_direction_label")),
    )
    op.create_index("ix_medium_open", "medium", ["closed_at", "institution"], unique=False)


def _medium_event() -> None:
    op.create_table(
        "medium_event",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("medium", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("noted_at", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("second", sa.String(length=64), nullable=False),
        sa.Column("seal_number", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["medium"], ["medium.id"], name=op.f("fk_medium_event_medium_medium")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_medium_event")),
    )
    op.create_index("ix_medium_event_medium", "medium_event", ["medium", "seq"], unique=False)


def _medium_file() -> None:
    op.create_table(
        "medium_file",
        sa.Column("medium", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("parcel", sa.String(length=255), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("object", sa.String(length=64), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("inbound", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["medium"], ["medium.id"], name=op.f("fk_medium_file_medium_medium")),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name=op.f("fk_medium_file_batch_batch")),
        sa.ForeignKeyConstraint(["inbound"], ["inbound.id"], name=op.f("fk_medium_file_inbound_inbound")),
        sa.PrimaryKeyConstraint("medium", "name", name=op.f("pk_medium_file")),
    )
    op.create_index("ix_medium_file_batch", "medium_file", ["batch"], unique=False)


def _append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER medium_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON medium_event "
            "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER medium_event_no_{verb.lower()} BEFORE {verb} ON medium_event "
            "BEGIN SELECT RAISE(ABORT, 'medium_event is append-only'); END"
        )
    # INSERT OR REPLACE removes the old row without firing a delete trigger.
    op.execute(
        "CREATE TRIGGER medium_event_no_replace BEFORE INSERT ON medium_event "
        "WHEN EXISTS (SELECT 1 FROM medium_event WHERE seq = NEW.seq) "
        "BEGIN SELECT RAISE(ABORT, 'medium_event is append-only'); END"
    )
