"""What stops a register, a round or a list of deaths: which, why, and what to type next. Never a person's data; nothing was changed."""


class RegisterError(Exception):
    """The operator's. ``code`` is stable; ``zh`` and ``en`` say what to do."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code, self.zh, self.en = code, zh, en


class NotThere(RegisterError):
    """No such household, round or list here."""
