"""A name for what we send, and what the name of a thing that came back says.

A pattern is text with tokens: ``{bank} {date:yyyyMMdd} {time:HHmmss} {seq:4} {batch} {file} {package}`` and ``*`` (any text, when
reading only). Widths are fixed: a value that is too long fails, it is never cut.
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
_PLAIN_TOKENS = ("bank", "batch", "file", "package")


@dataclass(frozen=True)
class NameValues:
    """What the tokens of a name stand for. ``file`` and ``package`` are names themselves."""

    bank: str = ""
    batch_no: str = ""
    day: date | None = None
    made_at: datetime | None = None
    seq: int = 0
    file: str = ""
    package: str = ""


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
        if piece.kind == "text" and re.search(r"[{}/\\\x00-\x1f]", piece.detail):
            raise ValueError(piece.detail)
    if sum(piece.kind == "*" for piece in pieces) > STARS_MAX:
        raise ValueError("*" * (STARS_MAX + 1))
    return pieces


def _known(written: str, kind: str, detail: str | None) -> Token:
    digits = detail is not None and re.fullmatch(r"[1-9][0-9]?", detail) is not None
    if kind in ("date", "time"):
        known = detail is not None and fixed_width(detail) is not None
    elif kind == "seq":
        known = digits
    elif kind in ("bank", "batch"):
        known = detail is None or digits
    else:
        known = kind in _PLAIN_TOKENS and detail is None
    if not known:
        raise ValueError(written)
    return Token(kind, detail or "")


def render(pattern: str, values: NameValues, rule: ProfilePlace | None = None) -> str:
    """The name for these values. Raises UnwritableRoster (``name-too-long``, ``name-value``) with the rule's place."""
    name = "".join(_written(token, values, pattern, rule) for token in tokens(pattern))
    if len(name.encode()) > NAME_BYTES_MAX:
        raise _unwritable("name-too-long", pattern, rule, name, f"at most {NAME_BYTES_MAX} bytes", f"最多 {NAME_BYTES_MAX} 字节")
    return name


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
    if token.kind == "seq":
        return _sequence(values.seq, int(token.detail), pattern, rule)
    if token.kind in ("file", "package"):
        return values.file if token.kind == "file" else values.package
    return _identifier(values.bank if token.kind == "bank" else values.batch_no, token, pattern, rule)


def _sequence(seq: int, width: int, pattern: str, rule: ProfilePlace | None) -> str:
    text = str(seq).zfill(width)
    if seq < 1 or len(text) > width:
        most = "9" * width
        raise _unwritable("name-too-long", pattern, rule, str(seq), f"a number from 1 to {most}", f"1 到 {most} 的数")
    return text


def _identifier(text: str, token: Token, pattern: str, rule: ProfilePlace | None) -> str:
    if token.detail and len(text) > int(token.detail):
        raise _unwritable("name-too-long", pattern, rule, text, f"{token.detail} characters", f"{token.detail} 个字符")
    if not re.fullmatch(ID_CHARS + "+", text) or (token.detail and len(text) != int(token.detail)):
        width = int(token.detail or 0)
        en = f"exactly {width} letters and digits" if width else "letters and digits only"
        raise _unwritable("name-value", pattern, rule, text, en, f"恰好 {width} 位字母数字" if width else "仅字母和数字")
    return text


def _unwritable(code: str, pattern: str, rule: ProfilePlace | None, value: str, en: str, zh: str) -> UnwritableRoster:
    what = Text(f"“{value}” does not fit into this name; it is never cut", f"“{value}” 放不进这个文件名；绝不截断")
    return UnwritableRoster([Problem(code=code, place=DataPlace(pattern), what=what, expected=Text(en, zh), rule=rule)])


def recognise(pattern: str, name: str) -> dict[str, object] | None:
    """What a name says: bank, batch_no, day, made_time, seq, file, package, as far as the pattern has them.

    None where the name is not of this pattern, says one thing in two ways, or names a day that does not exist.
    """
    if len(name.encode(errors="replace")) > NAME_BYTES_MAX:
        return None
    pieces = tokens(pattern)
    match = re.fullmatch("".join(f"({_expression(piece)})" for piece in pieces), name, re.DOTALL)
    if match is None:
        return None
    said: dict[str, object] = {}
    for piece, text in zip(pieces, match.groups(), strict=True):
        if piece.kind in _SAYS:
            try:
                value = _value(piece, text)
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
    "file": "file",
    "package": "package",
}


def _expression(piece: Token) -> str:
    if piece.kind == "text":
        return re.escape(piece.detail)
    if piece.kind in ("date", "time"):
        return digits_expression(piece.detail)
    if piece.kind == "seq":
        return f"[0-9]{{{piece.detail}}}"
    if piece.kind in ("bank", "batch"):
        return ID_CHARS + (f"{{{piece.detail}}}" if piece.detail else "+")
    return r"[^/\\\x00-\x1f]+" if piece.kind in ("file", "package") else r"[^/\\\x00-\x1f]*"


def _value(piece: Token, text: str) -> object:
    if piece.kind == "seq":
        return int(text)
    if piece.kind in ("date", "time"):
        moment = datetime.strptime(text, strptime_format(piece.detail) or "")  # noqa: DTZ007
        return moment.date() if piece.kind == "date" else moment.time()
    return text


def could_collide(one: str, other: str) -> bool:
    """Could one name be of both patterns? Asked of the files of a package; careful: "perhaps" counts as yes."""
    return one == other or recognise(one, some_name(other)) is not None or recognise(other, some_name(one)) is not None


_SAMPLE: Mapping[str, str] = {"bank": "902307450222", "batch": "B20260102000001", "file": "f.txt", "package": "p.zip", "*": ""}


def some_name(pattern: str) -> str:
    """A name of this pattern, for examples and for telling patterns apart."""
    values = NameValues(seq=1, made_at=datetime(2026, 1, 2, 3, 4, 5), day=date(2026, 1, 2), file="f.txt", package="p.zip")  # noqa: DTZ001
    parts = []
    for piece in tokens(pattern):
        if piece.kind in ("bank", "batch"):
            parts.append((_SAMPLE[piece.kind] * 9)[: int(piece.detail)] if piece.detail else _SAMPLE[piece.kind])
        else:
            parts.append("" if piece.kind == "*" else _written(piece, values, pattern, None))
    return "".join(parts)
