"""A workbook opened: sheets by name or number, their rows as received. Nothing the opening library raises leaves this file."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from bank_profiles.codecs.codec import BadFile
from bank_profiles.codecs.excel import binary as excel_binary
from bank_profiles.codecs.excel import package as excel_package
from bank_profiles.codecs.excel.limits import FILE_BYTES_MAX, broken, encrypted, not_a_workbook, too_large
from bank_profiles.codecs.excel.part import Failure
from bank_profiles.errors import Text

_SHEETS_SHOWN = 12
_ROWS_AT_ONCE = 1024
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class Sheet(NamedTuple):
    """One sheet: rows from its first one on, each as wide as the sheet; ``left``: empty columns left out before them."""

    name: str
    rows: Iterator[list[Any]]
    left: int
    width: int
    failed: Mapping[tuple[int, int], Failure]  # cells whose formula gives nothing: row and column, 1-based


class Book:
    """One workbook, held whole in memory: the format knows no other way."""

    def __init__(
        self,
        blocks: Iterable[bytes],
        bytes_max: int = FILE_BYTES_MAX,
        unpacked_max: int = excel_package.UNPACKED_BYTES_MAX,
    ) -> None:
        data = _gathered(blocks, bytes_max)
        if data.startswith(excel_package.SIGNATURE):
            self._failed = excel_package.look(data, unpacked_max)
        elif data.startswith(excel_binary.SIGNATURE):
            data, self._failed = excel_binary.clean(data)
        else:
            raise not_a_workbook(data)
        self._data = data
        with _Guarded():
            self._book = CalamineWorkbook.from_filelike(io.BytesIO(data))
            self.names: list[str] = list(self._book.sheet_names)

    def sheet(self, wanted: str | None) -> Sheet:
        """By name; by number where none has that name; the first where nothing is said. Raises BadFile."""
        number = self._number(wanted)
        with _Guarded():
            sheet = self._book.get_sheet_by_index(number)
            left = sheet.start[1] if sheet.start else 0
            return Sheet(self.names[number], _guarded(iter(sheet.iter_rows())), left, sheet.width, self._failed_on(number))

    def _number(self, wanted: str | None) -> int:
        if wanted in self.names:
            return self.names.index(wanted)
        number = 1 if wanted is None else int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 4 else 0
        if not 1 <= number <= len(self.names):
            raise _no_sheet(wanted or "1", self.names)
        return number - 1

    def _failed_on(self, number: int) -> Mapping[tuple[int, int], Failure]:
        if not self._failed:
            return {}
        return self._failed.get(str(number), {}) | self._failed.get(self._part(number), {})

    def _part(self, number: int) -> str:
        """The part of the package a sheet stands in."""
        try:
            book = etree.fromstring(excel_package.read_part(self._data, "xl/workbook.xml"), _PARSER)
            links = etree.fromstring(excel_package.read_part(self._data, "xl/_rels/workbook.xml.rels"), _PARSER)
        except etree.XMLSyntaxError:
            return ""
        sheets = book.findall("{*}sheets/{*}sheet")
        link = sheets[number].get(_REL) if number < len(sheets) else None
        targets = [str(each.get("Target")) for each in links if each.get("Id") == link]
        return (targets[0].removeprefix("/") if targets[0].startswith("/") else f"xl/{targets[0]}") if targets else ""


_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


class _Guarded:
    """Whatever the opening library raises means one thing: the workbook is damaged."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, raised: BaseException | None, trace: object) -> None:
        if raised is None or isinstance(raised, BadFile):
            return
        if isinstance(raised, PasswordError):
            raise encrypted() from None
        foreign = isinstance(raised, CalamineError | OSError | ValueError | OverflowError | IndexError | TypeError | UnicodeError)
        if foreign or type(raised).__name__ == "PanicException":  # of the library's own language, outside Exception
            raise broken() from None


def _guarded(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    return itertools.chain.from_iterable(_some(rows))


def _some(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    while True:
        with _Guarded():
            some = list(itertools.islice(rows, _ROWS_AT_ONCE))
        if not some:
            return
        yield some


def _gathered(blocks: Iterable[bytes], bytes_max: int) -> bytes:
    gathered, size = [], 0
    for block in blocks:
        gathered.append(block)
        size += len(block)
        if size > bytes_max:
            raise too_large(f"{bytes_max >> 20} MiB")
    return b"".join(gathered)


def _no_sheet(wanted: str, names: list[str]) -> BadFile:
    more = "……" if len(names) > _SHEETS_SHOWN else ""
    return BadFile(
        "sheet-missing",
        Text(f"there is no sheet “{wanted}”", f"没有工作表“{wanted}”"),
        Text(f"“{wanted}”; the workbook has {{found}}{more}", f"“{wanted}”；工作簿中有 {{found}}{more}"),
        Text(
            "the bank must send all sheets; if it was renamed, new edition with its new name",
            "请银行补全；如已改名，请出新版更改 sheet",
        ),
        found=names[:_SHEETS_SHOWN],
    )
