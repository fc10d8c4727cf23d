"""What stops a conclusion: a currency nobody knows, a rate that is not in the table. No text holds a person's data."""


class ReconciliationError(Exception):
    """Root of this wing. ``code`` is stable, ``zh``/``en`` say what is true and what to do."""

    code = "reconciliation"

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh


class UnknownCurrency(ReconciliationError):
    """The bank's or the profile's: not an ISO 4217 code."""

    code = "currency-unknown"


class MissingRate(ReconciliationError):
    """Ours: the table of rates says nothing of this currency on this day."""

    code = "rate-missing"


class BadRates(ReconciliationError):
    """Ours: a row of the table of rates cannot be used."""

    code = "rates-bad"


class MismatchedEdition(ReconciliationError):
    """A vector does not fit its batch: another number of lines, or bytes that are no vector."""

    code = "vector-mismatch"
