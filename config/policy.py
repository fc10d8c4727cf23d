"""The rules of a region as data: programmes, windows, thresholds, ceilings. Nothing of them stands in code.

One file is one rule set, JSON or YAML of the same shape; its ``policy`` (a number or a name) is recorded with whatever was
decided under it, so that the same inputs give the same figures later (domain rules 16–18, 61).
"""

import calendar
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from config.yaml_file import Section, read_model

Word = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Yuan = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2)]
Share = Annotated[Decimal, Field(ge=0, le=10)]
Kind = Literal[
    "new", "reported", "appeal", "month", "quarter", "year"
]  # what limit, priority and window hang on (domain rule 16)
_KINDS: dict[str, Kind] = {
    "新申请": "new",
    "举报": "reported",
    "存疑": "reported",
    "定期": "month",
    "月度": "month",
    "季度": "quarter",
    "年度": "year",
}  # of the words in common use, where the rule set does not say
Name = Annotated[Word, BeforeValidator(lambda given: str(given) if isinstance(given, int) else given)]


class Structuring(Section):
    """When several outflows below the single threshold belong together."""

    min_count: int = Field(ge=2)
    from_share: Share
    below_share: Share
    within_days: int = Field(ge=1)


class Ceiling(Section):
    """One line of the asset ceilings: multiplier × monthly standard × persons."""

    programme: Word
    region: Annotated[str, StringConstraints(pattern=r"^(default|[1-8]\d{5})$")]
    multiplier: Annotated[Decimal, Field(ge=0)]
    monthly_standard: Yuan


class Policy(Section):
    """One rule set. The words of the sheet it knows (programmes, check types, scope) are compared in normal form."""

    policy: Name
    effective_from: date | None = None
    source: str = ""  # the document this is copied from
    programmes: tuple[Word, ...] = Field(min_length=1)
    check_types: tuple[Word, ...] = Field(min_length=1)
    appeal_check_type: Word
    urgent_check_types: tuple[Word, ...] = ()  # asked ahead of the rest
    kinds: dict[Word, Kind] = Field(default={})  # check type -> kind; those not named: see kind_of
    adult_age: int = Field(ge=14, le=25)
    look_back_months: int = Field(ge=1, le=120)
    authorization_covers: Literal["base_date", "sending_date"] = "base_date"  # the day an authorization must be valid on
    authorization_numbers: dict[str, str] = Field(default={})  # region (six digits, or default) -> the pattern its numbers follow
    failed_check_ends: dict[str, bool] = Field(default={})  # region (six digits, or default): a failed check ends the paper; yes
    single_outflow_cny: Yuan
    cumulative_outflow_cny: Yuan
    structuring: Structuring
    moved_before_application_days: int = Field(ge=0)
    own_transfer_max_days: int = Field(ge=0)
    currency_minor_units: dict[Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")], Annotated[int, Field(ge=0, le=4)]]
    exempt_benefit_summaries: tuple[Word, ...] = ()
    full_scope_term: Word
    scope_terms: dict[Word, Word] = Field(min_length=1)  # the sheet's word -> asset class
    product_class: dict[Word, Word] = Field(min_length=1)  # product -> asset class, or liability
    ceilings: tuple[Ceiling, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> "Policy":
        """Parts that speak of each other must agree."""
        if self.appeal_check_type not in self.check_types:
            raise ValueError("appeal_check_type is not one of check_types")
        if unknown := set(self.urgent_check_types) - set(self.check_types):
            raise ValueError(f"urgent_check_types not among check_types: {', '.join(sorted(unknown))}")
        if unknown := set(self.kinds) - set(self.check_types):
            raise ValueError(f"kinds not among check_types: {', '.join(sorted(unknown))}")
        if self.kinds.get(self.appeal_check_type, "appeal") != "appeal":
            raise ValueError("kinds: appeal_check_type is of the kind appeal")
        if self.full_scope_term in self.scope_terms:
            raise ValueError("full_scope_term must not be one of scope_terms too")
        lines = [(c.programme, c.region) for c in self.ceilings]
        if len(lines) != len(set(lines)):
            raise ValueError("ceilings: one programme and region stand twice")
        for region, pattern in self.authorization_numbers.items():
            try:
                re.compile(pattern)
            except re.error:
                raise ValueError(f"authorization_numbers.{region} is not a regular expression") from None
        return self

    def kind_of(self, check_type: str) -> Kind:
        """The kind of a check type: as the rule set says, else by the word in common use, else new (domain rule 16)."""
        if check_type == self.appeal_check_type:
            return "appeal"
        return self.kinds.get(check_type) or _KINDS.get(check_type, "new")

    def window_from(self, as_of: date) -> date:
        """The first day looked back to: the same day of the month, or that month's last day (domain rule 17)."""
        year, month = divmod(as_of.year * 12 + as_of.month - 1 - self.look_back_months, 12)
        return date(year, month + 1, min(as_of.day, calendar.monthrange(year, month + 1)[1]))

    def covered_day(self, as_of: date, today: date) -> date:
        """The day on which an authorization must be valid for a question about ``as_of`` sent ``today``."""
        return as_of if self.authorization_covers == "base_date" else today

    def ceiling(self, programme: str, region: str) -> Ceiling | None:
        """The ceiling line of a programme: that of the region's first six digits, else its default."""
        lines = {c.region: c for c in self.ceilings if c.programme == programme}
        return lines.get(region[:6]) or lines.get("default")

    def check_ends_paper(self, region: str) -> bool:
        """Whether a check that failed ends the household's authorization in this region; where nothing is said, it does (rule 3)."""
        return self.failed_check_ends.get(region[:6], self.failed_check_ends.get("default", True))

    def number_pattern(self, region: str) -> str | None:
        """The pattern authorization numbers of a region follow; None where any form is accepted (domain rule 7)."""
        return self.authorization_numbers.get(region[:6]) or self.authorization_numbers.get("default")


def read_policy(path: Path) -> Policy:
    """The rule set in ``path`` (JSON is read as the YAML it is). Raises BadSettings naming every fault."""
    return read_model(path, Policy)
