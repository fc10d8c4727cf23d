"""EBCDIC, the encodings of mainframes: one byte a character, and in the Chinese pages two bytes between shift-out and shift-in.

A text stands in single bytes until 0x0E (shift-out); then every two bytes are one character until 0x0F (shift-in). Every field begins
and ends in single bytes. Source of the tables: the converter of the GNU C library (tests/bank_profiles/host_tables.py).
"""

import base64
import zlib
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from bank_profiles.encodings.host_tables import TABLES

SHIFT_OUT, SHIFT_IN = 0x0E, 0x0F
Points = npt.NDArray[np.int32]
_NONE = 0  # in a table: this code is no character


@dataclass(frozen=True)
class HostPage:
    """One code page of TABLES."""

    name: str

    @cached_property
    def _tables(self) -> tuple[Points, Points | None]:
        """Code points of single bytes and of pairs; pairs are None where the page has only single bytes."""
        relative, text = TABLES[self.name]
        distances = np.frombuffer(zlib.decompress(base64.b64decode(text)), "<u2")
        places = np.cumsum(distances, dtype=np.int64) % (1 << 16)
        points = in_order_of(relative)[places]
        return points[:256], points[256:] if len(points) > 256 else None

    @cached_property
    def _codes(self) -> dict[int, int]:
        """Code point → its code; below 256 it is a single byte, which is preferred."""
        single, double = self._tables
        pairs = {} if double is None else {int(double[code]): int(code) for code in reversed(np.flatnonzero(double))}
        return pairs | {int(single[byte]): int(byte) for byte in (*np.flatnonzero(single), 0)}

    # ---- reading ----

    def decode(self, data: bytes) -> str:
        """Raises UnicodeDecodeError."""
        text, shifted, at = [], False, 0
        while at < len(data):
            byte, width = data[at], 2 if shifted and data[at] != SHIFT_IN else 1
            if byte in (SHIFT_OUT, SHIFT_IN) and self._tables[1] is not None and shifted == (byte == SHIFT_IN):
                shifted = not shifted
            else:
                text.append(self._character(data, at, width))
            at += width
        if shifted:
            raise UnicodeDecodeError(self.name, data, len(data) - 1, len(data), "no shift-in at the end")
        return "".join(text)

    def _character(self, data: bytes, at: int, width: int) -> str:
        single, double = self._tables
        code = data[at : at + width]
        table = single if width == 1 or double is None else double
        point = int(table[int.from_bytes(code, "big")]) if len(code) == width else _NONE
        if point == _NONE and code != b"\0":
            raise UnicodeDecodeError(self.name, data, at, at + len(code), "no character")
        return chr(point)

    def decode_block(self, data: bytes) -> str:
        """The same for much text at once. Raises UnicodeDecodeError, but does not say where."""
        single, double = self._tables
        codes = np.frombuffer(data, np.uint8)
        points = single[codes]
        bad = (points == _NONE) & (codes != 0)
        if double is None:
            return self._joined(points, bad, data)
        out, back = codes == SHIFT_OUT, codes == SHIFT_IN
        depth = np.cumsum(out.astype(np.int8) - back.astype(np.int8))
        inside = np.flatnonzero((depth == 1) & ~out)
        runs = np.bincount(np.cumsum(out)[inside]) if len(inside) else np.zeros(1, int)
        if len(data) and (depth.min() < 0 or depth.max() > 1 or depth[-1] or (runs % 2).any()):
            raise UnicodeDecodeError(self.name, data, 0, len(data), "shift-out and shift-in do not pair")
        first, second = inside[::2], inside[1::2]
        points[first] = double[codes[first].astype(np.int32) << 8 | codes[second]]
        bad[first], bad[second] = points[first] == _NONE, False
        kept = ~(out | back)
        kept[second] = False
        return self._joined(points[kept], bad[kept], data)

    def _joined(self, points: Points, bad: npt.NDArray[np.bool_], data: bytes) -> str:
        if bad.any():
            raise UnicodeDecodeError(self.name, data, 0, len(data), "no character")
        return points.astype("<u4").tobytes().decode("utf-32-le")

    # ---- writing ----

    def encode(self, text: str) -> bytes:
        """Raises UnicodeEncodeError."""
        data, shifted = bytearray(), False
        for at, character in enumerate(text):
            code = self._codes.get(ord(character))
            if code is None:
                raise UnicodeEncodeError(self.name, text, at, at + 1, "not in this code page")
            if (code > 0xFF) != shifted:
                shifted = not shifted
                data.append(SHIFT_OUT if shifted else SHIFT_IN)
            data += code.to_bytes(2 if shifted else 1, "big")
        return bytes(data) + (bytes([SHIFT_IN]) if shifted else b"")

    @cached_property
    def _code_of(self) -> npt.NDArray[np.uint16]:
        """The same as a table by code point."""
        table = np.zeros(1 << 16, np.uint16)
        table[list(self._codes)] = list(self._codes.values())
        return table

    def encode_block(self, text: str) -> bytes:
        """The same for much text at once. Raises UnicodeEncodeError."""
        points = np.frombuffer(text.encode("utf-32-le"), "<u4")
        codes = np.where(points < 1 << 16, self._code_of[points & 0xFFFF], _NONE)
        wrong = np.flatnonzero((codes == _NONE) & (points != 0))
        if len(wrong):
            raise UnicodeEncodeError(self.name, text, int(wrong[0]), int(wrong[0]) + 1, "not in this code page")
        double = np.append(codes > 0xFF, False)  # the text ends in single bytes
        shifts = np.diff(double, prepend=False)
        ends = np.cumsum(1 + double + shifts)
        data = np.zeros(ends[-1] - 1, np.uint8)  # less the character behind the end, which is none
        data[ends[:-1] - 1] = codes & 0xFF
        data[ends[double] - 2] = codes[double[:-1]] >> 8
        data[(ends - 1 - double - shifts)[shifts]] = np.where(double[shifts], SHIFT_OUT, SHIFT_IN)
        return data.tobytes()


@lru_cache(maxsize=4)
def in_order_of(relative: str) -> Points:
    """Every code point below 65536, those of a character set first and in its order: most host pages list them alike."""

    def place(point: int) -> tuple[bool, bytes]:
        try:
            return False, chr(point).encode(relative)
        except UnicodeEncodeError:
            return True, point.to_bytes(2, "big")

    return np.array(sorted(range(1 << 16), key=place), np.int32)
