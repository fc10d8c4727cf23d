"""Numbers as mainframes store them, packed, zoned and binary: bytes ⇄ the text of the number, one at a time and by the column.

The text is digits, all that the field has room for, with "-" before them; from there on it is a number like any other. A cell that a
program left untouched (only blanks, or only zero bytes where those are no number) is the empty text, and so "missing" by default.
Sources: IBM z/Architecture Principles of Operation, decimal formats; Enterprise COBOL, USAGE clause.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bank_profiles.encodings import ENCODINGS
from bank_profiles.errors import Text
from bank_profiles.language.fields import FieldRule
from bank_profiles.language.formats.fixed import FixedField, Store
from bank_profiles.values.arrays import glued, strings
from bank_profiles.values.converters import BadValue

if TYPE_CHECKING:
    Texts = pa.Array[Any]

Bytes = npt.NDArray[np.uint8]
BINARY_BYTES_MAX = 8
_PLUS, _MINUS = (0xA, 0xC, 0xE, 0xF), (0xB, 0xD)  # the signs every machine reads; C, D and, unsigned, F are written
_BLANKS = (0x40, 0x20)
_SURE_DIGITS = 18  # of a number that 64 bits surely hold


@dataclass(frozen=True)
class Stored:
    """One field. ``host``: EBCDIC, which decides how zoned digits look. ``digits``: how many the number has, if not all there is room for."""

    kind: Store
    width: int
    host: bool = True
    signed: bool = True
    little: bool = False
    digits: int | None = None

    @property
    def room(self) -> int:
        """The digits of its text; of a binary number 0: as many as it takes."""
        if self.kind == "binary":
            return self.digits or 0
        return min(self.digits or self.places, self.places)

    @property
    def places(self) -> int:
        """How many digits its bytes hold."""
        return {"packed": 2 * self.width - 1, "bcd": 2 * self.width}.get(self.kind, self.width)

    # ---- one cell ----

    def read(self, cell: bytes) -> str:
        """Raises BadValue."""
        if self.kind == "binary":
            number = int.from_bytes(cell, "little" if self.little else "big", signed=self.signed)
            return self._text(str(abs(number)), minus=number < 0)
        if self._is_untouched(cell):
            return ""
        if self.kind == "packed":
            return self._text(cell.hex()[:-1], minus=self._minus(cell[-1] & 0xF))
        if self.kind == "bcd":
            return self._text(cell.hex(), minus=False)
        signed_one = 0 if self.kind == "zoned_leading" else -1
        digit, minus = self._zones().get(cell[signed_one], ("", False))
        plain = [str(byte - self._zero) if 0 <= byte - self._zero <= 9 else "" for byte in cell]
        plain[signed_one] = digit
        if not all(plain) or (minus and not self.signed):
            raise self._bad()
        return self._text("".join(plain), minus=minus)

    def _is_untouched(self, cell: bytes) -> bool:
        return self.kind != "bcd" and (not any(cell) or any(cell == bytes([blank]) * len(cell) for blank in _BLANKS))

    def _minus(self, nibble: int) -> bool:
        if nibble in _MINUS and self.signed:
            return True
        if nibble not in _PLUS:
            raise self._bad()
        return False

    @property
    def _zero(self) -> int:
        return 0xF0 if self.host else 0x30

    def _zones(self) -> dict[int, tuple[str, bool]]:
        """What the byte with the sign says: its digit, and whether it is minus."""
        if self.host:
            return {zone << 4 | digit: (str(digit), zone in _MINUS) for zone in (*_PLUS, *_MINUS) for digit in range(10)}
        marks = {"0123456789": False, "{ABCDEFGHI": False, "}JKLMNOPQR": True, "pqrstuvwxy": True}
        return {ord(mark): (str(digit), minus) for row, minus in marks.items() for digit, mark in enumerate(row)}

    def _text(self, digits: str, *, minus: bool) -> str:
        if not digits.isdecimal():
            raise self._bad()
        kept = digits.zfill(self.room)
        if kept[: len(kept) - self.room].strip("0") and self.room:
            raise self._too_many()
        kept = kept[len(kept) - self.room :] if self.room else kept
        return f"-{kept}" if minus and kept.strip("0") else kept

    # ---- a column ----

    def read_column(self, cells: Bytes) -> Texts | None:
        """The same for rows of bytes; None where one is no such number."""
        if self.kind == "binary":
            return self._read_binary(cells)
        untouched = self._untouched(cells)
        digits, minus = self._digits(np.where(untouched[:, None], self._nothing(), cells))
        extra = digits.shape[1] - self.room
        if (digits > 9).any() or digits[:, :extra].any() or (minus.any() and not self.signed):
            return None
        digits = digits[:, extra:]
        minus &= digits.any(axis=1)
        return _glued(digits, minus, untouched)

    def _untouched(self, cells: Bytes) -> npt.NDArray[np.bool_]:
        if self.kind == "bcd":
            return np.zeros(len(cells), bool)
        zeros, host_blanks, blanks = ((cells == code).all(axis=1) for code in (0, *_BLANKS))
        return np.asarray(zeros | host_blanks | blanks)

    def _nothing(self) -> Bytes:
        """Zero, to stand in for what was left untouched."""
        return np.frombuffer(self._joined("0" * (2 * self.width), minus=False), np.uint8)

    def _digits(self, cells: Bytes) -> tuple[Bytes, npt.NDArray[np.bool_]]:
        """Rows × digits, above 9 where there is none; and which rows are minus."""
        if self.kind in ("packed", "bcd"):
            nibbles = np.stack([cells >> 4, cells & 0xF], axis=2).reshape(len(cells), -1)
            if self.kind == "bcd":
                return nibbles, np.zeros(len(cells), bool)
            signs = nibbles[:, -1:]
            return np.where(signs > 9, nibbles[:, :-1], 0xFF), np.isin(signs[:, 0], _MINUS)
        values, minus = np.full(256, 0xFF, np.uint8), np.zeros(256, bool)
        for code, (digit, negative) in self._zones().items():
            values[code], minus[code] = int(digit), negative
        at = 0 if self.kind == "zoned_leading" else self.width - 1
        digits = cells - np.uint8(self._zero)
        digits[:, at] = values[cells[:, at]]
        return digits, minus[cells[:, at]]

    def _read_binary(self, cells: Bytes) -> Texts | None:
        ordered = cells[:, ::-1] if self.little else cells
        minus = (ordered[:, 0] >= 0x80) if self.signed else np.zeros(len(cells), bool)
        wide = np.where(minus[:, None], np.uint8(0xFF), np.zeros((len(cells), 8), np.uint8))
        wide[:, 8 - self.width :] = ordered
        numbers = np.ascontiguousarray(wide).view(">u8")[:, 0].astype(np.uint64)
        size = np.where(minus, ~numbers + np.uint64(1), numbers)
        if self.digits and (size >= np.uint64(10**self.digits)).any():
            return None
        texts = pa.array(size).cast(pa.string())
        texts = pc.utf8_lpad(texts, self.digits, "0") if self.digits else texts
        return cast("Texts", pc.if_else(pa.array(minus), glued("-", texts), texts))

    # ---- writing ----

    def write(self, text: str) -> bytes:
        """Raises BadValue."""
        minus, digits = text.startswith("-"), text.removeprefix("-")
        if not text:
            return self._nothing_said()
        if not (digits.isascii() and digits.isdecimal()):
            what = Text("the value is no whole number, and this field stores one", "值不是整数，而本字段存储整数")
            raise BadValue("not-a-number", what, Text("digits", "数字"))
        if minus and (not self.signed or self.kind == "bcd"):
            what = Text("the value is below zero, and this field has no sign", "值为负，而本字段无符号")
            raise BadValue("negative-number", what, Text("a number without minus", "不带负号的数"))
        if self.room and len(digits.lstrip("0")) > self.room:
            raise self._too_many()
        if self.kind == "binary":
            return self._binary(-int(digits) if minus else int(digits))
        return self._joined(digits.lstrip("0"), minus=minus and bool(digits.strip("0")))

    def _nothing_said(self) -> bytes:
        if self.kind in ("bcd", "binary"):
            what = Text("there is no value, and these bytes are always a number", "无值，而这些字节总是数字")
            raise BadValue("missing-value", what, Text("a value in every row", "每行都应有值"))
        return bytes([_BLANKS[0 if self.host else 1]]) * self.width

    def _binary(self, number: int) -> bytes:
        try:
            return number.to_bytes(self.width, "little" if self.little else "big", signed=self.signed)
        except OverflowError:
            raise self._too_many() from None

    def _joined(self, digits: str, *, minus: bool) -> bytes:
        if self.kind in ("packed", "bcd"):
            sign = "" if self.kind == "bcd" else "d" if minus else "c" if self.signed else "f"
            return bytes.fromhex((digits + sign).zfill(2 * self.width)[-2 * self.width :])
        data = bytearray(self._zero + int(digit) for digit in digits.zfill(self.width)[-self.width :])
        at = 0 if self.kind == "zoned_leading" else -1
        if self.signed:
            data[at] = self._signed(data[at] - self._zero, minus=minus)
        return bytes(data)

    def _signed(self, digit: int, *, minus: bool) -> int:
        """The zoned byte of a digit that has the sign."""
        if self.host:
            return (0xD0 if minus else 0xC0) | digit
        return ord(("}JKLMNOPQR" if minus else "{ABCDEFGHI")[digit])

    def write_column(self, texts: Texts) -> Bytes | None:
        """Rows of bytes; None where one text cannot be stored (``write`` says why)."""
        if (numbers := _whole_numbers(texts)) is not None:
            if self.room and (np.abs(numbers) >= 10 ** min(self.room, _SURE_DIGITS)).any():
                return None
            return self._write_binary(numbers) if self.kind == "binary" else self._write_digits(numbers)
        encoded = texts.dictionary_encode()
        try:
            different = b"".join(self.write(str(text)) for text in encoded.dictionary.to_pylist())
        except BadValue:
            return None
        rows = np.frombuffer(different, np.uint8).reshape(-1, self.width)
        return cast("Bytes", rows[encoded.indices.to_numpy(zero_copy_only=False)])

    def _write_binary(self, numbers: npt.NDArray[np.int64]) -> Bytes | None:
        least = -(1 << (8 * self.width - 1)) if self.signed else 0
        if len(numbers) and not least <= int(numbers.min()) <= int(numbers.max()) < least + (1 << (8 * self.width)):
            return None
        wide = numbers.astype(">i8").view(np.uint8).reshape(-1, 8)[:, 8 - self.width :]
        return wide[:, ::-1] if self.little else wide

    def _write_digits(self, numbers: npt.NDArray[np.int64]) -> Bytes | None:
        minus, known = numbers < 0, min(self.places, _SURE_DIGITS)
        if minus.any() and (not self.signed or self.kind == "bcd"):
            return None
        digits = np.zeros((len(numbers), self.places), np.uint8)
        digits[:, self.places - known :] = np.abs(numbers)[:, None] // 10 ** np.arange(known - 1, -1, -1) % 10
        if self.kind in ("packed", "bcd"):
            signs = np.where(minus, 0xD, 0xC if self.signed else 0xF).astype(np.uint8)
            nibbles = digits if self.kind == "bcd" else np.column_stack([digits, signs])
            return cast("Bytes", nibbles[:, ::2] << 4 | nibbles[:, 1::2])
        cells, at = digits + np.uint8(self._zero), 0 if self.kind == "zoned_leading" else -1
        if self.signed:
            marks = np.array([[self._signed(digit, minus=below) for digit in range(10)] for below in (False, True)], np.uint8)
            cells[:, at] = marks[minus.astype(np.int8), digits[:, at]]
        return cells

    # ---- what is wrong ----

    def _bad(self) -> BadValue:
        kind = "zoned" if self.kind.startswith("zoned") else "packed"
        sign = Text(" and a sign", "和符号") if self.signed and self.kind != "bcd" else Text("", "")
        what = Text(f"these bytes are no {kind} number", f"这些字节不是 {kind} 数字")
        expected = Text(f"{self.width} bytes of {kind} digits{sign.en}", f"{self.width} 字节的 {kind} 数字{sign.zh}")
        return BadValue(f"not-{kind}", what, expected, _SHIFTED)

    def _too_many(self) -> BadValue:
        what = Text("the number has more digits than the field", "数字位数超过字段")
        expected = Text(f"at most {self.room} digits", f"最多 {self.room} 位") if self.room else _FITTING
        return BadValue("too-many-digits", what, expected, _SHIFTED)


_FITTING = Text("a number that fits", "可容纳的数字")
_SHIFTED = Text(
    "are the columns where the profile says, and was the file sent as binary, not as text?",
    "列位置是否与画像一致？文件是否以二进制（而非文本）方式传输？",
)


def _whole_numbers(texts: Texts) -> npt.NDArray[np.int64] | None:
    """None where some text is no plain number, or not surely one that 64 bits hold."""
    if not pc.all(pc.match_substring_regex(texts, f"^-?[0-9]{{1,{_SURE_DIGITS}}}$")).as_py():
        return None
    return np.asarray(texts.cast(pa.int64()).to_numpy(zero_copy_only=False), np.int64)


def _glued(digits: Bytes, minus: npt.NDArray[np.bool_], untouched: npt.NDArray[np.bool_]) -> Texts:
    """Rows of digits, "-" before some, nothing at all for others → strings."""
    rows, width = digits.shape
    codes = np.full((rows, width + 1), ord("-"), np.uint8)
    codes[:, 1:] = digits + ord("0")
    kept = np.ones((rows, width + 1), bool)
    kept[:, 0] = minus
    kept[untouched] = False
    starts = np.zeros(rows + 1, np.int32)
    np.cumsum(kept.sum(axis=1), out=starts[1:])
    return strings(starts, codes[kept])


def stored(rule: FieldRule, encoding: str) -> Stored | None:
    """How a column stores its number; None where it is text."""
    if not isinstance(rule, FixedField) or rule.store is None or not rule.width:
        return None
    return _stored(rule.store, rule.width, encoding, rule.signed, rule.order == "little", rule.digits)


@lru_cache(maxsize=1024)
def _stored(store: Store, width: int, encoding: str, signed: bool, little: bool, digits: int | None) -> Stored:
    host = encoding in ENCODINGS and ENCODINGS[encoding].family == "host"
    return Stored(store, width, host, signed, little, digits)
