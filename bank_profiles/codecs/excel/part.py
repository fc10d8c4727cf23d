"""One part of a workbook, as blocks of whole tags come by: how far its cells reach, which formulas gave nothing, what is shared."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from bank_profiles.codecs.excel import columns
from bank_profiles.codecs.excel.limits import Extent, broken

Place = tuple[int, int]  # row and column, 1-based
Failure = Literal["failed", "unvalued"]  # of a formula

_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)([0-9]*)["']""")
_KIND = re.compile(rb"""\st\s*=\s*["']([se])["']""")
_CELL_OF_ERROR = re.compile(rb"""<(?:[A-Za-z]+:)?c\b[^>]*\st\s*=\s*["']e["'][^>]*>""")
_PREFIX_MAX = 20
_CELL_BYTES_MAX = 64 << 10  # a formula has 8,192 characters at most
_CELL_OF_FORMULA = re.compile(
    rb"<(?:\w{1,20}:)?c(\s[^>]*)?>\s*<(?:\w{1,20}:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w{1,20}:)?f\s*>)\s*"
    rb"(?:<(?:\w{1,20}:)?v\s*(?:/>|>\s*</(?:\w{1,20}:)?v\s*>)\s*)?</(?:\w{1,20}:)?c\s*>"
)
_IS_TEXT = re.compile(rb"""\st\s*=\s*["']str["']""")
_ROW = re.compile(rb"[<:]row\b")
_CELL = re.compile(rb"[<:]c\b")
_PLACED = re.compile(rb"""[<:]c(?:\s{1,9}[\w:.-]{1,20}\s{0,9}=\s{0,9}(?:"[^"]{0,99}"|'[^']{0,99}')){0,9}?\s{1,9}r\s{0,9}=""")
_COLUMNS_MAX = 26**3 + 26**2 + 26  # ZZZ: three letters; a sheet ends at XFD
_ROW_DIGITS_MAX = 7  # a sheet ends at 1048576
_BEHIND = b" " * 16  # so that whoever looks on behind a sign looks at something
Codes = npt.NDArray[np.uint8]


@dataclass
class Part:
    """One part, as blocks of whole tags come by. Whatever it is called: a sheet may have any name."""

    extent: Extent = field(default_factory=Extent)
    failures: dict[Place, Failure] = field(default_factory=dict)
    shown: int = 0  # cells that show a shared text
    longest: int = 0  # bytes of the longest shared text, at most
    _open: int | None = None  # since the last shared text ended
    _in_row: int = 0  # cells without a place since the last row began
    _begun: bytes = b""  # the last cell, which may go on in the next block

    def take(self, block: bytes) -> None:
        codes = np.frombuffer(b" " + block + _BEHIND, np.uint8)
        attributes = _attributes(codes)
        errors = self._written_oddly(block) if attributes is None else self._written_plainly(codes, *attributes)
        # whole arrays of flags, and those only where a quick look for one byte finds it: listing every tag would cost ten times as much
        opens, first, second = codes[:-4] == 0x3C, codes[1:-3], codes[2:-2]  # "<"
        if b":" in block:  # or a prefix before the name
            opens |= codes[:-4] == 0x3A
        marked = b"!" in block and bool((opens & (first == 0x21)).any())
        if marked and (b"<!DOCTYPE" in block or b"<!ENTITY" in block):
            raise broken()
        cells = opens & (first == 0x63)  # and what else begins with c: mostly nothing does
        placed = cells & (second == 0x20) & (codes[3:-1] == 0x72) & (codes[4:] == 0x3D)  # as everybody writes it: <c r=
        if np.count_nonzero(cells) > np.count_nonzero(placed) and (cells & ~placed & _ends_a_name(second)).any():
            self._unplaced(block)
        if self._open is not None or (b"i" in block and (opens & (first == 0x73) & (second == 0x69)).any()):
            self._texts(block, marked)
        for found in _CELL_OF_ERROR.finditer(block) if errors else ():
            if place := _PLACE.search(found[0]):
                self.failures[int(place[2] or b"0"), _column(place[1])] = "failed"
        if (b"f" in block and (opens & (first == 0x66)).any()) or b"<f" in self._begun or b":f" in self._begun:
            self._unvalued(self._begun + block)
        self._begun = (
            block[max(block.rfind(b"<c "), block.rfind(b":c ") - _PREFIX_MAX, 0) :][:_CELL_BYTES_MAX] if cells.any() else b""
        )

    def _written_plainly(self, codes: Codes, names: Codes, at: npt.NDArray[np.int64]) -> bool:
        """Attributes of one letter by their values' first bytes: ``r`` is the place of a cell or the number of a row, ``t`` the kind.
        Is there a cell of an error?"""
        columns, rows = _numbers(codes, at[names == 0x72])
        cells = int(np.count_nonzero(columns))
        self.extent.saw(cells, int(columns.max(initial=0)), int(rows.max(initial=0)))
        kinds = at[names == 0x74]
        kinds = codes[kinds][codes[kinds + 1] == 0x22]
        self.shown += int(np.count_nonzero(kinds == 0x73))
        return bool((kinds == 0x65).any())

    def _written_oddly(self, block: bytes) -> bool:
        """The same one by one, for attributes with blanks or other quotes."""
        places = [(_column(letters), int(digits or b"0")) for letters, digits in _PLACE.findall(block)]
        if any(row >= 10**_ROW_DIGITS_MAX for _, row in places):
            raise broken()
        cells = sum(1 for column, _ in places if column)
        self.extent.saw(cells, max((c for c, _ in places), default=0), max((r for _, r in places), default=0))
        kinds = _KIND.findall(block)
        self.shown += kinds.count(b"s")
        return b"e" in kinds

    def _unplaced(self, block: bytes) -> None:
        """Cells that do not say where they are stand one behind the other. What else has a place says nothing of them."""
        rows = _ROW.split(block)
        unplaced = [len(_CELL.findall(row)) - len(_PLACED.findall(row)) for row in rows]
        self.extent.cells += sum(unplaced)
        unplaced[0] += self._in_row  # the row may go on from the block before
        self._in_row = unplaced[-1]
        if any(unplaced):
            self.extent.beyond = max(self.extent.beyond, *unplaced)
            self.extent.rows += len(rows)

    def _unvalued(self, block: bytes) -> None:
        """Formulas whose value is to be computed by whoever opens the sheet; an empty text is a value."""
        for found in _CELL_OF_FORMULA.finditer(block):
            if (place := _PLACE.search(found[1])) and not _IS_TEXT.search(found[1]):
                self.failures.setdefault((int(place[2] or b"0"), _column(place[1])), "unvalued")

    def _texts(self, block: bytes, marked: bool) -> None:
        """No shared text is longer than what stands between two ends of such texts; an end may be within a comment."""
        ends = np.zeros(0, np.int64) if marked else found_at(block, b"</si>")
        marks = np.concatenate([[-(self._open or 0)], ends, [len(block)]])
        self.longest = max(self.longest, int(np.diff(marks).max()))
        self._open = int(marks[-1] - marks[-2])


