"""What a case can come to: kept, deviates, not applicable, or could not be tried; always with what was seen."""

import dataclasses
import enum

from transports.errors import TransportError


class Ended(enum.StrEnum):
    """How a case ended."""

    KEPT = "kept"
    DEVIATES = "deviates"
    NOT_APPLICABLE = "not_applicable"  # the profile or the road does not offer it
    NOT_TRIED = "not_tried"  # it could have been, and was not


NAMES = {
    Ended.KEPT: ("符合", "kept"),
    Ended.DEVIATES: ("偏离", "deviates"),
    Ended.NOT_APPLICABLE: ("不适用", "not applicable"),
    Ended.NOT_TRIED: ("未能测试", "not tried"),
}
VERDICTS = {  # of a whole run
    "conforms": ("符合", "conforms"),
    "deviates": ("有偏离", "deviates"),
    "incomplete": ("未测全，已测部分无偏离", "incomplete: nothing deviates, not everything could be tried"),
}


@dataclasses.dataclass(frozen=True)
class Result:
    """``zh``/``en``: what was seen, or why it was not tried. ``parcels``: SHA-256 (hex) of the parcels that show it."""

    ended: Ended
    code: str = ""
    zh: str = ""
    en: str = ""
    parcels: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Trouble:
    """One thing that is not as agreed, of one answer. ``about``: seal, name, content or lines."""

    about: str
    code: str
    zh: str
    en: str


class Stopped(Exception):
    """A case ends here, before its turn."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.code)
        self.result = result


def kept(zh: str = "", en: str = "", parcels: tuple[str, ...] = ()) -> Result:
    """As promised."""
    return Result(Ended.KEPT, "", zh, en, parcels)


def deviates(code: str, zh: str, en: str, parcels: tuple[str, ...] = ()) -> Result:
    """Not as promised."""
    return Result(Ended.DEVIATES, code, zh, en, parcels)


def not_applicable(code: str, zh: str, en: str) -> Result:
    """Not promised."""
    return Result(Ended.NOT_APPLICABLE, code, zh, en)


def not_tried(code: str, zh: str, en: str) -> Result:
    """Nobody knows."""
    return Result(Ended.NOT_TRIED, code, zh, en)


def broke_off(trouble: TransportError) -> Result:
    """The road stopped the case."""
    return not_tried(trouble.code, trouble.zh, trouble.en)
