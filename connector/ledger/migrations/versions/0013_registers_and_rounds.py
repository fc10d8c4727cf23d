"""Who receives aid (在册名单), the rounds they are asked in, and lists of deaths."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """New tables; no row changes."""
    _register()
    _rounds()
    _deaths()


def _key() -> tuple[sa.Column[int], sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("centre", sa.String(64), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
    )


def _register() -> None:
    op.create_table(
        "register_sheet",
        *_key(),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("received_at", sa.String(32), nullable=False),
        sa.Column("received_by", sa.String(64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("verdicts", sa.JSON(), nullable=False),
        sa.Column("approval", sa.Integer()),
        sa.ForeignKeyConstraint(["approval"], ["approval.id"], name="fk_register_sheet_approval_approval"),
        sa.PrimaryKeyConstraint("id", name="pk_register_sheet"),
        sa.UniqueConstraint("centre", "month", "digest", name="uq_register_sheet_centre_month_digest"),
    )
    op.create_table(
        "recipient",
        *_key(),
        sa.Column("household_no", sa.String(64), nullable=False),
        sa.Column("programme", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("state_at", sa.String(32), nullable=False),
        sa.Column("state_by", sa.String(64), nullable=False),
        sa.Column("ends_on", sa.Date()),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("sheet", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("data_key", sa.Integer()),
        sa.ForeignKeyConstraint(["sheet"], ["register_sheet.id"], name="fk_recipient_sheet_register_sheet"),
        sa.ForeignKeyConstraint(["data_key"], ["data_key.id"], name="fk_recipient_data_key_data_key"),
        sa.PrimaryKeyConstraint("id", name="pk_recipient"),
        sa.UniqueConstraint("centre", "household_no", "programme", name="uq_recipient_centre_household_no_programme"),
    )
    op.create_index("ix_recipient_state", "recipient", ["centre", "programme", "state"])
    op.create_table(
        "recipient_person",
        sa.Column("recipient", sa.Integer(), nullable=False),
        sa.Column("person_index", sa.LargeBinary(32), nullable=False),
        sa.ForeignKeyConstraint(["recipient"], ["recipient.id"], name="fk_recipient_person_recipient_recipient"),
        sa.PrimaryKeyConstraint("recipient", "person_index", name="pk_recipient_person"),
    )


def _rounds() -> None:
    op.create_table(
        "register_round",
        *_key(),
        sa.Column("programme", sa.String(64), nullable=False),
        sa.Column("period", sa.String(8), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("check_type", sa.String(64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("window_from", sa.Date(), nullable=False),
        sa.Column("policy", sa.String(64), nullable=False),
        sa.Column("intake", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("finished_at", sa.String(32)),
        sa.ForeignKeyConstraint(["intake"], ["intake.id"], name="fk_register_round_intake_intake"),
        sa.PrimaryKeyConstraint("id", name="pk_register_round"),
        sa.UniqueConstraint("centre", "programme", "period", name="uq_register_round_centre_programme_period"),
    )
    op.create_table(
        "round_household",
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.Integer(), nullable=False),
        sa.Column("inquiry", sa.Integer()),
        sa.Column("code", sa.String(32)),
        sa.ForeignKeyConstraint(["round"], ["register_round.id"], name="fk_round_household_round_register_round"),
        sa.ForeignKeyConstraint(["recipient"], ["recipient.id"], name="fk_round_household_recipient_recipient"),
        sa.ForeignKeyConstraint(["inquiry"], ["inquiry.id"], name="fk_round_household_inquiry_inquiry"),
        sa.PrimaryKeyConstraint("round", "recipient", name="pk_round_household"),
    )


def _deaths() -> None:
    op.create_table(
        "death_list",
        *_key(),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("received_at", sa.String(32), nullable=False),
        sa.Column("received_by", sa.String(64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("verdicts", sa.JSON(), nullable=False),
        sa.Column("approval", sa.Integer()),
        sa.Column("done_at", sa.String(32)),
        sa.ForeignKeyConstraint(["approval"], ["approval.id"], name="fk_death_list_approval_approval"),
        sa.PrimaryKeyConstraint("id", name="pk_death_list"),
        sa.UniqueConstraint("centre", "digest", name="uq_death_list_centre_digest"),
    )
    op.create_table(
        "death",
        *_key(),
        sa.Column("list", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("person_index", sa.LargeBinary(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("state_at", sa.String(32), nullable=False),
        sa.Column("state_by", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("data_key", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["list"], ["death_list.id"], name="fk_death_list_death_list"),
        sa.ForeignKeyConstraint(["data_key"], ["data_key.id"], name="fk_death_data_key_data_key"),
        sa.PrimaryKeyConstraint("id", name="pk_death"),
        sa.UniqueConstraint("list", "row", name="uq_death_list_row"),
    )
    op.create_index("ix_death_person_index", "death", ["person_index"])
