"""What was asked and what came back: the rows of a roster, the outcome of each line."""

import dataclasses
from datetime import date, time

from reconciliation.assets import HOLDING, MOVEMENT
from reconciliation.tables import schema_of
from reconciliation.words import OUTCOMES


@dataclasses.dataclass(frozen=True, kw_only=True)
class Inquiry:
    """One line of a request: one person asked of one bank. ``line_ref`` is the batch number and the position."""

    line_ref: str
    batch_no: str | None = None
    name: str
    id_type: str  # words.ID_TYPES
    id_no: str  # normalised, see identity.py
    as_of: date
    window_from: date
    window_to: date
    scope: str  # asset classes (words.ASSET_CLASSES), sorted, joined by ","
    authorization_no: str
    purpose: str  # the programme the household applied for
    accounts: str | None = None  # of an appeal: the disputed account numbers, sorted, joined by ","; none: all accounts


@dataclasses.dataclass(frozen=True, kw_only=True)
class LineOutcome:
    """What the bank says of one line. Silence has no row here: it is never ``no_record``."""

    line_ref: str
    outcome: str  # words.OUTCOMES
    message: str | None = None
    declared_accounts: int | None = None
    declared_movements: int | None = None
    currency: str | None = None  # of the declared sum
    declared_balance_minor: int | None = None  # the sum of the line's balances in that currency, as the bank says it


@dataclasses.dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the bank says of one package it was sent; never an answer. Which one: by its batch number or by its name."""

    batch_no: str | None = None
    package: str | None = None
    code: str  # words.RECEIPTS
    accepted: str | None = None  # words.YES_NO; where the bank does not say it, ``received`` is accepted
    message: str | None = None
    received_on: date | None = None
    received_time: time | None = None


INQUIRY = schema_of(Inquiry)
OUTCOME = schema_of(LineOutcome)
RECEIPT = schema_of(Receipt)
RECORDS = {"inquiry": INQUIRY, "outcome": OUTCOME, "holding": HOLDING, "movement": MOVEMENT, "receipt": RECEIPT}

OUTCOME_CODE = {word: code for code, word in enumerate(OUTCOMES)}  # the byte of a line in a vector
OUTCOME_WORD = tuple(OUTCOMES)
NOT_ANSWERED = OUTCOME_CODE["not_answered"]
