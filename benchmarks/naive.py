"""What most people would write first: the csv module (or slices), Decimal, strptime, one row at a time, with the same checks.

Written for these two profiles by hand, without a profile language, so that nothing general slows it down.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bank_profiles.language.profile import Profile
from benchmarks.limits import Joined

_DIGITS = {"CNY": 2, "USD": 2, "HKD": 2, "EUR": 2, "JPY": 0, "KWD": 3}


class Wrong(Exception):
    """A row, a total or the batch number is not right."""


def read_delimited(profile: Profile, blocks: Iterable[bytes], batch_no: str) -> Iterator[tuple[Any, ...]]:
    """The accounts of a ``detail`` file of hxcb."""
    product, currency, status = (profile.maps[name].codes for name in ("product", "currency", "status"))
    lines = csv.reader(_text_lines(blocks), delimiter="|", quoting=csv.QUOTE_NONE)
    header = next(lines)
    must(header == ["H", batch_no])
    count, total = 0, Decimal(0)
    previous = next(lines)
    for row in lines:
        cells, previous = previous, row
        must(len(cells) == 21 and cells[0] == "D")
        cells = [_missing(cell.strip(" \t\u3000\u00a0")) for cell in cells]
        must(all(cells[i] is not None for i in (1, 4, 6, 8, 9)))
        money = currency[_given(cells[8])]
        balance = _minor(_given(cells[9]), money)
        count, total = count + 1, total + Decimal(_given(cells[9]))
        yield (
            cells[1], cells[2], cells[3], cells[4], cells[5], product[_given(cells[6])], cells[7], money, balance,
            _or_none(cells[10], lambda text, m=money: _minor(text, m)), _or_none(cells[11], lambda text, m=money: _minor(text, m)),
            _or_none(cells[12], Decimal), _or_none(cells[13], Decimal), _or_none(cells[14], _day), _or_none(cells[15], _day),
            _or_none(cells[16], _day), _or_none(cells[17], status.__getitem__), _or_none(cells[18], _day), cells[19],
        )  # fmt: skip
    must(previous == ["T", str(count), str(total)])


def read_fixed(profile: Profile, blocks: Iterable[bytes], batch_no: str) -> Iterator[tuple[Any, ...]]:
    """The accounts of a ``reply`` file of gdyz that holds nothing else."""
    product, status = profile.maps["product"].codes, profile.maps["status"].codes
    lines = _byte_lines(blocks)
    must(next(lines)[2:32].decode("gb18030").strip() == batch_no)
    count, total = 0, Decimal(0)
    previous = next(lines)
    for line in lines:
        row, previous = previous, line
        must(len(row) == 450 and row[:2] == b"20")
        text = [_missing(row[start:stop].decode("gb18030").strip(" \t\u3000\u00a0")) for start, stop in _SPANS]
        must(all(text[i] is not None for i in (0, 3, 5, 7, 8)))
        money = _given(text[7])
        balance = _minor(_signed(_given(text[8])), money)
        count, total = count + 1, total + Decimal(_given(text[8]))
        yield (
            text[0], text[1], text[2], text[3], text[4], product[_given(text[5])], text[6], money, balance,
            _or_none(text[9], lambda t, m=money: _minor(_signed(t), m)), _or_none(text[10], lambda t, m=money: _minor(_signed(t), m)),
            _or_none(text[11], Decimal), _or_none(text[12], Decimal), _or_none(text[13], _day), _or_none(_no_zeros(text[14]), _day),
            _or_none(_no_zeros(text[15]), _day), _or_none(text[16], status.__getitem__), _or_none(text[17], _day), text[18],
        )  # fmt: skip
    must(int(previous[10:18]) == count and Decimal(previous[18:38].decode()) == total)


_SPANS = [
    (2, 8), (8, 108), (108, 128), (128, 160), (160, 192), (192, 196), (196, 256), (256, 259), (259, 276), (276, 293), (293, 310),
    (310, 330), (330, 346), (346, 354), (354, 362), (362, 370), (370, 371), (371, 379), (379, 411),
]  # fmt: skip


def _text_lines(blocks: Iterable[bytes]) -> Iterator[str]:
    for line in _byte_lines(blocks):
        yield line.decode("gb18030")


def _byte_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    for line in io.BufferedReader(Joined(blocks), 1 << 20):
        yield line.rstrip(b"\r\n")


def _missing(text: str) -> str | None:
    return None if text in ("", "-") else text


def _no_zeros(text: str | None) -> str | None:
    return None if text == "00000000" else text


def _given(text: str | None) -> str:
    if text is None:
        raise Wrong
    return text


def _or_none(text: str | None, convert: Callable[[str], Any]) -> Any:
    return None if text is None else convert(text)


def _signed(text: str) -> str:
    must(text[0] in "+-")
    return text


def _minor(text: str, currency: str) -> int:
    amount = Decimal(text)
    must(amount == amount.to_integral_value() and currency in _DIGITS)
    return int(amount)


def _day(text: str) -> date:
    must(len(text) == 8 and text.isdecimal())
    return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007


def must(holds: bool) -> None:
    if not holds:
        raise Wrong
