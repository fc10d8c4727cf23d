"""Who is asked about: names and identity numbers in one normal form, checked at the door, printed masked everywhere.

The rules are those of domain rules 10–14: full width to half width, 15 digits to 18, the ISO 7064 MOD 11-2 check of GB 11643;
an area code is never refused. The original spelling is kept by whoever read it; here lives only the form that is compared.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from stdnum.cn import ric

from reconciliation.words import ID_TYPES

Kind = Literal["R", "T", "F", "P"]  # the number space: resident, Hong Kong–Macao–Taiwan, foreign permanent resident, passport

_KIND: dict[str, Kind] = {
    "resident_id": "R",
    "household_book": "R",  # a household register names a person by the resident number
    "hmt_residence_permit": "T",
    "foreign_permanent_id": "F",
    "passport": "P",
}
_WORD = {word.zh: word.word for word in ID_TYPES.values()} | {word: word for word in ID_TYPES}
_OLDEST_BIRTH = date(1850, 1, 1)  # an earlier date is a typing error

# Soft hyphen, Arabic letter mark, zero-width and directional marks, invisible operators (Unicode category Cf): nobody sees them.
UNSEEN = frozenset(
    map(chr, (0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF))
)

_BLANKS = dict.fromkeys(map(ord, "\u3000\u00a0\t"), " ")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_TEXT = _BLANKS | _FULL_WIDTH
_NAME = (
    _BLANKS
    | {code: half for code, half in _FULL_WIDTH.items() if chr(half).isalnum()}
    | dict.fromkeys(map(ord, "\u2022\u2027\u30fb\uff65\u22c5"), "\u00b7")
    | dict.fromkeys(map(ord, UNSEEN), "")
)
_STRAY_SPACE = re.compile(r"(?<![A-Za-z]) | (?![A-Za-z])")
_SPACES = re.compile(" +")

_DIGITS_15 = re.compile(r"[0-9]{15}")
_DIGITS_18 = re.compile(r"[0-9]{17}[0-9X]")
_FOREIGN_FIRST_GENERATION = re.compile(r"[A-Z]{3}[0-9]{12}")
_PASSPORT = re.compile(r"(?=.*[0-9])[A-Z0-9]{6,12}")
_HMT_AREAS = ("810000", "820000", "830000")


def normalise_text(text: str) -> str:
    """Full-width ASCII as ASCII, ideographic and no-break spaces and tabs as spaces, no space at either end."""
    return text.translate(_TEXT).strip(" ")


def normalise_name(text: str) -> str:
    """A name for comparison: one middle dot, spaces only between Latin letters, nothing unseen; CJK and letter case untouched."""
    return _STRAY_SPACE.sub("", _SPACES.sub(" ", text.translate(_NAME)))


def mask(number: str) -> str:
    """The first six characters and the last one; of a short number the first two, so that most of it stays hidden."""
    shown = 6 if len(number) >= 13 else 2
    return f"{number[:shown]}{'*' * max(len(number) - shown - 1, 0)}{number[-1:]}" if len(number) > 3 else "*" * len(number)


@dataclass(frozen=True, slots=True, repr=False)
class IdentityNumber:
    """A checked number in its normal form. It prints masked; ``number`` and ``person_key`` are the clear text."""

    kind: Kind
    number: str
    birth_date: date | None = None  # None where the number says nothing of it

    @property
    def person_key(self) -> str:
        """The key of the person: ``R:110105195507013472``. Resident card and household register share one number space."""
        return f"{self.kind}:{self.number}"

    def __str__(self) -> str:
        return f"{self.kind}:{mask(self.number)}"

    def __repr__(self) -> str:
        return f"IdentityNumber({self})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


@dataclass(frozen=True, slots=True)
class IdentityProblem:
    """Why a number cannot be used. Carries no part of the number; ``code`` is id-missing or id-invalid."""

    code: str
    reason: str
    zh: str
    en: str


_MISSING = IdentityProblem("id-missing", "blank", "证件号码为空", "The identity number is blank")
_TYPE = IdentityProblem(
    "id-invalid", "type", "证件类型不在可用类型之内", "The identity document type is not one of the known types"
)
_FORM = IdentityProblem(
    "id-invalid", "form", "证件号码的长度或字符不符合该证件类型", "Length or characters do not fit the document type"
)
_AREA = IdentityProblem(
    "id-invalid", "prefix", "证件号码的开头不符合该证件类型", "The number does not begin as this document type does"
)
_CHECK = IdentityProblem("id-invalid", "check", "证件号码的校验码不符", "The check character does not fit the number")
_BIRTH = IdentityProblem("id-invalid", "birth-date", "证件号码中的出生日期不存在", "The birth date in the number does not exist")


def parse_identity(id_type: str, text: str) -> IdentityNumber | IdentityProblem:
    """Read one number of a document type (Chinese name or word of ``words.ID_TYPES``); a bad one is a value, not an error."""
    number = normalise_text(text).upper()
    if not number:
        return _MISSING
    kind = _kind_of(id_type)
    if kind is None:
        return _TYPE
    if kind == "P":
        return IdentityNumber("P", number) if _PASSPORT.fullmatch(number) else _FORM
    if kind == "F" and _FOREIGN_FIRST_GENERATION.fullmatch(number):
        return IdentityNumber("F", number)
    return _checked(kind, number)


def parse_identities(id_types: Iterable[str], texts: Iterable[str]) -> list[IdentityNumber | IdentityProblem]:
    """Read many numbers, each different (type, text) once. The list has the order of the input."""
    seen: dict[tuple[str, str], IdentityNumber | IdentityProblem] = {}
    parsed = []
    for pair in zip(id_types, texts, strict=True):
        if (found := seen.get(pair)) is None:
            found = seen[pair] = parse_identity(*pair)
        parsed.append(found)
    return parsed


def id_type_word(text: str) -> str | None:
    """The word of a document type from its Chinese name or from the word itself; None when it is neither."""
    return _WORD.get(text) or _WORD.get(normalise_text(text))


def to18(number: str) -> str:
    """A 15-digit resident number as 18 characters: the century 19 and the check character. Others come back as they are."""
    if not _DIGITS_15.fullmatch(number):
        return number
    body = f"{number[:6]}19{number[6:]}"
    return body + _check_character(body)


def to15(number: str) -> str | None:
    """The old 15-digit form of an 18-character resident number; None where there never was one (birth not in 1900–1999)."""
    if not _DIGITS_18.fullmatch(number) or number[6:8] != "19":
        return None
    return number[:6] + number[8:17]


def _kind_of(id_type: str) -> Kind | None:
    word = id_type_word(id_type)
    return None if word is None else _KIND[word]


def _checked(kind: Kind, text: str) -> IdentityNumber | IdentityProblem:
    number = to18(text) if kind == "R" else text
    if not _DIGITS_18.fullmatch(number):
        return _FORM
    if (kind == "T" and not number.startswith(_HMT_AREAS)) or (kind == "F" and number[0] != "9"):
        return _AREA
    if number[17] != _check_character(number[:17]):
        return _CHECK
    birth_date = _real_date(number[6:14])
    if birth_date is None or birth_date < _OLDEST_BIRTH:
        return _BIRTH
    return IdentityNumber(kind, number, birth_date)


def _check_character(body: str) -> str:
    """The MOD 11-2 character of 17 digits. Only the arithmetic is stdnum's: its validate() also refuses unknown area codes."""
    return str(ric.calc_check_digit(body + "0"))


def _real_date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
