"""What a bank says a person holds, and how it moved: one holding an account, one movement a booking."""

import dataclasses
from datetime import date, time
from decimal import Decimal

from reconciliation.tables import schema_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class Holding:
    """One account as the bank reported it. Money in minor units of ``currency``; liabilities may be negative."""

    line_ref: str
    holder_name: str | None = None
    account_no: str
    parent_account_no: str | None = None  # the main account at the same institution
    product: str  # words.PRODUCTS
    product_code: str | None = None
    product_name: str | None = None
    currency: str  # ISO 4217
    balance_minor: int | None = None
    available_minor: int | None = None
    frozen_minor: int | None = None
    resolution_minor: int | None = None  # the smallest step the bank's unit can show; None = exact
    units: Decimal | None = None
    unit_price: Decimal | None = None
    rate: Decimal | None = None
    status: str | None = None  # words.STATUSES
    opened_on: date | None = None
    closed_on: date | None = None
    matures_on: date | None = None
    as_of: date | None = None
    joint_holder_id: str | None = None
    custody_id: str | None = None  # joins a bank's third-party custody account to the broker's cash account
    branch: str | None = None
    level: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Movement:
    """One booking on one account. The amount is positive; ``direction`` carries the sign."""

    line_ref: str
    account_no: str
    booked_on: date
    booked_time: time | None = None
    direction: str  # words.DIRECTIONS
    currency: str
    amount_minor: int
    balance_after_minor: int | None = None
    counterparty_name: str | None = None
    counterparty_account: str | None = None
    counterparty_institution: str | None = None
    summary: str | None = None
    channel: str | None = None
    serial: str | None = None


HOLDING = schema_of(Holding)
MOVEMENT = schema_of(Movement)