def _attributes(codes: Codes) -> tuple[Codes, npt.NDArray[np.int64]] | None:
    """Names of one letter, and where their values begin; None where some "=" is not like the others: a blank or another quote beside it."""
    signs, blank = codes[2:-1] == 0x3D, codes <= 0x20
    if (signs & (blank[1:-2] | (codes[3:] != 0x22))).any():
        return None
    signs &= blank[:-3]
    alone = np.flatnonzero(signs) + 1
    return codes[alone], alone + 3


def _ends_a_name(codes: Codes) -> npt.NDArray[np.bool_]:
    return np.asarray((codes <= 0x20) | (codes == 0x2F) | (codes == 0x3E))


def found_at(block: bytes, word: bytes) -> npt.NDArray[np.int64]:
    """Where a word stands."""
    codes = np.frombuffer(block, np.uint8)
    size = len(codes) - len(word) + 1
    if size <= 0:
        return np.zeros(0, np.int64)
    hit = codes[:size] == word[0]
    for at, code in enumerate(word[1:], start=1):
        hit &= codes[at : at + size] == code
    return np.flatnonzero(hit)


def _numbers(codes: Codes, at: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Columns of the places that begin at ``at``, 0 where one is not said, and the rows they lie in. Raises BadFile beyond any sheet."""
    columns, digits = np.zeros(len(at), np.int32), at
    while (letters := (place := (codes[digits] | 0x20) - 0x61) < 26).any():  # of bytes: what is below them becomes large
        columns = np.where(letters, columns * 26 + place + 1, columns)
        if (columns > _COLUMNS_MAX).any():
            raise broken()
        digits = digits + letters
    # A row and its closing sign fit into eight bytes, or the first of its places is refused: equal bytes are equal rows.
    next_eight = np.ndarray(len(codes) - 7, np.uint64, codes, strides=(1,))[digits]
    news = np.ones(len(at), bool)
    news[1:] = next_eight[1:] != next_eight[:-1]  # most cells lie in the row of the one before
    return columns, _rows(codes, digits[news])


def _rows(codes: Codes, at: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    rows, running = np.zeros(len(at), np.int32), np.ones(len(at), bool)
    for step in range(_ROW_DIGITS_MAX + 1):
        digit = codes[at + step] - 0x30
        running &= digit < 10
        if not running.any():
            return rows
        rows = np.where(running, rows * 10 + digit, rows)
    raise broken()


def _column(letters: bytes) -> int:
    if len(letters) > 3:
        raise broken()
    return columns.number(letters)


# ---- what holds nothing -------------------------------------------------------------------------------------------------------------

_EMPTY_CELL = re.compile(rb'<c r="[A-Z]{1,3}[0-9]{1,7}"(?: [a-z]{1,9}="[A-Za-z0-9]{0,9}"){0,3} ?(?:/>|></c>)')
_EMPTY_ROW = re.compile(rb'<row r="[0-9]{1,7}"(?: [A-Za-z0-9:]{1,20}="[A-Za-z0-9.:]{0,20}"){0,12} ?(?:/>|></row>)')


def without_empty(block: bytes) -> bytes:
    """Less the plainest of the cells and rows that hold nothing. No value of theirs has a quote or a sign in it, so that none of
    these patterns fits beginning within a value of something that is there."""
    return _EMPTY_ROW.sub(b"", _EMPTY_CELL.sub(b"", block))
