"""A name for what we send, and what the name of a thing that came back says.

A pattern is text with tokens: ``{bank} {batch} {date:yyyyMMdd} {time:HHmmss} {seq:4} {part:3} {parts:3} {file} {package}`` and ``*`` (any text,
when reading only). Widths are fixed: a value that is too long fails, it is never cut; a shorter one is filled up only where the token
says with what: ``{bank:17<0}`` behind it, ``{batch:30>0}`` before it. Lines of a list of files have ``{count} {size} {digest}`` too.
Letters of the text between are written as they stand and read in either case.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bank_profiles.errors import DataPlace, Problem, ProfilePlace, Text, UnwritableRoster
from bank_profiles.values.date_formats import digits_expression, fixed_width, strptime_format

NAME_BYTES_MAX = 255  # the common limit of file systems; a longer name is nobody's
STARS_MAX = 3  # keeps recognising linear in practice
ID_CHARS = r"[A-Za-z0-9]"  # what a bank or batch number may be made of, so that it can never become a path
_TOKEN = re.compile(r"\{([a-z]+)(?::([^{}]*))?\}|(\*)")
_FILLED = re.compile(r"([1-9][0-9]?)(?:([<>])([0-9A-Za-z_-]))?")  # a width, which side the value keeps, what fills the other
_IDENTIFIERS, _NUMBERS, _NAMES = ("bank", "batch"), ("seq", "part", "parts", "count"), ("file", "package")


@dataclass(frozen=True)
class NameValues:
    """What the tokens of a name stand for. ``file`` and ``package`` are names themselves."""

    bank: str = ""
    batch_no: str = ""
    day: date | None = None
    made_at: datetime | None = None
    seq: int = 0
    part: int = 0
    parts: int = 0
    file: str = ""
    package: str = ""
    count: int = 0
    size: int = 0
    digest: str = ""


@dataclass(frozen=True)
class Token:
    """One piece of a pattern: fixed text (kind "text"), any text ("*"), or a token with what stands after its colon."""

    kind: str
    detail: str = ""


def tokens(pattern: str) -> list[Token]:
    """The pieces of a pattern in order. Raises ValueError with the piece that is not ours."""
    pieces, at = [], 0
    for match in _TOKEN.finditer(pattern):
        if match.start() > at:
            pieces.append(Token("text", pattern[at : match.start()]))
        pieces.append(Token("*") if match[3] else _known(match[0], match[1], match[2]))
        at = match.end()
    if at < len(pattern):
        pieces.append(Token("text", pattern[at:]))
    for piece in pieces:
        if piece.kind == "text" and re.search(r"[{}/\\\x00-\x08\x0a-\x1f]", piece.detail):
            raise ValueError(piece.detail)
    if sum(piece.kind == "*" for piece in pieces) > STARS_MAX:
        raise ValueError("*" * (STARS_MAX + 1))
    return pieces


def _known(written: str, kind: str, detail: str | None) -> Token:
    width = detail is not None and re.fullmatch(r"[1-9][0-9]?", detail) is not None
    if kind in ("date", "time"):
        known = detail is not None and fixed_width(detail) is not None and strptime_format(detail) is not None
    elif kind in _NUMBERS:
        known = width or (kind == "count" and detail is None)
    elif kind in _IDENTIFIERS:
        known = detail is None or _FILLED.fullmatch(detail) is not None
    else:
        known = kind in (*_NAMES, "size", "digest") and detail is None
    if not known:
        raise ValueError(written)
    return Token(kind, detail or "")


def render(pattern: str, values: NameValues, rule: ProfilePlace | None = None) -> str:
    """The name for these values. Raises UnwritableRoster (``name-too-long``, ``name-value``) with the rule's place."""
    name = render_line(pattern, values, rule)
    if len(name.encode()) > NAME_BYTES_MAX:
        raise _unwritable("name-too-long", pattern, rule, name, f"at most {NAME_BYTES_MAX} bytes", f"最多 {NAME_BYTES_MAX} 字节")
    return name


def render_line(pattern: str, values: NameValues, rule: ProfilePlace | None = None) -> str:
    """The same of a line of a list, which may be of any length."""
    return "".join(_written(token, values, pattern, rule) for token in tokens(pattern))


def _written(token: Token, values: NameValues, pattern: str, rule: ProfilePlace | None) -> str:
    if token.kind == "text":
        return token.detail
    if token.kind == "*":
        raise _unwritable("name-value", pattern, rule, "*", "a name we send has no * in it", "发送的文件名不能含 *")
    if token.kind in ("date", "time"):
        moment = (values.day if token.kind == "date" else values.made_at) or values.made_at
        if moment is None:
            raise _unwritable("name-value", pattern, rule, token.kind, "a date and a time", "日期与时间")
        return moment.strftime(strptime_format(token.detail) or "")
    if token.kind in _IDENTIFIERS:
        return _identifier(values.bank if token.kind == "bank" else values.batch_no, token, pattern, rule)
    value = getattr(values, token.kind)
    return _number(value, int(token.detail), pattern, rule) if token.detail else str(value)


def _number(number: int, width: int, pattern: str, rule: ProfilePlace | None) -> str:
    text = str(number).zfill(width)
    if number < 1 or len(text) > width:
        most = "9" * width
        raise _unwritable("name-too-long", pattern, rule, str(number), f"a number from 1 to {most}", f"1 到 {most} 的数")
    return text


