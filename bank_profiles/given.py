"""The files of an example as bytes: a text in the file's encoding, a file under samples/, a workbook, records, hex."""

import re
from pathlib import Path

from bank_profiles.codecs.excel.given import workbook
from bank_profiles.codecs.transcoding import Outgoing
from bank_profiles.encodings import encode
from bank_profiles.language.formats import FileSpec
from bank_profiles.language.formats.fixed import Fixed
from bank_profiles.language.service import Given, NumberCell

SAMPLES = "samples/"  # a text that begins so is the path of a file beside the profile
IN_HEX = re.compile("«([^»]*)»")
_LINE_ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r", "none": ""}


def content(spec: FileSpec, encoding: str, given: str | Given, folder: Path) -> bytes:
    """The bytes of one file; ``folder`` holds ``samples/``. What is given was checked when the profile was loaded."""
    if isinstance(given, str):
        if given.startswith(SAMPLES):
            return (folder / given).read_bytes()
        return Outgoing(encoding).block(given.encode()) or encode(given, encoding)
    if given.book is not None:
        return workbook(given.book)
    if given.records is not None and isinstance(spec, Fixed):
        end = encode(_LINE_ENDS[spec.line_end], encoding)
        return b"".join(record_bytes(spec, encoding, text) + end for text in given.records)
    return bytes.fromhex(given.hex or "")


def record_bytes(spec: Fixed, encoding: str, text: str) -> bytes:
    """One record, filled with blanks to the length that the file's records have. Raises UnicodeError."""
    parts = IN_HEX.split(text)  # text, hex, text …
    data = b"".join(bytes.fromhex(part) if odd % 2 else encode(part, encoding) for odd, part in enumerate(parts))
    return data.ljust(spec.record_bytes or 0, encode(" ", encoding))


def texts(given: str | Given) -> list[str]:
    """Every text that is written down in it."""
    if isinstance(given, str):
        return [given]
    cells = (cell for rows in (given.book or {}).values() for row in rows for cell in row if cell is not None)
    written = [cell.number if isinstance(cell, NumberCell) else cell for cell in cells]
    return [*written, *(given.records or ()), *([given.hex] if given.hex else [])]
