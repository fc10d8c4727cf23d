"""What stops the ledger: whose it is, and what to do next. No text here holds a person's data."""


class LedgerError(Exception):
    """Root of this room. ``code`` is stable; ``en`` and ``zh`` say what is true and what to do."""

    code = "ledger"

    def __init__(self, en: str, zh: str, *, code: str | None = None) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh
        self.code = code or self.code


class WrongLedger(LedgerError):
    """Ours: the database is missing, empty, older or newer than this program."""

    code = "ledger-wrong"


class LedgerUnreachable(LedgerError):
    """The database server's or the disk's: it does not answer now. Nothing changed; try later."""

    code = "ledger-unreachable"


class LedgerBusy(LedgerError):
    """Another writer held the ledger longer than we wait. Nothing changed; try later."""

    code = "ledger-busy"


class NotAllowed(LedgerError):
    """The person's: not known, retired, without the role, or the same person twice."""

    code = "not-allowed"


class KeyDestroyed(LedgerError):
    """By design: the data key of this period was destroyed, so what stood under it has ended."""

    code = "data-key-destroyed"


class ChainBroken(LedgerError):
    """An integrity failure: the audit chain does not hold. Stop and call."""

    code = "audit-chain-broken"
