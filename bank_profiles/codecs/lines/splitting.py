"""One line of text → its cells: separators, and quotes where the profile has them. Plain Python: the legal meaning of both.

A cell that begins with the quote goes to its closing quote; doubled inside it is one. Anywhere else a quote is a sign like others.
"""

from __future__ import annotations

from bank_profiles.codecs.codec import BadLine
from bank_profiles.errors import Text

_PADDING = " \t"


class TooFewColumns(BadLine):
    """A line that has not all columns of its record."""


def split_cells(line: str, separator: str, quote: str | None, most: int = -1) -> list[str]:
    """The cells of a line, or the first ``most`` of them. Raises BadLine where a quote is not closed, or text stands behind one."""
    if quote is None or quote not in line:
        return line.split(separator, most)[:most] if most >= 0 else line.split(separator)
    cells: list[str] = []
    at = 0
    while at <= len(line) and len(cells) != most:
        if line.startswith(quote, at):
            cell, end = _quoted(line, at, separator, quote, len(cells) + 1)
        else:
            end = _find(line, separator, at)
            cell = line[at:end]
        cells.append(cell)
        at = end + len(separator)
    return cells


def _quoted(line: str, at: int, separator: str, quote: str, number: int) -> tuple[str, int]:
    """The cell that begins at this quote, and where it ends. Padding behind the closing quote stays: it will be trimmed."""
    texts = [""]
    at += 1
    while True:
        close = line.find(quote, at)
        if close < 0:
            raise _quote_open(number, quote)
        texts.append(line[at:close])
        at = close + 2
        if not line.startswith(quote, close + 1):
            break
        texts.append(quote)
    end = _find(line, separator, close + 1)
    padding = line[close + 1 : end]
    if padding.strip(_PADDING):
        raise _behind_quote(number, quote)
    return "".join(texts) + padding, end


def _find(line: str, separator: str, at: int) -> int:
    found = line.find(separator, at)
    return len(line) if found < 0 else found


def _quote_open(number: int, quote: str) -> BadLine:
    return BadLine(
        "quote-open",
        Text(
            f"column {number} begins with {quote} and has no closing one in this line", f"第{number}列以 {quote} 开头，本行未闭合"
        ),
        Text(f"{quote} before and behind the text", f"文字前后各有一个 {quote}"),
        Text("cut on the way, or a line end inside a text? The bank must replace it", "传输中截断，或文字中有换行？请银行替换"),
    )


def _behind_quote(number: int, quote: str) -> BadLine:
    return BadLine(
        "text-behind-quote",
        Text(f"in column {number} text follows the closing {quote}", f"第{number}列闭合 {quote} 之后还有文字"),
        Text(f"a {quote} inside a text written twice", f"文字中的 {quote} 写两次"),
        Text(f"the bank must double {quote} inside texts", f"请银行将文字中的 {quote} 写两次"),
    )
