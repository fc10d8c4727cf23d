"""The header of a message as data: fixed fields, each of so many bytes, each with a role; written and read by one table."""

import dataclasses
from typing import Literal, get_args

from transports import words as shared
from transports.errors import Refused
from transports.tcp import words
from transports.tcp.messages import Message

Role = Literal[
    "constant", "code", "sequence", "status", "name", "size", "digest", "page", "pages", "more", "time", "bank", "text", "mac"
]  # fmt: skip
_NUMBERS = frozenset(("sequence", "size", "page", "pages", "more"))


@dataclasses.dataclass(frozen=True)
class Field:
    """``width`` bytes that play a ``role``. ``value``: what a constant holds. Numbers are padded with zeros on the left, all
    else with blanks on the right, unless ``pad`` and ``padded`` say otherwise.
    """

    role: Role
    width: int
    value: str = ""
    pad: Literal["", "0", " "] = ""
    padded: Literal["", "left", "right"] = ""

    def __post_init__(self) -> None:
        if self.role not in get_args(Role) or self.width < 1:
            raise ValueError(f"a header's field has a width and one of the roles {', '.join(get_args(Role))}")
        if self.role in _NUMBERS and self._fill == "0" and not self._leads:
            raise ValueError("zeros behind a number would change it: pad them on the left")

    @property
    def _fill(self) -> str:
        return self.pad or ("0" if self.role in _NUMBERS else " ")

    @property
    def _leads(self) -> bool:
        return (self.padded or ("left" if self.role in _NUMBERS else "right")) == "left"

    def write(self, value: str | int, charset: str) -> bytes:
        """The value in exactly ``width`` bytes. Raises Refused field-too-long, field-unwritable."""
        try:
            raw = str(value).encode(charset)
        except UnicodeEncodeError as foreign:
            raise shared.say(Refused, _UNWRITABLE) from foreign
        if len(raw) > self.width:
            raise shared.say(Refused, _TOO_LONG)
        fill = self._fill.encode()
        return raw.rjust(self.width, fill) if self._leads else raw.ljust(self.width, fill)

    def read(self, raw: bytes, charset: str) -> str | int:
        """The value of the bytes. Raises Garbled header-unreadable."""
        fill = self._fill.encode()
        stripped = raw.lstrip(fill) if self._leads else raw.rstrip(fill)
        if self.role in _NUMBERS:
            if stripped and not stripped.isdigit():
                raise words.garbled(words.BAD_HEADER)
            return int(stripped or b"0")
        try:
            return stripped.decode(charset)
        except UnicodeDecodeError as other:
            raise words.garbled(words.BAD_HEADER) from other


@dataclasses.dataclass(frozen=True)
class Header:
    """The fields between length and body, in their order; none at all is a header too. ``charset``: of the texts in it."""

    fields: tuple[Field, ...] = ()
    charset: Literal["utf-8", "gb18030", "gbk", "ascii"] = "utf-8"

    def __post_init__(self) -> None:
        roles = [field.role for field in self.fields if field.role != "constant"]
        if len(set(roles)) != len(roles):
            raise ValueError("each role stands once in a header")
        if {"pages", "more"} <= set(roles):
            raise ValueError("a header counts its pages or says that more follow, not both")
        for field in self.fields:
            if field.role == "constant" and not 0 < len(field.value.encode(self.charset)) <= field.width:
                raise ValueError("a constant holds a value that fits its field")

    @property
    def width(self) -> int:
        """Bytes of the whole header."""
        return sum(field.width for field in self.fields)

    def has(self, *roles: Role) -> bool:
        """Are there fields for all these roles?"""
        return set(roles) <= {field.role for field in self.fields}

    def width_of(self, role: Role) -> int:
        """Bytes of the field with this role; 0 where there is none."""
        return next((field.width for field in self.fields if field.role == role), 0)

    def mac_at(self) -> slice:
        """Where in a frame the authentication code stands; an empty slice where there is none."""
        start = 0
        for field in self.fields:
            if field.role == "mac":
                return slice(start, start + field.width)
            start += field.width
        return slice(0, 0)

    def write(self, message: Message) -> bytes:
        """The header of this message; its authentication code still blank. Raises Refused."""
        return b"".join(field.write(_value(field, message), self.charset) for field in self.fields)

    def read(self, frame: bytes) -> Message:
        """The message in a frame that is at least as long as the header. Raises Garbled header-unreadable."""
        found: dict[str, str | int] = {}
        start = 0
        for field in self.fields:
            raw, start = frame[start : start + field.width], start + field.width
            if field.role == "mac":
                continue
            value = field.read(raw, self.charset)
            if field.role == "constant":
                if raw != field.write(field.value, self.charset):
                    raise words.garbled(words.BAD_HEADER)
            else:
                found[field.role] = value
        return Message(body=frame[start:], **found)  # type: ignore[arg-type]  # numbers for numbers, texts for texts: see Field.read


def _value(field: Field, message: Message) -> str | int:
    if field.role == "constant":
        return field.value
    return "" if field.role == "mac" else getattr(message, field.role)


_TOO_LONG: shared.Words = (
    "field-too-long",
    "A name or number does not fit its field in this line's messages; nothing was sent. Correct the naming rule of the profile.",
    "名称或数值超过本线路报文域的长度，未发送任何内容；请修改接口配置中的命名规则。",
)
_UNWRITABLE: shared.Words = (
    "field-unwritable",
    "A name cannot be written in the encoding of this line; nothing was sent. Correct the naming rule of the profile.",
    "名称无法用本线路的编码表示，未发送任何内容；请修改接口配置中的命名规则。",
)
