"""What a simulated bank does, honest or on purpose wrong; apart from bank.yaml, so that a command can list it without loading that."""

from typing import Literal, get_args

Behaviour = Literal[
    "answers",  # as it must be
    "silent",  # takes the inquiry and never answers
    "miscounts",  # well sealed, but the trailer lies
    "late",  # answers after `late_after`
    "duplicate",  # the same answer twice, the second time under another name
    "wrong_batch",  # the answer names a batch nobody asked
    "truncated",  # half a parcel, with its flag
    "flipped",  # one bit of the parcel is not what it was
    "unsigned",  # an envelope with no signature in it
    "by_a_stranger",  # signed by a key nobody was told of
    "for_another",  # enveloped for somebody else
    "weaker_suite",  # by a cipher without a tag where one with a tag was agreed
    "no_flag",  # the parcel without its flag
    "refuses",  # every line refused.other
    "no_receipt",  # where its profile has receipts: says nothing of the package
    "refuses_package",  # a receipt that refuses it, and no answer
    "in_parts",  # the answer in three packages, where its profile knows such
    "loses_part",  # the same, and the last one never comes
    "revises",  # a wrong answer first, then the right one, marked as a revision
    "partial",  # every other line is left out
    "not_asked",  # a line nobody asked about beside the others
    "hangs_up",  # takes the inquiry whole, and the dedicated line breaks before it says so
]
BEHAVIOURS: tuple[str, ...] = get_args(Behaviour)
