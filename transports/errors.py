"""What stops a carrier or a seal: whose it is, and what to do next. No error text holds a person's data."""


class TransportError(Exception):
    """Root of this wing. ``code`` is stable, ``zh``/``en`` say what is true and what to do."""

    code = "transport"

    def __init__(self, en: str, zh: str = "", *, code: str | None = None) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh or en
        self.code = code or self.code


class Unreachable(TransportError):
    """The network's: the peer cannot be reached now. Try again later; nothing changed.

    ``wait_s``: seconds for which the peer asked not to be called, nought where it did not.
    """

    code = "unreachable"
    wait_s: float = 0.0


class Refused(TransportError):
    """Ours or theirs: login, host key, rights, quota. Hold; never retry blindly."""

    code = "refused"


class BrokenSeal(TransportError):
    """Theirs: the envelope or its signature does not hold. The bytes stay, nothing was read."""

    code = "seal-broken"


class UnknownKey(TransportError):
    """Ours: no key, certificate or alias of this name is usable now."""

    code = "unknown-key"


class BrokenRing(TransportError):
    """Ours: the key ring cannot be opened. An outage, never an empty ring."""

    code = "ring-broken"
