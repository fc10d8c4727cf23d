"""Makes bank_profiles/encodings/host_tables.py from the converter of the C library, and lets the tests ask the same converter.

    python tests/bank_profiles/host_tables.py > bank_profiles/encodings/host_tables.py

Only systems with the GNU C library have it, so the tables are made once and kept.
"""

import base64
import ctypes
import sys
import textwrap
import zlib
from pathlib import Path

import numpy as np

SHIFT_OUT, SHIFT_IN = b"\x0e", b"\x0f"
MIXED = {"cp935": "gb2312", "cp1388": "gb2312", "cp937": "big5"}  # page → the character set whose order its own mostly follows
SINGLE = ("cp1047",)
_FAILED = ctypes.c_size_t(-1).value


class Iconv:
    """One direction of the C library's converter; None for what it cannot convert."""

    def __init__(self, source: str, to: str) -> None:
        self._c = ctypes.CDLL(None)
        self._c.iconv_open.restype = ctypes.c_void_p
        self._c.iconv.restype = ctypes.c_size_t
        self._handle = ctypes.c_void_p(self._c.iconv_open(to.encode(), source.encode()))

    @property
    def is_there(self) -> bool:
        return self._handle.value not in (None, ctypes.c_void_p(-1).value)

    def __call__(self, data: bytes) -> bytes | None:
        room = ctypes.create_string_buffer(len(data) * 4 + 16)
        source, left = ctypes.c_char_p(data), ctypes.c_size_t(len(data))
        to, free = ctypes.c_char_p(ctypes.addressof(room)), ctypes.c_size_t(len(room))
        self._c.iconv(self._handle, None, None, None, None)
        wrong = self._c.iconv(*self._arguments(source, left, to, free)) == _FAILED
        self._c.iconv(self._handle, None, None, ctypes.byref(to), ctypes.byref(free))  # the last shift
        return None if wrong else room.raw[: len(room) - free.value]

    def _arguments(self, source: object, left: object, to: object, free: object) -> list[object]:
        return [self._handle, *(ctypes.byref(each) for each in (source, left, to, free))]  # type: ignore[arg-type]


def library_name(page: str) -> str:
    return page.replace("cp", "IBM")


def single(page: str) -> list[int]:
    """Code point of every byte; 0 where there is none."""
    convert = Iconv(library_name(page), "UTF-32LE")
    shifts = SHIFT_OUT + SHIFT_IN if page in MIXED else b""
    return [0 if byte in shifts else int.from_bytes(convert(bytes([byte])) or b"", "little") for byte in range(256)]


def double(page: str) -> np.ndarray:
    """Code point of every pair of bytes; 0 where there is none."""
    convert = Iconv(library_name(page), "UTF-32LE")
    pairs = np.zeros(1 << 16, np.uint32)
    for code in range(0x4040, 0xFF00):
        found = convert(SHIFT_OUT + code.to_bytes(2, "big") + SHIFT_IN)
        pairs[code] = int.from_bytes(found, "little") if found else 0
    return pairs


def packed(page: str) -> str:
    """256 + 65536 places in the order of the page's relative, each as its distance from the one before: mostly 1."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from bank_profiles.encodings.host import in_order_of

    place = np.zeros(1 << 16, np.int64)
    place[in_order_of(MIXED.get(page, "ascii"))] = np.arange(1 << 16)
    points = np.array(single(page), np.int64)
    if page in MIXED:
        points = np.concatenate([points, double(page)])
    distances = np.diff(place[points], prepend=0).astype("<u2")
    return base64.b64encode(zlib.compress(distances.tobytes(), 9)).decode()


def main() -> None:
    print(
        '"""Which character every code of the host code pages is that Python does not have: packed, made by host_tables.py of the tests."""\n'
    )
    print("# page → its relative, and per code the distance to the place before in the relative's order (host.py unpacks them)")
    print("TABLES: dict[str, tuple[str, str]] = {")
    for page in (*SINGLE, *MIXED):
        print(f'    "{page}": (\n        "{MIXED.get(page, "ascii")}",')
        for line in textwrap.wrap(packed(page), 118):
            print(f'        "{line}"')
        print("    ),")
    print("}")


if __name__ == "__main__":
    main()
