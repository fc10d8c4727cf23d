"""What a workbook may be: limits on what it becomes when it is opened, and what is said where it is beyond them or no workbook."""

from __future__ import annotations

from dataclasses import dataclass

from bank_profiles.codecs.codec import BadFile
from bank_profiles.errors import Text

FILE_BYTES_MAX = 64 << 20  # one workbook is held in memory; half a million rows are about half of it
BLOCK_BYTES = 1 << 20
CELLS_FREE = 1_500_000  # of the rectangle around all cells of a sheet, however few they are: some 50 MB
SPREAD_MAX = 2  # times as large as the cells that are there it may be beyond that
SHOWN_BYTES_FREE = 64 << 20  # of shared texts, once for every cell that shows them
SHOWN_MAX = 4  # times the unpacked size they may be beyond that


@dataclass
class Extent:
    """What one sheet will be in memory: a rectangle around all its cells."""

    cells: int = 0
    columns: int = 0
    rows: int = 0
    beyond: int = 0  # columns that cells without a place may take behind the others

    def saw(self, cells: int, columns: int, rows: int) -> None:
        self.cells, self.columns, self.rows = self.cells + cells, max(self.columns, columns), max(self.rows, rows)

    @property
    def is_bounded(self) -> bool:
        return (self.columns + self.beyond) * self.rows <= CELLS_FREE + SPREAD_MAX * self.cells

    def must_be_bounded(self) -> None:
        """Raises BadFile where far more room would be laid out than there are cells."""
        columns = self.columns + self.beyond
        if not self.is_bounded:
            raise BadFile(
                "sheet-too-large",
                Text(
                    f"the sheet reaches to row {self.rows:,} and column {columns:,}, but is nearly empty",
                    f"工作表延伸到第 {self.rows:,} 行、第 {columns:,} 列，但几乎是空的",
                ),
                Text("a table without far-off cells", "没有远处零散单元格的表"),
                Text("the bank must delete what stands beside the table", "请银行删除表外的内容"),
            )


def shown_too_often(size: int, unpacked: int) -> bool:
    """Would texts, written out in every cell that shows them, be far larger than the file?"""
    return size > SHOWN_BYTES_FREE + SHOWN_MAX * unpacked


def too_large(limit: str) -> BadFile:
    return BadFile(
        "file-too-large",
        Text("the workbook is larger than we open", "工作簿超过可打开的大小"),
        Text(f"at most {limit}", f"最多 {limit}"),
        Text("ask the bank for several files, or for a delimited file", "请银行分成多个文件，或改发分隔文本"),
    )


def too_dense() -> BadFile:
    return BadFile(
        "file-too-large",
        Text("the workbook is far larger inside than outside", "工作簿解开后远大于文件本身"),
        Text("an ordinary workbook", "正常的工作簿"),
        Text("do not open it by other means; call the bank", "请勿用其他方法打开；请致电银行"),
    )


def broken() -> BadFile:
    return BadFile(
        "excel-broken",
        Text("the workbook is damaged: it does not open", "工作簿已损坏，无法打开"),
        Text("a workbook that opens to its last sheet", "可完整打开的工作簿"),
        Text("cut on the way? The bank must send it again", "传输中断？请银行重新发送"),
    )


def encrypted() -> BadFile:
    return BadFile(
        "excel-encrypted",
        Text("the workbook has a password of its own", "工作簿设有打开密码"),
        Text("a workbook without a password: the package is sealed already", "无打开密码的工作簿：外包装已加密"),
        Text("the bank must save it without a password", "请银行去除打开密码后重发"),
    )


# What a file is instead: its first bytes, after blanks.
_KINDS: tuple[tuple[tuple[bytes, ...], Text, str], ...] = (
    ((b"<!doctype html", b"<html", b"<table", b"<meta"), Text("a web page", "网页"), ""),
    ((b"<?xml", b"<workbook"), Text("XML text", "XML 文本"), "xml"),
    ((b"%pdf",), Text("a PDF", "PDF"), ""),
    ((b"{", b"["), Text("JSON text", "JSON 文本"), "json"),
    ((b"\x1f\x8b", b"rar!", b"7z\xbc\xaf"), Text("a package", "压缩包"), ""),
)


def not_a_workbook(data: bytes, *, package: str | None = None) -> BadFile:
    """Told by content, whatever its name ends in. ``package``: what kind of zip it is."""
    what, form = (Text(package, package), "") if package else _instead(data)
    again = Text("the bank must save it as xlsx and send it again", "请银行另存为 xlsx 后重发")
    edition = Text(f"new edition with format: {form}, or {again.en}", f"出新版，写 format: {form}；或{again.zh}")
    return BadFile(
        "wrong-format",
        Text(f"this is {what.en}, not a workbook", f"这是{what.zh}，不是工作簿"),
        Text("a workbook: xlsx or xls", "工作簿：xlsx 或 xls"),
        edition if form else again,
    )


def _instead(data: bytes) -> tuple[Text, str]:
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for marks, what, form in _KINDS:
        if start.startswith(marks):
            return what, form
    if not start:
        return Text("an empty file", "空文件"), ""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or not any(byte < 0x20 and byte not in b"\t\r\n" for byte in start):
        with_tabs = b"\t" in start
        return (Text("text with tabs", "制表符分隔的文本") if with_tabs else Text("text", "文本")), "delimited"
    return Text("a file of another kind", "其他类型的文件"), ""