def _identifier(text: str, token: Token, pattern: str, rule: ProfilePlace | None) -> str:
    width, side, fill = filling(token)
    if width and len(text) > width:
        raise _unwritable("name-too-long", pattern, rule, text, f"{width} characters", f"{width} 个字符")
    if not re.fullmatch(ID_CHARS + "+", text) or (width and not side and len(text) != width):
        en = f"exactly {width} letters and digits" if width else "letters and digits only"
        raise _unwritable("name-value", pattern, rule, text, en, f"恰好 {width} 位字母数字" if width else "仅字母和数字")
    if side and text != (text.rstrip(fill) if side == "<" else text.lstrip(fill)):
        en, zh = f"a value that could be told from the “{fill}” around it", f"能与填充的“{fill}”区分的值"
        raise _unwritable("name-value", pattern, rule, text, en, zh)
    return text.ljust(width, fill or " ") if side == "<" else text.rjust(width, fill or " ")


def filling(token: Token) -> tuple[int, str, str]:
    """The width of an identifier (0: any), the side its value keeps, what fills the other."""
    match = _FILLED.fullmatch(token.detail)
    return (int(match[1]), match[2] or "", match[3] or "") if match else (0, "", "")


def _unwritable(code: str, pattern: str, rule: ProfilePlace | None, value: str, en: str, zh: str) -> UnwritableRoster:
    what = Text(f"“{value}” does not fit into this name; it is never cut", f"“{value}” 放不进这个文件名；绝不截断")
    return UnwritableRoster([Problem(code=code, place=DataPlace(pattern), what=what, expected=Text(en, zh), rule=rule)])


def recognise(pattern: str, name: str) -> dict[str, object] | None:
    """What a name says: bank, batch_no, day, made_time, seq, file, package, as far as the pattern has them.

    None where the name is not of this pattern, says one thing in two ways, or names a day that does not exist.
    """
    return what_says(pattern, name) if len(name.encode(errors="replace")) <= NAME_BYTES_MAX else None


def what_says(pattern: str, text: str) -> dict[str, object] | None:
    """The same of a text of any length, such as a line of a list of files."""
    pieces = tokens(pattern)
    match = re.fullmatch("".join(f"({_expression(piece)})" for piece in pieces), text, re.DOTALL)
    if match is None:
        return None
    said: dict[str, object] = {}
    for piece, written in zip(pieces, match.groups(), strict=True):
        if piece.kind in _SAYS:
            try:
                value = _value(piece, written)
            except ValueError:
                return None
            if said.setdefault(_SAYS[piece.kind], value) != value:
                return None
    return said


def shown(name: str, patterns: Iterable[str]) -> str:
    """A foreign name for a message that is kept: itself where a pattern explains every piece of it, else its length and a digest.

    A bank may put a person into a name; what stands for any text (``*``, a name within a name) explains nothing.
    """
    if any(
        _FREE.isdisjoint(piece.kind for piece in tokens(pattern)) and recognise(pattern, name) is not None for pattern in patterns
    ):
        return name
    raw = name.encode("utf-8", "surrogateescape")
    return f"‹{len(raw)} bytes, #{hashlib.sha256(raw).hexdigest()[:8]}›"


_FREE = frozenset({"*", "file", "package"})
_SAYS = {
    "bank": "bank",
    "batch": "batch_no",
    "date": "day",
    "time": "made_time",
    "seq": "seq",
    "part": "part",
    "parts": "parts",
    "file": "file",
    "package": "package",
    "count": "count",
    "size": "size",
    "digest": "digest",
}


def _expression(piece: Token) -> str:
    if piece.kind == "text":
        return f"(?ai:{re.escape(piece.detail)})"
    if piece.kind in ("date", "time"):
        return digits_expression(piece.detail)
    if piece.kind in _NUMBERS:
        return f"[0-9]{{{piece.detail}}}" if piece.detail else "[0-9]{1,9}"
    if piece.kind in _IDENTIFIERS:
        width, _, fill = filling(piece)
        return f"[A-Za-z0-9{re.escape(fill)}]{{{width}}}" if width else ID_CHARS + "+"
    by_kind = {"size": "[0-9]{1,18}", "digest": "[0-9A-Fa-f]+", "*": r"[^/\\\x00-\x1f]*"}
    return by_kind.get(piece.kind, r"[^/\\\x00-\x1f]+")


def _value(piece: Token, text: str) -> object:
    """Raises ValueError where the text is of the right shape and yet says nothing."""
    if piece.kind in (*_NUMBERS, "size"):
        return int(text)
    if piece.kind in ("date", "time"):
        moment = datetime.strptime(text, strptime_format(piece.detail) or "")  # noqa: DTZ007
        return moment.date() if piece.kind == "date" else moment.time()
    if piece.kind in _IDENTIFIERS:
        return _unfilled(piece, text)
    return text.lower() if piece.kind == "digest" else text


def _unfilled(piece: Token, text: str) -> str:
    _, side, fill = filling(piece)
    value = text.rstrip(fill) if side == "<" else text.lstrip(fill) if side else text
    if not re.fullmatch(ID_CHARS + "+", value):
        raise ValueError(text)
    return value


_SAMPLE: Mapping[str, str] = {"bank": "902307450222", "batch": "B20260102000001", "file": "f.txt", "package": "p.zip", "*": ""}


def some_name(pattern: str) -> str:
    """A name of this pattern, for examples."""
    moment = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001
    values = NameValues(seq=1, part=1, parts=1, made_at=moment, day=date(2026, 1, 2), file="f.txt", package="p.zip")
    parts = []
    for piece in tokens(pattern):
        if piece.kind in ("bank", "batch"):
            width = filling(piece)[0]
            parts.append((_SAMPLE[piece.kind] * 9)[:width] if width else _SAMPLE[piece.kind])
        else:
            parts.append("" if piece.kind == "*" else _written(piece, values, pattern, None))
    return "".join(parts)
